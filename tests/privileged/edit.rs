//! Contract 9: what a start does to the account files, and what keeps it from touching them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::group_file::setfacl;
use crate::probe::probe;
use crate::trace;
use crate::world::{End, GROUP, GSHADOW, World};

const NO_LITTER: [String; 0] = [];

fn with_socket(test: &str) -> Option<World> {
    let world = World::new(test)?;
    world.socket("run/docker.sock", 988, 0o660);
    Some(world)
}

/// COMMAND is `id -G`: the primary group, then the others.
fn groups(world: &World) -> End {
    world.start(["id", "-G"]).end()
}

fn granted(world: &World) -> String {
    groups(world).success()
}

#[test]
fn the_first_start_adds_a_line_to_both_files_and_the_second_writes_nothing() {
    let Some(world) =
        with_socket("the_first_start_adds_a_line_to_both_files_and_the_second_writes_nothing")
    else {
        return;
    };
    assert_eq!(granted(&world), "1000 988\n");
    assert_eq!(
        world.read("etc/group"),
        format!("{GROUP}docker:!charon-init:988:charon\n")
    );
    assert_eq!(
        world.read("etc/gshadow"),
        format!("{GSHADOW}docker:!charon-init::charon\n")
    );
    let about = |name: &str| {
        let about = fs::metadata(world.path(name)).unwrap();
        (about.mode() & 0o7777, about.uid(), about.gid())
    };
    assert_eq!(
        (about("etc/group"), about("etc/gshadow")),
        ((0o644, 0, 0), (0o640, 0, 42))
    );
    assert_eq!(world.litter(), NO_LITTER);

    let version = |name: &str| {
        let about = fs::metadata(world.path(name)).unwrap();
        (
            about.ino(),
            about.mtime(),
            about.mtime_nsec(),
            about.ctime_nsec(),
        )
    };
    let versions = || ["etc", "etc/group", "etc/gshadow", "etc/.pwd.lock"].map(version);
    let before = versions();
    assert_eq!(granted(&world), "1000 988\n");
    assert_eq!(versions(), before);
}

#[test]
fn without_gshadow_none_is_made() {
    let Some(world) = with_socket("without_gshadow_none_is_made") else {
        return;
    };
    fs::remove_file(world.path("etc/gshadow")).unwrap();
    assert_eq!(granted(&world), "1000 988\n");
    assert_eq!(
        world.read("etc/group"),
        format!("{GROUP}docker:!charon-init:988:charon\n")
    );
    assert!(!world.path("etc/gshadow").exists());
}

#[test]
fn another_gid_of_the_socket_replaces_our_line_and_ends_the_membership() {
    let Some(world) =
        with_socket("another_gid_of_the_socket_replaces_our_line_and_ends_the_membership")
    else {
        return;
    };
    assert_eq!(granted(&world), "1000 988\n");
    fs::remove_file(world.path("run/docker.sock")).unwrap();
    world.socket("run/docker.sock", 977, 0o660);
    assert_eq!(granted(&world), "1000 977\n");
    assert_eq!(
        world.read("etc/group"),
        format!("{GROUP}docker:!charon-init:977:charon\n")
    );
    assert_eq!(
        world.read("etc/gshadow"),
        format!("{GSHADOW}docker:!charon-init::charon\n")
    );
    let off = world.start(["--no-socket", "id", "-G"]).end();
    assert_eq!(off.success(), "1000\n");
    assert_eq!(
        (world.read("etc/group"), world.read("etc/gshadow")),
        (GROUP.into(), GSHADOW.into())
    );
}

/// The start goes on with the grant in the process, the files are untouched, and a finding names one.
#[track_caller]
fn is_left_alone(world: &World, end: End, group: &str) {
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(end.success(), "1000 988\n");
    assert_eq!(world.read("etc/group"), group);
    assert_eq!(world.read("etc/gshadow"), GSHADOW);
    assert_eq!(world.litter(), NO_LITTER);
}

#[test]
fn on_a_read_only_file_system_the_grant_is_in_the_process_only() {
    let Some(world) = with_socket("on_a_read_only_file_system_the_grant_is_in_the_process_only")
    else {
        return;
    };
    let end = world.start(["id", "-G"]).read_only().end();
    is_left_alone(&world, end, GROUP);
}

#[test]
fn a_group_file_that_is_mounted_is_left_alone() {
    let Some(world) = with_socket("a_group_file_that_is_mounted_is_left_alone") else {
        return;
    };
    world.write("tmp/group", GROUP, 0o644);
    let end = world
        .start(["id", "-G"])
        .mount(r#"mount --bind "$ROOT/tmp/group" "$ROOT/etc/group""#)
        .end();
    is_left_alone(&world, end, GROUP);
    assert_eq!(world.read("tmp/group"), GROUP);
}

#[test]
fn a_gshadow_that_is_mounted_leaves_both_files_alone() {
    let Some(world) = with_socket("a_gshadow_that_is_mounted_leaves_both_files_alone") else {
        return;
    };
    world.write("tmp/gshadow", GSHADOW, 0o640);
    let end = world
        .start(["id", "-G"])
        .mount(r#"mount --bind "$ROOT/tmp/gshadow" "$ROOT/etc/gshadow""#)
        .end();
    assert!(end.stderr.contains("'/etc/gshadow'"), "{end:?}");
    assert_eq!(end.success(), "1000 988\n");
    assert_eq!(world.read("tmp/gshadow"), GSHADOW);
    assert_eq!(world.litter(), NO_LITTER);
}

#[test]
fn a_group_file_that_is_a_link_is_left_alone() {
    let Some(world) = with_socket("a_group_file_that_is_a_link_is_left_alone") else {
        return;
    };
    fs::rename(world.path("etc/group"), world.path("data/group")).unwrap();
    symlink("/data/group", world.path("etc/group")).unwrap();
    let end = world.start(["id", "-G"]).end();
    assert_eq!(world.read("data/group"), GROUP);
    let link = fs::read_link(world.path("etc/group")).unwrap();
    assert_eq!(link.to_str(), Some("/data/group"));
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(end.success(), "1000 988\n");
}

#[test]
fn a_missing_group_file_is_not_made() {
    let Some(world) = with_socket("a_missing_group_file_is_not_made") else {
        return;
    };
    fs::remove_file(world.path("etc/group")).unwrap();
    let end = world.start(["id", "-G"]).end();
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(end.success(), "1000 988\n");
    assert!(!world.path("etc/group").exists());
}

#[test]
fn an_immutable_group_file_is_left_alone() {
    let Some(world) = with_socket("an_immutable_group_file_is_left_alone") else {
        return;
    };
    let chattr = |sign: &str| {
        let mut chattr = Command::new("chattr");
        chattr
            .arg(sign)
            .arg(world.path("etc/group"))
            .stderr(Stdio::null());
        chattr.status().is_ok_and(|status| status.success())
    };
    if !chattr("+i") {
        crate::common::skip(
            "an_immutable_group_file_is_left_alone",
            "needs a file system with attributes",
        );
        return;
    }
    let end = groups(&world);
    assert!(chattr("-i"));
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(end.success(), "1000 988\n");
    assert_eq!(world.read("etc/group"), GROUP);
    assert_eq!(world.litter(), NO_LITTER);
}

/// Root without CAP_CHOWN may not give gshadow back to its group.
#[test]
fn an_owner_that_cannot_be_restored_keeps_the_file() {
    let Some(world) = with_socket("an_owner_that_cannot_be_restored_keeps_the_file") else {
        return;
    };
    std::os::unix::fs::chown(world.path("etc/group"), Some(0), Some(42)).unwrap();
    let bounding = "-chown,-fowner";
    let end = world
        .start(["id", "-G"])
        .under(["setpriv", "--bounding-set", bounding])
        .end();
    is_left_alone(&world, end, GROUP);
}

/// In a container nobody may set an SELinux label, and nobody needs to: the directory has given the same one. Here the
/// directory gives an ACL, and setting one is what is refused.
#[test]
fn an_attribute_that_the_directory_has_given_already_is_not_set_again() {
    let test = "an_attribute_that_the_directory_has_given_already_is_not_set_again";
    let Some(world) = trace::with_socket(test) else {
        return;
    };
    fs::remove_file(world.path("etc/gshadow")).unwrap();
    let refused = ["strace", "-e", "inject=fsetxattr:error=EPERM", "-o"];
    let start = || {
        let refused = refused.iter().chain(&["/dev/null"]);
        world.start(["id", "-G"]).under(refused).end()
    };
    // What a file gets that is made with mode 0600: the mask and the others lose all.
    setfacl(
        &["-m", "u::rw,u:7:r,g::r,m::-,o::-"],
        &world.path("etc/group"),
    );
    let end = start();
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(
        world.read("etc/group"),
        GROUP,
        "it has to be set, and cannot"
    );
    setfacl(
        &["-d", "-m", "u::rw,u:7:r,g::r,m::r,o::r"],
        &world.path("etc"),
    );
    assert_eq!(start().success(), "1000 988\n");
    assert_ne!(world.read("etc/group"), GROUP);
}

#[test]
fn an_attribute_that_cannot_be_read_ends_the_start_and_changes_nothing() {
    let test = "an_attribute_that_cannot_be_read_ends_the_start_and_changes_nothing";
    let Some(world) = trace::with_socket(test) else {
        return;
    };
    setfacl(&["-m", "u:7:r"], &world.path("etc/group"));
    let broken = ["strace", "-e", "inject=fgetxattr:error=EIO"];
    let broken = broken.iter().chain(&["-o", "/dev/null"]);
    let end = world.start(["id", "-G"]).under(broken).end();
    assert_eq!((end.code, end.stdout.as_str()), (71, ""), "{end:?}");
    assert!(end.stderr.contains("owner and attributes"), "{end:?}");
    assert_eq!(world.read("etc/group"), GROUP);
    assert_eq!(world.litter(), NO_LITTER);
}

fn hold_the_lock(world: &World) -> Child {
    let mut holder = Command::new(probe())
        .arg("lock")
        .arg(world.path("etc/.pwd.lock"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(holder.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    holder
}

#[test]
fn the_lock_of_shadow_utils_is_waited_for() {
    let Some(world) = with_socket("the_lock_of_shadow_utils_is_waited_for") else {
        return;
    };
    let mut holder = hold_the_lock(&world);
    let mut start = world
        .start(["id", "-G"])
        .command()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_millis(700));
    assert_eq!(start.try_wait().unwrap(), None, "it did not wait");
    // Whoever holds the lock edits meanwhile: its line must not be lost.
    world.write("etc/group", format!("{GROUP}late:x:77:\n"), 0o644);
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let end = End::from(start.wait_with_output().unwrap());
    assert_eq!(end.success(), "1000 988\n");
    assert_eq!(
        world.read("etc/group"),
        format!("{GROUP}late:x:77:\ndocker:!charon-init:988:charon\n")
    );
}

/// A program without the lock writes between our look and our rename: its work is not overwritten.
#[test]
fn an_edit_by_a_program_without_the_lock_is_noticed_and_kept() {
    let test = "an_edit_by_a_program_without_the_lock_is_noticed_and_kept";
    let Some(world) = trace::with_socket(test) else {
        return;
    };
    // Each of the two files is synced before the first rename, and each sync takes a second.
    let slow = [
        "strace",
        "-e",
        "inject=fsync:delay_enter=1000000",
        "-o",
        "/dev/null",
    ];
    let start = world.start(["id", "-G"]).under(slow);
    let mut command = start.command();
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !world.path("etc/.group.charon-init").exists() {
        assert!(begin.elapsed() < Duration::from_secs(10), "no edit");
        sleep(Duration::from_millis(5));
    }
    let foreign = format!("{GROUP}foreign:x:77:\n");
    world.write("etc/group", &foreign, 0o644);
    let end = End::from(child.wait_with_output().unwrap());
    assert_eq!((end.code, end.stdout.as_str()), (71, ""), "{end:?}");
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert_eq!(world.read("etc/group"), foreign);
    assert_eq!(world.litter(), NO_LITTER);
}

#[test]
fn a_lock_that_is_never_given_back_does_not_stop_the_start() {
    let Some(world) = with_socket("a_lock_that_is_never_given_back_does_not_stop_the_start") else {
        return;
    };
    let mut holder = hold_the_lock(&world);
    let start = Instant::now();
    let end = groups(&world);
    let waited = start.elapsed();
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert!(
        waited >= Duration::from_secs(14) && waited < Duration::from_secs(25),
        "{waited:?}"
    );
    is_left_alone(&world, end, GROUP);
}

#[test]
fn group_file_never_leaves_it_alone_without_a_word() {
    let Some(world) = with_socket("group_file_never_leaves_it_alone_without_a_word") else {
        return;
    };
    let end = world.start(["--group-file", "never", "id", "-G"]).end();
    assert_eq!(end.success(), "1000 988\n");
    assert_eq!(
        (world.read("etc/group"), world.read("etc/gshadow")),
        (GROUP.into(), GSHADOW.into())
    );
    assert!(!world.path("etc/.pwd.lock").exists());
}
