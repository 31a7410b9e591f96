//! Contract 6: who the command becomes; a test a sentence. Which groups it gets is in `identity_groups`.

use std::ffi::OsString;

use charon_init::account::{Account, UserRef};
use charon_init::permission::Permission;
use charon_init::refusal::{Finding, Refusal};

use crate::world::*;

const IMAGE: &str = "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:1000::/app:/bin/sh\n\
                     other:x:1001:1001::/home/other:/bin/sh\ntoor:x:0:1000::/:/bin/sh\n\
                     7:x:1007:1007::/home/seven:/bin/sh\nbare:x:1008:1008:::\n";

const GROUPS: &str = "root:x:0:\ndaemon:x:2:root\ncharon:x:1000:\nvideo:x:44:charon\n8:x:1080:\n";

fn image() -> World {
    world().passwd(IMAGE).group_file(GROUPS)
}

#[test]
fn every_form_of_the_user_is_understood() {
    let app = Some("charon");
    for (spec, expected) in [
        ("charon", charon(&[44, 1000])),
        ("1000", charon(&[44, 1000])),
        (
            "charon:video",
            identity(1000, 44, &[44], Some("charon"), "/app"),
        ),
        ("charon:44", identity(1000, 44, &[44], app, "/app")),
        ("1000:video", identity(1000, 44, &[44], app, "/app")),
        ("1000:988", identity(1000, 988, &[988], app, "/app")),
        ("4242:4242", identity(4242, 4242, &[4242], None, "/")),
        ("4242:video", identity(4242, 44, &[44], None, "/")),
    ] {
        assert_eq!(image().user(spec).identity(), expected, "{spec}");
    }
}

#[test]
fn digits_are_always_a_number_and_never_a_name() {
    assert_eq!(
        image().user("7").refusal(),
        Refusal::UidWithoutGroup { uid: uid(7) }
    );
    assert_eq!(
        image().user("charon:8").identity(),
        identity(1000, 8, &[8], Some("charon"), "/app")
    );
    assert_eq!(image().user("0001000").identity(), charon(&[44, 1000]));
}

#[test]
fn name_with_a_digit_first_is_a_name() {
    let world = image().passwd("7up:x:1009:1009::/up:\n").user("7up");
    assert_eq!(
        world.identity(),
        identity(1009, 1009, &[1009], Some("7up"), "/up")
    );
}

#[test]
fn unknown_user_is_refused() {
    let name = OsString::from("nobody-here");
    assert_eq!(
        image().user("nobody-here").refusal(),
        Refusal::UnknownUser { name: name.clone() }
    );
    assert_eq!(
        image().user("nobody-here:1000").refusal(),
        Refusal::UnknownUser { name }
    );
}

#[test]
fn unknown_group_is_refused() {
    let refusal = Refusal::UnknownGroup {
        name: OsString::from("docker"),
    };
    assert_eq!(image().user("charon:docker").refusal(), refusal);
    assert_eq!(image().group("docker").refusal(), refusal);
}

#[test]
fn uid_without_account_needs_a_group() {
    assert_eq!(
        image().user("4242").refusal(),
        Refusal::UidWithoutGroup { uid: uid(4242) }
    );
    assert_eq!(
        image().user("4242").inherited(&[988]).refusal(),
        Refusal::UidWithoutGroup { uid: uid(4242) },
        "a group of the process is not a primary one"
    );
}

#[test]
fn uid_zero_is_refused_in_every_disguise() {
    for spec in ["0", "00", "0:1000", "0000000000000:1000"] {
        let refusal = Refusal::RootUser {
            user: UserRef::Uid(uid(0)),
        };
        assert_eq!(image().user(spec).refusal(), refusal, "{spec}");
        assert_eq!(image().user(spec).allow_gid_0().refusal(), refusal);
        assert_eq!(image().user(spec).dry_run().refusal(), refusal);
    }
    for name in ["root", "toor"] {
        let refusal = Refusal::RootUser {
            user: UserRef::Name(OsString::from(name)),
        };
        for spec in [name.to_owned(), format!("{name}:1000")] {
            assert_eq!(image().user(&spec).refusal(), refusal, "{spec}");
            assert_eq!(image().user(&spec).dry_run().refusal(), refusal);
        }
    }
}

#[test]
fn default_user_that_is_uid_zero_is_refused() {
    let refusal = Refusal::RootUser {
        user: UserRef::Name(OsString::from("charon")),
    };
    let world = world().passwd("charon:x:0:1000::/app:\n");
    assert_eq!(world.refusal(), refusal);
    assert_eq!(world.dry_run().refusal(), refusal);
}

#[test]
fn account_of_the_name_service_with_uid_zero_is_refused() {
    let account = Account {
        name: OsString::from("ldap"),
        uid: uid(0),
        gid: gid(5000),
        home: OsString::new(),
    };
    let world = image().user("ldap").name_service(account, &[5000]);
    let user = UserRef::Name(OsString::from("ldap"));
    assert_eq!(world.refusal(), Refusal::RootUser { user });
}

#[test]
fn name_service_is_asked_where_the_file_has_no_such_account() {
    let account = Account {
        name: OsString::from("ldap"),
        uid: uid(5000),
        gid: gid(5001),
        home: OsString::from("/nfs/ldap"),
    };
    let world = image().name_service(account, &[5001, 5002]);
    let expected = identity(5000, 5001, &[5001, 5002], Some("ldap"), "/nfs/ldap");
    assert_eq!(world.clone().user("ldap").identity(), expected);
    assert_eq!(world.clone().user("5000").identity(), expected);
    assert_eq!(
        world.user("charon").identity(),
        charon(&[44, 1000]),
        "what it says of someone else counts for nothing"
    );
}

#[test]
fn name_service_tells_the_name_of_a_process_that_stays_who_it_is() {
    let account = Account {
        name: OsString::from("ldap"),
        uid: uid(5000),
        gid: gid(5001),
        home: OsString::from("/nfs/ldap"),
    };
    let world = image().user("ldap").name_service(account, &[5001]);
    let own = world.non_root(5000, 5001, &[]);
    assert_eq!(own.findings(), []);
    assert_eq!(
        own.environment(),
        ["HOME=/nfs/ldap", "USER=ldap", "LOGNAME=ldap"]
    );
}

#[test]
fn malformed_lines_make_nobody() {
    for line in [
        "charon:x:xx:1000::/app:",
        "charon:x:1000:::/app:",
        "charon:x:1000:1000:/app:",
        "charon:x:-1000:1000::/app:",
        "charon:x:4294967295:1000::/app:",
        "charon:x:1000:4294967296::/app:",
        " charon:x:1000:1000::/app:",
        "+charon:x:1000:1000::/app:",
        "#charon:x:1000:1000::/app:",
        "charon\0:x:1000:1000::/app:",
    ] {
        let name = OsString::from("charon");
        let world = world().passwd(&format!("{line}\n"));
        assert_eq!(world.refusal(), Refusal::UnknownUser { name }, "{line:?}");
    }
}

#[test]
fn first_usable_line_of_a_name_counts() {
    let passwd = "charon:x:xx:0::/:\ncharon:x:1000:1000::/app:\ncharon:x:0:0::/root:\n";
    assert_eq!(world().passwd(passwd).identity(), charon(&[1000]));
}

#[test]
fn home_user_and_logname_are_those_of_the_identity() {
    for (spec, expected) in [
        ("charon", ["HOME=/app", "USER=charon", "LOGNAME=charon"]),
        ("1000:44", ["HOME=/app", "USER=charon", "LOGNAME=charon"]),
        ("4242:4242", ["HOME=/", "USER=4242", "LOGNAME=4242"]),
        ("bare", ["HOME=/", "USER=bare", "LOGNAME=bare"]),
    ] {
        assert_eq!(image().user(spec).environment(), expected, "{spec}");
    }
}

#[test]
fn default_user_that_does_not_exist_is_a_finding_in_a_dry_run() {
    let missing = Finding::DefaultUserMissing {
        name: OsString::from("charon"),
        uid: uid(1000),
        gid: gid(1000),
    };
    let world = world()
        .passwd("")
        .group_file("video:x:44:charon\nodd:x:45:\n")
        .inherited(&[])
        .dry_run();
    assert_eq!(world.findings(), [missing]);
    assert_eq!(
        world.identity(),
        identity(1000, 1000, &[1000], None, "/"),
        "who has no account is listed nowhere"
    );
    assert_eq!(world.environment(), ["HOME=/", "USER=1000", "LOGNAME=1000"]);
}

#[test]
fn user_that_was_asked_for_and_does_not_exist_is_refused_in_a_dry_run_too() {
    let unknown = Refusal::UnknownUser {
        name: OsString::from("charon"),
    };
    let world = world().passwd("");
    assert_eq!(world.clone().user("charon").dry_run().refusal(), unknown);
    assert_eq!(world.refusal(), unknown, "and so is the default in a start");
}

#[test]
fn dry_run_decides_for_root_and_never_for_the_caller() {
    let start = image().inherited(&[]).socket(0, 988, 0o660);
    let of_caller = image()
        .non_root(1001, 1001, &[44, 988])
        .socket(0, 988, 0o660)
        .dry_run();
    let (start, dry_run) = (start.plan(), of_caller.plan());
    assert_eq!(dry_run.identity, charon(&[44, 988, 1000]));
    assert_eq!(dry_run.identity, start.identity);
    assert_eq!(dry_run.grants, start.grants);
    assert_eq!(dry_run.group_add, start.group_add);
    assert_eq!(dry_run.findings, start.findings);
    assert_eq!(
        dry_run.edits().collect::<Vec<_>>(),
        start.edits().collect::<Vec<_>>()
    );
}

#[test]
fn dry_run_takes_no_comfort_in_what_the_kernel_lets_the_caller_do() {
    let mut node = socket(0, 65534, 0o660);
    node.allowed_to_us = Some(Permission::WRITE);
    let caller = world().user_namespace().non_root(1001, 1001, &[65534]);
    let unmapped = Finding::Unmapped {
        path: SOCKET.into(),
        meant: DOCKER,
        gid: gid(65534),
    };
    assert_eq!(caller.dry_run().node(node).findings(), [unmapped]);
}

#[test]
fn dry_run_of_root_takes_the_groups_of_that_root() {
    assert_eq!(
        image().inherited(&[0, 988]).dry_run().identity(),
        charon(&[44, 988, 1000])
    );
}
