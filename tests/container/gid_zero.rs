//! Contract 5: GID 0 is refused, however the identity would get there, unless it is allowed.

use crate::engine::Ran;
use crate::subject::{PONG, PROBE, Process, SOCKET, seen, subject};

/// Refused before anything ran.
#[track_caller]
fn assert_refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""), "{}", ran.stderr);
    ran.says(words);
}

const WORDS: [&str; 7] = [
    SOCKET,
    "owner uid 0, group gid 0, mode 0660",
    "root's group of the host",
    "ALLOW_DOCKER_SOCK_GID_0=true",
    "give the socket another group on the host",
    "DOCKER_HOST=tcp://",
    "CHARON_DOCKER_ENABLED=false",
];

#[test]
fn a_socket_of_gid_zero_is_refused_with_every_remedy() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    let started = subject.start(&[&socket], &PROBE);
    assert_refused(&started.ran, &WORDS);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
    for value in ["false", "0", "No", "OFF", ""] {
        let variable = format!("--env=ALLOW_DOCKER_SOCK_GID_0={value}");
        assert_refused(&subject.ran(&[&socket, &variable], &PROBE), &WORDS);
    }
}

#[test]
fn a_socket_of_gid_zero_is_reached_when_that_is_allowed() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    let flag = subject.ran(&[&socket], &["--allow-gid-0", "/probe", SOCKET]);
    let variable = ["--env=ALLOW_DOCKER_SOCK_GID_0=TRUE", &socket];
    for ran in [flag, subject.ran(&variable, &PROBE)] {
        let seen = seen(&ran);
        assert_eq!(seen.process, Process::without_power(1000, &[0, 1000]));
        assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
        ran.says(&[SOCKET, "reached through gid 0 (root), as allowed"]);
    }
}

#[test]
fn a_word_that_is_no_boolean_does_not_start() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4230).mounted();
    let ran = subject.ran(&[&socket, "--env=ALLOW_DOCKER_SOCK_GID_0=maybe"], &PROBE);
    let words = [
        "ALLOW_DOCKER_SOCK_GID_0",
        "'maybe'",
        "1 true yes on",
        "0 false no off",
    ];
    assert_refused(&ran, &words);
}

#[test]
fn gid_zero_from_the_runtime_is_dropped_on_a_root_start() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4231).mounted();
    let ran = subject.ran(&[&socket, "--group-add=0"], &PROBE);
    let seen = seen(&ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4231]));
    assert_eq!(seen.ping, PONG);
}

#[test]
fn gid_zero_from_the_runtime_does_not_open_a_socket_of_gid_zero() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    for user in ["--user=0", "--user=1000:1000"] {
        let options = [user, "--group-add=0", &socket];
        assert_refused(&subject.ran(&options, &PROBE), &WORDS);
    }
    assert_refused(&subject.ran(&["--user=1000:0", &socket], &PROBE), &WORDS);
}

#[test]
fn a_non_root_start_with_gid_zero_reaches_its_socket_when_that_is_allowed() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    let allow = "--env=ALLOW_DOCKER_SOCK_GID_0=yes";
    let ran = subject.ran(
        &["--user=1000:1000", "--group-add=0", allow, &socket],
        &PROBE,
    );
    let seen = seen(&ran);
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG), "{}", ran.stderr);
    ran.says(&[SOCKET, "reached through gid 0 (root), as allowed"]);
}

#[test]
fn a_non_root_start_that_has_gid_zero_for_nothing_is_a_finding() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4232).mounted();
    let options = ["--user=1000:0", "--group-add=4232", &socket];
    let ran = subject.ran(&options, &PROBE);
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG));
    ran.says(&["gid 0 (root)", "needs it for no granted path"]);
}

#[test]
fn a_non_root_start_without_gid_zero_is_told_of_the_opt_in_and_the_risk() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    let ran = subject.ran(&["--user=1000:1000", &socket], &PROBE);
    assert_eq!(seen(&ran).ping, crate::subject::DENIED);
    ran.says(&[SOCKET, "warning", "ALLOW_DOCKER_SOCK_GID_0=true"]);
    assert!(!ran.stderr.contains("--group-add 0"), "{}", ran.stderr);
}

#[test]
fn an_account_whose_primary_group_is_zero_is_refused() {
    let Some(subject) = subject() else { return };
    let change = "sed -i s/^charon:x:1000:1000:/charon:x:1000:0:/ /etc/passwd";
    let image = subject.after(change);
    let ran = subject.docker.run(&[], &image, &PROBE).ran;
    assert_refused(&ran, &["user 'charon'", "primary group", "gid 0 (root)"]);
    let allow = "--env=ALLOW_DOCKER_SOCK_GID_0=true";
    let ran = subject.docker.run(&[allow], &image, &["/probe"]).ran;
    let allowed = Process {
        gids: [0; 4],
        ..Process::without_power(1000, &[0])
    };
    assert_eq!(seen(&ran).process, allowed);
}

#[test]
fn a_member_of_roots_group_is_refused() {
    let Some(subject) = subject() else { return };
    let image = subject.after("sed -i s/^root:x:0:root/root:x:0:root,charon/ /etc/group");
    let ran = subject.docker.run(&[], &image, &PROBE).ran;
    assert_refused(&ran, &["user 'charon'", "group 'root' with gid 0"]);
}

#[test]
fn a_group_of_zero_that_is_asked_for_is_refused() {
    let Some(subject) = subject() else { return };
    for user in ["1000:0", "charon:0", "charon:root"] {
        let ran = subject.ran(&[], &["--user", user, "/probe"]);
        assert_refused(&ran, &["--user", "gid 0 (root)"]);
    }
    for group in ["0", "root", "toor:0"] {
        let ran = subject.ran(&[], &["--group", group, "/probe"]);
        assert_refused(&ran, &["--group", "gid 0 (root)"]);
    }
}
