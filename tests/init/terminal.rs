//! A real pty → ^C, ^Z, fg, bg and a start in the background do what a user expects.

use std::process::Command;

use crate::{Place, Scratch, charon_init, is_root, output};

/// Plays `scene` of terminal.py with an init as `place`.
fn play(scene: &str, place: Place) {
    // Where everybody can execute it.
    let scratch = Scratch::new();
    let copy = scratch.path().join("charon-init");
    std::fs::copy(charon_init(), &copy).unwrap();
    let binary = copy.into_os_string().into_string().unwrap();
    let script = format!("{}/tests/init/terminal.py", env!("CARGO_MANIFEST_DIR"));
    let unshare: &[&str] = match place {
        Place::Pid1 => &["unshare", "-fp", "--mount-proc", "--kill-child"],
        Place::Outside => &[],
    };
    let own = [binary.as_str(), "--user=1000:1000", "--no-socket", "--init"];
    let mut command = Command::new("python3");
    command.args([&script, scene]).args(unshare).args(own);
    assert_eq!(
        output(&mut command),
        (Some(0), String::new()),
        "{scene} {place:?}"
    );
}

#[test]
fn an_interactive_shell_has_job_control() {
    if is_root("an_interactive_shell_has_job_control") {
        play("in_shell", Place::Pid1);
        play("in_shell", Place::Outside);
    }
}

#[test]
fn an_interrupt_reaches_the_command() {
    if is_root("an_interrupt_reaches_the_command") {
        play("interrupted", Place::Pid1);
        play("interrupted", Place::Outside);
    }
}

#[test]
fn a_stop_that_nobody_could_undo_is_without_effect() {
    if is_root("a_stop_that_nobody_could_undo_is_without_effect") {
        play("stopped_alone", Place::Pid1);
        play("stopped_alone", Place::Outside);
    }
}

#[test]
fn a_job_of_an_outer_shell_stops_and_goes_on() {
    if is_root("a_job_of_an_outer_shell_stops_and_goes_on") {
        play("from_shell", Place::Outside);
    }
}

#[test]
fn a_job_that_was_told_to_go_on_already_does_not_stop() {
    if is_root("a_job_that_was_told_to_go_on_already_does_not_stop") {
        play("told_to_go_on", Place::Outside);
    }
}

#[test]
fn a_background_start_takes_the_terminal_from_nobody() {
    if is_root("a_background_start_takes_the_terminal_from_nobody") {
        play("in_background", Place::Outside);
    }
}

#[test]
fn a_pipeline_stops_and_goes_on_as_a_whole() {
    if is_root("a_pipeline_stops_and_goes_on_as_a_whole") {
        play("pipeline", Place::Outside);
    }
}
