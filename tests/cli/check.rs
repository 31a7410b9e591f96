//! `--check`: what it takes, and what does not go with it.

use std::time::Duration;

use charon_init::cli::Outcome;
use charon_init::request::{CheckFormat, Init, Mode, Request, Sockets};

use crate::{default_request, parsed, request};

fn check(format: CheckFormat, milliseconds: u64) -> Mode {
    Mode::Check {
        format,
        timeout: Duration::from_millis(milliseconds),
    }
}

#[test]
fn a_check_takes_a_format_and_a_time() {
    let table: [(&[&str], Mode); 8] = [
        (&["--check"], check(CheckFormat::Text, 5000)),
        (&["--check", "-f", "json"], check(CheckFormat::Json, 5000)),
        (
            &["--format=text", "--check"],
            check(CheckFormat::Text, 5000),
        ),
        (
            &["--check", "--timeout", "250ms"],
            check(CheckFormat::Text, 250),
        ),
        (&["--timeout=2", "--check"], check(CheckFormat::Text, 2000)),
        (
            &["--check", "--timeout=1m", "--"],
            check(CheckFormat::Text, 60_000),
        ),
        (&["--check", "--timeout=1ms"], check(CheckFormat::Text, 1)),
        (
            &["--check", "--timeout=2h"],
            check(CheckFormat::Text, 7_200_000),
        ),
    ];
    for (args, mode) in table {
        let expected = Request {
            mode,
            ..default_request()
        };
        assert_eq!(request(args, &[]), expected, "{args:?}");
    }
}

/// An image's variables are there for its health check too.
#[test]
fn what_an_image_sets_for_its_start_is_no_obstacle() {
    let env = [
        ("CHARON_INIT_INIT", "true"),
        ("CHARON_INIT_GRACE_PERIOD", "10s"),
        ("CHARON_DOCKER_REQUIRED", "1"),
        ("CHARON_DOCKER_ENABLED", "0"),
    ];
    let asked = request(&["--check"], &env);
    assert!(matches!(asked.init, Some(Init { .. })));
    assert_eq!(asked.sockets, Sockets::Ignored);
    assert_eq!(asked.mode, check(CheckFormat::Text, 5000));
    request(&["--init", "--check"], &[]);
}

#[test]
fn what_does_not_go_with_a_check_is_named() {
    let not_together = |other: &str| {
        format!(
            "{other}: it does not go with --check; a check executes nothing and prints what came of it; leave one out"
        )
    };
    let no_time = |value: &str| {
        format!(
            "--timeout: '{value}' is not understood; it takes a number of ms, s, m or h above 0, such as 10s; correct it"
        )
    };
    let no_format = "--format: 'compose' is not understood; it takes text json; correct it";
    let no_check = "--timeout: it means nothing here; it bounds --check; add --check";
    let table: [(&[&str], String); 12] = [
        (&["--check", "ls"], not_together("COMMAND")),
        (&["--check", "--", "--check"], not_together("COMMAND")),
        (&["--check", "--dry-run"], not_together("--dry-run")),
        (&["-n", "--check"], not_together("--dry-run")),
        (&["--check", "--service", "a"], not_together("--service")),
        (&["--check", "-f", "compose"], no_format.to_owned()),
        (&["--check", "--timeout", "0"], no_time("0")),
        (&["--check", "--timeout", "soon"], no_time("soon")),
        (&["--check", "--timeout", "-1s"], no_time("-1s")),
        (&["--check", "--timeout", ""], no_time("")),
        (&["--timeout", "1s", "ls"], no_check.to_owned()),
        (&["--timeout", "1s", "-n"], no_check.to_owned()),
    ];
    for (args, message) in table {
        assert_eq!(parsed(args, &[]), Outcome::Usage(message), "{args:?}");
    }
}

/// Contract 3: whatever keeps a check from the engine is 1, which the caller is told by the format.
#[test]
fn a_variable_that_is_refused_says_that_it_was_a_check() {
    let env = [("DOCKER_HOST", "nonsense")];
    for (args, expected) in [
        (&["--check"][..], Some(CheckFormat::Text)),
        (&["--check", "-f", "json"], Some(CheckFormat::Json)),
        (&["ls"], None),
        (&["-n"], None),
    ] {
        match parsed(args, &env) {
            Outcome::Refused { check_format, .. } => assert_eq!(check_format, expected),
            other => panic!("{other:?}"),
        }
    }
}
