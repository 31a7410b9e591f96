//! Arguments and variables come to exactly one request, or to a message that names what is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm
)]

mod check;
mod help;
mod init;
mod numbers;
mod options;
mod own;
mod refusals;
mod usage;
mod variables;

use std::ffi::OsString;

use charon_init::account::{GroupRef, UserRef, UserSpec};
use charon_init::capability::CapSet;
use charon_init::cli::{Outcome, parse};
use charon_init::ids::{Gid, Uid};
use charon_init::pattern::Pattern;
use charon_init::request::{Format, Log, LogFormat, LogLevel, Mode, OwnPolicy, Request, Sockets};

type Env<'a> = &'a [(&'a str, &'a str)];

fn parsed(args: &[&str], env: Env) -> Outcome {
    parse(args.iter().map(OsString::from), |name| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.into())
    })
}

/// The request that must have come of it, and how to log.
fn asked(args: &[&str], env: Env) -> (Request, Log) {
    match parsed(args, env) {
        Outcome::Run { request, log } => (*request, log),
        other => panic!("{args:?} {env:?}: {other:?}"),
    }
}

fn request(args: &[&str], env: Env) -> Request {
    asked(args, env).0
}

/// What `charon-init cmd` asks for.
fn default_request() -> Request {
    Request {
        mode: start(&["cmd"]),
        user: user("charon"),
        user_is_default: true,
        uid: None,
        gid: None,
        sockets: Sockets::Search,
        grants: Vec::new(),
        require_socket: false,
        allow_gid_0: false,
        groups: Vec::new(),
        inherit_groups: true,
        edit_group_file: true,
        own: Vec::new(),
        own_policy: OwnPolicy::Always,
        umask: None,
        keep_capabilities: CapSet::EMPTY,
        allow_new_privileges: false,
        init: None,
    }
}

const DEFAULT_LOG: Log = Log {
    format: LogFormat::Text,
    level: LogLevel::Info,
};

fn start(command: &[&str]) -> Mode {
    Mode::Start {
        command: words(command),
    }
}

fn dry_run(format: Format, service: &str, command: &[&str]) -> Mode {
    Mode::DryRun {
        format,
        service: service.to_owned(),
        command: words(command),
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn user(name: &str) -> UserSpec {
    UserSpec {
        user: UserRef::Name(name.into()),
        group: None,
    }
}

fn user_1000_1000() -> UserSpec {
    UserSpec {
        user: UserRef::Uid(Uid::new(1000).unwrap()),
        group: Some(GroupRef::Gid(gid(1000))),
    }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    let patterns = texts.iter().map(|text| Pattern::new(text.as_ref()));
    patterns.map(Option::unwrap).collect()
}

fn gid(number: u32) -> Gid {
    Gid::new(number).unwrap()
}
