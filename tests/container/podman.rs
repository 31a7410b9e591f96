//! The same image under Podman, root's: what another engine gives its containers.

use std::sync::OnceLock;

use crate::common::{Scratch, skip};
use crate::engine::{Engine, LABEL, Ran, mounted};
use crate::subject::{DENIED, PONG, PROBE, Process, Subject, seen, subject};

/// Podman as it works here, with the image under test.
struct Podman {
    engine: Engine,
    image: String,
}

fn podman(subject: &Subject) -> Option<&'static Podman> {
    static PODMAN: OnceLock<Result<Podman, String>> = OnceLock::new();
    match PODMAN.get_or_init(|| prepare(subject)) {
        Ok(podman) => Some(podman),
        Err(why) => {
            skip(std::thread::current().name().unwrap_or("podman"), why);
            None
        }
    }
}

fn prepare(subject: &Subject) -> Result<Podman, String> {
    let plain = Engine::new(&["podman"], &[]);
    if plain.call(&["info"]).code != 0 {
        return Err("no podman".to_owned());
    }
    let image = load(&plain, subject);
    // Podman asks for higher limits than a machine without CAP_SYS_RESOURCE gives, and crun for a cgroup layout.
    let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
    let runc = ["podman", "--runtime", "runc"];
    let works = |engine: &Engine| engine.run(&["--entrypoint=true"], &image, &[]).ran.code == 0;
    let ways = [
        plain,
        Engine::new(&["podman"], &limits),
        Engine::new(&runc, &limits),
    ];
    let engine = ways.into_iter().find(works);
    let engine = engine.ok_or("podman cannot run a container here")?;
    Ok(Podman { engine, image })
}

/// Docker's image in Podman's store, in place of the one of the run before.
fn load(podman: &Engine, subject: &Subject) -> String {
    let scratch = Scratch::new();
    let archive = scratch.path().join("image.tar");
    let archive = archive.to_str().unwrap();
    subject
        .docker
        .call(&["save", "-o", archive, &subject.busybox])
        .out();
    let filter = format!("label={LABEL}");
    podman.call(&["image", "prune", "--all", "--force", "--filter", &filter]);
    podman.call(&["load", "-i", archive]).out();
    let id = subject.busybox.strip_prefix("sha256:");
    id.unwrap_or(&subject.busybox).to_owned()
}

#[test]
fn podman_starts_the_image_and_the_engine_is_reached() {
    let Some(subject) = subject() else { return };
    let Some(podman) = podman(subject) else {
        return;
    };
    let socket = subject.second().socket(4320).mounted();
    let started = podman.engine.run(&[&socket], &podman.image, &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4320]));
    assert_eq!((started.ran.code, seen.ping.as_str()), (0, PONG));
}

#[test]
fn podman_non_root_is_told_and_helped_by_the_same_option() {
    let Some(subject) = subject() else { return };
    let Some(podman) = podman(subject) else {
        return;
    };
    let socket = subject.second().socket(4321).mounted();
    let user = "--user=1000:1000";
    let run = |options: &[&str], command: &[&str]| -> Ran {
        podman.engine.run(options, &podman.image, command).ran
    };
    let ran = run(&[&socket, user], &PROBE);
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (1, DENIED));
    ran.says(&["run with --group-add 4321"]);

    let printed = run(&[&socket], &["--dry-run", "-f", "podman"]).out();
    let mut options: Vec<&str> = printed.split_whitespace().collect();
    options.extend([user, &socket]);
    let ran = run(&options, &PROBE);
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG), "{ran:?}");
}

#[test]
fn podman_read_only_and_without_capabilities_are_as_with_docker() {
    let Some(subject) = subject() else { return };
    let Some(podman) = podman(subject) else {
        return;
    };
    let socket = subject.second().socket(4322).mounted();
    let options = ["--read-only", &socket];
    let ran = podman.engine.run(&options, &podman.image, &PROBE).ran;
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG), "{ran:?}");
    let options = ["--cap-drop=ALL", &socket];
    let ran = podman.engine.run(&options, &podman.image, &PROBE).ran;
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["CAP_SETGID", "CAP_SETUID"]);
}

#[test]
fn podman_gid_zero_is_refused_and_allowed() {
    let Some(subject) = subject() else { return };
    let Some(podman) = podman(subject) else {
        return;
    };
    let socket = subject.second().socket(0);
    let socket = mounted(&socket.0);
    let ran = podman.engine.run(&[&socket], &podman.image, &PROBE).ran;
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["gid 0 (root)", "ALLOW_DOCKER_SOCK_GID_0=true"]);
    let allow = "--env=ALLOW_DOCKER_SOCK_GID_0=true";
    let ran = podman
        .engine
        .run(&[&socket, allow], &podman.image, &PROBE)
        .ran;
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG), "{ran:?}");
}
