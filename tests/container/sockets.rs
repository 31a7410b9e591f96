//! Contract 4 and 5: which socket it is, and what stands in its place.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use crate::common::Scratch;
use crate::engine::mounted;
use crate::subject::{DENIED, PONG, PROBE, Process, SOCKET, real_socket, seen, subject};

#[test]
fn a_root_start_reaches_the_machines_engine_as_charon_without_any_power() {
    let Some(subject) = subject() else { return };
    let gid = std::fs::metadata(crate::engine::first_socket()).unwrap();
    let gid = std::os::unix::fs::MetadataExt::gid(&gid);
    let started = subject.start(&[&real_socket()], &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(started.ran.code, 0);
    let mut groups = vec![1000, gid];
    groups.sort_unstable();
    assert_eq!(seen.process, Process::without_power(1000, &groups));
    assert_eq!(seen.ping, PONG);
    let own_name = format!("/{}", started.container.name);
    assert!(seen.containers.contains(&own_name), "{seen:?}");
    assert_eq!(
        started.ran.stderr,
        format!("charon-init: '{SOCKET}': granted through gid {gid} (docker); its owning group\n")
    );
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&[], &["sh", "-c", "exit 42"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (42, ""));
    let ran = subject.ran(&[], &["/no/such/command"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (127, ""));
    let ran = subject.ran(&[], &["/etc/passwd"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (126, ""));
}

#[test]
fn a_socket_that_is_not_mounted_is_a_finding() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&[], &["/probe"]);
    ran.says(&[
        SOCKET,
        "not found",
        "not mounted",
        "Docker discovery will be unavailable",
    ]);
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
}

#[test]
fn a_directory_that_the_engine_made_is_a_finding_and_refused_where_a_socket_is_required() {
    let Some(subject) = subject() else { return };
    let scratch = Scratch::new();
    let missing = mounted(&scratch.path().join("no-engine.sock"));
    let ran = subject.ran(&[&missing], &["/probe"]);
    ran.says(&[
        SOCKET,
        "a directory, not a socket",
        "the host path did not exist when the container was created",
    ]);
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));

    let ran = subject.ran(&[&missing], &["--require-socket", "/probe"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&[SOCKET, "required, but a directory"]);
}

#[test]
fn a_file_in_the_sockets_place_is_a_finding() {
    let Some(subject) = subject() else { return };
    let scratch = Scratch::new();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    let ran = subject.ran(&[&mounted(&file)], &["/probe"]);
    ran.says(&[SOCKET, "a regular file, not a socket"]);
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
}

#[test]
fn a_required_socket_that_can_be_reached_is_no_obstacle() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4210).mounted();
    for required in [
        "--env=CHARON_DOCKER_REQUIRED=true",
        "--env=CHARON_DOCKER_REQUIRED=1",
    ] {
        let ran = subject.ran(&[&socket, required], &PROBE);
        assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG));
    }
    let ran = subject.ran(&["--env=CHARON_DOCKER_REQUIRED=true"], &PROBE);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&[SOCKET, "required, but not found"]);
}

#[test]
fn docker_host_names_another_socket() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4211);
    let volume = format!("--volume={}:/run/other.sock", socket.0.display());
    let host = "--env=DOCKER_HOST=unix:///run/other.sock";
    let ran = subject.ran(&[&volume, host], &["/probe", "/run/other.sock"]);
    let seen = seen(&ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4211]));
    assert_eq!(seen.ping, PONG);
}

#[test]
fn docker_host_elsewhere_needs_no_socket() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4212).mounted();
    let host = "--env=DOCKER_HOST=tcp://proxy:2375";
    let started = subject.start(&[&socket, host], &["/probe"]);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000]));
    started
        .ran
        .says(&["DOCKER_HOST", "'tcp://proxy:2375'", "no socket is needed"]);
    assert!(!started.container.file("/etc/group").contains("4212"));
}

#[test]
fn docker_switched_off_leaves_the_socket_and_the_group_file_alone() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    let started = subject.start(&[&socket, "--env=CHARON_DOCKER_ENABLED=false"], &["/probe"]);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000]));
    assert_eq!(started.ran.stderr, "");
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn a_link_that_the_identity_planted_is_never_granted() {
    let Some(subject) = subject() else { return };
    let image = subject.after(
        "echo secret >/etc/shadow && chgrp 42 /etc/shadow && chmod 660 /etc/shadow \
         && cd /home/charon && ln -s /etc/shadow shadow.sock && ln -s /var/run/docker.sock docker.sock \
         && chown -h 1000:1000 shadow.sock docker.sock",
    );
    let socket = subject.second().socket(4213).mounted();
    let run = |path: &str| {
        let command = ["--socket", path, "/probe", path];
        subject.docker.run(&[&socket], &image, &command)
    };

    let started = run("/home/charon/shadow.sock");
    let process = seen(&started.ran).process;
    assert_eq!(process, Process::without_power(1000, &[1000]));
    started
        .ran
        .says(&["'/home/charon/shadow.sock'", "not a socket"]);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());

    let started = run("/home/charon/docker.sock");
    let process = seen(&started.ran).process;
    assert_eq!(process, Process::without_power(1000, &[1000]));
    started.ran.says(&[
        "'/home/charon/docker.sock'",
        "not granted",
        "'/home/charon'",
    ]);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn a_podman_socket_is_found_in_its_place_and_its_group_is_called_podman() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4214);
    let place = "/run/podman/podman.sock";
    let volume = format!("--volume={}:{place}", socket.0.display());
    let started = subject.start(&[&volume], &["/probe", place]);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4214]));
    assert_eq!(seen.ping, PONG);
    assert_eq!(
        started.container.file("/etc/group"),
        subject.group_file() + "podman:!charon-init:4214:charon\n"
    );
}

#[test]
fn a_socket_of_the_identity_itself_needs_no_grant() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4215);
    chown(&socket.0, Some(1000), None).unwrap();
    let place = "/run/user/1000/docker.sock";
    let volume = format!("--volume={}:{place}", socket.0.display());
    let started = subject.start(&[&volume], &["/probe", place]);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000]));
    assert_eq!(seen.ping, PONG);
    started.ran.says(&[place, "open to its owner"]);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn a_socket_whose_mode_makes_membership_useless_is_not_granted() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4216);
    let modes = [
        (0o666, PONG, "writable by everyone, mode 0666"),
        (0o606, PONG, "writable by everyone, mode 0606"),
        (
            0o600,
            DENIED,
            "membership of its group, gid 4216, would not help",
        ),
        (
            0o640,
            DENIED,
            "membership of its group, gid 4216, would not help",
        ),
    ];
    for (mode, answer, words) in modes {
        set_permissions(&socket.0, Permissions::from_mode(mode)).unwrap();
        let started = subject.start(&[&socket.mounted()], &PROBE);
        let seen = seen(&started.ran);
        assert_eq!(seen.process, Process::without_power(1000, &[1000]));
        assert_eq!(seen.ping, answer, "{mode:o}");
        started.ran.says(&[SOCKET, words]);
        assert_eq!(started.container.file("/etc/group"), subject.group_file());
    }
}
