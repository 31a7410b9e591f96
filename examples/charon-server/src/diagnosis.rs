//! An engine out of reach → what to tell the operator.

use std::io::{self, ErrorKind};
use std::path::Path;

use charon_init::message::{Message, quoted};

use crate::address::Address;
use crate::trouble::Reason;

/// Why the engine at `address` cannot be reached, and what helps. A socket's path is judged by charon-init, in the
/// words of its own check.
pub(crate) fn of(address: &Address, reason: &Reason) -> String {
    let message = match (reason, address) {
        (Reason::NotConnected(error), Address::Socket(path)) => {
            return charon_init::diagnose(Path::new(path), Some(error)).to_string();
        }
        (Reason::Late, Address::Socket(path)) => {
            let late = io::Error::from(ErrorKind::TimedOut);
            return charon_init::diagnose(Path::new(path), Some(&late)).to_string();
        }
        (Reason::NotConnected(error), Address::Tcp(_)) => not_connected(error),
        (Reason::Late, Address::Tcp(_)) => late(),
        (Reason::CutShort, _) => cut_short(),
        (Reason::NoEngineBehind { status }, _) => no_engine_behind(*status),
    };
    let thing = quoted(address.to_string());
    Message { thing, ..message }.to_string()
}

/// The local engine is switched off.
pub(crate) fn switched_off() -> String {
    Message {
        code: "switched-off",
        thing: "CHARON_DOCKER_ENABLED=false".to_owned(),
        what: "the local Docker engine is switched off".to_owned(),
        why: String::new(),
        remedies: vec!["set it to true, or choose a remote server".to_owned()],
    }
    .to_string()
}

fn not_connected(error: &io::Error) -> Message {
    if error.kind() == ErrorKind::ConnectionRefused {
        return said(
            "nobody listens there".to_owned(),
            "the engine or the socket proxy is stopped, or the port is another one",
            "start it, or correct the address",
        );
    }
    said(
        format!("no connection: {error}"),
        "the address is wrong, or the way to it is closed",
        "correct the address, or look at the network between",
    )
}

fn late() -> Message {
    said(
        "no answer in time".to_owned(),
        "the engine hangs, or a firewall drops what is sent to it",
        "see whether the engine answers there",
    )
}

fn cut_short() -> Message {
    said(
        "the connection was closed before the answer was complete".to_owned(),
        "the engine, or what is in front of it, is being stopped",
        "try again when it runs",
    )
}

fn no_engine_behind(status: u16) -> Message {
    said(
        format!("answered with status {status}"),
        "a proxy answers in place of the engine, which it does not reach",
        "start the engine behind it",
    )
}

fn said(what: String, why: &str, remedy: &str) -> Message {
    Message {
        code: "out-of-reach",
        thing: String::new(),
        what,
        why: why.to_owned(),
        remedies: vec![remedy.to_owned()],
    }
}
