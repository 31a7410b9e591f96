//! `--uid` and `--gid` on real account files: who runs, what the files say, and what keeps a start from editing them.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::process::{Child, Stdio};

use crate::trace::{calls, can_trace};
use crate::world::{End, GROUP, GSHADOW, PASSWD, Start, World};

/// Ids as numbers, then as the account files name them.
const WHO: &str = "id -u; id -G; id -un; id -gn; echo $HOME $USER";

fn numbered<'w>(world: &'w World, uid: &str, group: &str) -> Start<'w> {
    world
        .start(["--no-socket", "sh", "-c", WHO])
        .env("PUID", uid)
        .env("PGID", group)
}

fn passwd() -> String {
    PASSWD.replace("charon:x:1000:1000:", "charon:x:1001:1002:")
}

fn group() -> String {
    GROUP.replace("charon:x:1000:", "charon:x:1002:")
}

const RENUMBERED: &str = "1001\n1002\ncharon\ncharon\n/data charon\n";

fn files(world: &World) -> [String; 3] {
    ["etc/passwd", "etc/group", "etc/gshadow"].map(|name| world.read(name))
}

#[test]
fn the_account_runs_under_its_numbers_and_the_second_start_writes_nothing() {
    let Some(world) =
        World::new("the_account_runs_under_its_numbers_and_the_second_start_writes_nothing")
    else {
        return;
    };
    fs::set_permissions(
        world.path("etc/passwd"),
        std::os::unix::fs::PermissionsExt::from_mode(0o640),
    )
    .unwrap();
    chown(world.path("etc/passwd"), Some(0), Some(1002)).unwrap();
    let end = numbered(&world, "1001", "1002").end();
    assert_eq!(end.stderr, "");
    assert_eq!(end.success(), RENUMBERED);
    assert_eq!(files(&world), [passwd(), group(), GSHADOW.into()]);
    assert_eq!(world.litter(), Vec::<String>::new());
    let about = fs::metadata(world.path("etc/passwd")).unwrap();
    assert_eq!((about.mode() & 0o7777, about.gid()), (0o640, 1002));

    let version = |name: &str| {
        let about = fs::metadata(world.path(name)).unwrap();
        (about.ino(), about.mtime_nsec(), about.ctime_nsec())
    };
    let versions = || ["etc", "etc/passwd", "etc/group", "etc/.pwd.lock"].map(version);
    let before = versions();
    let again = numbered(&world, "1001", "1002").end();
    assert_eq!(again.success(), RENUMBERED);
    assert_eq!(versions(), before);
}

#[test]
fn a_group_of_others_stays_and_ours_is_there_as_long_as_it_is_asked_for() {
    let Some(world) =
        World::new("a_group_of_others_stays_and_ours_is_there_as_long_as_it_is_asked_for")
    else {
        return;
    };
    let users = PASSWD.replace(":1000:1000:", ":1000:100:");
    let group = "root:x:0:\nusers:x:100:\n";
    world.write("etc/passwd", &users, 0o644);
    world.write("etc/group", group, 0o644);
    assert_eq!(numbered(&world, "1001", "1002").end().success(), RENUMBERED);
    let ours = format!("{group}charon:!charon-init:1002:\n");
    let shadow = GSHADOW.to_owned();
    assert_eq!(files(&world), [passwd(), ours.clone(), shadow.clone()]);
    assert_eq!(numbered(&world, "1001", "1002").end().success(), RENUMBERED);
    assert_eq!(world.read("etc/group"), ours);
    let other = numbered(&world, "1001", "1003").end();
    assert_eq!(other.success(), RENUMBERED.replace("1002", "1003"));
    assert_eq!(world.read("etc/group"), ours.replace("1002", "1003"));
    let without = world.start(["--no-socket", "id", "-G"]).end();
    assert_eq!(without.success(), "1003\n");
    assert_eq!(world.read("etc/group"), group);
    assert_eq!(world.read("etc/gshadow"), shadow);
}

#[test]
fn the_sockets_owner_and_group_need_no_grant() {
    let Some(world) = World::new("the_sockets_owner_and_group_need_no_grant") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    chown(world.path("run/docker.sock"), Some(501), None).unwrap();
    let start = |uid: &str, group: &str| {
        let start = world.start(["sh", "-c", "id -u; id -G"]);
        start.env("PUID", uid).env("PGID", group).end()
    };
    let by_group = start("1001", "988");
    assert!(by_group.stderr.contains("open to gid 988"), "{by_group:?}");
    assert_eq!(by_group.success(), "1001\n988\n");
    assert!(!world.read("etc/group").contains("charon-init"));
    let by_owner = start("501", "20");
    assert!(
        by_owner.stderr.contains("open to its owner"),
        "{by_owner:?}"
    );
    assert_eq!(by_owner.success(), "501\n20\n");
}

#[test]
fn the_rootless_socket_of_the_number_is_looked_for() {
    let Some(world) = World::new("the_rootless_socket_of_the_number_is_looked_for") else {
        return;
    };
    fs::create_dir_all(world.path("run/user/1001")).unwrap();
    world.socket("run/user/1001/docker.sock", 0, 0o600);
    chown(world.path("run/user/1001/docker.sock"), Some(1001), None).unwrap();
    let end = world.start(["--uid", "1001", "id", "-u"]).end();
    let found = "'/run/user/1001/docker.sock': open to its owner";
    assert!(end.stderr.contains(found), "{end:?}");
    assert_eq!(end.success(), "1001\n");
}

/// The numbers are the process's, the files are untouched, and a finding names one.
#[track_caller]
fn is_left_alone(world: &World, start: &Start<'_>, name: &str, why: &str) {
    let before = files(world);
    let end = start.end();
    let expected = [name, "are in the process only", why];
    let says = |line: &str| expected.iter().all(|part| line.contains(part));
    assert!(end.stderr.lines().any(says), "{end:?}");
    assert!(end.success().starts_with("1001\n1002\n"));
    assert_eq!(files(world), before);
    assert_eq!(world.litter(), Vec::<String>::new());
}

#[test]
fn files_that_cannot_be_replaced_leave_the_numbers_in_the_process_only() {
    let Some(world) =
        World::new("files_that_cannot_be_replaced_leave_the_numbers_in_the_process_only")
    else {
        return;
    };
    let start = || numbered(&world, "1001", "1002");
    let read_only = "read-only file system";
    is_left_alone(&world, &start().read_only(), "'/etc/passwd'", read_only);
    for (name, content) in [("passwd", PASSWD), ("group", GROUP)] {
        world.write(&format!("tmp/{name}"), content, 0o644);
        let bind = format!(r#"mount --bind "$ROOT/tmp/{name}" "$ROOT/etc/{name}""#);
        let path = format!("'/etc/{name}'");
        is_left_alone(&world, &start().mount(&bind), &path, "mount point");
        assert_eq!(world.read(&format!("tmp/{name}")), content);
    }
    chown(world.path("etc/passwd"), Some(0), Some(42)).unwrap();
    let powerless = start().under(["setpriv", "--bounding-set", "-chown,-fowner"]);
    let restored = "could not be restored";
    is_left_alone(&world, &powerless, "'/etc/passwd'", restored);
    fs::rename(world.path("etc/passwd"), world.path("data/passwd")).unwrap();
    symlink("../data/passwd", world.path("etc/passwd")).unwrap();
    is_left_alone(&world, &start(), "'/etc/passwd'", "symbolic link");
    fs::remove_file(world.path("etc/passwd")).unwrap();
    fs::rename(world.path("data/passwd"), world.path("etc/passwd")).unwrap();
    let never = start().env("CHARON_INIT_GROUP_FILE", "never").end();
    assert!(!never.stderr.contains("charon-init"), "{never:?}");
    assert!(never.success().starts_with("1001\n1002\n"));
    fs::remove_file(world.path("etc/group")).unwrap();
    let end = start().end();
    assert!(end.stderr.contains("'/etc/group'"), "{end:?}");
    assert!(end.success().starts_with("1001\n1002\n"));
    assert!(!world.path("etc/group").exists());
    assert_eq!(world.read("etc/passwd"), PASSWD);
}

#[test]
fn a_mounted_passwd_does_not_keep_the_grant_out_of_group() {
    let Some(world) = World::new("a_mounted_passwd_does_not_keep_the_grant_out_of_group") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    world.write("tmp/passwd", PASSWD, 0o644);
    let end = world
        .start(["sh", "-c", "id -u; id -G"])
        .env("PUID", "1001")
        .mount(r#"mount --bind "$ROOT/tmp/passwd" "$ROOT/etc/passwd""#)
        .end();
    assert!(end.stderr.contains("'/etc/passwd'"), "{end:?}");
    assert_eq!(end.success(), "1001\n1000 988\n");
    let after = format!("{GROUP}docker:!charon-init:988:charon\n");
    assert_eq!(world.read("etc/group"), after);
}

#[test]
fn broken_lines_and_every_other_byte_stay() {
    let Some(world) = World::new("broken_lines_and_every_other_byte_stay") else {
        return;
    };
    let mess = |charon: &str| {
        format!("# x\n\nbroken\nbad:x:xx:0::/:\n{charon}Ch,,:/data:\r\n+\nlast:x:9:9::/:")
    };
    world.write("etc/passwd", mess("charon:x:01000:1000:"), 0o644);
    let groups = |charon: &str| format!("broken:x:xx:charon\n:::\n{charon}charon\n+::::\n# end");
    world.write("etc/group", groups("charon:x:1000:"), 0o644);
    let end = numbered(&world, "1001", "1002").end();
    assert!(end.success().starts_with("1001\n1002\n"));
    assert_eq!(world.read("etc/passwd"), mess("charon:x:1001:1002:"));
    assert_eq!(world.read("etc/group"), groups("charon:x:1002:"));
}

#[test]
fn numbers_that_are_written_already_cost_no_system_call() {
    let test = "numbers_that_are_written_already_cost_no_system_call";
    if !can_trace(test) {
        return;
    }
    let Some(world) = World::new(test) else {
        return;
    };
    let start = |flags: &[&str]| {
        let command = ["--no-socket", "/bin/true"];
        calls(&world, world.start([flags, &command].concat()))
    };
    let asked = ["--uid", "1001", "--gid", "1002"];
    assert_eq!(start(&asked).1.code, 0);
    let names = |flags: &[&str]| {
        let (calls, end) = start(flags);
        assert_eq!(end.code, 0, "{end:?}");
        // Memory is the allocator's affair: a longer command line may cost a call of its own.
        let memory = ["brk", "mmap", "munmap", "mremap"];
        let names = calls.into_iter().map(|call| call.name);
        names
            .filter(|name| !memory.contains(&name.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&asked), names(&[]));
}

const STARTS: usize = 50;

#[test]
fn fifty_accounts_take_their_numbers_at_once_and_no_line_is_lost() {
    let Some(world) = World::new("fifty_accounts_take_their_numbers_at_once_and_no_line_is_lost")
    else {
        return;
    };
    let contents = |uid: usize, gid: usize| {
        let (mut passwd, mut group) = (PASSWD.to_owned(), GROUP.to_owned());
        for number in 0..STARTS {
            let (uid, gid) = (uid + number, gid + number);
            writeln!(passwd, "user{number}:x:{uid}:{gid}::/:/bin/sh").unwrap();
            writeln!(group, "user{number}:x:{gid}:").unwrap();
        }
        (passwd, group)
    };
    let (passwd, group) = contents(2000, 3000);
    world.write("etc/passwd", passwd, 0o644);
    world.write("etc/group", group, 0o644);
    let spawn = |number: usize| -> Child {
        let user = format!("user{number}");
        let words = ["--no-socket", "--user", &user, "sh", "-c", "id -u; id -G"];
        let start = world
            .start(words)
            .env("PUID", (6000 + number).to_string())
            .env("PGID", (7000 + number).to_string());
        let mut command = start.command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<Child> = (0..STARTS).map(spawn).collect();
    for (number, child) in children.into_iter().enumerate() {
        let end = End::from(child.wait_with_output().unwrap());
        let expected = format!("{}\n{}\n", 6000 + number, 7000 + number);
        assert_eq!(end.success(), expected);
    }
    let (passwd, group) = contents(6000, 7000);
    assert_eq!(files(&world), [passwd, group, GSHADOW.into()]);
    assert_eq!(world.litter(), Vec::<String>::new());
}
