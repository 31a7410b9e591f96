//! `--uid`, `--gid` and `--umask`: numbers, from flags or from the variables that images have for them.

use charon_init::cli::Outcome;
use charon_init::ids::Uid;
use charon_init::permission::Umask;
use charon_init::refusal::Refusal;
use charon_init::request::Request;

use crate::{Env, default_request, gid, parsed, request};

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
fn the_numbers_come_from_flags_or_from_puid_and_pgid() {
    let uid = |number| Request {
        uid: Uid::new(number),
        ..default_request()
    };
    assert_eq!(request(&["--uid", "1001", "cmd"], &[]), uid(1001));
    assert_eq!(request(&["cmd"], &[("PUID", "01001")]), uid(1001));
    assert_eq!(request(&["--uid=7", "cmd"], &[("PUID", "abc")]), uid(7));
    assert_eq!(
        request(&["--uid=4294967294", "cmd"], &[]),
        uid(4_294_967_294)
    );
    let both = Request {
        gid: Some(gid(100)),
        ..uid(99)
    };
    let env = [("PUID", "99"), ("PGID", "100")];
    assert_eq!(request(&["cmd"], &env), both);
    assert_eq!(request(&["--uid", "99", "--gid", "100", "cmd"], &[]), both);
    let empty = [("PUID", ""), ("PGID", "")];
    assert_eq!(request(&["cmd"], &empty), default_request());
}

#[test]
fn zero_is_left_to_the_decision() {
    let zero = Request {
        uid: Uid::new(0),
        gid: Some(gid(0)),
        ..default_request()
    };
    assert_eq!(request(&["cmd"], &[("PUID", "0"), ("PGID", "0")]), zero);
}

#[test]
fn what_is_no_number_is_a_usage_error_or_refused() {
    let takes = "a number, such as 1000";
    for (flag, name) in [("--uid", "PUID"), ("--gid", "PGID")] {
        for text in ["abc", "charon", "-1", "1000:1000", " 1000", "0x3e8"] {
            usage(
                &[flag, text, "cmd"],
                &format!("{flag}: '{text}' is not understood; it takes {takes}; correct it"),
            );
            let expected = Refusal::BadVariable {
                name,
                value: text.into(),
                takes: takes.to_owned(),
            };
            assert_eq!(refusal(&["cmd"], &[(name, text)]), expected);
        }
        for text in ["4294967295", "99999999999999999999999"] {
            let expected = |source: &str| Refusal::NumberOutOfRange {
                source: source.to_owned(),
                number: text.to_owned(),
            };
            assert_eq!(refusal(&[flag, text, "cmd"], &[]), expected(flag));
            assert_eq!(refusal(&["cmd"], &[(name, text)]), expected(name));
        }
    }
    usage(
        &["--uid=", "cmd"],
        &format!("--uid: '' is not understood; it takes {takes}; correct it"),
    );
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
