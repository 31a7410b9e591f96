//! What the runtime takes away: file systems, capabilities, new privileges.

use crate::subject::{PONG, PROBE, Process, SOCKET, seen, subject};

/// setgid and setuid, as a capability set.
const SETGID_SETUID: u64 = 1 << 6 | 1 << 7;

#[test]
fn a_read_only_file_system_gets_the_grant_in_the_process_only() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4250).mounted();
    let started = subject.start(&["--read-only", &socket], &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4250]));
    assert_eq!(seen.ping, PONG);
    started
        .ran
        .says(&["'/etc/group'", "left alone", "read-only file system"]);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn root_without_capabilities_is_refused_and_told_which_it_needs() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4251).mounted();
    let started = subject.start(&["--cap-drop=ALL", &socket], &PROBE);
    assert_eq!((started.ran.code, started.ran.stdout.as_str()), (78, ""));
    started.ran.says(&[
        "CAP_SETGID",
        "CAP_SETUID",
        "--cap-add SETGID --cap-add SETUID",
    ]);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn setuid_and_setgid_are_enough_and_the_bounding_set_that_stays_is_a_finding() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4252).mounted();
    let options = [
        "--cap-drop=ALL",
        "--cap-add=SETUID",
        "--cap-add=SETGID",
        &socket,
    ];
    let ran = subject.ran(&options, &PROBE);
    let seen = seen(&ran);
    let process = Process {
        capabilities: [0, 0, 0, SETGID_SETUID, 0],
        ..Process::without_power(1000, &[1000, 4252])
    };
    assert_eq!(seen.process, process);
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
    ran.says(&["bounding set", "setgid,setuid", "--cap-add SETPCAP"]);

    let ran = subject.ran(&options, &["--allow-new-privs", "/probe"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["--allow-new-privs", "CAP_SETPCAP", "--cap-add SETPCAP"]);
}

#[test]
fn with_setpcap_the_bounding_set_goes_too() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4253).mounted();
    let options = [
        "--cap-drop=ALL",
        "--cap-add=SETUID",
        "--cap-add=SETGID",
        "--cap-add=SETPCAP",
        &socket,
    ];
    let ran = subject.ran(&options, &PROBE);
    let seen = seen(&ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4253]));
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
    assert!(!ran.stderr.contains("bounding set"), "{}", ran.stderr);
}

#[test]
fn every_capability_of_a_privileged_container_is_dropped() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4254).mounted();
    // Not --privileged: it asks for resource limits that not every test machine may set.
    let ran = subject.ran(
        &["--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", &socket],
        &PROBE,
    );
    let seen = seen(&ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4254]));
    assert_eq!(seen.ping, PONG);
}

#[test]
fn no_new_privileges_from_the_runtime_is_no_obstacle() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4255).mounted();
    let ran = subject.ran(&["--security-opt=no-new-privileges", &socket], &PROBE);
    let seen = seen(&ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4255]));
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
}

#[test]
fn new_privileges_are_allowed_when_asked_for() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&[], &["--allow-new-privs", "/probe"]);
    let process = Process {
        no_new_privileges: false,
        ..Process::without_power(1000, &[1000])
    };
    assert_eq!(seen(&ran).process, process);
}

#[test]
fn logs_are_objects_when_asked_for_and_stdout_is_the_commands() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4256).mounted();
    let options = ["--env=CHARON_INIT_LOG_FORMAT=json", &socket];
    let ran = subject.ran(&options, &["echo", "mine"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "mine\n"));
    let line: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(line["code"], "granted");
    assert_eq!(line["level"], "info");
    assert_eq!(line["thing"], format!("'{SOCKET}'"));
}
