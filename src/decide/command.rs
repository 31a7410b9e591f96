//! COMMAND as it was asked for and found, and the identity → what is executed, with its environment (contract 6).

use std::ffi::{OsStr, OsString};

use crate::facts::CommandFacts;
use crate::plan::{Command, Identity};
use crate::request::{Mode, Request};

pub(super) fn command(request: &Request, identity: &Identity, found: &CommandFacts) -> Command {
    let Identity {
        uid, name, home, ..
    } = identity;
    let name = name
        .clone()
        .unwrap_or_else(|| OsString::from(uid.to_string()));
    let variable = |key: &str, value: &OsStr| (OsString::from(key), value.to_owned());
    Command {
        candidates: found.candidates.clone(),
        argv: argv(request),
        environment: vec![
            variable("HOME", home),
            variable("USER", &name),
            variable("LOGNAME", &name),
        ],
    }
}

fn argv(request: &Request) -> Vec<OsString> {
    match &request.mode {
        Mode::Start { command } | Mode::DryRun { command, .. } => command.clone(),
        Mode::Check { .. } => Vec::new(),
    }
}
