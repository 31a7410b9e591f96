//! Contract 5 and 6: which group gives the socket, and which groups the runtime gave.

use crate::subject::{PONG, PROBE, Process, seen, subject};

#[test]
fn a_gid_that_the_image_does_not_know_becomes_the_group_docker() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4220).mounted();
    let started = subject.start(&[&socket], &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4220]));
    assert_eq!(seen.ping, PONG);
    assert_eq!(
        started.container.file("/etc/group"),
        subject.group_file() + "docker:!charon-init:4220:charon\n"
    );
}

#[test]
fn a_gid_that_another_group_has_is_granted_through_that_group() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(999).mounted();
    let started = subject.start(&[&socket], &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[999, 1000]));
    assert_eq!(seen.ping, PONG);
    let group = subject.group_file();
    assert_eq!(
        started.container.file("/etc/group"),
        group.replace("\nping:x:999:\n", "\nping:x:999:charon\n")
    );
    started
        .ran
        .says(&["gid 999 (ping)", "means something else in this image"]);
}

#[test]
fn a_group_named_docker_with_another_gid_stays_and_ours_has_the_gid_in_its_name() {
    let Some(subject) = subject() else { return };
    let image = subject.after("echo docker:x:777:someone >>/etc/group");
    let socket = subject.second().socket(4221).mounted();
    let started = subject.docker.run(&[&socket], &image, &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4221]));
    assert_eq!(seen.ping, PONG);
    assert_eq!(
        started.container.file("/etc/group"),
        subject.group_file() + "docker:x:777:someone\ndocker4221:!charon-init:4221:charon\n"
    );
}

#[test]
fn a_group_that_the_image_gives_already_needs_no_edit() {
    let Some(subject) = subject() else { return };
    let image = subject.after("echo engine:x:4222:charon >>/etc/group");
    let socket = subject.second().socket(4222).mounted();
    let started = subject.docker.run(&[&socket], &image, &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4222]));
    assert_eq!(seen.ping, PONG);
    assert_eq!(
        started.container.file("/etc/group"),
        subject.group_file() + "engine:x:4222:charon\n"
    );
}

#[test]
fn a_group_that_the_runtime_added_survives_the_drop() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4223).mounted();
    let ran = subject.ran(&[&socket, "--group-add=5555"], &PROBE);
    let seen = seen(&ran);
    assert_eq!(
        seen.process,
        Process::without_power(1000, &[1000, 4223, 5555])
    );
    assert_eq!(seen.ping, PONG);
}

#[test]
fn a_group_that_the_runtime_added_goes_when_none_is_to_be_inherited() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4224).mounted();
    let options = [&socket, "--group-add=5555", "--group-add=4224"];
    let flag = subject.ran(&options, &["--no-inherit-groups", "/probe"]);
    let variable = "--env=CHARON_INIT_INHERIT_GROUPS=false";
    let variable = subject.ran(&[&options[..], &[variable]].concat(), &["/probe"]);
    for ran in [flag, variable] {
        let process = seen(&ran).process;
        assert_eq!(process, Process::without_power(1000, &[1000, 4224]));
    }
}

#[test]
fn groups_that_are_asked_for_by_name_or_number_are_given() {
    let Some(subject) = subject() else { return };
    let options = ["--env=CHARON_INIT_GROUPS=video,6001,media:6002"];
    let started = subject.start(&options, &["/probe"]);
    let process = seen(&started.ran).process;
    assert_eq!(
        process,
        Process::without_power(1000, &[27, 1000, 6001, 6002])
    );
    let group = subject.group_file();
    assert_eq!(
        started.container.file("/etc/group"),
        group.replace("\nvideo:x:27:root\n", "\nvideo:x:27:root,charon\n")
            + "host6001:!charon-init:6001:charon\nmedia:!charon-init:6002:charon\n"
    );
}
