//! `--own`, `--own-policy` and their variables.

use std::path::PathBuf;

use charon_init::cli::Outcome;
use charon_init::refusal::Refusal;
use charon_init::request::{OwnPolicy, Request};

use crate::{Env, default_request, parsed, request};

fn owning(paths: &[&str], own_policy: OwnPolicy) -> Request {
    Request {
        own: paths.iter().map(PathBuf::from).collect(),
        own_policy,
        ..default_request()
    }
}

#[test]
fn paths_and_a_policy_are_asked_for() {
    let always = OwnPolicy::Always;
    let on_mismatch = OwnPolicy::OnRootMismatch;
    let table: [(&[&str], Env, Request); 6] = [
        (
            &["--own", "/a", "--own=/b"],
            &[],
            owning(&["/a", "/b"], always),
        ),
        (
            &["--own", "/a:b", "--own-policy", "on-root-mismatch"],
            &[],
            owning(&["/a:b"], on_mismatch),
        ),
        (
            &["--own=/a", "--own-policy=always"],
            &[("CHARON_INIT_OWN_POLICY", "on-root-mismatch")],
            owning(&["/a"], always),
        ),
        (
            &[],
            &[
                ("CHARON_INIT_OWN", "/a:/b,c"),
                ("CHARON_INIT_OWN_POLICY", "on-root-mismatch"),
            ],
            owning(&["/a", "/b,c"], on_mismatch),
        ),
        (
            &["--own", "/flag"],
            &[("CHARON_INIT_OWN", "/variable")],
            owning(&["/flag"], always),
        ),
        // An image sets the policy once; what is owned is the operator's.
        (
            &[],
            &[
                ("CHARON_INIT_OWN", ""),
                ("CHARON_INIT_OWN_POLICY", "on-root-mismatch"),
            ],
            owning(&[], on_mismatch),
        ),
    ];
    for (flags, env, expected) in table {
        let args = [flags, &["cmd"]].concat();
        assert_eq!(request(&args, env), expected, "{args:?} {env:?}");
    }
}

#[test]
fn what_means_nothing_is_a_usage_error() {
    for (flags, message) in [
        (
            &["--own", ""][..],
            "--own: '' is not understood; it takes a path; correct it",
        ),
        (
            &["--own=/a", "--own-policy=never"],
            "--own-policy: 'never' is not understood; it takes always on-root-mismatch; correct it",
        ),
        (
            &["--own-policy=always"],
            "--own-policy: it means nothing here; there is nothing to own; add --own",
        ),
        (
            &["--own=/a", "--own-policy=always", "--own-policy=always"],
            "--own-policy: given twice; there can be one only; leave one out",
        ),
    ] {
        let args = [flags, &["cmd"]].concat();
        assert_eq!(parsed(&args, &[]), Outcome::Usage(message.to_owned()));
    }
}

#[test]
fn a_variable_that_means_nothing_is_refused() {
    for (name, value, takes) in [
        ("CHARON_INIT_OWN", "/a::/b", "a path"),
        ("CHARON_INIT_OWN", ":", "a path"),
        (
            "CHARON_INIT_OWN_POLICY",
            "Always",
            "always on-root-mismatch",
        ),
    ] {
        let Outcome::Refused { refusal, .. } = parsed(&["cmd"], &[(name, value)]) else {
            panic!("{name}={value} is not refused");
        };
        let Refusal::BadVariable {
            name: named,
            takes: taken,
            ..
        } = *refusal
        else {
            panic!("{refusal:?}");
        };
        assert_eq!((named, taken.as_str()), (name, takes));
    }
}
