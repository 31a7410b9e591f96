//! `--umask`: a number of its own kind.

use charon_init::cli::Outcome;
use charon_init::permission::Umask;
use charon_init::refusal::Refusal;
use charon_init::request::Request;

use crate::{Env, default_request, parsed, request};

/// A flag that means nothing is a usage error.
#[track_caller]
fn usage(args: &[&str], message: &str) {
    assert_eq!(parsed(args, &[]), Outcome::Usage(message.to_owned()));
}

#[track_caller]
fn refusal(args: &[&str], env: Env) -> Refusal {
    match parsed(args, env) {
        Outcome::Refused { refusal, .. } => *refusal,
        other => panic!("{args:?} {env:?}: {other:?}"),
    }
}

#[test]
fn a_umask_is_octal_and_the_flag_wins() {
    let with = |bits| Request {
        umask: Some(Umask::new(bits).unwrap()),
        ..default_request()
    };
    for (text, bits) in [
        ("0", 0),
        ("22", 0o22),
        ("022", 0o22),
        ("0022", 0o22),
        ("077", 0o77),
        ("777", 0o777),
    ] {
        assert_eq!(request(&["--umask", text, "cmd"], &[]), with(bits));
        assert_eq!(request(&["cmd"], &[("UMASK", text)]), with(bits));
    }
    let both = request(&["--umask", "077", "cmd"], &[("UMASK", "junk")]);
    assert_eq!(both, with(0o77));
    assert_eq!(request(&["cmd"], &[("UMASK", "")]), default_request());
}

#[test]
fn what_is_no_umask_is_a_usage_error_or_refused() {
    let takes = "octal digits up to 0777, such as 022";
    for text in [
        "0o22",
        "1000",
        "8",
        "u=rwx,g=rx",
        "-1",
        " 022",
        "99999999999",
    ] {
        usage(
            &["--umask", text, "cmd"],
            &format!("--umask: '{text}' is not understood; it takes {takes}; correct it"),
        );
        let expected = Refusal::BadVariable {
            name: "UMASK",
            value: text.into(),
            takes: takes.to_owned(),
        };
        assert_eq!(refusal(&["cmd"], &[("UMASK", text)]), expected);
    }
}
