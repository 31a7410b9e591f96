//! Contract 5 and 6 inside user namespaces: ids that are not mapped, setgroups that is denied.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::world::{End, Start, World};

/// Everything below 65536 is itself: as rootless engines map it, and yet not the identity map.
const LOW_IDS: &str = "0 0 65536\n";

/// A start inside a new user namespace.
pub(crate) struct Inside<'a> {
    uids: &'a str,
    gids: &'a str,
    setgroups: &'a str,
    /// Of the process that makes the namespace: they are the ones that it starts with.
    groups: &'a str,
}

pub(crate) const INSIDE: Inside<'_> = Inside {
    uids: LOW_IDS,
    gids: LOW_IDS,
    setgroups: "allow",
    groups: "0",
};

impl Inside<'_> {
    pub(crate) fn end(&self, world: &World, start: &Start<'_>) -> End {
        let child = start.spawn_in_user_namespace(self.groups);
        wait_for_namespace(&child);
        let entry = |name: &str| format!("/proc/{}/{name}", child.id());
        fs::write(entry("setgroups"), self.setgroups).unwrap();
        fs::write(entry("uid_map"), self.uids).unwrap();
        fs::write(entry("gid_map"), self.gids).unwrap();
        world.write("go", "", 0o644);
        let output = child.wait_with_output().unwrap();
        fs::remove_file(world.path("go")).unwrap();
        End::from(output)
    }
}

const DENIED: Inside<'_> = Inside {
    setgroups: "deny",
    groups: "1000",
    ..INSIDE
};

fn wait_for_namespace(child: &Child) {
    let own = fs::read_link("/proc/self/ns/user").unwrap();
    let start = Instant::now();
    let link = format!("/proc/{}/ns/user", child.id());
    while fs::read_link(&link).unwrap() == own {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "no user namespace"
        );
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn setgroups_is_not_called_where_it_is_denied_and_the_list_is_right() {
    let Some(world) =
        World::new("setgroups_is_not_called_where_it_is_denied_and_the_list_is_right")
    else {
        return;
    };
    let start = world.start([
        "--no-socket",
        "--user",
        "1000:1000",
        "cat",
        "/proc/self/status",
    ]);
    let end = DENIED.end(&world, &start);
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(end.field("Uid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Gid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Groups"), "1000");
}

#[test]
fn setgroups_that_is_denied_and_needed_is_refused() {
    let Some(world) = World::new("setgroups_that_is_denied_and_needed_is_refused") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let start = world.start(["cat", "/proc/self/status"]);
    let before = world.read("etc/group");
    let end = DENIED.end(&world, &start);
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
    assert!(end.stderr.contains("setgroups"), "{end:?}");
    assert_eq!(world.read("etc/group"), before);
}

#[test]
fn an_identity_that_is_not_mapped_is_refused() {
    let Some(world) = World::new("an_identity_that_is_not_mapped_is_refused") else {
        return;
    };
    let start = world.start(["--no-socket", "id"]);
    let few = "0 0 1000\n";
    let end = Inside {
        uids: few,
        ..INSIDE
    }
    .end(&world, &start);
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
    assert!(end.stderr.contains("uid 1000"), "{end:?}");
    let end = Inside {
        gids: few,
        ..INSIDE
    }
    .end(&world, &start);
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
    assert!(end.stderr.contains("gid 1000"), "{end:?}");
}

/// setgroups(65534) would succeed and grant nothing.
#[test]
fn a_socket_of_a_group_that_is_not_mapped_is_a_finding_and_no_grant() {
    let Some(world) =
        World::new("a_socket_of_a_group_that_is_not_mapped_is_a_finding_and_no_grant")
    else {
        return;
    };
    world.socket("run/docker.sock", 70_000, 0o660);
    let start = world.start(["cat", "/proc/self/status"]);
    let before = world.read("etc/group");
    let end = INSIDE.end(&world, &start);
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(end.field("Groups"), "1000");
    assert_eq!(world.read("etc/group"), before);
    assert!(end.stderr.contains("65534"), "{end:?}");
}

#[test]
fn a_mapped_socket_is_granted_and_the_drop_is_complete() {
    let Some(world) = World::new("a_mapped_socket_is_granted_and_the_drop_is_complete") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let start = world.start(["cat", "/proc/self/status"]);
    let end = INSIDE.end(&world, &start);
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(end.field("Uid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Groups"), "988 1000");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(end.field(set), "0000000000000000", "{set}");
    }
    assert!(
        world
            .read("etc/group")
            .contains("docker:!charon-init:988:charon\n")
    );
}

/// An image unpacked by somebody who is not mapped: root of the namespace cannot restore the owner.
#[test]
fn a_group_file_of_an_owner_that_is_not_mapped_is_left_alone() {
    let Some(world) = World::new("a_group_file_of_an_owner_that_is_not_mapped_is_left_alone")
    else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    std::os::unix::fs::chown(world.path("etc/group"), Some(70_000), Some(0)).unwrap();
    let before = world.read("etc/group");
    let start = world.start(["cat", "/proc/self/status"]);
    let end = INSIDE.end(&world, &start);
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(end.field("Groups"), "988 1000", "in the process only");
    assert_eq!(world.read("etc/group"), before);
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(world.litter(), Vec::<String>::new());
}
