//! A socket of root's own group → no compose file starts before that is acknowledged, whatever `DOCKER_SOCK_GID` says.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::engine::deadline;
use crate::process::Process;
use crate::project::{LIST, PATIENCE, Project, example};
use crate::second_engine::SecondEngine;
use crate::server_image::ServerImage;

/// Refused at every start that the restart policy makes.
fn is_refused(project: &Project) {
    let is_late = deadline(PATIENCE);
    // Between two starts the engine says how the last one ended; during one it says 0.
    let ended = || project.inspect("charon", "{{.RestartCount}} {{.State.ExitCode}}");
    let is_again = |ended: String| !ended.starts_with('0') && ended.ends_with(" 78");
    while !is_again(ended()) {
        assert!(!is_late(), "it runs: {}", project.log("charon"));
        sleep(Duration::from_millis(100));
    }
    let log = project.log("charon");
    assert!(log.contains("ALLOW_DOCKER_SOCK_GID_0=true"), "{log}");
    assert!(!log.contains("listening"), "{log}");
}

#[test]
fn a_socket_of_gid_zero_does_not_start_until_it_is_acknowledged() {
    let test = "a_socket_of_gid_zero_does_not_start_until_it_is_acknowledged";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let second = SecondEngine::start("gid-zero", &[]);
    let socket = second.socket(0);
    let socket = socket.0.to_str().unwrap();
    let variables = [
        ("CHARON_IMAGE", &*image.0),
        ("DOCKER_SOCK", socket),
        ("DOCKER_SOCK_GID", "0"),
    ];
    let allowed = [&variables[..], &[("ALLOW_DOCKER_SOCK_GID_0", "true")]].concat();
    for file in ["compose.local.yaml", "compose.yaml"] {
        is_refused(&Project::up(&example(file), &variables));
        let project = Project::up(&example(file), &allowed);
        let answer = project.get(LIST);
        assert_eq!((answer.status, answer.json()), (200, json!([])), "{file}");
        assert_eq!(
            project.process("charon"),
            Process::without_power(&[0, 1000]),
            "{file}"
        );
    }
    second.stop();
}
