//! A real engine, restarted behind the socket that a container of the first engine holds: 503, the remedy, 200.

use crate::engine::{Engine, deadline, mounted};
use crate::image::{SERVER, list};
use crate::second_engine::RestartingEngine;
use crate::world::{Container, PATIENCE, is_root};

const REMEDIES: [&str; 2] = [
    "restart the container",
    "mount the socket's directory instead of the socket, and name the socket in it with --socket",
];

/// Until the list is there: an engine that has just been started may still say otherwise.
#[track_caller]
fn lists_again(container: &Container) {
    let is_late = deadline(PATIENCE);
    loop {
        let answer = list(container);
        if answer.status == 200 {
            return;
        }
        assert!(!is_late(), "{answer:?}");
    }
}

#[test]
fn an_engine_that_was_restarted_is_reached_again_when_the_remedy_is_applied() {
    let test = "an_engine_that_was_restarted_is_reached_again_when_the_remedy_is_applied";
    if !is_root(test) {
        return;
    }
    let Some(image) = SERVER.get(test) else {
        return;
    };
    let mut engine = RestartingEngine::start(4710);
    let by_socket = image.run(&[&mounted(&engine.socket())]);
    let volume = format!("--volume={}:/engine", engine.directory().display());
    let by_directory = image.run(&[&volume, "--env=DOCKER_HOST=unix:///engine/docker.sock"]);
    lists_again(&by_socket);
    lists_again(&by_directory);

    engine.stop();
    list(&by_socket).details();
    list(&by_directory).details();
    engine.restart();
    // The file that it holds is not the one that the engine listens on now.
    let details = list(&by_socket).details();
    let start = "'/var/run/docker.sock': nobody listens on it; the engine was restarted and made a new socket while \
        this container holds the old one";
    assert!(details.starts_with(start), "{details}");
    for remedy in REMEDIES {
        assert!(details.contains(remedy), "{details}");
    }
    // One remedy, and the other.
    lists_again(&by_directory);
    let restart = Engine::docker().call(&["restart", "--time", "60", &by_socket.name]);
    restart.out();
    lists_again(&by_socket);
    engine.stop();
}
