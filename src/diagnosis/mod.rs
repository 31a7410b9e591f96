//! What stands between a process and its engine, as one value: the same for the start, the check and the server.
//!
//! What a path shows was found by `decide` and is said in the words of its finding. What a connection shows comes on
//! top: it was tried, and the kernel's word counts.

mod answers;
mod sentences;

use std::fmt;

use crate::answer::{Answer, EngineVersion};
use crate::facts::Meant;
use crate::failure::Failure;
use crate::ids::{Gid, Uid};
use crate::message::Message;
use crate::refusal::{Finding, Refusal};
use crate::request::Endpoint;

/// Whether a process reaches its engine, and if not, why and what to do.
///
/// [`Display`](fmt::Display) is one sentence for a person; [`message`](Self::message) is the same in parts, with a
/// stable code for programs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// What was looked at; `None` where it did not come to that.
    pub endpoint: Option<Endpoint>,
    /// The uid and gid of the process that was judged; `None` where it did not come to one.
    pub ids: Option<(Uid, Gid)>,
    /// What was found.
    pub cause: Cause,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Nothing is known to be in the way; nobody connected.
    Open,
    /// Engine sockets are switched off: there is nothing to reach.
    SwitchedOff,
    /// What the path shows.
    Path(Finding),
    /// Permission denied, although owner, mode and ACL give it: a security module or a filter of system calls.
    Denied {
        /// errno(3): EACCES or EPERM.
        errno: i32,
    },
    /// What came of a connection.
    Answer(Answer),
    /// `DOCKER_HOST` has a scheme that a check cannot follow.
    NotCheckable,
    /// A start would be refused.
    Refused(Box<Refusal>),
    /// A system call failed before it came to a connection.
    Failed(Failure),
}

impl Diagnosis {
    /// Has an engine answered?
    #[must_use]
    pub fn engine(&self) -> Option<&EngineVersion> {
        match &self.cause {
            Cause::Answer(Answer::Engine(engine)) => Some(engine),
            Cause::Answer(_)
            | Cause::Open
            | Cause::SwitchedOff
            | Cause::Path(_)
            | Cause::Denied { .. }
            | Cause::NotCheckable
            | Cause::Refused(_)
            | Cause::Failed(_) => None,
        }
    }

    /// Is all well: an engine has answered, or none is wanted, or nothing is known to be in the way?
    #[must_use]
    pub fn is_well(&self) -> bool {
        match &self.cause {
            Cause::Open | Cause::SwitchedOff | Cause::Answer(Answer::Engine(_)) => true,
            Cause::Answer(_)
            | Cause::Path(_)
            | Cause::Denied { .. }
            | Cause::NotCheckable
            | Cause::Refused(_)
            | Cause::Failed(_) => false,
        }
    }

    /// What to tell the operator.
    #[must_use]
    pub fn message(&self) -> Message {
        sentences::message(self)
    }
}

/// Is the socket there, and do permissions keep the process out?
pub(crate) fn is_of_a_mounted_socket(finding: &Finding) -> bool {
    let is_socket = |meant: &Meant| matches!(meant, Meant::EngineSocket(_));
    matches!(
        finding,
        Finding::Redirectable { .. } | Finding::GroupMissing { .. } | Finding::GidZeroWouldHelp(_)
    ) || matches!(
        finding,
        Finding::GroupHasNothing { meant, .. }
        | Finding::NotSearchable { meant, .. }
        | Finding::Unmapped { meant, .. } if is_socket(meant)
    )
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}
