//! `--init`, `--grace-period` and their variables → whether to stay, for whom, and how long.

use std::time::Duration;

use charon_init::cli::Outcome;
use charon_init::request::{Forward, Init};

use crate::{Env, parsed, request};

fn init(args: &[&str], env: Env) -> Option<(Forward, u128)> {
    let Init { forward, grace } = request(args, env).init?;
    Some((forward, grace.as_millis()))
}

fn message(args: &[&str], env: Env) -> String {
    match parsed(args, env) {
        Outcome::Usage(message) => format!("usage: {message}"),
        Outcome::Refused { refusal, .. } => format!("refused: {}", refusal.message()),
        other => panic!("{args:?} {env:?}: {other:?}"),
    }
}

#[test]
fn the_flag_alone_means_the_command_and_takes_no_word_of_it() {
    assert_eq!(init(&["--init", "group"], &[]), Some((Forward::Child, 0)));
    assert_eq!(
        init(&["--init", "--", "cmd"], &[]),
        Some((Forward::Child, 0))
    );
    assert_eq!(
        init(&["--init=child", "cmd"], &[]),
        Some((Forward::Child, 0))
    );
    assert_eq!(
        init(&["--init=group", "cmd"], &[]),
        Some((Forward::Group, 0))
    );
    assert_eq!(init(&["cmd", "--init"], &[]), None);
}

#[test]
fn the_variable_takes_a_receiver_or_a_boolean() {
    for (value, expected) in [
        ("child", Some(Forward::Child)),
        ("group", Some(Forward::Group)),
        ("1", Some(Forward::Child)),
        ("TRUE", Some(Forward::Child)),
        ("yes", Some(Forward::Child)),
        ("on", Some(Forward::Child)),
        ("0", None),
        ("false", None),
        ("no", None),
        ("Off", None),
        ("", None),
    ] {
        let found = init(&["cmd"], &[("CHARON_INIT_INIT", value)]);
        assert_eq!(found, expected.map(|forward| (forward, 0)), "{value}");
    }
}

#[test]
fn the_flag_outranks_the_variable() {
    let env: Env = &[
        ("CHARON_INIT_INIT", "group"),
        ("CHARON_INIT_GRACE_PERIOD", "9s"),
    ];
    assert_eq!(init(&["--init", "cmd"], env), Some((Forward::Child, 9000)));
    assert_eq!(
        init(&["--init", "--grace-period", "1", "cmd"], env),
        Some((Forward::Child, 1000))
    );
    // A variable that the flag outranks is not even looked at.
    let env: Env = &[("CHARON_INIT_INIT", "maybe")];
    assert_eq!(
        init(&["--init=group", "cmd"], env),
        Some((Forward::Group, 0))
    );
}

#[test]
fn a_grace_period_is_a_number_with_a_unit() {
    for (value, milliseconds) in [
        ("0", 0),
        ("10", 10_000),
        ("10s", 10_000),
        ("500ms", 500),
        ("2m", 120_000),
        ("1h", 3_600_000),
    ] {
        let grace = Duration::from_millis(milliseconds).as_millis();
        let typed = init(&["--init=group", "--grace-period", value, "cmd"], &[]);
        assert_eq!(typed, Some((Forward::Group, grace)), "{value}");
        let env: Env = &[
            ("CHARON_INIT_INIT", "group"),
            ("CHARON_INIT_GRACE_PERIOD", value),
        ];
        assert_eq!(init(&["cmd"], env), typed, "{value}");
    }
}

#[test]
fn what_is_malformed_is_named_with_the_words_that_it_takes() {
    for (args, env, expected) in [
        (
            vec!["--init=all", "cmd"],
            vec![],
            "usage: --init: 'all' is not understood; it takes child group; correct it",
        ),
        (
            vec!["cmd"],
            vec![("CHARON_INIT_INIT", "all")],
            "refused: CHARON_INIT_INIT: 'all' is not understood; it takes child, group, 1 true yes on, or 0 false no off; correct it, or unset it",
        ),
        (
            vec!["--init", "--grace-period", "10 s", "cmd"],
            vec![],
            "usage: --grace-period: '10 s' is not understood; it takes a number of ms, s, m or h, such as 10s; correct it",
        ),
        (
            vec!["--init", "cmd"],
            vec![("CHARON_INIT_GRACE_PERIOD", "-1")],
            "refused: CHARON_INIT_GRACE_PERIOD: '-1' is not understood; it takes a number of ms, s, m or h, such as 10s; correct it, or unset it",
        ),
        (
            vec!["--grace-period", "1s", "cmd"],
            vec![],
            "usage: --grace-period: it means nothing here; only an init can wait; add --init",
        ),
    ] {
        assert_eq!(message(&args, &env), expected);
    }
}

#[test]
fn a_grace_period_in_the_environment_of_a_start_without_init_is_silent() {
    assert_eq!(init(&["cmd"], &[("CHARON_INIT_GRACE_PERIOD", "10s")]), None);
}
