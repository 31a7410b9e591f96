//! The command's end → its exit code, and nobody left.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::{
    PATIENCE, PLACES, Place, Running, Scratch, descendants, ended, eventually, is_root, probe_in,
    signal, start, start_from,
};

#[test]
fn the_exit_code_is_the_commands() {
    if !is_root("the_exit_code_is_the_commands") {
        return;
    }
    for place in PLACES {
        for (command, code) in [
            (&["true"][..], 0),
            (&["sh", "-c", "exit 7"], 7),
            (&["sh", "-c", "exit 255"], 255),
            (&["sh", "-c", "kill -TERM $$"], 143),
            (&["sh", "-c", "kill -KILL $$"], 137),
            (&["dash", "-c", "kill -40 $$"], 168),
            (&["/etc/passwd"], 126),
            (&["/"], 126),
            (&["/nosuch"], 127),
            (&["/nosuch/nor/this"], 127),
        ] {
            for grace in ["0", "5s"] {
                let mut init = start(place, &["--init", "--grace-period", grace], command);
                assert_eq!(init.code(), code, "{place:?} {command:?} {grace}");
            }
        }
    }
}

/// Starts a command that leaves `words` behind, as `probe leave` knows them, and ends with 3.
fn leave(place: Place, grace: &str, scratch: &Scratch, words: &[&str]) -> Running {
    let probe = probe_in(scratch);
    let command = [&[probe.as_str(), "leave"], words].concat();
    start(place, &["--init", "--grace-period", grace], &command)
}

#[test]
fn with_a_grace_period_what_is_left_is_told_to_end_and_reaped() {
    if !is_root("with_a_grace_period_what_is_left_is_told_to_end_and_reaped") {
        return;
    }
    for place in PLACES {
        let scratch = Scratch::new();
        let start = Instant::now();
        let mut init = leave(place, "15s", &scratch, &["obeys", "obeys", "obeys"]);
        assert_eq!(init.line(), "left 3");
        let left = descendants(init.pid);
        assert_eq!(init.code(), 3, "{place:?}");
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "who obeys is not waited for"
        );
        assert!(left.into_iter().all(ended), "{place:?}");
        // The pipe is closed: nobody is left who could write to it.
        assert_eq!(init.rest(), [""; 0]);
    }
}

#[test]
fn what_ignores_term_is_killed_when_the_grace_period_is_over() {
    if !is_root("what_ignores_term_is_killed_when_the_grace_period_is_over") {
        return;
    }
    for place in PLACES {
        let scratch = Scratch::new();
        let mut init = leave(
            place,
            "2500ms",
            &scratch,
            &["obeys", "ignores", "session", "ignores"],
        );
        assert_eq!(init.line(), "left 4");
        let start = Instant::now();
        // The one that obeys is gone as soon as the command has ended.
        let left = eventually(|| Some(descendants(init.pid)).filter(|left| left.len() >= 3));
        assert_eq!(init.code(), 3, "{place:?}");
        let took = start.elapsed();
        assert!(
            took >= Duration::from_millis(600) && took < Duration::from_secs(10),
            "{took:?}"
        );
        assert!(left.into_iter().all(ended), "{place:?}");
        assert_eq!(init.rest(), [""; 0]);
    }
}

#[test]
fn a_bomb_that_forks_on_does_not_outlive_pid_1() {
    if !is_root("a_bomb_that_forks_on_does_not_outlive_pid_1") {
        return;
    }
    for place in PLACES {
        let scratch = Scratch::new();
        let mut init = leave(place, "200ms", &scratch, &["bomb", "ignores"]);
        assert_eq!(init.line(), "left 2");
        assert_eq!(init.code(), 3, "{place:?}");
        assert_eq!(init.rest(), [""; 0], "{place:?}: nobody holds the pipe");
    }
}

#[test]
fn a_forwarded_term_or_int_ends_the_rest_too() {
    if !is_root("a_forwarded_term_or_int_ends_the_rest_too") {
        return;
    }
    for place in PLACES {
        for mode in ["--init=child", "--init=group"] {
            for number in [15, 2] {
                // The rest is in a session of its own, so that nothing but the grace period reaches it.
                let rest = "setsid sh -c 'trap \"echo rest; exit\" TERM; echo ready 0; while :; do sleep 0.05; done'";
                let command = format!(
                    "trap 'echo command; wait; exit 4' {number}; {rest} & while :; do sleep 0.05; done"
                );
                let mut init = start(
                    place,
                    &[mode, "--grace-period=10s"],
                    &["sh", "-c", &command],
                );
                init.wait_until_ready();
                init.signal(number);
                let mut said = [init.line(), init.line()];
                said.sort();
                assert_eq!(said, ["command", "rest"], "{place:?} {mode} {number}");
                assert_eq!(init.code(), 4, "{place:?} {mode} {number}");
                assert_eq!(init.rest(), [""; 0], "each gets it once");
            }
        }
    }
}

#[test]
fn the_code_stays_the_commands_when_a_grace_period_ends_the_rest() {
    if !is_root("the_code_stays_the_commands_when_a_grace_period_ends_the_rest") {
        return;
    }
    for place in PLACES {
        let script = "trap 'exit 4' TERM; (trap '' TERM; exec sleep 60) & echo ready 0; while :; do sleep 0.05; done";
        let mut init = start(
            place,
            &["--init", "--grace-period=500ms"],
            &["sh", "-c", script],
        );
        init.wait_until_ready();
        init.signal(15);
        assert_eq!(init.code(), 4, "{place:?}");
        assert_eq!(init.rest(), [""; 0]);
        // A command that does not end is killed with the rest.
        let mut init = start(
            place,
            &["--init", "--grace-period=300ms"],
            &[
                "sh",
                "-c",
                "trap '' TERM; echo ready 0; while :; do sleep 0.05; done",
            ],
        );
        init.wait_until_ready();
        init.signal(15);
        assert_eq!(init.code(), 137, "{place:?}");
    }
}

/// Root's own processes in the container, of `docker exec -u root` say: no KILL of ours ends one. The kernel does.
#[test]
fn who_cannot_be_killed_is_waited_for_a_second_and_no_longer() {
    if !is_root("who_cannot_be_killed_is_waited_for_a_second_and_no_longer") {
        return;
    }
    let mut init = start(
        Place::Pid1,
        &["--init", "--grace-period=200ms"],
        &[
            "sh",
            "-c",
            "trap 'exit 3' TERM; echo ready 0; while :; do sleep 0.05; done",
        ],
    );
    init.wait_until_ready();
    // An orphan, which becomes the init's child.
    let target = init.pid.to_string();
    let exec = Command::new("nsenter")
        .args(["--target", &target, "--pid", "sh", "-c"])
        .arg("sleep 60 >/dev/null 2>&1 & exit 0")
        .status();
    assert!(exec.unwrap().success());
    let roots = eventually(|| {
        let mut left = descendants(init.pid).into_iter();
        left.find(|pid| crate::status(*pid, "Uid").starts_with("0\t"))
    });
    let start_of_the_end = Instant::now();
    init.signal(15);
    assert_eq!(init.code(), 3);
    let took = start_of_the_end.elapsed();
    assert!(
        took >= Duration::from_millis(1200) && took < PATIENCE,
        "{took:?}"
    );
    assert!(ended(roots));
}

/// Its number may be anybody's by then, that of its group too.
#[test]
fn once_the_command_has_ended_nobody_gets_what_was_meant_for_it() {
    if !is_root("once_the_command_has_ended_nobody_gets_what_was_meant_for_it") {
        return;
    }
    for place in PLACES {
        for mode in ["--init=child", "--init=group"] {
            let rest =
                "trap '' TERM; trap 'echo got it' USR1; echo ready 0; while :; do sleep 0.05; done";
            let command = format!("sh -c \"{rest}\" & exec sleep 0.5");
            let mut init = start(place, &[mode, "--grace-period=2s"], &["sh", "-c", &command]);
            init.wait_until_ready();
            init.signal(10);
            let mut heard = Vec::new();
            if mode == "--init=group" {
                heard.push(init.line());
            }
            // USR1 ends sleep(1) itself; a second one comes after that.
            eventually(|| (descendants(init.pid).len() <= 2).then_some(()));
            std::thread::sleep(Duration::from_millis(100));
            init.signal(10);
            heard.extend(init.rest());
            assert_eq!(init.code(), 138, "{place:?} {mode}");
            let expected: &[&str] = if mode == "--init=group" {
                &["got it"]
            } else {
                &[]
            };
            assert_eq!(heard, expected, "{place:?} {mode}");
        }
    }
}

/// Is it gone after a while?
fn eventually_ended(pid: u32) -> bool {
    let start = Instant::now();
    while !ended(pid) {
        if start.elapsed() > Duration::from_secs(5) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Nobody would ever tell how it ended.
#[test]
fn a_command_that_cannot_be_waited_for_is_killed() {
    let test = "a_command_that_cannot_be_waited_for_is_killed";
    if !is_root(test) {
        return;
    }
    let strace = ["strace", "-qqq", "-D", "-o/dev/null", "-etrace=wait4"];
    let fault = "-einject=wait4:error=EIO:when=2+";
    let before = [&strace[..], &[fault]].concat();
    let script = "trap 'echo heard' USR1; echo ready $$; while :; do sleep 0.05; done";
    let mut init = start_from(&before, Place::Outside, &["--init"], &["sh", "-c", script]);
    let command = init.wait_until_ready();
    // What wakes the init up, to look once more.
    init.signal(10);
    assert_eq!(init.code(), 71);
    let is_left = !eventually_ended(command);
    if is_left {
        signal(command, 9);
    }
    assert!(!is_left);
}

#[test]
fn a_bystander_of_the_same_user_survives_outside_our_own_pid_namespace() {
    if !is_root("a_bystander_of_the_same_user_survives_outside_our_own_pid_namespace") {
        return;
    }
    let scratch = Scratch::new();
    let mut bystander = Command::new("setpriv")
        .args([
            "--reuid=1000",
            "--regid=1000",
            "--clear-groups",
            "sleep",
            "60",
        ])
        .spawn()
        .unwrap();
    eventually(|| (crate::status(bystander.id(), "Uid") == "1000\t1000\t1000\t1000").then_some(()));
    let mut init = leave(
        Place::Outside,
        "300ms",
        &scratch,
        &["obeys", "ignores", "session"],
    );
    assert_eq!(init.line(), "left 3");
    assert_eq!(init.code(), 3);
    assert!(
        bystander.try_wait().unwrap().is_none(),
        "the bystander was ended"
    );
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn without_a_grace_period_pid_1_ends_at_once_with_the_command() {
    if !is_root("without_a_grace_period_pid_1_ends_at_once_with_the_command") {
        return;
    }
    let start_of_it = Instant::now();
    let scratch = Scratch::new();
    let mut init = leave(Place::Pid1, "0", &scratch, &["ignores", "session"]);
    assert_eq!(init.code(), 3);
    assert!(start_of_it.elapsed() < PATIENCE);
    assert!(!signal(init.pid, 0) || ended(init.pid));
}
