//! Contract 6: started as non-root, the process stays who it is and is told what would help.

use crate::subject::{DENIED, PONG, PROBE, Process, SOCKET, Subject, seen, subject};

/// The bounding set that the engine gives; a process that is not root cannot drop it.
fn given_bounding_set(subject: &Subject) -> u64 {
    let options = ["--user=1000:1000", "--entrypoint=/probe"];
    seen(&subject.ran(&options, &[])).process.capabilities[3]
}

fn non_root(subject: &Subject, groups: &[u32]) -> Process {
    Process {
        capabilities: [0, 0, 0, given_bounding_set(subject), 0],
        ..Process::without_power(1000, groups)
    }
}

#[test]
fn without_the_sockets_group_the_remedy_stands_verbatim() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4260).mounted();
    let started = subject.start(&["--user=1000:1000", &socket], &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, non_root(subject, &[1000]));
    assert_eq!((started.ran.code, seen.ping.as_str()), (1, DENIED));
    started.ran.says(&[
        SOCKET,
        "Use docker compose group_add: [\"4260\"] or run with --group-add 4260",
    ]);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn with_the_sockets_group_the_engine_is_reached_and_nothing_is_asked_for() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4261).mounted();
    let options = ["--user=1000:1000", "--group-add=4261", &socket];
    let ran = subject.ran(&options, &PROBE);
    let seen = seen(&ran);
    assert_eq!(seen.process, non_root(subject, &[1000, 4261]));
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
    assert_eq!(
        ran.stderr,
        format!("charon-init: '{SOCKET}': open to gid 4261; no grant needed\n")
    );
}

#[test]
fn a_required_socket_without_its_group_is_refused() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4262).mounted();
    let ran = subject.ran(&["--user=1000:1000", &socket], &["--require-socket", "id"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["required, but", "run with --group-add 4262"]);
}

#[test]
fn the_user_of_the_runtime_stays_whatever_ours_says() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&["--user=1234:1235"], &["--user", "charon", "/probe"]);
    let process = Process {
        gids: [1235; 4],
        ..non_root(subject, &[1235])
    };
    let process = Process {
        uids: [1234; 4],
        ..process
    };
    assert_eq!(seen(&ran).process, process);
    ran.says(&["--user 'charon'", "uid 1234 gid 1235"]);
}
