//! `--uid` and `--gid`: whom the command is then, and what the account files say afterwards; a test a sentence.

use charon_init::account::Account;
use charon_init::facts::{Access, Capabilities, IdSet, NameService};
use charon_init::plan::{Class, Verdict};
use charon_init::refusal::{Finding, GidZeroSource, Refusal, Taken};
use charon_init::request::{Format, Mode};

use crate::world::*;

/// The account of the image under these numbers, without a runtime's groups.
fn numbers(uid: Option<u32>, gid: Option<u32>) -> World {
    world().inherited(&[]).numbers(uid, gid)
}

const LINE: &str = "charon:x:1000:1000::/app:/bin/sh";

fn passwd_with(line: &str) -> String {
    PASSWD.replace(LINE, line)
}

#[test]
fn account_keeps_its_name_home_and_memberships_under_its_new_numbers() {
    let group = format!("{GROUP}media:x:44:charon,other\n");
    let world = numbers(Some(1001), Some(1002)).group_file(&group);
    let expected = identity(1001, 1002, &[44, 1002], Some("charon"), "/app");
    assert_eq!(world.identity(), expected);
    assert_eq!(
        world.environment(),
        ["HOME=/app", "USER=charon", "LOGNAME=charon"]
    );
    assert_eq!(
        world.edited("/etc/passwd"),
        Some(passwd_with("charon:x:1001:1002::/app:/bin/sh"))
    );
    assert_eq!(
        world.edited("/etc/group"),
        Some(group.replace("charon:x:1000:", "charon:x:1002:"))
    );
    assert_eq!(world.findings(), []);
}

#[test]
fn one_number_leaves_the_other_as_it_is() {
    let uid = numbers(Some(1001), None);
    assert_eq!(
        uid.edited("/etc/passwd"),
        Some(passwd_with("charon:x:1001:1000::/app:/bin/sh"))
    );
    assert_eq!(uid.edited("/etc/group"), None);
    assert_eq!(uid.groups(), [1000]);
    let gid = numbers(None, Some(1002));
    assert_eq!(
        gid.edited("/etc/passwd"),
        Some(passwd_with("charon:x:1000:1002::/app:/bin/sh"))
    );
    assert_eq!(gid.groups(), [1002]);
}

#[test]
fn numbers_that_are_so_already_edit_nothing() {
    let world = numbers(Some(1000), Some(1000));
    assert_eq!(world.plan().edits().count(), 0);
    assert_eq!(world.identity(), charon(&[1000]));
    let padded = world.passwd("charon:x:01000:1000::/app:\n");
    assert_eq!(padded.plan().edits().count(), 0);
}

#[test]
fn only_the_first_usable_line_of_the_account_changes() {
    let before = "# charon:x:1000:1000::/:\ncharon:x:xx:1000::/:\ncharon:x:1000:50:Charon,,:/app:\r\n\
                  charon:x:7:7::/:\n+nis\nlast:x:9:9::/:";
    let after = before.replace("charon:x:1000:50:", "charon:x:1001:5:");
    let world = numbers(Some(1001), Some(5)).passwd(before).group_file("");
    assert_eq!(world.edited("/etc/passwd"), Some(after));
}

#[test]
fn root_is_refused_as_a_number_and_is_not_made_another_one() {
    assert_eq!(numbers(Some(0), None).refusal(), Refusal::RootNumber);
    for user in ["root", "0:1000"] {
        let refusal = numbers(Some(1001), Some(1001)).user(user).refusal();
        assert!(matches!(refusal, Refusal::RootUser { .. }), "{refusal:?}");
    }
}

#[test]
fn gid_zero_is_refused_unless_allowed_and_never_written() {
    let world = numbers(Some(1001), Some(0));
    for spec in ["charon", "charon:1000", "4242:4242"] {
        let source = GidZeroSource::Number;
        let refusal = world.clone().user(spec).refusal();
        assert_eq!(refusal, Refusal::GidZeroIdentity { source }, "{spec}");
    }
    let allowed = world.allow_gid_0();
    assert_eq!(allowed.groups(), [0]);
    assert_eq!(
        allowed.edited("/etc/passwd"),
        Some(passwd_with("charon:x:1001:1000::/app:/bin/sh"))
    );
    assert_eq!(allowed.edited("/etc/group"), None);
}

#[test]
fn number_leads_out_of_gid_zero() {
    let world = numbers(None, Some(1000)).passwd("charon:x:1000:0::/app:\n");
    assert_eq!(world.groups(), [1000]);
    assert_eq!(
        world.edited("/etc/passwd").as_deref(),
        Some("charon:x:1000:1000::/app:\n")
    );
    assert_eq!(world.edited("/etc/group"), None, "root's line stays");
}

#[test]
fn numbers_override_whatever_the_user_names() {
    let of = |spec, uid, gid| numbers(uid, gid).user(spec).identity();
    let named = |uid, gid| identity(uid, gid, &[gid], Some("charon"), "/app");
    assert_eq!(of("1000:1000", Some(1001), None), named(1001, 1000));
    assert_eq!(of("charon:999", None, Some(5)), named(1000, 5));
    assert_eq!(of("charon:no-such-group", None, Some(5)), named(1000, 5));
    let plain = |uid, gid| identity(uid, gid, &[gid], None, "/");
    assert_eq!(of("4242:4242", Some(1001), None), plain(1001, 4242));
    assert_eq!(of("4242", None, Some(5)), plain(4242, 5));
    assert_eq!(of("4242", Some(1000), None), named(1000, 1000));
    let refusal = numbers(Some(1001), None).user("4242").refusal();
    assert_eq!(refusal, Refusal::UidWithoutGroup { uid: uid(1001) });
    let missing = numbers(Some(1001), Some(1001)).passwd("").refusal();
    assert!(matches!(missing, Refusal::UnknownUser { .. }));
}

#[test]
fn dry_run_without_the_account_assumes_the_numbers() {
    let world = numbers(Some(1001), Some(5)).passwd("").with(|world| {
        world.request.mode = Mode::DryRun {
            format: Format::Text,
            service: "charon".to_owned(),
            command: Vec::new(),
        };
    });
    let assumed = Finding::DefaultUserMissing {
        name: "charon".into(),
        uid: uid(1001),
        gid: gid(5),
    };
    assert_eq!(world.identity(), identity(1001, 5, &[5], None, "/"));
    assert_eq!(world.findings(), [assumed]);
    assert_eq!(world.plan().edits().count(), 0);
}

#[test]
fn user_that_is_a_number_is_found_by_it_again_so_no_line_changes() {
    let world = numbers(Some(1001), Some(1001));
    for spec in ["1000", "1000:1000", "4242:4242"] {
        let world = world.clone().user(spec);
        assert_eq!(world.plan().edits().count(), 0, "{spec}");
    }
    assert_eq!(
        world.user("charon:999").edited("/etc/passwd"),
        Some(passwd_with("charon:x:1001:1001::/app:/bin/sh"))
    );
}

#[test]
fn group_that_is_the_accounts_alone_takes_the_number() {
    for (before, after) in [
        ("charon:x:1000:\n", "charon:x:5:\n"),
        ("charon:x:1000:charon\n", "charon:x:5:charon\n"),
        ("app:x:01000:\n", "app:x:5:\n"),
        (
            "other:x:1000:\ncharon:x:1000:",
            "other:x:1000:\ncharon:x:5:",
        ),
    ] {
        let world = numbers(None, Some(5)).group_file(before);
        assert_eq!(world.edited("/etc/group").as_deref(), Some(after));
        assert_eq!(world.groups(), [5], "{before}");
    }
}

#[test]
fn group_that_others_use_stays_and_a_new_line_names_the_number() {
    let ours = "charon:!charon-init:5:\n";
    for before in [
        "app:x:1000:other\n",
        "app:x:1000:charon,other\n",
        "app:x:1000:\nalias:x:1000:\n",
        "users:x:1000:\n",
        "app:x:1001:\n",
        "charon2:x:5a:\n",
        "",
    ] {
        let world = numbers(None, Some(5)).group_file(before);
        let after = format!("{before}{ours}");
        assert_eq!(world.edited("/etc/group"), Some(after), "{before:?}");
    }
    let shared = format!("{PASSWD}other:x:1001:1000::/:\n");
    let world = numbers(None, Some(5)).passwd(&shared);
    let after = format!("{GROUP}host5:!charon-init:5:\n");
    assert_eq!(world.edited("/etc/group"), Some(after), "the name is taken");
    assert_eq!(world.groups(), [5]);
}

#[test]
fn account_whose_name_is_no_name_for_a_group_gets_a_numbered_one() {
    let world = numbers(None, Some(5)).passwd("Charon:x:1000:1000::/:\n");
    let world = world.user("Charon").group_file("");
    assert_eq!(
        world.edited("/etc/group").as_deref(),
        Some("host5:!charon-init:5:\n")
    );
}

#[test]
fn membership_in_a_group_of_the_old_gid_stays_where_that_is_not_renumbered() {
    let shared = format!("{PASSWD}other:x:1001:1000::/:\n");
    let group = "charon:x:1000:charon\n";
    let world = numbers(None, Some(5)).passwd(&shared).group_file(group);
    assert_eq!(world.groups(), [5, 1000]);
}

#[test]
fn renumbered_group_takes_its_member_along_where_no_file_can_be_edited() {
    let world = numbers(None, Some(5)).group_file("charon:x:1000:charon\n");
    let never = world
        .clone()
        .with(|world| world.request.edit_group_file = false);
    assert_eq!((never.groups(), never.plan().edits().count()), (vec![5], 0));
    let mounted = world.with(|world| world.facts.accounts.passwd.access = Access::MountPoint);
    assert_eq!(mounted.groups(), [5]);
}

#[test]
fn gshadow_gets_a_line_for_a_new_group_and_none_for_a_renumbered_one() {
    let shadow = "charon:!::\n";
    let renumbered = numbers(None, Some(5)).gshadow(shadow);
    assert_eq!(renumbered.edited("/etc/gshadow"), None);
    assert!(renumbered.edited("/etc/group").is_some());
    let new = numbers(None, Some(5)).group_file("").gshadow("root:*::\n");
    assert_eq!(
        new.edited("/etc/gshadow").as_deref(),
        Some("root:*::\ncharon:!charon-init::\n")
    );
    let half_done = new.gshadow("charon:!charon-init::\n");
    assert_eq!(half_done.edited("/etc/gshadow"), None);
}

#[test]
fn group_comes_before_passwd() {
    let world = numbers(Some(1001), Some(5)).group_file("").gshadow("");
    let plan = world.plan();
    let paths: Vec<_> = plan
        .edits()
        .map(|edit| edit.path.to_str().unwrap())
        .collect();
    assert_eq!(paths, ["/etc/gshadow", "/etc/group", "/etc/passwd"]);
}

#[test]
fn number_of_another_account_is_a_finding_and_works() {
    let passwd = format!("www:x:33:33::/:\n{PASSWD}");
    let taken = || Finding::NumberTaken(Taken::Uid(uid(33), "www".into()));
    let world = numbers(Some(33), None).passwd(&passwd);
    assert_eq!(world.identity().uid, uid(33));
    assert_eq!(world.findings(), [taken()]);
    assert_eq!(
        world.edited("/etc/passwd"),
        Some(passwd.replace(":1000:1000:", ":33:1000:"))
    );
    let again = world.clone().after_edits(&world.plan());
    assert_eq!(again.findings(), [taken()], "and stays one");
    assert_eq!(again.plan().edits().count(), 0);
}

#[test]
fn number_of_another_group_is_a_finding_and_works() {
    let world = numbers(None, Some(999));
    let taken = || Finding::NumberTaken(Taken::Gid(gid(999), "ping".into()));
    assert_eq!(world.findings(), [taken()]);
    assert_eq!(
        world.edited("/etc/group"),
        Some(GROUP.replace("charon:x:1000:", "charon:x:999:"))
    );
    let again = world.clone().after_edits(&world.plan());
    assert_eq!(again.findings(), [taken()]);
    assert_eq!(again.plan().edits().count(), 0);
}

#[test]
fn group_that_has_the_number_is_reused_and_one_that_means_something_is_a_finding() {
    let world = |name: &str| {
        let group = format!("app:x:1000:other\n{name}:x:5:\n");
        numbers(None, Some(5)).group_file(&group)
    };
    assert_eq!(world("media").edited("/etc/group"), None);
    assert_eq!(world("media").findings(), []);
    let finding = Finding::SensitiveGroup {
        name: "tty".to_owned(),
        gid: gid(5),
    };
    assert_eq!(world("tty").edited("/etc/group"), None);
    assert_eq!(world("tty").findings(), [finding]);
}

#[test]
fn line_of_ours_lasts_as_long_as_its_number_is_asked_for() {
    let start = numbers(None, Some(5)).group_file("users:x:1000:\n");
    let first = start.clone().after_edits(&start.plan());
    let group = "users:x:1000:\ncharon:!charon-init:5:\n";
    assert_eq!(first.facts.accounts.group.bytes, group.as_bytes());
    assert_eq!(first.plan().edits().count(), 0);
    assert_eq!(first.identity(), start.identity());
    let other = first.clone().numbers(None, Some(6));
    assert_eq!(
        other.edited("/etc/group").as_deref(),
        Some("users:x:1000:\ncharon:!charon-init:6:\n")
    );
    let without = first.numbers(None, None);
    assert_eq!(
        without.edited("/etc/group").as_deref(),
        Some("users:x:1000:\n")
    );
    assert_eq!(without.groups(), [5], "/etc/passwd says so now");
}

#[test]
fn line_of_ours_for_a_socket_goes_when_the_number_is_the_primary_one() {
    let before = "charon:x:1000:\ndocker:!charon-init:988:charon\n";
    let world = numbers(None, Some(988)).group_file(before);
    let world = world.socket(0, 988, 0o660);
    assert_eq!(
        world.edited("/etc/group").as_deref(),
        Some("charon:x:988:\n")
    );
    assert_eq!(world.findings(), []);
    let unshared = numbers(None, Some(988)).group_file("docker:!charon-init:988:charon\n");
    assert_eq!(unshared.edited("/etc/group"), None, "or names it");
}

#[test]
fn socket_of_the_number_needs_no_grant() {
    let by_gid = numbers(Some(1001), Some(988)).socket(0, 988, 0o660);
    assert_eq!(by_gid.verdict(), Verdict::Open(Class::Group(gid(988))));
    assert_eq!(
        (by_gid.group_add(), by_gid.groups()),
        (vec![988], vec![988])
    );
    let by_uid = numbers(Some(501), None).socket(501, 20, 0o660);
    assert_eq!(by_uid.verdict(), Verdict::Open(Class::Owner));
    assert_eq!((by_uid.group_add(), by_uid.groups()), (vec![], vec![1000]));
}

#[test]
fn socket_of_the_old_gid_is_granted_by_a_line_of_its_own() {
    let world = numbers(None, Some(5)).group_file("charon:x:1000:\n");
    let world = world.socket(0, 1000, 0o660);
    assert_eq!(
        world.edited("/etc/group").as_deref(),
        Some("charon:x:5:\ndocker:!charon-init:1000:charon\n")
    );
    assert_eq!(world.groups(), [5, 1000]);
    let again = world.clone().after_edits(&world.plan());
    assert_eq!(again.plan().edits().count(), 0);
    assert_eq!(again.identity(), world.identity());
}

#[test]
fn file_that_cannot_be_replaced_leaves_the_numbers_in_the_process_only() {
    let left_alone = |path: &str, access| Finding::FileLeftAlone {
        path: path.into(),
        access,
    };
    let expected = identity(1001, 5, &[5], Some("charon"), "/app");
    for access in [Access::MountPoint, Access::ReadOnly, Access::SymbolicLink] {
        let world = numbers(Some(1001), Some(5)).gshadow("");
        let passwd = world
            .clone()
            .with(|world| world.facts.accounts.passwd.access = access);
        assert_eq!(passwd.findings(), [left_alone("/etc/passwd", access)]);
        let group = world
            .clone()
            .with(|world| world.facts.accounts.group.access = access);
        assert_eq!(group.findings(), [left_alone("/etc/group", access)]);
        let new = world.group_file("").with(|world| {
            world.facts.accounts.gshadow.as_mut().unwrap().access = access;
        });
        assert_eq!(new.findings(), [left_alone("/etc/gshadow", access)]);
        for world in [passwd, group, new] {
            assert_eq!(world.plan().edits().count(), 0);
            assert_eq!(world.identity(), expected);
        }
    }
}

#[test]
fn passwd_that_is_left_alone_keeps_no_grant_from_being_written() {
    let world = numbers(Some(1001), Some(5)).socket(0, 988, 0o660);
    let world = world.with(|world| world.facts.accounts.passwd.access = Access::MountPoint);
    let after = format!("{GROUP}docker:!charon-init:988:charon\n");
    assert_eq!(world.edited("/etc/group"), Some(after));
    assert_eq!(world.edited("/etc/passwd"), None);
    assert_eq!(world.groups(), [5, 988]);
}

#[test]
fn gshadow_that_is_left_alone_keeps_no_group_from_its_number() {
    let world = numbers(Some(1001), Some(5))
        .gshadow("")
        .socket(0, 988, 0o660);
    let world = world.with(|world| {
        world.facts.accounts.gshadow.as_mut().unwrap().access = Access::MountPoint;
    });
    assert_eq!(
        world.edited("/etc/group"),
        Some(GROUP.replace("charon:x:1000:", "charon:x:5:"))
    );
    assert!(world.edited("/etc/passwd").is_some());
}

#[test]
fn file_that_needs_no_edit_may_be_as_it_is() {
    let world = numbers(Some(1001), None).with(|world| {
        world.facts.accounts.group.access = Access::MountPoint;
    });
    assert_eq!(world.findings(), []);
    assert!(world.edited("/etc/passwd").is_some());
    let so_already = numbers(Some(1000), Some(1000)).with(|world| {
        world.facts.accounts.passwd.access = Access::ReadOnly;
        world.facts.accounts.group.access = Access::ReadOnly;
    });
    assert_eq!(so_already.findings(), []);
}

#[test]
fn account_of_the_name_service_has_the_numbers_in_the_process_only() {
    let world = numbers(Some(1001), Some(5)).user("ldap").with(|world| {
        world.facts.accounts.name_service = Some(NameService {
            account: Account {
                name: "ldap".into(),
                uid: uid(7000),
                gid: gid(7000),
                home: "/nfs".into(),
            },
            groups: gids(&[7000, 7001]),
        });
    });
    let expected = identity(1001, 5, &[5, 7001], Some("ldap"), "/nfs");
    assert_eq!(world.identity(), expected);
    assert_eq!(
        (world.plan().edits().count(), world.findings()),
        (0, vec![])
    );
}

#[test]
fn start_that_is_not_by_root_keeps_its_ids_and_says_so() {
    let own = |uid, gid| {
        let mut world = numbers(uid, gid).inherited(&[1000]);
        world.facts.process.uid = IdSet::all(crate::world::uid(1000));
        world.facts.process.gid = IdSet::all(crate::world::gid(1000));
        world.facts.process.capabilities = Capabilities::default();
        world
    };
    for (uid, gid) in [
        (Some(1001), None),
        (None, Some(1001)),
        (Some(0), Some(1001)),
    ] {
        let world = own(uid, gid);
        let finding = Finding::NotTheNumbers {
            uid: uid.map(crate::world::uid),
            gid: gid.map(crate::world::gid),
            own: (crate::world::uid(1000), crate::world::gid(1000)),
        };
        assert_eq!(world.findings(), [finding]);
        assert_eq!(world.identity(), charon(&[1000]));
        assert_eq!(world.plan().edits().count(), 0);
    }
    assert_eq!(own(Some(1000), Some(1000)).findings(), []);
    // The numbers say who is meant, whatever the default user would be here.
    let elsewhere = own(Some(1000), Some(1000)).passwd("");
    assert_eq!(elsewhere.findings(), []);
}
