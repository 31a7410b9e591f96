//! Contract 8 with real engines: a health check of a container, whoever PID 1 is, and remedies carried out by an engine.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::{Scratch, skip};
use crate::engine::{Container, Ran, deadline, mounted};
use crate::second_engine::RestartingEngine;
use crate::subject::{SOCKET, Subject, real_socket, subject};

/// A check that is only about its answer.
const CHECK: [&str; 4] = ["/charon-init", "--check", "--timeout", "60s"];

/// What introduces a socket that is there and does not open.
const NOT_ACCESSIBLE: &str =
    "Local Docker socket mounted but not accessible by current process (uid=1000 gid=1000)";

/// What is advised for it.
fn group_add(gid: u32) -> String {
    format!(
        "{NOT_ACCESSIBLE}: '{SOCKET}'; Process groups do not include socket gid {gid}; run container with matching \
         supplemental group (e.g., --group-add {gid} or compose group_add: [\"{gid}\"])\n"
    )
}

#[track_caller]
fn healthy(ran: &Ran) -> String {
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("': reached "), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    ran.stdout.clone()
}

#[track_caller]
fn unhealthy(ran: &Ran) -> String {
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    ran.stdout.clone()
}

/// `docker exec` of a check, as root unless the options name a user.
fn check(container: &Container, options: &[&str]) -> Ran {
    container.exec(&[&["--user=0"], options].concat(), &CHECK)
}

/// The engine's own judgement, once it has one, and what the last check has said.
fn health(subject: &Subject, container: &Container) -> (String, String) {
    let is_late = deadline(Duration::from_mins(1));
    let format = "{{.State.Health.Status}} {{range .State.Health.Log}}{{.Output}}{{end}}";
    loop {
        let inspect = ["inspect", "--format", format, &container.name];
        let out = subject.docker.call(&inspect).out();
        let (status, output) = out.split_once(' ').unwrap();
        if status != "starting" {
            return (status.to_owned(), output.to_owned());
        }
        assert!(!is_late(), "{out}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

const HEALTHCHECK: [&str; 3] = [
    "--health-cmd=/charon-init --check --timeout 20s",
    "--health-interval=1s",
    "--health-retries=1",
];

fn with_health<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&HEALTHCHECK, options].concat()
}

#[test]
fn the_engine_calls_a_container_healthy_that_reaches_it() {
    let Some(subject) = subject() else { return };
    let socket = real_socket();
    let options = with_health(&[&socket]);
    let container = subject.docker.run_ready(&options, &subject.busybox);
    let (status, output) = health(subject, &container);
    assert_eq!(status, "healthy", "{output}");
    let version = [
        "version",
        "--format",
        "{{.Server.Version}} (API {{.Server.APIVersion}})",
    ];
    let version = subject.docker.call(&version).out();
    let line = format!(
        "'{SOCKET}': reached Docker Engine {} as uid 1000 gid 1000\n",
        version.trim()
    );
    assert!(output.starts_with(&line), "{output}");
    // A check edits nothing: the start has made this line.
    assert_eq!(
        container.file("/etc/group").matches("!charon-init").count(),
        1
    );
}

#[test]
fn a_user_without_the_group_is_unhealthy_until_the_remedy_is_carried_out() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4400).mounted();
    let user = "--user=1000:1000";
    let run = |options: &[&str]| {
        subject
            .docker
            .run_ready(&with_health(options), &subject.busybox)
    };
    let container = run(&[&socket, user]);
    let (status, output) = health(subject, &container);
    assert_eq!(status, "unhealthy");
    assert!(output.starts_with(&group_add(4400)), "{output}");
    // Root asks about the server, not about what root could give it.
    assert_eq!(unhealthy(&check(&container, &[])), group_add(4400));

    let container = run(&[&socket, user, "--group-add=4400"]);
    let (status, output) = health(subject, &container);
    assert_eq!(status, "healthy", "{output}");
    healthy(&check(&container, &[]));
}

#[test]
fn a_check_by_docker_exec_is_as_who_asks_or_as_the_server() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4401).mounted();
    let container = subject.docker.run_ready(&[&socket], &subject.busybox);
    let by_root = healthy(&check(&container, &[]));
    assert!(by_root.ends_with(" as uid 1000 gid 1000\n"), "{by_root}");
    healthy(&check(&container, &["--user=charon"]));
    // Without the groups that the group file gives charon by name.
    let bare = unhealthy(&check(&container, &["--user=1000:1000"]));
    assert_eq!(bare, group_add(4401));
    let other = unhealthy(&check(&container, &["--user=2000:2000"]));
    assert!(other.contains("(uid=2000 gid=2000)"), "{other}");
    // --init keeps a PID 1 that has the server's identity.
    let init = "--env=CHARON_INIT_INIT=true";
    let container = subject.docker.run_ready(&[&socket, init], &subject.busybox);
    healthy(&check(&container, &[]));
}

/// The group that the server has is not the socket's any more: a start would give it, and the server lacks it. That is so
/// behind the engine's init too, which is root, beside the machine's, and beside one in a pod.
#[test]
fn a_group_that_changed_since_the_start_is_missing() {
    let Some(subject) = subject() else { return };
    let pod = subject
        .docker
        .run_ready(&["--user=65535:65535"], &subject.busybox);
    let pod = format!("--pid=container:{}", pod.name);
    for options in [&[][..], &["--init"], &["--pid=host"], &[&pod]] {
        let socket = subject.second().socket(4402);
        let mounted = socket.mounted();
        let options = [&[&*mounted], options].concat();
        let container = subject.docker.run_ready(&options, &subject.busybox);
        healthy(&check(&container, &[]));
        socket.set_group(4403);
        let said = unhealthy(&check(&container, &[]));
        assert_eq!(said, group_add(4403), "{options:?}");
        container.restart(2);
        healthy(&check(&container, &[]));
    }
}

#[test]
fn pid_1_that_is_not_the_server_is_not_taken_for_it() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4404).mounted();
    // The engine's init, which is root, and the machine's.
    for option in ["--init", "--pid=host"] {
        let container = subject
            .docker
            .run_ready(&[&socket, option], &subject.busybox);
        let said = healthy(&check(&container, &[]));
        assert!(
            said.ends_with(" as uid 1000 gid 1000\n"),
            "{option}: {said}"
        );
        // Root's PID 1 opens every socket: the check is not as root, and GID 0 is not allowed.
        let zero = subject.second().socket(0).mounted();
        let container = subject.docker.run_ready(
            &[&zero, option, "--env=CHARON_DOCKER_ENABLED=0"],
            &subject.busybox,
        );
        let on = "--env=CHARON_DOCKER_ENABLED=1";
        let said = unhealthy(&check(&container, &[on]));
        assert!(said.starts_with(NOT_ACCESSIBLE), "{said}");
        assert!(said.contains("ALLOW_DOCKER_SOCK_GID_0=true"), "{said}");
    }
}

/// As where somebody asks from a session of his own, as root and with `--pid=host`: the oldest process is his shell.
#[test]
fn a_process_that_the_check_comes_from_is_not_taken_for_the_server() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4410).mounted();
    let script = "(until [ $(stat -c %u /proc/$$) = 1000 ]; do sleep 0.1; done
         /charon-init --check --timeout 60s; echo \"code $?\"; : >/tmp/done) &
        exec su -s /bin/sh charon -c 'while [ ! -e /tmp/done ]; do sleep 0.1; done'";
    let options = [&*socket, "--pid=host", "--entrypoint=sh"];
    let said = subject.ran(&options, &["-c", script]).out();
    assert!(
        said.contains("': reached ") && said.ends_with("code 0\n"),
        "{said}"
    );
}

/// As in a pod with shareProcessNamespace: PID 1 has the same uid and is somebody else.
#[test]
fn pid_1_of_another_container_says_nothing_of_this_one() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4405).mounted();
    let poor = subject
        .docker
        .run_ready(&["--user=1000:1000"], &subject.busybox);
    let shared = format!("--pid=container:{}", poor.name);
    let server = subject
        .docker
        .run_ready(&[&socket, &shared], &subject.busybox);
    healthy(&check(&server, &[]));
    // And the other way round: a rich PID 1 does not make the one beside it rich.
    let rich = subject
        .docker
        .run_ready(&["--user=1000:1000", "--group-add=4405"], &subject.busybox);
    let shared = format!("--pid=container:{}", rich.name);
    let options = with_health(&[&socket, &shared, "--user=1000:1000"]);
    let server = subject.docker.run_ready(&options, &subject.busybox);
    let (status, output) = health(subject, &server);
    assert_eq!(status, "unhealthy");
    assert!(output.starts_with(&group_add(4405)), "{output}");
}

/// One engine for what takes an engine down.
#[test]
fn an_engine_that_hangs_or_was_restarted_is_not_reached_until_the_remedy() {
    let Some(subject) = subject() else { return };
    let mut engine = RestartingEngine::start(4406);
    let by_socket = mounted(&engine.socket());
    let by_socket = subject.docker.run_ready(&[&by_socket], &subject.busybox);
    let volume = format!("--volume={}:/engine", engine.directory().display());
    let host = "--env=DOCKER_HOST=unix:///engine/docker.sock";
    let by_directory = subject.docker.run_ready(&[&volume, host], &subject.busybox);
    healthy(&check(&by_socket, &[]));
    healthy(&check(&by_directory, &[]));

    engine.signal("-STOP");
    let hasty = ["/charon-init", "--check", "--timeout=1s"];
    let said = unhealthy(&by_socket.exec(&["--user=0"], &hasty));
    engine.signal("-CONT");
    assert!(
        said.contains("no answer within 1000 ms to GET /_ping"),
        "{said}"
    );
    healthy(&check(&by_socket, &[]));

    engine.restart();
    let said = unhealthy(&check(&by_socket, &[]));
    assert!(
        said.starts_with(&format!(
            "'{SOCKET}': nobody listens on it; the engine was restarted"
        )),
        "{said}"
    );
    for remedy in [
        "restart the container",
        "mount the socket's directory instead of the socket",
    ] {
        assert!(said.contains(remedy), "{said}");
    }
    healthy(&check(&by_directory, &[]));
    by_socket.restart(2);
    healthy(&check(&by_socket, &[]));
    engine.stop();
}

#[test]
fn a_seccomp_filter_that_denies_connect_is_told_from_permissions() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4407).mounted();
    let scratch = Scratch::new();
    let profile = scratch.path().join("profile.json");
    let denies = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"connect\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}";
    std::fs::write(&profile, denies).unwrap();
    let option = |value: &str| format!("--security-opt=seccomp={value}");
    let run = |option: &str| subject.ran(&[&socket, option], &["--check", "--timeout=60s"]);
    let said = unhealthy(&run(&option(profile.to_str().unwrap())));
    assert!(said.starts_with(NOT_ACCESSIBLE), "{said}");
    assert!(
        said.contains("Permission denied") && said.contains("--security-opt seccomp=unconfined"),
        "{said}"
    );
    healthy(&run(&option("unconfined")));
}

/// The service of Podman, until this value goes.
struct PodmanService(Child, Scratch);

impl PodmanService {
    fn start() -> Self {
        let scratch = Scratch::new();
        let url = format!("unix://{}", scratch.path().join("podman.sock").display());
        let child = Command::new("podman")
            .args(["system", "service", "--time", "0", &url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let service = Self(child, scratch);
        let is_late = deadline(Duration::from_mins(1));
        while std::os::unix::net::UnixStream::connect(service.socket()).is_err() {
            assert!(!is_late(), "podman does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        service
    }

    fn socket(&self) -> PathBuf {
        self.1.path().join("podman.sock")
    }
}

impl Drop for PodmanService {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn podmans_service_is_called_podman() {
    let Some(subject) = subject() else { return };
    let version = Command::new("podman")
        .args(["version", "--format", "{{.Version}}"])
        .output();
    let Ok(version) = version else {
        return skip("podmans_service_is_called_podman", "no podman");
    };
    let version = String::from_utf8(version.stdout).unwrap();
    let service = PodmanService::start();
    std::os::unix::fs::chown(service.socket(), None, Some(4408)).unwrap();
    std::fs::set_permissions(
        service.socket(),
        std::os::unix::fs::PermissionsExt::from_mode(0o660),
    )
    .unwrap();
    let place = Path::new("/run/podman/podman.sock");
    let volume = format!(
        "--volume={}:{}",
        service.socket().display(),
        place.display()
    );
    let said = healthy(&subject.ran(&[&volume], &["--check", "--timeout=60s"]));
    let line = format!(
        "'{}': reached Podman {} (API ",
        place.display(),
        version.trim()
    );
    assert!(said.starts_with(&line), "{said}");
}
