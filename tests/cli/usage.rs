//! Command lines that are not ours: exit 2, and the message names the flag.

use charon_init::cli::Outcome;

use crate::{Env, parsed};

fn check(table: &[(&[&str], &str)]) {
    for (args, message) in table {
        let expected = Outcome::Usage((*message).to_owned());
        assert_eq!(parsed(args, &[]), expected, "{args:?}");
    }
}

#[test]
fn a_start_needs_a_command() {
    let message = "COMMAND: it is missing; there is nothing to execute; name it, or add --dry-run";
    check(&[
        (&[], message),
        (&["--"], message),
        (&["--allow-gid-0"], message),
    ]);
}

#[test]
fn an_option_that_is_not_ours_is_named() {
    let message = |option: &str| {
        format!(
            "{option}: no such option; options before COMMAND are ours; see --help, or write -- before COMMAND"
        )
    };
    for (arg, option) in [
        ("--frobnicate", "'--frobnicate'"),
        ("--frobnicate=x", "'--frobnicate'"),
        ("-x", "'-x'"),
        ("-nx", "'-x'"),
        ("--User", "'--User'"),
        ("--use", "'--use'"),
        ("--checks", "'--checks'"),
        ("-e", "'-e'"),
        ("--a\nb", "'--a\\nb'"),
    ] {
        let expected = Outcome::Usage(message(option));
        assert_eq!(parsed(&[arg, "cmd"], &[]), expected, "{arg:?}");
    }
}

#[test]
fn a_single_option_cannot_be_repeated() {
    let singles = [
        "--user=a",
        "--group-file=auto",
        "--uid=1001",
        "--gid=1001",
        "--umask=022",
        "--format=text",
        "--service=a",
        "--log-format=text",
        "--log-level=info",
        "--init",
        "--grace-period=1s",
        "--check",
        "--timeout=1s",
        "--no-inherit-groups",
        "--no-socket",
        "--require-socket",
        "--allow-gid-0",
        "--allow-new-privs",
        "--dry-run",
    ];
    for arg in singles {
        let flag = arg.split('=').next().unwrap();
        let message = format!("{flag}: given twice; there can be one only; leave one out");
        let outcome = parsed(&[arg, arg, "cmd"], &[]);
        assert_eq!(outcome, Outcome::Usage(message));
    }
    let message = "--dry-run: given twice; there can be one only; leave one out";
    check(&[(&["-nn"], message), (&["-n", "--dry-run"], message)]);
}

#[test]
fn a_value_that_is_missing_or_too_many_is_named() {
    check(&[
        (
            &["--user"],
            "--user: its value is missing; the command line ends there; give one, see --help",
        ),
        (
            &["-u"],
            "-u: its value is missing; the command line ends there; give one, see --help",
        ),
        (
            &["--no-socket=true", "cmd"],
            "--no-socket: it takes no value; 'true' was given; leave that out",
        ),
        (
            &["--no-socket="],
            "--no-socket: it takes no value; '' was given; leave that out",
        ),
    ]);
}

#[test]
fn a_malformed_value_is_shown_with_what_the_flag_takes() {
    check(&[
        (
            &["--user", "", "cmd"],
            "--user: '' is not understood; it takes name, uid, name:group or uid:gid; it names no user; correct it",
        ),
        (
            &["--user=1:2:3", "cmd"],
            "--user: '1:2:3' is not understood; it takes name, uid, name:group or uid:gid; it has more than one colon; correct it",
        ),
        (
            &["-G", "docker:x", "cmd"],
            "--group: 'docker:x' is not understood; it takes name, gid or name:gid; what stands after the colon is not a number; correct it",
        ),
        (
            &["-s", "", "cmd"],
            "--socket: '' is not understood; it takes a path; correct it",
        ),
        (
            &["-g", "", "cmd"],
            "--grant: '' is not understood; it takes a path, in which * ? [a-z] and [!a-z] may stand; correct it",
        ),
        (
            &["--grant=/dev/tty[A", "cmd"],
            "--grant: '/dev/tty[A' is not understood; it takes a path, in which * ? [a-z] and [!a-z] may stand; correct it",
        ),
        (
            &["--group-file=always", "cmd"],
            "--group-file: 'always' is not understood; it takes auto never; correct it",
        ),
        (
            &["--keep-cap=chroot", "cmd"],
            "--keep-cap: 'chroot' is not understood; it takes a capability such as net_bind_service; correct it",
        ),
        (
            &["-n", "-f", "yaml"],
            "--format: 'yaml' is not understood; it takes text json compose docker podman kubernetes env quadlet; correct it",
        ),
        (
            &["-n", "--service", "a b"],
            "--service: 'a b' is not understood; it takes letters, digits, dots, underscores and dashes; correct it",
        ),
        (
            &["-n", "--service="],
            "--service: '' is not understood; it takes letters, digits, dots, underscores and dashes; correct it",
        ),
        (
            &["--log-format=xml", "cmd"],
            "--log-format: 'xml' is not understood; it takes text json; correct it",
        ),
        (
            &["--log-level=INFO", "cmd"],
            "--log-level: 'INFO' is not understood; it takes off error warn info debug trace; correct it",
        ),
    ]);
}

#[test]
fn what_a_dry_run_prints_is_not_said_without_one() {
    check(&[
        (
            &["-f", "json", "cmd"],
            "--format: it means nothing here; it says what --dry-run prints; add --dry-run",
        ),
        (
            &["--service=x", "cmd", "--dry-run"],
            "--service: it means nothing here; it says what --dry-run prints; add --dry-run",
        ),
    ]);
}

#[test]
fn a_malformed_command_line_is_seen_before_a_malformed_variable() {
    let env: Env = &[
        ("CHARON_INIT_LOG", "loud"),
        ("CHARON_INIT_USER", ":"),
        ("ALLOW_DOCKER_SOCK_GID_0", "maybe"),
    ];
    for args in [&[][..], &["--frobnicate"], &["-nf", "yaml"], &["-n", "-n"]] {
        let outcome = parsed(args, env);
        assert!(matches!(outcome, Outcome::Usage(_)), "{args:?} {outcome:?}");
    }
}
