//! What came of a connection → its sentence, with remedies that have been tried.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use crate::answer::{Answer, EngineVersion, Foreign, Question};
use crate::message::Message;

/// The remedy where the check is what is too fast.
const MORE_TIME: &str = "give it more time: --timeout 30s";

/// An engine answered.
pub(super) fn reached(thing: String, engine: &EngineVersion, as_whom: &str) -> Message {
    let version = match &engine.version {
        Some(version) => format!(" {version}"),
        None => String::new(),
    };
    let api = match &engine.api {
        Some(api) => format!(" (API {api})"),
        None => String::new(),
    };
    let name = engine.product.name();
    Message {
        code: "reached",
        thing,
        what: format!("reached {name}{version}{api}{as_whom}"),
        why: match engine.declined {
            Some(status) => format!("GET /version was declined with status {status}"),
            None => String::new(),
        },
        remedies: Vec::new(),
    }
}

/// No engine answered.
pub(super) fn message(thing: String, is_socket: bool, answer: &Answer) -> Message {
    let said = match answer {
        Answer::Engine(engine) => return reached(thing, engine, ""),
        Answer::NotConnected { errno } => not_connected(is_socket, *errno),
        Answer::NotResolved { why } => not_resolved(why),
        Answer::Silent { question, after } => silent(is_socket, *question, *after),
        Answer::Foreign { question, what } => foreign(*question, what),
        Answer::Declined {
            question,
            status,
            says,
        } => declined(*question, *status, says),
    };
    Message { thing, ..said }
}

fn not_connected(is_socket: bool, errno: i32) -> Message {
    let error = Error::from_raw_os_error(errno);
    if error.kind() != ErrorKind::ConnectionRefused {
        return said(
            "not-connected",
            format!("no connection: {error}"),
            "connect(2) failed",
            &["see whether the engine's address is right and the engine runs"],
        );
    }
    if is_socket {
        return said(
            "nobody-listens",
            "nobody listens on it".to_owned(),
            "the engine was restarted and made a new socket while this container holds the old one, or it is stopped",
            &[
                "restart the container",
                "mount the socket's directory instead of the socket, and name the socket in it with --socket",
                "start the engine, when it is stopped",
            ],
        );
    }
    said(
        "nobody-listens",
        "nobody listens there".to_owned(),
        "the engine or socket proxy is stopped, or the port is another one",
        &["start it", "correct DOCKER_HOST"],
    )
}

fn not_resolved(why: &str) -> Message {
    said(
        "not-resolved",
        format!("the name has no address: {why}"),
        "the container's resolver does not know the host of DOCKER_HOST",
        &[
            "put the container and the proxy into one network",
            "give an address in DOCKER_HOST",
        ],
    )
}

fn silent(is_socket: bool, question: Option<Question>, after: Option<Duration>) -> Message {
    let within = match after {
        Some(after) => format!("within {} ms", after.as_millis()),
        None => "in time".to_owned(),
    };
    let (what, why) = match question {
        Some(question) => (
            format!("no answer {within} to GET {}", question.path()),
            "the connection was accepted and the answer did not come, or not all of it: the engine hangs, or is very busy",
        ),
        None if is_socket => (
            format!("no connection {within}"),
            "somebody listens and does not accept: the engine hangs, or is very busy",
        ),
        None => (
            format!("no connection {within}"),
            "the host does not answer, or a firewall drops what is sent to it",
        ),
    };
    let engine = "see whether 'docker version' hangs on the host too; if so, restart the engine";
    said("no-answer", what, why, &[engine, MORE_TIME])
}

fn foreign(question: Question, what: &Foreign) -> Message {
    let path = question.path();
    let (what, why) = match what {
        Foreign::Closed => (
            format!("closed the connection without an answer to GET {path}"),
            "that is no Docker API",
        ),
        Foreign::NotHttp => (
            format!("answered GET {path} with something that is not HTTP"),
            "that is no Docker API",
        ),
        Foreign::TooLong => (
            format!("answered GET {path} with more than 64 KiB"),
            "that is no Docker API",
        ),
        Foreign::Http { status, server } => (
            match server {
                Some(server) => {
                    format!("answered GET {path} with status {status}, as {server:?} does")
                }
                None => format!("answered GET {path} with status {status}"),
            },
            "that is HTTP of something else, and no Docker API",
        ),
        Foreign::Tls => return tls(),
    };
    said(
        "not-the-docker-api",
        what,
        why,
        &[
            "name the engine's socket: --socket PATH (-v /var/run/docker.sock:PATH)",
            "correct DOCKER_HOST",
        ],
    )
}

fn tls() -> Message {
    said(
        "tls",
        "the server there speaks TLS".to_owned(),
        "the check has no keys for that",
        &[
            "have the application say whether it is well, and give the HEALTHCHECK to it",
            "give DOCKER_HOST the port of a socket proxy without TLS on a network of its own",
        ],
    )
}

fn declined(question: Question, status: u16, says: &str) -> Message {
    let says = if says.is_empty() {
        String::new()
    } else {
        format!(": {says}")
    };
    let what = format!(
        "answered GET {} with status {status}{says}",
        question.path()
    );
    match status {
        403 => said(
            "api-forbids",
            what,
            "an authorization plugin of the engine or a socket proxy refuses the request",
            &[
                "allow GET /_ping and GET /version there (with tecnativa/docker-socket-proxy: PING=1 VERSION=1)",
                "have the administrator of the authorization plugin allow them for this client",
            ],
        ),
        401 | 407 => said(
            "api-wants-credentials",
            what,
            "something in front of the engine wants credentials, and the check has none",
            &["let GET /_ping and GET /version through without credentials"],
        ),
        502..=504 => said(
            "api-has-no-engine",
            what,
            "a proxy answers in place of the engine, which it does not reach",
            &[
                "start the engine",
                "give the proxy the engine's socket and the right to open it",
            ],
        ),
        500..=599 => said(
            "api-fails",
            what,
            "the engine has an error of its own",
            &["see the engine's log (journalctl -u docker), and restart the engine"],
        ),
        _ => said(
            "api-declines",
            what,
            "the API is there and declines the request",
            &["let GET /_ping and GET /version through, in the proxy or the engine"],
        ),
    }
}

fn said(code: &'static str, what: String, why: &str, remedies: &[&str]) -> Message {
    Message {
        code,
        thing: String::new(),
        what,
        why: why.to_owned(),
        remedies: remedies.iter().map(|text| (*text).to_owned()).collect(),
    }
}
