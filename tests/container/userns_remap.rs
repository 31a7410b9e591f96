//! Contract 5 where root of the container is not root of the host: the socket's group has no name inside.

use std::process::Command;
use std::sync::OnceLock;

use crate::common::Scratch;
use crate::engine::{Engine, Ran};
use crate::second_engine::SecondEngine;
use crate::subject::{DENIED, PONG, PROBE, Process, SOCKET, Subject, seen, subject};

/// An engine whose root is uid 100000 of the machine, with the image under test.
struct Remapped {
    engine: SecondEngine,
    client: Engine,
    image: String,
}

fn remapped(subject: &Subject) -> &'static Remapped {
    static REMAPPED: OnceLock<Remapped> = OnceLock::new();
    REMAPPED.get_or_init(|| {
        let engine = SecondEngine::start("remapped", &["--userns-remap=daemon"]);
        let client = engine.client();
        let scratch = Scratch::new();
        let archive = scratch.path().join("image.tar");
        let archive = archive.to_str().unwrap();
        subject
            .docker
            .call(&["save", "-o", archive, &subject.busybox])
            .out();
        client.call(&["load", "-i", archive]).out();
        Remapped {
            client,
            engine,
            image: subject.busybox.clone(),
        }
    })
}

#[test]
fn an_unmapped_group_is_a_finding_and_never_granted() {
    let Some(subject) = subject() else { return };
    let remapped = remapped(subject);
    let socket = remapped.engine.socket(4310).mounted();
    let started = remapped.client.run(&[&socket], &remapped.image, &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000]));
    assert_eq!((started.ran.code, seen.ping.as_str()), (1, DENIED));
    started.ran.says(&[
        SOCKET,
        "not mapped in this user namespace",
        "overflow gid 65534",
        "userns-remap: --userns=host with --user UID:GID and --group-add",
    ]);
}

#[test]
fn a_required_socket_with_an_unmapped_group_is_refused() {
    let Some(subject) = subject() else { return };
    let remapped = remapped(subject);
    let socket = remapped.engine.socket(4311).mounted();
    let required = "--env=CHARON_DOCKER_REQUIRED=true";
    let ran = remapped
        .client
        .run(&[&socket, required], &remapped.image, &PROBE)
        .ran;
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["required, but its group is not mapped"]);
}

#[test]
fn a_group_that_is_mapped_is_granted() {
    let Some(subject) = subject() else { return };
    let remapped = remapped(subject);
    // The first id of the range is 100000.
    let socket = remapped.engine.socket(100_000 + 4312).mounted();
    let ran = remapped.client.run(&[&socket], &remapped.image, &PROBE).ran;
    let seen = seen(&ran);
    assert_eq!(seen.process, Process::without_power(1000, &[1000, 4312]));
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
}

#[test]
fn root_s_group_of_the_range_is_refused_and_called_by_its_number_outside() {
    let Some(subject) = subject() else { return };
    let remapped = remapped(subject);
    let socket = remapped.engine.socket(100_000).mounted();
    let ran = remapped.client.run(&[&socket], &remapped.image, &PROBE).ran;
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&[SOCKET, "gid 0 (root)", "gid 100000 of the host"]);
}

#[test]
fn the_remedy_that_the_finding_names_works() {
    let Some(subject) = subject() else { return };
    let remapped = remapped(subject);
    let socket = remapped.engine.socket(4313).mounted();
    let remedy = ["--userns=host", "--user=1000:1000", "--group-add=4313"];
    let options = [&remedy[..], &[&socket]].concat();
    let ran = remapped.client.run(&options, &remapped.image, &PROBE).ran;
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG), "{ran:?}");
    // A check says the same, and sees the same remedy work.
    let check = ["--check", "--timeout=60s"];
    let run = |options: &[&str]| remapped.client.run(options, &remapped.image, &check).ran;
    let ran = run(&[&socket]);
    assert!(
        ran.stdout.contains("not mapped in this user namespace"),
        "{ran:?}"
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    let ran = run(&options);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The image's files belong to the range's root, to whom the host's user namespace gives no rank.
#[test]
fn root_of_the_host_grants_nothing_in_an_image_of_the_range() {
    let Some(subject) = subject() else { return };
    let remapped = remapped(subject);
    let socket = remapped.engine.socket(4314).mounted();
    let options = ["--userns=host", &socket];
    let ran = remapped.client.run(&options, &remapped.image, &PROBE).ran;
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
    ran.says(&[
        "not granted",
        "'/' (owner uid 100000",
        "is not root's alone",
    ]);
}

#[test]
fn the_machines_own_accounts_and_network_are_not_the_second_engines() {
    let Some(subject) = subject() else { return };
    remapped(subject);
    let subid = std::fs::read_to_string("/etc/subuid").unwrap_or_default();
    assert!(!subid.contains("daemon:100000"), "{subid}");
    let bridge = Ran::of(Command::new("docker").args([
        "run",
        "--rm",
        "--entrypoint=ls",
        &subject.busybox,
        "/sys/class/net",
    ]));
    assert_eq!(bridge.out(), "eth0\nlo\n");
}
