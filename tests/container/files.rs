//! Contract 9: a group file that cannot be replaced is left alone, and the grant is in the process only.

use std::os::unix::fs::MetadataExt;

use crate::common::Scratch;
use crate::engine::Started;
use crate::subject::{PONG, PROBE, Process, Subject, seen, subject};

/// The engine was reached all the same, and the finding says why the file was left alone.
#[track_caller]
fn assert_in_the_process_only(started: &Started, gid: u32, why: &str) {
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, gid]));
    assert_eq!((started.ran.code, seen.ping.as_str()), (0, PONG));
    started.ran.says(&[
        "'/etc/group'",
        "left alone: the groups are in the process only",
        why,
    ]);
}

fn start(subject: &Subject, image: &str, gid: u32, options: &[&str]) -> Started {
    let socket = subject.second().socket(gid).mounted();
    subject
        .docker
        .run(&[&[socket.as_str()], options].concat(), image, &PROBE)
}

#[test]
fn a_mounted_group_file_stays_as_the_host_has_it() {
    let Some(subject) = subject() else { return };
    let scratch = Scratch::new();
    let path = scratch.path().join("group");
    std::fs::write(&path, subject.group_file()).unwrap();
    let before = std::fs::metadata(&path).unwrap();
    for (gid, mode) in [(4270, "rw"), (4271, "ro")] {
        let volume = format!("--volume={}:/etc/group:{mode}", path.display());
        let started = start(subject, &subject.busybox, gid, &[&volume]);
        assert_in_the_process_only(&started, gid, "mount point");
        let after = std::fs::metadata(&path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            subject.group_file()
        );
        assert_eq!(
            (after.ino(), after.mtime(), after.mtime_nsec()),
            (before.ino(), before.mtime(), before.mtime_nsec())
        );
    }
}

#[test]
fn a_missing_group_file_is_not_made() {
    let Some(subject) = subject() else { return };
    let image = subject.after("rm /etc/group");
    let started = start(subject, &image, 4272, &[]);
    assert_in_the_process_only(&started, 4272, "does not exist");
    let copy = format!("{}:/etc/group", started.container.name);
    assert_ne!(subject.docker.call(&["cp", &copy, "-"]).code, 0);
}

#[test]
fn a_group_file_that_is_a_link_is_not_replaced() {
    let Some(subject) = subject() else { return };
    let image = subject.after("mv /etc/group /group && ln -s /group /etc/group");
    let started = start(subject, &image, 4273, &[]);
    assert_in_the_process_only(&started, 4273, "symbolic link");
    assert_eq!(started.container.file("/group"), subject.group_file());
}

#[test]
fn a_group_file_that_is_not_to_be_edited_is_not() {
    let Some(subject) = subject() else { return };
    let never = "--env=CHARON_INIT_GROUP_FILE=never";
    let started = start(subject, &subject.busybox, 4274, &[never]);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4274]));
    assert_eq!(seen.ping, PONG);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn a_group_file_that_was_replaced_keeps_its_mode_and_leaves_no_litter() {
    let Some(subject) = subject() else { return };
    let image = subject.after("chmod 640 /etc/group && chgrp 42 /etc/group");
    let socket = subject.second().socket(4275).mounted();
    let command = ["sh", "-c", "stat -c '%a %u:%g' /etc/group; ls -A /etc"];
    let ran = subject.docker.run(&[&socket], &image, &command).ran;
    let etc = subject
        .docker
        .run(&["--entrypoint=ls"], &image, &["-A", "/etc"]);
    let mut lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.remove(0), "640 0:42");
    let mut expected = etc
        .ran
        .stdout
        .lines()
        .chain([".pwd.lock"])
        .collect::<Vec<_>>();
    expected.sort_unstable();
    lines.sort_unstable();
    assert_eq!(lines, expected);
}
