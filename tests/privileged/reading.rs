//! Contract 4, 5, 7 and 9: what is read of the world, and that nothing is guessed where it cannot be read.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

use crate::group_file::setfacl;
use crate::trace;
use crate::world::World;

/// The caller of a dry run: nobody in particular. chroot(1) needs its capability.
const SOMEONE: [&str; 10] = [
    "setpriv",
    "--reuid",
    "1234",
    "--regid",
    "1234",
    "--clear-groups",
    "--inh-caps",
    "+sys_chroot",
    "--ambient-caps",
    "+sys_chroot",
];

/// Root as `--cap-drop ALL --cap-add SETUID --cap-add SETGID` leaves it, and with what chroot(1) needs.
const WITHOUT_OVERRIDE: [&str; 3] = [
    "setpriv",
    "--bounding-set",
    "-all,+setuid,+setgid,+sys_chroot",
];

#[test]
fn an_account_file_that_root_may_not_read_fails_the_start() {
    let test = "an_account_file_that_root_may_not_read_fails_the_start";
    for name in ["etc/group", "etc/passwd"] {
        let Some(world) = World::new(test) else {
            return;
        };
        let path = world.path(name);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(1000), Some(1000)).unwrap();
        let start = world.start(["--no-socket", "--user", "1000:1000", "id"]);
        let end = start.under(WITHOUT_OVERRIDE).end();
        assert_eq!((end.code, end.stdout.as_str()), (71, ""), "{end:?}");
        assert!(end.stderr.contains(name), "{end:?}");
    }
}

#[test]
fn a_group_file_of_a_terabyte_fails_the_start() {
    let Some(world) = World::new("a_group_file_of_a_terabyte_fails_the_start") else {
        return;
    };
    let file = fs::File::options()
        .write(true)
        .open(world.path("etc/group"))
        .unwrap();
    file.set_len(1 << 40).unwrap();
    let end = world.start(["--no-socket", "id"]).end();
    assert_eq!((end.code, end.stdout.as_str()), (71, ""), "{end:?}");
}

#[test]
fn a_dry_run_is_the_same_whoever_calls_it() {
    let Some(world) = World::new("a_dry_run_is_the_same_whoever_calls_it") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    for format in ["json", "compose", "env"] {
        let start = || world.start(["--dry-run", "--format", format]);
        let by_root = start().end();
        let by_someone = start().under(SOMEONE).end();
        assert_eq!(by_someone.code, 0, "{by_someone:?}");
        assert_eq!(by_someone.stderr, by_root.stderr);
        let decided = |text: &str| {
            // Which capabilities there are to drop is the caller's; what is edited and granted is not.
            let (before, after) = text.split_once("\"steps\"").unwrap_or((text, ""));
            (before.to_owned(), after.matches("/etc/group").count())
        };
        assert_eq!(decided(&by_someone.stdout), decided(&by_root.stdout));
    }
}

#[test]
fn a_relative_link_does_not_hide_whose_entry_it_leads_to() {
    let Some(world) = World::new("a_relative_link_does_not_hide_whose_entry_it_leads_to") else {
        return;
    };
    world.socket("tmp/socket", 988, 0o660);
    symlink("socket", world.path("tmp/link")).unwrap();
    let group_add = |path| {
        let end = world.start(["-n", "-f", "docker", "-s", path]).end();
        assert_eq!(end.code, 0, "{end:?}");
        end.stdout
    };
    assert_eq!(group_add("/tmp/link"), "--group-add 988\n", "root's entry");
    chown(world.path("tmp/socket"), Some(2000), None).unwrap();
    assert_eq!(group_add("/tmp/socket"), "");
    assert_eq!(group_add("/tmp/link"), "");
}

#[test]
fn a_directory_that_cannot_be_searched_is_named_with_the_group_that_would_help() {
    let test = "a_directory_that_cannot_be_searched_is_named_with_the_group_that_would_help";
    let Some(world) = World::new(test) else {
        return;
    };
    fs::create_dir(world.path("run/closed")).unwrap();
    world.socket("run/closed/docker.sock", 988, 0o660);
    chown(world.path("run/closed"), Some(0), Some(988)).unwrap();
    fs::set_permissions(world.path("run/closed"), Permissions::from_mode(0o750)).unwrap();
    let start = world.start(["-s", "/run/closed/docker.sock", "true"]);
    let end = start.under(SOMEONE).end();
    assert_eq!(end.code, 0, "{end:?}");
    for words in [
        "directory '/run/closed' (owner uid 0, gid 988, mode 0750) cannot be searched",
        "Use docker compose group_add: [\"988\"] or run with --group-add 988",
    ] {
        assert!(end.stderr.contains(words), "{words}: {end:?}");
    }
}

#[test]
fn an_allowed_gid_zero_is_not_written_into_the_group_of_root() {
    let test = "an_allowed_gid_zero_is_not_written_into_the_group_of_root";
    let Some(world) = World::new(test) else {
        return;
    };
    world.socket("run/docker.sock", 0, 0o660);
    let before = world.read("etc/group");
    let groups = world.start(["--allow-gid-0", "id", "-G"]).end().success();
    assert_eq!(groups, "1000 0\n");
    assert_eq!(world.read("etc/group"), before);
}

#[test]
fn file_capabilities_that_the_kernel_would_not_look_at_are_not_held_against_the_command() {
    let test =
        "file_capabilities_that_the_kernel_would_not_look_at_are_not_held_against_the_command";
    let Some(world) = World::new(test) else {
        return;
    };
    fs::create_dir_all(world.path("usr/bin")).unwrap();
    let file = world.path("usr/bin/true");
    fs::copy("/bin/busybox", &file).unwrap();
    let setcap = Command::new("setcap")
        .arg("cap_net_raw=ep")
        .arg(&file)
        .status();
    assert!(setcap.expect("libcap2-bin is installed").success());
    let start = || world.start(["--no-socket", "true"]);
    assert_eq!(start().end().code, 78, "it would have to be kept");

    let nosuid = "mount --bind \"$ROOT/usr/bin\" \"$ROOT/usr/bin\"; mount -o remount,bind,nosuid \"$ROOT/usr/bin\"";
    assert_eq!(start().mount(nosuid).end().code, 0, "on a nosuid mount");

    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(start().end().code, 0, "execvp(3) passes over it");
}

/// Where somebody else could rename, a file is looked at through the descriptor that was walked to, and not by a name.
#[test]
fn a_name_is_enough_only_where_nobody_but_root_renames() {
    let test = "a_name_is_enough_only_where_nobody_but_root_renames";
    let Some(world) = trace::world(test) else {
        return;
    };
    fs::create_dir_all(world.path("run/outer/inner")).unwrap();
    world.socket("run/outer/inner/docker.sock", 988, 0o660);
    setfacl(
        &["-m", "u:1000:rw"],
        &world.path("run/outer/inner/docker.sock"),
    );
    let socket = "/run/outer/inner/docker.sock";
    for (owner, mode, is_by_name) in [
        (0, 0o755, true),
        (0, 0o775, false),
        (0, 0o757, false),
        (0, 0o1777, false),
        (1000, 0o755, false),
    ] {
        let outer = world.path("run/outer");
        chown(&outer, Some(owner), None).unwrap();
        fs::set_permissions(&outer, Permissions::from_mode(mode)).unwrap();
        let (calls, end) = trace::calls(&world, world.start(["--socket", socket, "true"]));
        assert_eq!(end.code, 0, "{end:?}");
        let lines: Vec<_> = calls.iter().map(|call| call.line.as_str()).collect();
        let count = |call: &str, name: &str| {
            let is_meant = |line: &&&str| line.contains(call) && line.contains(name);
            lines.iter().filter(is_meant).count()
        };
        // Above `outer` only root renames in every case.
        for named in ["\"/run\"", "\"/run/outer\""] {
            assert_eq!(count("newfstatat", named), 1, "{lines:?}");
            assert_eq!(count("posix_acl_access", named), 1, "{lines:?}");
        }
        let below = if is_by_name { (2, 0) } else { (0, 2) };
        for (by_name, by_descriptor) in [
            (
                count("newfstatat", "\"/run/outer/inner"),
                count("O_PATH", "O_NOFOLLOW"),
            ),
            (
                count("posix_acl_access", "\"/run/outer/inner"),
                count("posix_acl_access", "\"/proc/self/fd/"),
            ),
        ] {
            assert_eq!((by_name, by_descriptor), below, "{mode:o}: {lines:?}");
        }
    }
}

/// Links make a path longer than the kernel takes in one call (PATH_MAX), although each of its names is short.
#[test]
fn a_path_longer_than_one_call_takes_is_walked() {
    let Some(world) = World::new("a_path_longer_than_one_call_takes_is_walked") else {
        return;
    };
    for (link, letter) in [("run/a", "x"), ("run/a/b", "y")] {
        let name = letter.repeat(250);
        let long = [name.as_str(); 12].join("/");
        let link = world.path(link);
        fs::create_dir_all(link.parent().unwrap().join(&long)).unwrap();
        symlink(long, link).unwrap();
    }
    let file = world.path("run/a/b/file");
    fs::write(&file, "").unwrap();
    chown(&file, Some(0), Some(988)).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o660)).unwrap();
    let grant = ["--no-socket", "--grant", "/run/a/b/file", "id", "-G"];
    let end = world.start(grant).end();
    assert_eq!(end.stdout, "1000 988\n", "{end:?}");
}
