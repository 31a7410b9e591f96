//! Contract 9: where the account files are left alone, and groups that mean something already; a test a sentence.

use std::ffi::OsString;
use std::path::PathBuf;

use charon_init::account::Account;
use charon_init::facts::{Access, Found};
use charon_init::plan::{Through, Verdict};
use charon_init::refusal::Finding;

use crate::world::*;

/// A socket of gid 988, and this /etc/group.
fn with_group(text: &str) -> World {
    world()
        .inherited(&[])
        .group_file(text)
        .socket(0, 988, 0o660)
}

fn granted_as(name: Option<&str>) -> Verdict {
    Verdict::Granted {
        gid: gid(988),
        through: Through::OwningGroup,
        name: name.map(str::to_owned),
    }
}

fn left_alone(path: &str, access: Access) -> Finding {
    Finding::FileLeftAlone {
        path: PathBuf::from(path),
        access,
    }
}

#[test]
fn file_that_cannot_be_replaced_leaves_the_grant_in_the_process_only() {
    let (owner, group) = (uid(1000), gid(1000));
    for access in [
        Access::Missing,
        Access::SymbolicLink,
        Access::NotAFile,
        Access::MountPoint,
        Access::ReadOnly,
        Access::ForeignOwner {
            uid: owner,
            gid: group,
        },
        Access::Locked,
        Access::Denied,
    ] {
        let world = with_group("").group_access(access);
        assert_eq!(world.findings(), [left_alone("/etc/group", access)]);
        assert_eq!(world.edited("/etc/group"), None);
        assert_eq!(world.verdict(), granted_as(None));
        assert_eq!(world.group_add(), [988]);

        let shadow = with_group("")
            .gshadow("")
            .with(|world| world.facts.accounts.gshadow.as_mut().unwrap().access = access);
        assert_eq!(shadow.findings(), [left_alone("/etc/gshadow", access)]);
        assert_eq!(shadow.plan().edits().count(), 0, "both are left alone");
        assert_eq!(shadow.groups(), [988, 1000]);
    }
}

#[test]
fn file_that_needs_no_edit_may_be_as_it_is() {
    for text in ["docker:x:988:charon\n", "docker:!charon-init:988:charon\n"] {
        let world = with_group(text).group_access(Access::ReadOnly);
        assert_eq!(world.findings(), [], "{text}");
    }
    let stale = world()
        .inherited(&[])
        .group_file("docker:!charon-init:999:charon\n")
        .group_access(Access::ReadOnly);
    assert_eq!(stale.findings(), [], "a stale line grants nothing anyway");
    assert_eq!(stale.groups(), [1000]);
}

#[test]
fn file_is_never_edited_where_that_is_switched_off() {
    for text in ["", "docker:!charon-init:999:charon\n"] {
        let world = with_group(text).with(|world| world.request.edit_group_file = false);
        assert_eq!(world.edited("/etc/group"), None);
        assert_eq!(world.findings(), [], "what was asked for is no news");
        assert_eq!(world.verdict(), granted_as(None));
        assert_eq!(world.groups(), [988, 1000]);
    }
    let reused = with_group("engine:x:988:\n").with(|world| world.request.edit_group_file = false);
    assert_eq!(reused.verdict(), granted_as(Some("engine")));
}

#[test]
fn who_has_no_name_or_one_that_no_list_can_hold_is_not_listed() {
    let numeric = with_group("engine:x:988:\n").user("4242:4242");
    assert_eq!(numeric.edited("/etc/group"), None);
    assert_eq!(numeric.findings(), []);
    assert_eq!(numeric.groups(), [988, 4242]);
    for name in ["a,root", "a:b", "a\nb", "a\0b"] {
        let account = Account {
            name: OsString::from(name),
            uid: uid(5000),
            gid: gid(5000),
            home: OsString::new(),
        };
        let world = with_group("").user("5000").name_service(account, &[]);
        assert_eq!(world.edited("/etc/group"), None, "{name:?}");
        assert_eq!(world.groups(), [988, 5000]);
    }
    let comma = with_group("docker:x:988:a,b\n")
        .passwd("a,b:x:7:7::/:\n")
        .user("a,b");
    assert_eq!(comma.edited("/etc/group"), None);
    assert_eq!(comma.groups(), [7, 988], "and nothing lists it");
}

#[test]
fn group_that_means_something_in_the_image_is_a_finding() {
    let sensitive = |name: &str| Finding::SensitiveGroup {
        name: name.to_owned(),
        gid: gid(988),
    };
    for name in [
        "shadow",
        "disk",
        "kmem",
        "sudo",
        "wheel",
        "adm",
        "systemd-journal",
        "ping",
    ] {
        let world = with_group(&format!("{name}:x:988:\n"));
        assert_eq!(world.findings(), [sensitive(name)]);
        let never = world.with(|world| world.request.edit_group_file = false);
        assert_eq!(never.findings(), [sensitive(name)], "edit or no edit");
    }
    assert_eq!(with_group("engine:x:988:\n").findings(), []);
    assert_eq!(with_group("disk:!charon-init:988:\n").findings(), []);
}

#[test]
fn group_that_was_asked_for_by_name_is_no_surprise() {
    let sensitive = Finding::SensitiveGroup {
        name: "disk".to_owned(),
        gid: gid(988),
    };
    let world = world().group_file("disk:x:988:\n");
    assert_eq!(world.clone().group("disk").findings(), []);
    for spec in ["988", "mine:988"] {
        let found = world.clone().group(spec).findings();
        assert_eq!(found, std::slice::from_ref(&sensitive), "{spec}");
    }
    let twice = world.socket(0, 988, 0o660).found(
        "/run/podman/podman.sock",
        Found::Node(socket(0, 988, 0o660)),
    );
    assert_eq!(twice.findings(), [sensitive], "once for one gid");
}
