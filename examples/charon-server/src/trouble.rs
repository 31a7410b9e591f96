//! The error of an engine's client → an engine that is out of reach, or anything else.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use bollard::errors::Error;
use rustix::io::Errno;

/// Why there is no list.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The engine is out of reach (503).
    Unavailable(Reason),
    /// Anything else (500): for the log.
    Unexpected(String),
}

/// Why an engine is out of reach.
#[derive(Debug)]
pub(crate) enum Reason {
    /// There was no connection.
    NotConnected(io::Error),
    /// No answer, or not all of it, within the deadline.
    Late,
    /// The connection was closed before the answer was complete.
    CutShort,
    /// A proxy answers in place of the engine, which it does not reach.
    NoEngineBehind {
        /// 502, 503 or 504.
        status: u16,
    },
}

/// The socket could not be connected to.
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if is_ours(&error) {
            Self::Unexpected(error.to_string())
        } else {
            Self::Unavailable(Reason::NotConnected(error))
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match reason(&error) {
            Some(reason) => Self::Unavailable(reason),
            None => Self::Unexpected(
                causes(&error)
                    .last()
                    .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
            ),
        }
    }
}

/// `None` where it is not for want of an engine.
fn reason(error: &Error) -> Option<Reason> {
    if let Error::RequestTimeoutError = error {
        return Some(Reason::Late);
    }
    if let Error::DockerResponseServerError { status_code, .. } = error {
        let status = *status_code;
        return (502..=504)
            .contains(&status)
            .then_some(Reason::NoEngineBehind { status });
    }
    let found = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    if matches!(error, Error::HyperLegacyError { err } if err.is_connect()) {
        let unknown = || io::Error::other(error.to_string());
        let found = found.map_or_else(unknown, copy);
        return (!is_ours(&found)).then_some(Reason::NotConnected(found));
    }
    (found.is_some_and(is_hanging_up) || is_cut_short(error)).then_some(Reason::CutShort)
}

/// What the error was caused by, outermost first.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn StdError + 'static)| {
        (*cause).source()
    })
}

/// We have no descriptor or memory left: the engine may be well.
fn is_ours(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS]
        .into_iter()
        .any(|errno| Errno::from_io_error(error) == Some(errno))
}

fn is_hanging_up(error: &io::Error) -> bool {
    [
        ErrorKind::BrokenPipe,
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::UnexpectedEof,
    ]
    .contains(&error.kind())
}

/// An engine that is stopped in the middle of an answer.
fn is_cut_short(error: &Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|error| error.is_incomplete_message() || error.is_closed())
}

fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(
        || io::Error::new(error.kind(), error.to_string()),
        io::Error::from_raw_os_error,
    )
}
