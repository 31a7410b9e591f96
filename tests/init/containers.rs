//! Container engines → the same promises, with everything that they add.

use std::path::PathBuf;
use std::process::{Command, id};
use std::time::{Duration, Instant};

use crate::{eventually, output, skip};

const IMAGE: &str = "charon-init-test/busybox";

/// The static binary, which runs in every image.
fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/static/charon-init")
}

fn docker(words: &[&str]) -> (Option<i32>, String) {
    output(Command::new("docker").args(words))
}

/// Is there an engine, an image, and a static binary?
fn can_run(test: &str) -> bool {
    let can = binary().exists() && docker(&["image", "inspect", IMAGE]).0 == Some(0);
    if !can {
        skip(
            test,
            "needs Docker, tests/images/build busybox and examples/build-static",
        );
    }
    can
}

/// A container that goes when this value goes.
struct Container(String);

impl Container {
    fn start(options: &[&str], init: &[&str], command: &[&str]) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "charon-init-test-{}-{}",
            id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let mount = format!("{}:/charon-init:ro", binary().display());
        let own = ["run", "-d", "--name", &name, "-v", &mount];
        let entry = [IMAGE, "/charon-init", "--user=1000:1000", "--no-socket"];
        let (code, text) = docker(&[&own, options, &entry, init, command].concat());
        let container = Self(name);
        assert_eq!(code, Some(0), "{text}");
        container.says("up");
        container
    }

    fn says(&self, word: &str) {
        eventually(|| docker(&["logs", &self.0]).1.contains(word).then_some(()));
    }

    fn code(&self) -> String {
        docker(&["wait", &self.0]).1.trim().to_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        docker(&["rm", "-f", &self.0]);
    }
}

const OBEYS: [&str; 3] = [
    "sh",
    "-c",
    "trap 'echo usr1' USR1; trap 'exit 4' TERM; echo up; while :; do sleep 0.1; done",
];

#[test]
fn docker_stop_and_docker_kill_reach_the_command() {
    if !can_run("docker_stop_and_docker_kill_reach_the_command") {
        return;
    }
    for options in [
        &[][..],
        &["-t"],
        &["--init"],
        &["--pid=host"],
        &[
            "--read-only",
            "--cap-drop=ALL",
            "--cap-add=SETUID",
            "--cap-add=SETGID",
        ],
    ] {
        let container = Container::start(options, &["--init=group", "--grace-period=1s"], &OBEYS);
        assert_eq!(docker(&["kill", "-s", "USR1", &container.0]).0, Some(0));
        container.says("usr1");
        let start = Instant::now();
        assert_eq!(docker(&["stop", "-t", "60", &container.0]).0, Some(0));
        assert!(start.elapsed() < Duration::from_secs(20), "{options:?}");
        assert_eq!(container.code(), "4", "{options:?}");
    }
}

#[test]
fn docker_kill_with_a_real_time_signal_ends_a_command_that_does_not_know_it() {
    if !can_run("docker_kill_with_a_real_time_signal_ends_a_command_that_does_not_know_it") {
        return;
    }
    // RTMIN is 34, which musl, of which our static binary is made, reserves for itself.
    let container = Container::start(&[], &["--init"], &["sh", "-c", "echo up; exec sleep 60"]);
    assert_eq!(docker(&["kill", "-s", "RTMIN", &container.0]).0, Some(0));
    assert_eq!(container.code(), "162");
}

#[test]
fn docker_exec_sees_the_identity_as_pid_1_and_may_start_an_init_itself() {
    if !can_run("docker_exec_sees_the_identity_as_pid_1_and_may_start_an_init_itself") {
        return;
    }
    let container = Container::start(&[], &["--init"], &OBEYS);
    let (_, status) = docker(&["exec", &container.0, "grep", "^Uid", "/proc/1/status"]);
    assert_eq!(status, "Uid:\t1000\t1000\t1000\t1000\n");
    let inner = [
        "exec",
        &container.0,
        "/charon-init",
        "--user=1000:1000",
        "--no-socket",
        "--init",
        "sh",
        "-c",
        "exit 7",
    ];
    assert_eq!(docker(&inner), (Some(7), String::new()));
}

/// What Kubernetes' shareProcessNamespace is to the containers of a pod.
#[test]
fn in_the_pid_namespace_of_another_container_only_our_own_descendants_end() {
    let test = "in_the_pid_namespace_of_another_container_only_our_own_descendants_end";
    if !can_run(test) {
        return;
    }
    let first = Container::start(&[], &[], &["sh", "-c", "echo up; exec sleep 1000"]);
    let shared = format!("--pid=container:{}", first.0);
    let leaves_one = "(trap '' TERM; exec sleep 1000) & echo up; sleep 0.3; exit 5";
    let second = Container::start(
        &[&shared],
        &["--init", "--grace-period=300ms"],
        &["sh", "-c", leaves_one],
    );
    assert_eq!(second.code(), "5");
    let (_, left) = docker(&["exec", &first.0, "ps", "-o", "pid,args"]);
    let sleepers = left.lines().filter(|line| line.ends_with("sleep 1000"));
    assert_eq!(sleepers.count(), 1, "only the first container's: {left}");
}

#[test]
fn podman_stop_reaches_the_command() {
    let test = "podman_stop_reaches_the_command";
    if !can_run(test) {
        return;
    }
    let podman = |words: &[&str]| output(Command::new("podman").args(words));
    if podman(&["info"]).0 != Some(0) {
        return skip(test, "no podman");
    }
    let root = crate::Scratch::new();
    let folder = root.path().join("root");
    let export = format!(
        "mkdir {0} && c=$(docker create {IMAGE} true) && docker export $c | tar -xC {0}; docker rm $c",
        folder.display()
    );
    assert_eq!(output(Command::new("sh").args(["-c", &export])).0, Some(0));
    std::fs::copy(binary(), folder.join("charon-init")).unwrap();
    let name = format!("charon-init-test-{}", id());
    // Podman asks for higher limits than a machine without CAP_SYS_RESOURCE gives, and crun for a cgroup layout.
    let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
    let place = ["--network=none", "--rootfs", folder.to_str().unwrap()];
    let entry = ["/charon-init", "--user=1000:1000", "--no-socket", "--init"];
    let start = |runtime: &[&str]| {
        podman(&["rm", "-f", &name]);
        let own = [
            runtime,
            &["run", "-d", "--name", &name],
            &limits,
            &place,
            &entry,
            &OBEYS,
        ];
        podman(&own.concat())
    };
    let mut started = start(&[]);
    if started.0 != Some(0) {
        started = start(&["--runtime", "runc"]);
    }
    if started.0 == Some(0) {
        eventually(|| podman(&["logs", &name]).1.contains("up").then_some(()));
    }
    let (stopped, _) = podman(&["stop", "-t", "60", &name]);
    let (_, ended) = podman(&["wait", &name]);
    podman(&["rm", "-f", &name]);
    assert_eq!(started.0, Some(0), "{}", started.1);
    assert_eq!((stopped, ended.trim()), (Some(0), "4"));
}
