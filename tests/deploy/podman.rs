//! examples/podman → started by real Podman: root's, with root's engine, and a user's, with either engine.

use std::thread::sleep;
use std::time::Duration;

use crate::common::skip;
use crate::engine::{Engine, Ran, deadline};
use crate::podman_stage::{GROUP, IMAGE, Stage, USER};
use crate::process::Process;
use crate::project::PATIENCE;
use crate::quadlet::Quadlet;
use crate::server_image::ServerImage;
use crate::swarm::node_lists;

const ROOTS: &str = "/run";
const USERS: &str = "/run/user/4242";
const ROOTLESS: &str = "charon-rootless.container";

fn stage(test: &str) -> Option<Stage> {
    let image = ServerImage::get(test)?;
    for program in ["podman", "crun", "slirp4netns"] {
        if Ran::of(std::process::Command::new("which").arg(program)).code != 0 {
            skip(test, &format!("no {program}"));
            return None;
        }
    }
    Some(Stage::start(&image.0))
}

fn call(podman: &Engine, arguments: &[String]) -> Ran {
    podman.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A container of it in the background, in place of the one before.
fn start(podman: &Engine, quadlet: &Quadlet, runtime_directory: &str) -> String {
    // What is there has nothing to say at its end that would be worth Podman's ten seconds.
    podman
        .call(&["rm", "--force", "--time=0", "--ignore", "charon"])
        .out();
    let options = ["--detach", "--name=charon"];
    let started = call(podman, &quadlet.run(&options, runtime_directory));
    started.out().trim().to_owned()
}

/// The same, as soon as the image's health check is content.
fn healthy(podman: &Engine, quadlet: &Quadlet, runtime_directory: &str) -> String {
    let container = start(podman, quadlet, runtime_directory);
    let is_late = deadline(PATIENCE);
    while podman.call(&["healthcheck", "run", "charon"]).code != 0 {
        let check = podman.call(&["exec", "charon", "/charon-init", "--check"]);
        let log = podman.call(&["logs", "charon"]);
        assert!(!is_late(), "{check:?} {log:?}");
        sleep(Duration::from_millis(100));
    }
    container
}

#[test]
fn podman_root_start_reaches_roots_engine_once_its_socket_has_a_group() {
    let test = "podman_root_start_reaches_roots_engine_once_its_socket_has_a_group";
    let Some(stage) = stage(test) else { return };
    let podman = stage.roots();
    let quadlet = Quadlet::read("charon.container");
    stage.set_group(0);
    let refused = call(&podman, &quadlet.run(&["--rm"], ROOTS));
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (78, ""),
        "{refused:?}"
    );
    refused.says(&["gid 0 (root)", "ALLOW_DOCKER_SOCK_GID_0=true"]);

    stage.set_group(4391);
    let container = healthy(&podman, &quadlet, ROOTS);
    let process = stage.process(&podman, &container);
    assert_eq!(process, Process::without_power(&[1000, 4391]));
    node_lists(&stage.pid, &container);
}

#[test]
fn podman_rootless_reaches_the_hosts_engine_with_the_groups_that_it_keeps() {
    let test = "podman_rootless_reaches_the_hosts_engine_with_the_groups_that_it_keeps";
    let Some(stage) = stage(test) else { return };
    stage.set_group(GROUP);
    let run = ["run", "--detach", "--network=none", IMAGE];
    let of_root = stage.roots().call(&run).out();
    let podman = stage.users();
    let quadlet = || Quadlet::read(ROOTLESS);
    let older = quadlet().without(&["GroupAdd"]);
    let older = older.with_commented(ROOTLESS, "PodmanArgs", "--group-add=keep-groups");
    for quadlet in [quadlet(), older] {
        let container = healthy(&podman, &quadlet, USERS);
        let process = stage.process(&podman, &container);
        assert_eq!(process, Process::without_power_as(USER, &[USER, GROUP]));
        node_lists(&stage.pid, of_root.trim());
    }
}

#[test]
fn podman_rootless_does_not_reach_the_hosts_engine_without_them_or_after_a_drop() {
    let test = "podman_rootless_does_not_reach_the_hosts_engine_without_them_or_after_a_drop";
    let Some(stage) = stage(test) else { return };
    stage.set_group(GROUP);
    let podman = stage.users();
    let not_reached = |quadlet: &Quadlet| {
        start(&podman, quadlet, USERS);
        let check = podman.call(&["exec", "charon", "/charon-init", "--check"]);
        assert_eq!(check.code, 1, "{check:?}");
        for words in [
            "is not mapped in this user namespace",
            "--group-add keep-groups",
        ] {
            assert!(check.stdout.contains(words), "{check:?}");
        }
        podman.call(&["logs", "charon"])
    };
    not_reached(&Quadlet::read(ROOTLESS).without(&["GroupAdd"]));
    // A root start in there, with all the power that it takes, and the groups kept up to the drop.
    let from_the_beginning = ["UserNS", "User", "Group", "DropCapability"];
    let log = not_reached(&Quadlet::read(ROOTLESS).without(&from_the_beginning));
    log.says(&["groups that this user namespace cannot name are lost in the drop"]);
}

#[test]
fn podman_rootless_reaches_the_users_own_engine_without_any_group() {
    let test = "podman_rootless_reaches_the_users_own_engine_without_any_group";
    let Some(stage) = stage(test) else { return };
    let podman = stage.users();
    let quadlet = Quadlet::read(ROOTLESS).without(&["GroupAdd", "Volume"]);
    let own = "%t/podman/podman.sock:/run/podman/podman.sock";
    let quadlet = quadlet.with_commented(ROOTLESS, "Volume", own);
    let container = healthy(&podman, &quadlet, USERS);
    let process = stage.process(&podman, &container);
    assert_eq!(process, Process::without_power_as(USER, &[USER]));
    node_lists(&stage.pid, &container);
}
