//! A socket and an error → the diagnosis, for the process that asks: what a server puts into its 503.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::answer::{Answer, Foreign, Question};
use crate::decide;
use crate::diagnosis::{Cause, Diagnosis};
use crate::observe;
use crate::request::Endpoint;

/// What stands between the current process and the engine's socket at `path`: the cause, and remedies that work.
///
/// `error` is what a client met there, from connect(2) or while it read the answer; without one the path alone is
/// judged, and nothing is connected to. The verdict is for the process as it is, with its ids and groups, as at a
/// non-root start; nothing is ever changed.
///
/// ```
/// let path = std::path::Path::new("/no/such/engine.sock");
/// let error = std::os::unix::net::UnixStream::connect(path).unwrap_err();
/// let diagnosis = charon_init::diagnose(path, Some(&error));
/// assert_eq!(diagnosis.message().code, "not-mounted");
/// assert!(diagnosis.to_string().starts_with("'/no/such/engine.sock': not found; "));
/// ```
#[must_use]
pub fn diagnose(path: &Path, error: Option<&io::Error>) -> Diagnosis {
    let endpoint = Endpoint::Socket(path.to_owned());
    match observe::own_view(path) {
        Ok((process, namespace, facts)) => {
            let ids = (process.uid.effective, process.gid.effective);
            let finding = decide::own_finding(&process, &namespace, &facts);
            let answer = answer_of(error);
            decide::diagnose(endpoint, ids, finding.as_ref(), answer.as_ref())
        }
        Err(failure) => Diagnosis {
            endpoint: Some(endpoint),
            ids: None,
            cause: Cause::Failed(failure),
        },
    }
}

/// What an error that a client of the engine met says of the connection; `None` where there was none.
fn answer_of(error: Option<&io::Error>) -> Option<Answer> {
    let error = error?;
    let broke = Answer::Foreign {
        question: Question::Ping,
        what: Foreign::Closed,
    };
    Some(match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock, _) => Answer::Silent {
            question: None,
            after: None,
        },
        (
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted,
            _,
        ) => broke,
        (io::ErrorKind::InvalidData, None) => Answer::Foreign {
            question: Question::Ping,
            what: Foreign::NotHttp,
        },
        (_, Some(errno)) => Answer::NotConnected { errno },
        (kind, None) => Answer::NotConnected {
            errno: errno_of(kind),
        },
    })
}

/// Errors that libraries make up have a kind and no number.
fn errno_of(kind: io::ErrorKind) -> i32 {
    let known = [
        (io::ErrorKind::NotFound, Errno::NOENT),
        (io::ErrorKind::PermissionDenied, Errno::ACCESS),
        (io::ErrorKind::ConnectionRefused, Errno::CONNREFUSED),
    ];
    let found = known.iter().find(|(known, _)| *known == kind);
    found.map_or(Errno::IO, |(_, errno)| *errno).raw_os_error()
}
