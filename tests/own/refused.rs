//! What the kernel or contract 11 refuses.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use crate::common::skip;
use crate::tree::{NOTHING, others, owner, owning, plant};
use crate::world::World;

#[test]
fn paths_that_must_keep_their_owner_are_refused_before_anything_changes() {
    let Some(world) =
        World::new("paths_that_must_keep_their_owner_are_refused_before_anything_changes")
    else {
        return;
    };
    std::os::unix::fs::symlink("/etc", world.path("conf")).unwrap();
    fs::create_dir_all(world.path("home/charon/data")).unwrap();
    chown(world.path("home/charon"), Some(1000), Some(1000)).unwrap();
    fs::create_dir_all(world.path("opt/data")).unwrap();
    fs::copy(world.path("charon-init"), world.path("opt/charon-init")).unwrap();
    fs::set_permissions(
        world.path("opt/charon-init"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    for (program, path, what) in [
        ("/charon-init", "/", "contains or lies in '/'"),
        ("/charon-init", "/etc", "lies in '/etc'"),
        ("/charon-init", "/conf", "lies in '/etc'"),
        ("/charon-init", "/data/../etc/passwd", "lies in '/etc'"),
        ("/charon-init", "/lib", "lies in '/lib'"),
        ("/charon-init", "/proc/self/root", "lies in '/proc'"),
        (
            "/charon-init",
            "/home/charon/data",
            "'/home/charon' (owner uid 1000, mode 0755) is not root's alone",
        ),
        (
            "/charon-init",
            "/tmp/x",
            "'/tmp' (owner uid 0, mode 1777) is not root's alone",
        ),
        (
            "/opt/charon-init",
            "/opt/data",
            "where charon-init itself is",
        ),
        ("/opt/charon-init", "/opt", "where charon-init itself is"),
    ] {
        if path == "/tmp/x" {
            fs::create_dir(world.path("tmp/x")).unwrap();
            chown(world.path("tmp/x"), Some(1000), Some(1000)).unwrap();
        }
        let own = ["--no-socket", "--own", "/data", "--own", path, "true"];
        let end = world.run(program, own).end();
        assert_eq!(end.code, 78, "{path}: {end:?}");
        assert!(end.stderr.contains(what), "{path}: {end:?}");
        assert_eq!(owner(world.path("data")), (0, 0), "{path}");
    }
}

#[test]
fn a_read_only_mount_is_told_with_a_count_and_the_start_goes_on() {
    let Some(world) = World::new("a_read_only_mount_is_told_with_a_count_and_the_start_goes_on")
    else {
        return;
    };
    plant(&world.path("data"), 2, 3, 4242);
    let end = owning(&world, 1000, &["id", "-u"])
        .mount(r#"mount --bind "$ROOT/data" "$ROOT/data""#)
        .mount(r#"mount -o remount,bind,ro "$ROOT/data""#)
        .end();
    assert!(
        end.stderr
            .contains("owners stay, Read-only file system (os error 30): 9, the first '/data/d"),
        "{end:?}"
    );
    assert!(end.stderr.contains("mount it without :ro"), "{end:?}");
    assert_eq!(end.success(), "1000\n");
}

#[test]
fn an_immutable_file_is_told_and_the_rest_changes_hands() {
    let test = "an_immutable_file_is_told_and_the_rest_changes_hands";
    let Some(world) = World::new(test) else {
        return;
    };
    plant(&world.path("data"), 1, 3, 4242);
    let file = world.path("data/d0/f1");
    let immutable = |flag: &str| Command::new("chattr").arg(flag).arg(&file).status();
    if !immutable("+i").is_ok_and(|status| status.success()) {
        return skip(test, "needs chattr and a file system that knows it");
    }
    let end = owning(&world, 1000, &["true"]).end();
    assert!(immutable("-i").unwrap().success());
    assert!(
        end.stderr.contains(
            "owners stay, Operation not permitted (os error 1): 1, the first '/data/d0/f1'"
        ),
        "{end:?}"
    );
    end.success();
    assert_eq!(others(&world.path("data"), (1000, 1000)), [file]);
}

#[test]
fn a_full_file_system_is_told() {
    let Some(world) = World::new("a_full_file_system_is_told") else {
        return;
    };
    fs::create_dir(world.path("lower")).unwrap();
    fs::create_dir(world.path("upper")).unwrap();
    for number in 0..3 {
        fs::write(world.path(format!("lower/big{number}")), vec![1; 1 << 20]).unwrap();
    }
    fs::write(world.path("lower/small"), "").unwrap();
    let end = owning(&world, 1000, &["/bin/busybox", "stat", "-c", "%u", "/data/small", "/data/big0"])
        .mount(r#"mount -t tmpfs -o size=128k none "$ROOT/upper"; mkdir "$ROOT/upper/u" "$ROOT/upper/w""#)
        .mount(r#"mount -t overlay -o "lowerdir=$ROOT/lower,upperdir=$ROOT/upper/u,workdir=$ROOT/upper/w" none "$ROOT/data""#)
        .end();
    assert!(
        end.stderr.contains(
            "owners stay, No space left on device (os error 28): 3, the first '/data/big"
        ),
        "{end:?}"
    );
    assert_eq!(end.success(), "1000\n0\n");
}

#[test]
fn root_without_the_right_to_look_says_so() {
    let Some(world) = World::new("root_without_the_right_to_look_says_so") else {
        return;
    };
    plant(&world.path("data"), 1, 2, 4242);
    let shut = world.path("data/d0");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
    let with = |capabilities: &str| {
        owning(&world, 1000, &["true"]).under([
            "setpriv",
            "--inh-caps",
            capabilities,
            "--bounding-set",
            capabilities,
        ])
    };
    let end = with("-all,+sys_chroot,+setuid,+setgid,+setpcap").end();
    assert_eq!(end.code, 78);
    assert!(
        end.stderr
            .contains("root: lacks CAP_CHOWN; without that, root cannot give files away"),
        "{end:?}"
    );
    assert_eq!(owner(world.path("data")), (4242, 4242));
    let end = with("-all,+sys_chroot,+setuid,+setgid,+setpcap,+chown").end();
    assert!(
        end.stderr
            .contains("owners stay, Permission denied (os error 13): 1, the first '/data/d0'"),
        "{end:?}"
    );
    assert!(end.stderr.contains("--cap-add DAC_READ_SEARCH"), "{end:?}");
    end.success();
    assert_eq!(others(&world.path("data"), (1000, 1000)).len(), 3);
    with("-all,+sys_chroot,+setuid,+setgid,+setpcap,+chown,+dac_read_search")
        .end()
        .success();
    assert_eq!(others(&world.path("data"), (1000, 1000)), NOTHING);
}

#[test]
fn a_missing_path_and_a_start_by_another_stop_nothing() {
    let Some(world) = World::new("a_missing_path_and_a_start_by_another_stop_nothing") else {
        return;
    };
    let own = ["--no-socket", "--own", "/nowhere", "id", "-u"];
    let end = world.start(own).end();
    assert!(
        end.stderr
            .contains("'/nowhere': not found, so there is nothing to own"),
        "{end:?}"
    );
    assert_eq!(end.success(), "1000\n");
    // chroot(1) needs its capability.
    let chroot = "+sys_chroot";
    let end = owning(&world, 1000, &["id", "-u"])
        .under(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"])
        .under(["--inh-caps", chroot, "--ambient-caps", chroot])
        .end();
    assert!(
        end.stderr
            .contains("'/data': its owner stays uid 0 gid 0; the start is not by root"),
        "{end:?}"
    );
    assert_eq!(owner(world.path("data")), (0, 0));
    assert_eq!(end.success(), "1000\n");
}

#[test]
fn what_is_at_the_path_now_must_be_what_was_judged() {
    use charon_init::failure::Cause;
    use charon_init::ids::{Gid, Uid};
    use charon_init::ownership::{FileId, Ownership};
    use std::os::unix::fs::MetadataExt;
    let Some(world) = World::new("what_is_at_the_path_now_must_be_what_was_judged") else {
        return;
    };
    fs::create_dir_all(world.path("srv/tree")).unwrap();
    let path = world.path("srv/tree");
    let metadata = fs::metadata(&path).unwrap();
    let ownership = Ownership {
        path: path.clone(),
        root: FileId {
            device: metadata.dev(),
            inode: metadata.ino(),
        },
        uid: Uid::new(1000).unwrap(),
        gid: Gid::new(1000).unwrap(),
        counted: None,
    };
    let give = || charon_init::act::ownership::give(&ownership, &mut |_| ());
    // Elsewhere behind a link, although it is the same file; then another one; then none.
    fs::rename(world.path("srv"), world.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", world.path("srv")).unwrap();
    assert_eq!(give().unwrap_err().cause, Cause::Moved);
    fs::remove_file(world.path("srv")).unwrap();
    fs::create_dir_all(&path).unwrap();
    assert_eq!(give().unwrap_err().cause, Cause::Moved);
    fs::remove_dir(&path).unwrap();
    assert_eq!(give().unwrap_err().cause, Cause::Moved);
    assert_eq!(others(&world.path("elsewhere"), (0, 0)), NOTHING);
    fs::rename(world.path("elsewhere/tree"), &path).unwrap();
    assert_eq!(give().unwrap().changed, 1);
    assert_eq!(owner(&path), (1000, 1000));
}
