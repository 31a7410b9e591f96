//! Contract 6: started as non-root, we stay who we are and lose what is left to lose; and a set-id binary is refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::world::World;

const NONE: &str = "0000000000000000";

fn as_user<'a>(groups: &'a [&'a str]) -> Vec<&'a str> {
    let mut wrapper = vec!["setpriv", "--reuid", "1000", "--regid", "1000"];
    wrapper.extend(groups);
    // chroot(1) needs its capability.
    wrapper.extend([
        "--inh-caps",
        "+sys_chroot,+net_raw",
        "--ambient-caps",
        "+sys_chroot,+net_raw",
    ]);
    wrapper
}

#[test]
fn ids_stay_and_capabilities_go() {
    let Some(world) = World::new("ids_stay_and_capabilities_go") else {
        return;
    };
    let start = world.start(["--no-socket", "--user", "root", "cat", "/proc/self/status"]);
    let end = start.under(as_user(&["--groups", "988,27"])).end();
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(end.field("Uid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Gid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Groups"), "27 988");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(end.field(set), NONE, "{set}");
    }
    assert_eq!(end.field("NoNewPrivs"), "1");
    assert!(
        end.stderr.contains("--user"),
        "a finding, because root is not who we are: {end:?}"
    );
}

#[test]
fn nothing_is_written() {
    let Some(world) = World::new("nothing_is_written") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let before = world.read("etc/group");
    let end = world
        .start(["true"])
        .under(as_user(&["--clear-groups"]))
        .end();
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(world.read("etc/group"), before);
    assert!(!world.path("etc/.pwd.lock").exists());
    let advice = "Use docker compose group_add: [\"988\"] or run with --group-add 988";
    assert!(end.stderr.contains(advice), "{end:?}");
}

/// As OpenShift starts a container: any uid, gid 0.
#[test]
fn gid_zero_of_the_runtime_stays_and_is_a_finding() {
    let Some(world) = World::new("gid_zero_of_the_runtime_stays_and_is_a_finding") else {
        return;
    };
    let start = world.start(["--no-socket", "cat", "/proc/self/status"]);
    let caps = "+sys_chroot";
    let setpriv = [
        "setpriv",
        "--reuid",
        "1000670000",
        "--regid",
        "0",
        "--groups",
        "0,1000670000",
    ];
    let chroot = ["--inh-caps", caps, "--ambient-caps", caps];
    let end = start.under(setpriv.iter().chain(&chroot)).end();
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(
        end.field("Uid"),
        "1000670000 1000670000 1000670000 1000670000"
    );
    assert_eq!(end.field("Gid"), "0 0 0 0");
    assert_eq!(end.field("Groups"), "0 1000670000");
    assert!(end.stderr.to_lowercase().contains("gid 0"), "{end:?}");
}

#[test]
fn a_setuid_binary_is_refused() {
    let Some(world) = World::new("a_setuid_binary_is_refused") else {
        return;
    };
    for mode in [0o4755, 0o2755, 0o6755] {
        fs::set_permissions(world.path("charon-init"), Permissions::from_mode(mode)).unwrap();
        for wrapper in [vec!["env"], as_user(&["--clear-groups"])] {
            let end = world.start(["--no-socket", "id"]).under(&wrapper).end();
            assert_eq!(
                (end.code, end.stdout.as_str()),
                (78, ""),
                "{mode:o} {wrapper:?} {end:?}"
            );
        }
    }
}

#[test]
fn a_binary_with_file_capabilities_is_refused() {
    let Some(world) = World::new("a_binary_with_file_capabilities_is_refused") else {
        return;
    };
    let setcap = Command::new("setcap")
        .arg("cap_setuid,cap_setgid=ep")
        .arg(world.path("charon-init"))
        .status();
    assert!(
        setcap
            .expect("the package libcap2-bin is installed")
            .success()
    );
    for wrapper in [vec!["env"], as_user(&["--clear-groups"])] {
        let end = world.start(["--no-socket", "id"]).under(&wrapper).end();
        assert_eq!(
            (end.code, end.stdout.as_str()),
            (78, ""),
            "{wrapper:?} {end:?}"
        );
    }
}

/// The same without /proc, where our own file cannot be looked at: the ids give a setuid start away.
#[test]
fn a_setuid_start_is_refused_without_proc() {
    let Some(world) = World::new("a_setuid_start_is_refused_without_proc") else {
        return;
    };
    fs::set_permissions(world.path("charon-init"), Permissions::from_mode(0o4755)).unwrap();
    let end = world
        .start(["--no-socket", "id"])
        .under(as_user(&["--clear-groups"]))
        .without_proc()
        .end();
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
}
