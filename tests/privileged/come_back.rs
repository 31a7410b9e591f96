//! Contract 10: nothing that COMMAND tries brings root back.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::world::World;

const DENIED: &str = "Operation not permitted";

/// A setuid-root program and one with file capabilities: what an image may well contain.
fn with_privileged_programs(world: &World) {
    for name in ["bin/setuid", "bin/capable"] {
        fs::copy(world.path("bin/probe"), world.path(name)).unwrap();
    }
    fs::set_permissions(world.path("bin/setuid"), Permissions::from_mode(0o6755)).unwrap();
    let setcap = Command::new("setcap")
        .arg("cap_setuid,cap_dac_override,cap_sys_admin=ep")
        .arg(world.path("bin/capable"))
        .status();
    assert!(
        setcap
            .expect("the package libcap2-bin is installed")
            .success()
    );
}

fn attempts() -> Vec<String> {
    let attempts = [
        "setuid",
        "seteuid",
        "setreuid",
        "setresuid",
        "saved uid",
        "setfsuid",
        "setgid",
        "setegid",
        "setresgid",
        "setfsgid",
        "setgroups to root",
        "setgroups to none",
        "capset of all",
        "capset of setuid",
        "ambient setuid",
        "clear no_new_privs",
        "chroot",
        "mknod",
        "mount",
        "chown",
        "write",
    ];
    let says = |name: &str| match name {
        "clear no_new_privs" => format!("{name}: Invalid argument"),
        "write" => format!("{name}: Permission denied"),
        name => format!("{name}: {DENIED}"),
    };
    attempts.into_iter().map(says).collect()
}

const DROPPED: &str = "uid 1000 1000 1000 gid 1000 1000 1000 effective 0 bounding 0";

#[test]
fn no_system_call_and_no_privileged_file_brings_root_back() {
    let Some(world) = World::new("no_system_call_and_no_privileged_file_brings_root_back") else {
        return;
    };
    with_privileged_programs(&world);
    let output = world
        .start(["probe", "escape", "/bin/setuid", "/bin/capable"])
        .end()
        .success();
    let mut expected = attempts();
    expected.push(format!("/bin/setuid: {DROPPED}"));
    expected.push(format!("/bin/capable: {DENIED}"));
    expected.push(DROPPED.into());
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_kept_capability_opens_no_way_either() {
    let Some(world) = World::new("a_kept_capability_opens_no_way_either") else {
        return;
    };
    with_privileged_programs(&world);
    let options = ["--keep-cap", "net_bind_service", "--keep-cap", "kill"];
    let escape = ["probe", "escape", "/bin/setuid", "/bin/capable"];
    let output = world.start(options.iter().chain(&escape)).end().success();
    let mut expected = attempts();
    let kept = "uid 1000 1000 1000 gid 1000 1000 1000 effective 420 bounding 420";
    expected.push(format!("/bin/setuid: {kept}"));
    expected.push(format!("/bin/capable: {DENIED}"));
    expected.push(kept.into());
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn gid_zero_as_a_supplementary_group_does_not_become_ours() {
    let Some(world) = World::new("gid_zero_as_a_supplementary_group_does_not_become_ours") else {
        return;
    };
    world.socket("run/docker.sock", 0, 0o660);
    let output = world
        .start(["--allow-gid-0", "probe", "escape"])
        .end()
        .success();
    let mut expected = attempts();
    expected.push(DROPPED.into());
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
}

/// What `--allow-new-privs` gives away, and what it does not: uid 0 without a single capability, for good.
#[test]
fn a_setuid_program_that_is_allowed_gets_no_capability() {
    let Some(world) = World::new("a_setuid_program_that_is_allowed_gets_no_capability") else {
        return;
    };
    with_privileged_programs(&world);
    let output = world
        .start(["--allow-new-privs", "/bin/setuid", "ids"])
        .end()
        .success();
    assert_eq!(output, "uid 1000 0 0 gid 1000 0 0 effective 0 bounding 0\n");
    let end = world
        .start(["--allow-new-privs", "/bin/sh", "-c", "/bin/capable ids"])
        .end();
    assert_eq!((end.code, end.stdout.as_str()), (126, ""), "{end:?}");
}
