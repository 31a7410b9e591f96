//! Contract 6: what COMMAND finds around it, and what it does not notice of us.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use crate::world::{End, PATH, World};

#[test]
fn only_home_user_and_logname_change_in_the_environment() {
    let Some(world) = World::new("only_home_user_and_logname_change_in_the_environment") else {
        return;
    };
    let start = world
        .start(["--no-socket", "/bin/busybox", "cat", "/proc/self/environ"])
        .env("A", "first")
        .env("HOME", "/root")
        .env("EMPTY", "")
        .env("LINES", "one\ntwo=three")
        .env("USER", "root")
        .env("CHARON_INIT_UMASKED", "is no option of ours")
        .env("ODD", OsString::from_vec(b"\xff\xfe\x01".to_vec()));
    let output = start.command().stdin(Stdio::null()).output().unwrap();
    let mut expected = format!("PATH={PATH}\0A=first\0HOME=/data\0EMPTY=\0LINES=one\ntwo=three\0USER=charon\0CHARON_INIT_UMASKED=is no option of ours\0ODD=").into_bytes();
    expected.extend(b"\xff\xfe\x01\0LOGNAME=charon\0");
    assert_eq!(
        output.stdout,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn without_an_account_home_is_the_root_directory_and_the_name_is_the_number() {
    let Some(world) =
        World::new("without_an_account_home_is_the_root_directory_and_the_name_is_the_number")
    else {
        return;
    };
    let end = world
        .start(["--no-socket", "--user", "4242:77", "env"])
        .end();
    let expected = format!("PATH={PATH}\nHOME=/\nUSER=4242\nLOGNAME=4242\n");
    assert_eq!(end.success(), expected);
}

#[test]
fn the_umask_is_that_of_the_start_or_the_one_that_was_asked_for() {
    let Some(world) = World::new("the_umask_is_that_of_the_start_or_the_one_that_was_asked_for")
    else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let script = "umask; : > \"/tmp/$1\"; /bin/busybox stat -c %a \"/tmp/$1\"";
    let start = |name: &str, flags: &[&str]| {
        let command = ["sh", "-c", script, "sh", name];
        world.start([flags, &command].concat())
    };
    assert_eq!(start("same", &[]).end().success(), "0022\n644\n");
    let asked = ["--umask", "027"];
    assert_eq!(start("asked", &asked).end().success(), "0027\n640\n");
    let variable = start("variable", &[]).env("UMASK", "077").end();
    assert_eq!(variable.success(), "0077\n600\n");
    let init = ["--init", "--umask", "0"];
    assert_eq!(start("init", &init).end().success(), "0000\n666\n");
    let as_charon = "setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps +sys_chroot \
                     --ambient-caps +sys_chroot";
    let non_root = start("non-root", &asked)
        .under(as_charon.split_whitespace())
        .end();
    assert_eq!(non_root.success(), "0027\n640\n");
    // The account files keep their modes whatever the umask: the edit came before it.
    let mode = fs::metadata(world.path("etc/group")).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o644);
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let Some(world) = World::new("arguments_arrive_byte_for_byte") else {
        return;
    };
    let words = [
        &b"--no-socket"[..],
        b"--",
        b"probe",
        b"argv",
        b"",
        b" a  b ",
        b"--user",
        b"\xff\n",
        b"--",
    ];
    let words = words.map(|word| OsString::from_vec(word.to_vec()));
    let output = world
        .start(words)
        .command()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(
        output.stdout,
        b"[probe][argv][][ a  b ][--user][\xff\n][--]"
    );
}

#[test]
fn the_working_directory_stays() {
    let Some(world) = World::new("the_working_directory_stays") else {
        return;
    };
    // chroot(1) ends in `/`; a shell takes us elsewhere, into a directory that the identity could not enter.
    let script = "cd /root && chmod 0700 . && exec /charon-init --no-socket pwd";
    let end = world.run("/bin/sh", ["-c", script]).end();
    assert_eq!(end.success(), "/root\n");
}

#[test]
fn open_descriptors_stay_and_we_add_none() {
    let Some(world) = World::new("open_descriptors_stay_and_we_add_none") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let redirected = |command: &str| {
        let script = format!("exec {command} 3</etc/passwd 7>/tmp/seven 9</dev 200</etc/group");
        world.run("/bin/sh", ["-c", &script]).end()
    };
    world.write("dev/null", "", 0o666);
    let without = redirected("/bin/probe descriptors").success();
    let with = redirected("/charon-init /bin/probe descriptors").success();
    assert_eq!(with, without);
    for number in ["3 100000 ", "7 100000 ", "9 40000 ", "200 100000 "] {
        let is_there = |line: &str| line.starts_with(number);
        assert!(with.lines().any(is_there), "{number}: {with}");
    }
}

/// A program whose first open file becomes its standard output writes its log into it.
#[test]
fn closed_standard_descriptors_become_the_null_device() {
    let Some(world) = World::new("closed_standard_descriptors_become_the_null_device") else {
        return;
    };
    let null = r#"touch "$ROOT/dev/null"; mount --bind /dev/null "$ROOT/dev/null""#;
    // Without a standard output of its own the probe tells a file, which takes that number.
    let tell = "/bin/probe descriptors 1>/tmp/told";
    let numbers = |told: &str| -> Vec<String> {
        let number = |line: &str| line.split(' ').next().unwrap().to_owned();
        told.lines().map(number).collect()
    };
    let without = world.run("/bin/sh", ["-c", tell]).mount(null).end();
    assert_eq!(without.code, 0, "{without:?}");
    let expected = numbers(&world.read("tmp/told"));
    std::fs::remove_file(world.path("tmp/told")).unwrap();
    for closed in ["<&-", ">&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"] {
        let script = format!("exec /charon-init --no-socket /bin/sh -c '{tell}' {closed}");
        let end = world.run("/bin/sh", ["-c", &script]).mount(null).end();
        assert_eq!(end.code, 0, "{closed}: {end:?}");
        let told = world.read("tmp/told");
        assert_eq!(numbers(&told), expected, "{closed}");
        for (number, sign) in [("0", "<&-"), ("2", "2>&-")] {
            let is_closed = closed.split(' ').any(|word| word == sign);
            let null = format!("{number} 20000 1:3");
            assert!(
                !is_closed || told.lines().any(|line| line == null),
                "{closed}: {told}"
            );
        }
    }
}

/// What we have to say must not cost the start.
#[test]
fn a_standard_error_that_nobody_reads_does_not_stop_the_start() {
    let Some(world) = World::new("a_standard_error_that_nobody_reads_does_not_stop_the_start")
    else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let later = ["sh", "-c", r#"sleep 0.3; exec "$@""#, "sh"];
    let mut command = world.start(["id", "-G"]).under(later).command();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), &output.stdout[..]),
        (Some(0), &b"1000 988\n"[..])
    );
    let full = world.run("/bin/sh", ["-c", "exec /charon-init id -G 2>/dev/full"]);
    let full = full.mount(r#"touch "$ROOT/dev/full"; mount --bind /dev/full "$ROOT/dev/full""#);
    assert_eq!(full.end().success(), "1000 988\n");
}

#[test]
fn without_proc_the_drop_is_the_same_and_verified() {
    let Some(world) = World::new("without_proc_the_drop_is_the_same_and_verified") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let ids = "uid 1000 1000 1000 gid 1000 1000 1000 effective 0 bounding 0\n";
    let end = world.start(["probe", "ids"]).without_proc().end();
    assert!(end.stderr.contains("/proc"), "a finding: {end:?}");
    assert_eq!(end.success(), ids);
    let groups = world.start(["id", "-G"]).without_proc().end();
    assert_eq!(groups.success(), "1000 988\n");
    let kept = world
        .start(["--keep-cap", "net_bind_service", "probe", "ids"])
        .without_proc()
        .end();
    assert_eq!(
        kept.success(),
        "uid 1000 1000 1000 gid 1000 1000 1000 effective 400 bounding 400\n"
    );
    assert!(world.read("etc/group").contains(":988:charon\n"));
}

/// A /proc that is no procfs says nothing, or says whatever the image's author wrote.
#[test]
fn a_forged_status_does_not_pass_for_the_kernels() {
    let Some(world) = World::new("a_forged_status_does_not_pass_for_the_kernels") else {
        return;
    };
    std::fs::create_dir(world.path("proc/self")).unwrap();
    for forged in ["", "Uid:\t1000\t1000\t1000\t1000\n"] {
        world.write("proc/self/status", forged, 0o444);
        let end: End = world
            .start(["--no-socket", "probe", "ids"])
            .without_proc()
            .end();
        assert_eq!(
            end.success(),
            "uid 1000 1000 1000 gid 1000 1000 1000 effective 0 bounding 0\n"
        );
    }
}

/// One that says what we hope for would hide that nothing was dropped: the attempt to become root tells.
#[test]
fn a_forged_status_that_calls_root_a_user_does_not_start_the_command_as_root() {
    let test = "a_forged_status_that_calls_root_a_user_does_not_start_the_command_as_root";
    let Some(world) = World::new(test) else {
        return;
    };
    let dropped = world
        .start(["--no-socket", "cat", "/proc/self/status"])
        .end();
    std::fs::create_dir(world.path("proc/self")).unwrap();
    world.write("proc/self/status", dropped.success(), 0o444);
    let end = world
        .start(["--no-socket", "probe", "ids"])
        .without_proc()
        .end();
    assert_eq!((end.code, end.stdout.as_str()), (71, ""), "{end:?}");
}
