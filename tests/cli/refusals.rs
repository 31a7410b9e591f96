//! Understood and declined: exit 78, and the refusal names the flag or variable.

use charon_init::account::UserRef;
use charon_init::capability::Capability;
use charon_init::cli::Outcome;
use charon_init::refusal::Refusal;
use charon_init::request::{DockerHostFault, Format, Log, LogFormat, LogLevel};

use crate::{DEFAULT_LOG, Env, parsed, request};

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Refused {
        refusal: Box::new(refusal),
        log: DEFAULT_LOG,
        dry_run_format: None,
        check_format: None,
    }
}

fn bad_variable(name: &'static str, value: &str, takes: &str) -> Refusal {
    Refusal::BadVariable {
        name,
        value: value.into(),
        takes: takes.to_owned(),
    }
}

fn check(args: &[&str], env: Env, refusal: Refusal) {
    assert_eq!(parsed(args, env), refused(refusal), "{args:?} {env:?}");
}

#[test]
fn a_boolean_variable_that_is_neither_yes_nor_no_is_refused() {
    let booleans = [
        "CHARON_DOCKER_ENABLED",
        "CHARON_DOCKER_REQUIRED",
        "ALLOW_DOCKER_SOCK_GID_0",
        "CHARON_INIT_INHERIT_GROUPS",
        "CHARON_INIT_ALLOW_NEW_PRIVS",
    ];
    for name in booleans {
        for value in ["maybe", " true", "2", "unix:///s"] {
            let refusal = bad_variable(name, value, "1 true yes on, or 0 false no off");
            check(&["cmd"], &[(name, value)], refusal);
        }
    }
}

#[test]
fn a_malformed_variable_is_refused_with_what_it_takes() {
    let table = [
        (
            "CHARON_INIT_USER",
            ":docker",
            ":docker",
            "name, uid, name:group or uid:gid; it names no user",
        ),
        (
            "CHARON_INIT_GROUPS",
            "a,docker:x",
            "docker:x",
            "name, gid or name:gid; what stands after the colon is not a number",
        ),
        (
            "CHARON_INIT_GROUPS",
            "a,",
            "",
            "name, gid or name:gid; it names no group",
        ),
        (
            "CHARON_INIT_GRANT",
            "/dev/dri/*:",
            "",
            "a path, in which * ? [a-z] and [!a-z] may stand",
        ),
        (
            "CHARON_INIT_GRANT",
            "/dev/tty[AB:/x",
            "/dev/tty[AB",
            "a path, in which * ? [a-z] and [!a-z] may stand",
        ),
        ("CHARON_INIT_GROUP_FILE", "Never", "Never", "auto never"),
        ("CHARON_INIT_LOG_FORMAT", "xml", "xml", "text json"),
        (
            "CHARON_INIT_LOG",
            "loud",
            "loud",
            "off error warn info debug trace",
        ),
    ];
    for (name, value, shown, takes) in table {
        check(&["cmd"], &[(name, value)], bad_variable(name, shown, takes));
    }
}

#[test]
fn a_number_above_4294967294_is_refused_from_a_flag_and_from_a_variable() {
    let refusal = |source: &str, number: &str| Refusal::NumberOutOfRange {
        source: source.to_owned(),
        number: number.to_owned(),
    };
    let max = "4294967295";
    let huge = "99999999999999999999999";
    check(&["-u", max, "cmd"], &[], refusal("--user", max));
    check(&["-u", "a:4294967295", "cmd"], &[], refusal("--user", max));
    check(&["-G", huge, "cmd"], &[], refusal("--group", huge));
    let env = [("CHARON_INIT_USER", max)];
    check(&["cmd"], &env, refusal("CHARON_INIT_USER", max));
    let env = [("CHARON_INIT_GROUPS", "a,b:4294967295")];
    check(&["cmd"], &env, refusal("CHARON_INIT_GROUPS", max));
}

#[test]
fn a_name_that_shadow_utils_refuses_is_refused() {
    let refusal = |source: &str, name: &str| Refusal::BadGroupName {
        source: source.to_owned(),
        name: name.into(),
    };
    check(
        &["-G", "Docker:988", "cmd"],
        &[],
        refusal("--group", "Docker"),
    );
    let env = [("CHARON_INIT_GROUPS", "a\nroot:988")];
    check(&["cmd"], &env, refusal("CHARON_INIT_GROUPS", "a\nroot"));
}

#[test]
fn a_capability_that_leads_back_to_root_is_refused() {
    for capability in Capability::LEADS_TO_ROOT {
        let name = capability.to_string();
        let refusal = || Refusal::KeepLeadsToRoot { capability };
        check(&["--keep-cap", &name, "cmd"], &[], refusal());
        let list = format!("net_raw,CAP_{}", name.to_uppercase());
        check(&["cmd"], &[("CHARON_INIT_KEEP_CAPS", &list)], refusal());
    }
}

#[test]
fn a_variable_with_an_unknown_capability_is_refused() {
    for (value, name) in [
        ("net_raw,chroot", "chroot"),
        ("net_raw,", ""),
        ("all", "all"),
    ] {
        let refusal = Refusal::UnknownCapability {
            source: "CHARON_INIT_KEEP_CAPS".to_owned(),
            name: name.into(),
        };
        check(&["cmd"], &[("CHARON_INIT_KEEP_CAPS", value)], refusal);
    }
}

#[test]
fn a_docker_host_that_names_no_engine_is_refused() {
    let table = [
        ("/var/run/docker.sock", DockerHostFault::NoScheme),
        ("unix://", DockerHostFault::NoPath),
        ("npipe://x", DockerHostFault::UnknownScheme),
    ];
    for (value, fault) in table {
        let refusal = Refusal::BadDockerHost {
            value: value.into(),
            fault,
        };
        check(&["cmd"], &[("DOCKER_HOST", value)], refusal);
    }
}

#[test]
fn a_refused_dry_run_still_knows_its_format_and_how_to_log() {
    let log = Log {
        format: LogFormat::Json,
        level: LogLevel::Debug,
    };
    let outcome = parsed(
        &["-n", "-f", "json", "--log-level=debug"],
        &[
            ("CHARON_INIT_LOG_FORMAT", "json"),
            ("ALLOW_DOCKER_SOCK_GID_0", "maybe"),
        ],
    );
    let expected = Outcome::Refused {
        refusal: Box::new(bad_variable(
            "ALLOW_DOCKER_SOCK_GID_0",
            "maybe",
            "1 true yes on, or 0 false no off",
        )),
        log,
        dry_run_format: Some(Format::Json),
        check_format: None,
    };
    assert_eq!(outcome, expected);
}

#[test]
fn a_refused_log_variable_leaves_the_other_one_in_force() {
    let takes = "text json";
    let expected = Outcome::Refused {
        refusal: Box::new(bad_variable("CHARON_INIT_LOG_FORMAT", "xml", takes)),
        log: Log {
            format: LogFormat::Text,
            level: LogLevel::Error,
        },
        dry_run_format: Some(Format::Text),
        check_format: None,
    };
    let env = [
        ("CHARON_INIT_LOG_FORMAT", "xml"),
        ("CHARON_INIT_LOG", "error"),
    ];
    assert_eq!(parsed(&["-n"], &env), expected);
}

#[test]
fn root_is_left_to_the_decision() {
    let user = request(&["-u", "0:0", "cmd"], &[]).user.user;
    assert!(matches!(user, UserRef::Uid(uid) if uid.is_root()));
}
