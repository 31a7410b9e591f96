//! Contract 6: which groups the command gets, and GID 0 from wherever it would come; a test a sentence.

use std::ffi::OsString;

use charon_init::account::Account;
use charon_init::refusal::{Finding, GidZeroSource, Refusal};
use charon_init::request::Sockets;

use crate::world::*;

fn in_groups(groups: &str) -> World {
    world().group_file(groups).inherited(&[])
}

#[track_caller]
fn refused_for(world: &World, source: GidZeroSource) {
    assert_eq!(world.refusal(), Refusal::GidZeroIdentity { source });
    assert_eq!(
        world.clone().dry_run().refusal(),
        world.refusal(),
        "in a dry run too"
    );
}

#[test]
fn account_is_in_its_own_group_and_in_every_group_that_lists_it() {
    let world = in_groups("video:x:44:a,charon,b\naudio:x:29:charon\nother:x:30:charon2,xcharon\n");
    assert_eq!(world.identity(), charon(&[29, 44, 1000]));
}

#[test]
fn members_are_compared_exactly() {
    let world = in_groups("a:x:1: charon\nb:x:2:charon \nc:x:3:Charon\nd:x:4:\ne:x:5:,charon,\n");
    assert_eq!(world.identity(), charon(&[5, 1000]));
}

#[test]
fn malformed_lines_grant_nothing() {
    let world = in_groups(
        "a:x:xx:charon\nb:x::charon\nc:x:-1:charon\nd:x:4294967295:charon\ne:x:99999999999:charon\n\
         f:x:7\ng:x:8:charon:\n+h:x:9:charon\n#i:x:10:charon\n:x:11:charon\nj:x: 12:charon\nk:x:0x0:charon\n\
         l\0:x:13:charon\nok:x:14:charon\n",
    );
    assert_eq!(world.identity(), charon(&[14, 1000]));
}

#[test]
fn user_with_a_group_is_in_that_group_only() {
    let groups = "root:x:0:charon\nvideo:x:44:charon\n";
    assert_eq!(
        in_groups(groups).user("charon:4242").identity(),
        identity(1000, 4242, &[4242], Some("charon"), "/app"),
        "not even a membership of GID 0 is its"
    );
}

#[test]
fn user_with_a_group_has_inherited_granted_and_extra_groups_besides() {
    let world = world()
        .user("charon:4242")
        .inherited(&[0, 30])
        .group("31")
        .socket(0, 988, 0o660);
    assert_eq!(
        world.identity(),
        identity(1000, 4242, &[30, 31, 988, 4242], Some("charon"), "/app")
    );
}

#[test]
fn groups_are_sorted_and_free_of_duplicates() {
    let world = world()
        .group_file("z:x:5000:charon\na:x:30:charon\nb:x:30:charon\nc:x:1000:charon\n")
        .inherited(&[988, 30, 988, 7, 0])
        .group("7")
        .group("988")
        .socket(0, 988, 0o660);
    assert_eq!(world.identity(), charon(&[7, 30, 988, 1000, 5000]));
}

#[test]
fn inherited_groups_survive_less_gid_zero() {
    assert_eq!(
        world().inherited(&[988, 0, 44]).identity(),
        charon(&[44, 988, 1000])
    );
}

#[test]
fn inherited_groups_that_name_root_do_not_survive() {
    let world = world()
        .group_file("bin:x:1:bin,root,daemon\nwheel:x:10:root\nrooted:x:11:rooted\nbad:x:y:root\n")
        .inherited(&[0, 1, 10, 11, 12]);
    assert_eq!(world.identity(), charon(&[11, 12, 1000]));
}

#[test]
fn group_that_names_root_is_kept_where_it_is_the_accounts_own() {
    let world = world()
        .group_file("wheel:x:10:root,charon\n")
        .inherited(&[10]);
    assert_eq!(world.identity(), charon(&[10, 1000]));
}

#[test]
fn overflow_gid_is_not_inherited_in_a_user_namespace() {
    let world = world().inherited(&[65534, 44]);
    let dropped = Finding::OverflowGroupDropped { gid: gid(65534) };

    let inside = world.clone().user_namespace();
    assert_eq!(inside.identity(), charon(&[44, 1000]));
    assert_eq!(inside.findings(), [dropped]);

    assert_eq!(world.identity(), charon(&[44, 1000, 65534]));
    assert_eq!(
        world.findings(),
        [],
        "on the host it is a group as any other"
    );
}

#[test]
fn nothing_is_inherited_where_that_is_switched_off() {
    let world = world()
        .inherited(&[65534, 44])
        .user_namespace()
        .with(|world| world.request.inherit_groups = false);
    assert_eq!(world.identity(), charon(&[1000]));
    assert_eq!(world.findings(), []);
}

#[test]
fn extra_group_is_understood_in_every_form() {
    let groups = "video:x:44:\n45:x:46:\n";
    for (spec, gid) in [
        ("video", 44),
        ("44", 44),
        ("45", 45),
        ("4294967294", 4_294_967_294),
        ("engine:47", 47),
        ("video:48", 48),
    ] {
        let world = in_groups(groups).group(spec);
        let mut expected = [gid, 1000];
        expected.sort_unstable();
        assert_eq!(world.identity(), charon(&expected), "{spec}");
    }
}

#[test]
fn lines_of_ours_are_no_memberships() {
    let groups =
        "docker:!charon-init:999:charon\npodman:!charon-init:0:charon\nvideo:x:44:charon\n";
    assert_eq!(in_groups(groups).identity(), charon(&[44, 1000]));
    let off = in_groups(groups).with(|world| world.request.sockets = Sockets::Ignored);
    assert_eq!(off.identity(), charon(&[44, 1000]));
    let needed = in_groups(groups).socket(0, 999, 0o660);
    assert_eq!(needed.identity(), charon(&[44, 999, 1000]));
}

#[test]
fn lines_of_ours_are_no_groups_that_can_be_named() {
    let world = in_groups("docker:!charon-init:999:charon\n");
    let name = OsString::from("docker");
    let unknown = Refusal::UnknownGroup { name };
    assert_eq!(world.clone().user("charon:docker").refusal(), unknown);
    assert_eq!(world.group("docker").refusal(), unknown);
    let twice = in_groups("docker:!charon-init:999:\ndocker:x:44:\n").group("docker");
    assert_eq!(twice.identity(), charon(&[44, 1000]));
}

#[test]
fn gid_zero_of_the_specification_is_refused_unless_allowed() {
    for spec in ["charon:0", "charon:root", "charon:00", "1000:0", "4242:0"] {
        refused_for(&world().user(spec), GidZeroSource::Spec);
        let allowed = world().user(spec).allow_gid_0().identity();
        assert_eq!((allowed.gid, allowed.groups), (gid(0), gids(&[0])));
    }
}

#[test]
fn gid_zero_as_primary_group_is_refused_unless_allowed() {
    let world = world().passwd("charon:x:1000:0::/app:\n").group_file("");
    let name = OsString::from("charon");
    refused_for(&world, GidZeroSource::PrimaryGroup { name });
    assert_eq!(
        world.clone().allow_gid_0().identity(),
        identity(1000, 0, &[0, 2], Some("charon"), "/app")
    );
    assert_eq!(
        world.user("charon:1000").identity(),
        charon(&[2, 1000]),
        "the group that was named replaces it"
    );
}

#[test]
fn gid_zero_by_membership_is_refused_unless_allowed() {
    for name in ["root", "wheel"] {
        let world = in_groups(&format!("{name}:x:0:charon\n"));
        let source = GidZeroSource::Membership {
            name: OsString::from("charon"),
            group: name.to_owned(),
        };
        refused_for(&world, source);
        assert_eq!(world.allow_gid_0().identity(), charon(&[0, 1000]));
    }
}

#[test]
fn gid_zero_of_the_name_service_is_refused_unless_allowed() {
    let account = Account {
        name: OsString::from("ldap"),
        uid: uid(5000),
        gid: gid(5000),
        home: OsString::from("/ldap"),
    };
    let world = in_groups("").user("ldap").name_service(account, &[5000, 0]);
    let source = GidZeroSource::Membership {
        name: OsString::from("ldap"),
        group: "root".to_owned(),
    };
    refused_for(&world, source);
    assert_eq!(
        world.allow_gid_0().identity(),
        identity(5000, 5000, &[0, 5000], Some("ldap"), "/ldap")
    );
}

#[test]
fn gid_zero_as_an_extra_group_is_refused_unless_allowed() {
    for spec in ["0", "00", "root", "rooty:0"] {
        refused_for(&world().group(spec), GidZeroSource::ExtraGroup);
        let allowed = world().inherited(&[]).group(spec).allow_gid_0();
        assert_eq!(allowed.identity(), charon(&[0, 1000]));
    }
}

#[test]
fn gid_zero_that_root_itself_had_is_simply_dropped() {
    // Most images list nobody in it, so that its members are not what it is dropped for.
    let listing_nobody = world().group_file("root:x:0:\n").inherited(&[0]);
    assert_eq!(listing_nobody.identity(), charon(&[1000]));
    let world = world().inherited(&[0, 0]);
    assert_eq!(world.identity(), charon(&[1000]));
    assert_eq!(world.findings(), []);
    assert_eq!(
        world.allow_gid_0().identity(),
        charon(&[1000]),
        "allowed is not asked for"
    );
}
