//! What flags ask for.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use charon_init::account::{GroupName, GroupSpec, UserRef, UserSpec};
use charon_init::capability::{CapSet, Capability};
use charon_init::cli::{Outcome, parse};
use charon_init::request::{Format, Log, LogFormat, LogLevel, Request, Sockets};

use crate::{
    DEFAULT_LOG, asked, default_request, dry_run, gid, patterns, request, start, user,
    user_1000_1000,
};

#[test]
fn without_flags_and_variables_the_defaults_hold() {
    assert_eq!(asked(&["cmd"], &[]), (default_request(), DEFAULT_LOG));
}

#[test]
fn a_value_may_be_written_in_every_usual_way() {
    let expected = Request {
        user: user_1000_1000(),
        user_is_default: false,
        ..default_request()
    };
    let ways: [&[&str]; 5] = [
        &["--user", "1000:1000", "cmd"],
        &["--user=1000:1000", "cmd"],
        &["-u", "1000:1000", "cmd"],
        &["-u1000:1000", "cmd"],
        &["-u=1000:1000", "cmd"],
    ];
    for args in ways {
        assert_eq!(request(args, &[]), expected, "{args:?}");
    }
}

#[test]
fn short_options_combine_and_the_last_may_take_a_value() {
    let expected = Request {
        mode: dry_run(Format::Compose, "charon", &[]),
        ..default_request()
    };
    for args in [
        &["-nfcompose"][..],
        &["-nf", "compose"],
        &["-n", "-f=compose"],
    ] {
        assert_eq!(request(args, &[]), expected, "{args:?}");
    }
}

#[test]
fn each_flag_changes_its_own_part_of_the_request() {
    let d = default_request;
    let spec = |name, number| GroupSpec::Named(GroupName::new(name).unwrap(), gid(number));
    let kept = |number| CapSet::from_iter([Capability::from_number(number).unwrap()]);
    let table: Vec<(&[&str], Request)> = vec![
        (
            &["--socket", "/s", "-s", "/t"],
            Request {
                sockets: Sockets::Paths(vec!["/s".into(), "/t".into()]),
                ..d()
            },
        ),
        (
            &["--no-socket"],
            Request {
                sockets: Sockets::Ignored,
                ..d()
            },
        ),
        (
            &["--require-socket"],
            Request {
                require_socket: true,
                ..d()
            },
        ),
        (
            &["--grant", "/dev/dri/*", "-g", "/a:b", "-g/data"],
            Request {
                grants: patterns(&["/dev/dri/*", "/a:b", "/data"]),
                ..d()
            },
        ),
        (
            &["--allow-gid-0"],
            Request {
                allow_gid_0: true,
                ..d()
            },
        ),
        (
            &["--group", "audio", "-G", "988", "-Gdocker:999"],
            Request {
                groups: vec![
                    GroupSpec::Name("audio".into()),
                    GroupSpec::Gid(gid(988)),
                    spec("docker", 999),
                ],
                ..d()
            },
        ),
        (
            &["--no-inherit-groups"],
            Request {
                inherit_groups: false,
                ..d()
            },
        ),
        (&["--group-file", "auto"], d()),
        (
            &["--group-file=never"],
            Request {
                edit_group_file: false,
                ..d()
            },
        ),
        (
            &["--keep-cap", "CAP_NET_BIND_SERVICE"],
            Request {
                keep_capabilities: kept(10),
                ..d()
            },
        ),
        (
            &["--allow-new-privs"],
            Request {
                allow_new_privileges: true,
                ..d()
            },
        ),
    ];
    for (flags, expected) in table {
        let args = [flags, &["cmd"]].concat();
        assert_eq!(request(&args, &[]), expected, "{args:?}");
    }
}

#[test]
fn kept_capabilities_add_up() {
    let args = ["--keep-cap", "net_raw", "--keep-cap", "Net_Admin", "cmd"];
    let kept = request(&args, &[]).keep_capabilities;
    assert_eq!(kept.to_string(), "net_admin,net_raw");
}

#[test]
fn no_socket_wins_over_socket() {
    for args in [
        ["--no-socket", "-s/s", "cmd"],
        ["-s/s", "--no-socket", "cmd"],
    ] {
        assert_eq!(request(&args, &[]).sockets, Sockets::Ignored);
    }
}

#[test]
fn the_first_word_that_is_no_option_begins_the_command() {
    let table: [(&[&str], &[&str]); 9] = [
        (&["cmd", "-n"], &["cmd", "-n"]),
        (&["cmd", "--dry-run"], &["cmd", "--dry-run"]),
        (&["cmd", "--", "x"], &["cmd", "--", "x"]),
        (&["cmd", "--user=root", "-h"], &["cmd", "--user=root", "-h"]),
        (&["--", "cmd", "--"], &["cmd", "--"]),
        (&["--", "--dry-run"], &["--dry-run"]),
        (&["--", "--", "cmd"], &["--", "cmd"]),
        (&["-", "x"], &["-", "x"]),
        (
            &["sh", "-c", "echo \"$@\"", ""],
            &["sh", "-c", "echo \"$@\"", ""],
        ),
    ];
    for (args, command) in table {
        let expected = Request {
            mode: start(command),
            ..default_request()
        };
        assert_eq!(request(args, &[]), expected, "{args:?}");
    }
}

#[test]
fn a_command_is_bytes() {
    let bytes = OsString::from_vec(b"\xff\xfe".to_vec());
    let args = ["-u".into(), bytes.clone(), bytes.clone(), bytes.clone()];
    let Outcome::Run { request, log } = parse(args, |_| None) else {
        panic!("it is a start");
    };
    let expected = Request {
        user: UserSpec {
            user: UserRef::Name(bytes.clone()),
            group: None,
        },
        user_is_default: false,
        mode: charon_init::request::Mode::Start {
            command: vec![bytes; 2],
        },
        ..default_request()
    };
    assert_eq!((*request, log), (expected, DEFAULT_LOG));
}

#[test]
fn a_dry_run_has_a_format_a_service_and_perhaps_a_command() {
    let table: [(&[&str], charon_init::request::Mode); 6] = [
        (&["-n"], dry_run(Format::Text, "charon", &[])),
        (&["--dry-run", "--"], dry_run(Format::Text, "charon", &[])),
        (
            &["-n", "cmd", "-f"],
            dry_run(Format::Text, "charon", &["cmd", "-f"]),
        ),
        (&["-f", "json", "-n"], dry_run(Format::Json, "charon", &[])),
        (
            &["--service", "my.app_1-x", "-n"],
            dry_run(Format::Text, "my.app_1-x", &[]),
        ),
        (
            &["-n", "--format=quadlet", "--service=x", "a", "b"],
            dry_run(Format::Quadlet, "x", &["a", "b"]),
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

#[test]
fn every_format_has_its_word() {
    let table = [
        ("text", Format::Text),
        ("json", Format::Json),
        ("compose", Format::Compose),
        ("docker", Format::Docker),
        ("podman", Format::Podman),
        ("kubernetes", Format::Kubernetes),
        ("env", Format::Env),
        ("quadlet", Format::Quadlet),
    ];
    for (word, format) in table {
        let mode = request(&["-n", "-f", word], &[]).mode;
        assert_eq!(mode, dry_run(format, "charon", &[]), "{word}");
    }
}

#[test]
fn log_flags_say_how_to_log() {
    let levels = [
        ("off", LogLevel::Off),
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    for (word, level) in levels {
        for (form, format) in [("text", LogFormat::Text), ("json", LogFormat::Json)] {
            let args = ["--log-level", word, "--log-format", form, "cmd"];
            assert_eq!(
                asked(&args, &[]),
                (default_request(), Log { format, level })
            );
        }
    }
}

#[test]
fn the_default_user_is_not_the_default_when_it_is_asked_for() {
    let expected = Request {
        user: user("charon"),
        user_is_default: false,
        ..default_request()
    };
    assert_eq!(request(&["-u", "charon", "cmd"], &[]), expected);
    let env = [("CHARON_INIT_USER", "charon")];
    assert_eq!(request(&["cmd"], &env), expected);
}

#[test]
fn a_value_may_look_like_an_option() {
    let request = request(&["-s", "--no-socket", "--", "cmd"], &[]);
    assert_eq!(request.sockets, Sockets::Paths(vec!["--no-socket".into()]));
}
