//! Contract 9: a container that starts a second time, and one that takes its place.

use crate::engine::Container;
use crate::subject::{Subject, subject};

/// What tells one version of a file from another.
fn version(container: &Container) -> String {
    let command = ["stat", "-c", "%i %y %z", "/etc/group"];
    container.exec(&["--user=0"], &command).out()
}

fn group_of_pid_1(container: &Container) -> String {
    let command = ["sh", "-c", "grep ^Groups: /proc/1/status"];
    container.exec(&["--user=0"], &command).out()
}

fn ready(subject: &Subject, socket: &str) -> Container {
    subject.docker.run_ready(&[socket], &subject.busybox)
}

#[test]
fn docker_exec_as_charon_has_the_sockets_group_and_reaches_the_engine() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4280).mounted();
    let container = ready(subject, &socket);
    let id = container.exec(&["--user=charon"], &["id"]);
    assert_eq!(
        id.out(),
        "uid=1000(charon) gid=1000(charon) groups=1000(charon),4280(docker)\n"
    );
    let probe = container.exec(&["--user=charon"], &crate::subject::PROBE);
    assert_eq!(crate::subject::seen(&probe).ping, crate::subject::PONG);
}

#[test]
fn a_restart_writes_nothing() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4281).mounted();
    let container = ready(subject, &socket);
    let first = (version(&container), group_of_pid_1(&container));
    container.restart(2);
    assert_eq!((version(&container), group_of_pid_1(&container)), first);
    assert_eq!(
        container.file("/etc/group"),
        subject.group_file() + "docker:!charon-init:4281:charon\n"
    );
}

#[test]
fn a_restart_with_another_gid_replaces_our_line() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4282);
    let container = ready(subject, &socket.mounted());
    assert_eq!(group_of_pid_1(&container), "Groups:\t1000 4282 \n");
    socket.set_group(4283);
    container.restart(2);
    assert_eq!(group_of_pid_1(&container), "Groups:\t1000 4283 \n");
    assert_eq!(
        container.file("/etc/group"),
        subject.group_file() + "docker:!charon-init:4283:charon\n"
    );
    let id = container.exec(&["--user=charon"], &["id"]);
    assert_eq!(
        id.out(),
        "uid=1000(charon) gid=1000(charon) groups=1000(charon),4283(docker)\n"
    );
}

#[test]
fn a_restart_that_needs_no_group_any_more_takes_our_line_away() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4284);
    let container = ready(subject, &socket.mounted());
    // charon's own group opens it.
    socket.set_group(1000);
    container.restart(2);
    assert_eq!(group_of_pid_1(&container), "Groups:\t1000 \n");
    assert_eq!(container.file("/etc/group"), subject.group_file());
}

#[test]
fn a_restart_on_a_socket_that_became_root_s_is_refused() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4285);
    let started = subject.start(&[&socket.mounted()], &["id", "-G"]);
    assert_eq!(started.ran.clone().out(), "1000 4285\n");
    socket.set_group(0);
    let ran = started.container.start_again();
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["gid 0 (root)", "ALLOW_DOCKER_SOCK_GID_0=true"]);
}

#[test]
fn a_container_that_takes_its_place_gets_the_gid_of_its_own_time() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4286);
    for gid in [4286, 4287] {
        socket.set_group(gid);
        let container = ready(subject, &socket.mounted());
        assert_eq!(
            group_of_pid_1(&container),
            format!("Groups:\t1000 {gid} \n")
        );
        let line = format!("docker:!charon-init:{gid}:charon\n");
        assert_eq!(container.file("/etc/group"), subject.group_file() + &line);
    }
}
