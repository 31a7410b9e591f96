//! A check, from the request to its exit code; and the same diagnosis for a server that asks about itself.

use std::io;
use std::path::Path;
use std::time::Instant;

use rustix::io::Errno;

use crate::act::{self, ActError, Surroundings};
use crate::answer::{Answer, Foreign, Question};
use crate::diagnosis::{Cause, Diagnosis};
use crate::failure::Failure;
use crate::parse::docker_host::endpoint;
use crate::plan::{Identity, Plan, Step, Target};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::request::{CheckFormat, Endpoint, Log, LogLevel, Request, Sockets};
use crate::{decide, exit_code, observe, render};

/// What came of it, and as whom it was asked.
struct Checked {
    identity: Option<Identity>,
    diagnoses: Vec<Diagnosis>,
}

impl Checked {
    /// It did not come to a connection.
    fn stopped_by(cause: Cause, endpoint: Option<Endpoint>) -> Self {
        let diagnosis = Diagnosis {
            endpoint,
            ids: None,
            cause,
        };
        Self {
            identity: None,
            diagnoses: vec![diagnosis],
        }
    }
}

impl From<Failure> for Checked {
    fn from(failure: Failure) -> Self {
        Self::stopped_by(Cause::Failed(failure), None)
    }
}

impl From<Refusal> for Checked {
    fn from(refusal: Refusal) -> Self {
        Self::stopped_by(Cause::Refused(Box::new(refusal)), None)
    }
}

/// Ask the engine as the identity, say what came of it on stdout, and give the exit code: 0 or 1.
#[cold]
pub(crate) fn check(request: &Request, log: Log, format: CheckFormat) -> u8 {
    let begun = Instant::now();
    let checked = asked(request, Report::new(log), begun).unwrap_or_else(|stopped| stopped);
    say(format, &checked)
}

/// A failure or a refusal before there was a request: exit 1 like everything that keeps a check from the engine.
#[cold]
pub(crate) fn stopped(format: CheckFormat, cause: Cause) -> u8 {
    say(format, &Checked::stopped_by(cause, None))
}

fn say(format: CheckFormat, checked: &Checked) -> u8 {
    let text = render::check(format, checked.identity.as_ref(), &checked.diagnoses);
    // Nobody asked is nobody reached.
    let is_well = !checked.diagnoses.is_empty() && checked.diagnoses.iter().all(Diagnosis::is_well);
    if crate::print(&text) == exit_code::OK && is_well {
        exit_code::OK
    } else {
        exit_code::NOT_REACHED
    }
}

fn asked(request: &Request, report: Report, begun: Instant) -> Result<Checked, Checked> {
    match &request.sockets {
        Sockets::Ignored => return Ok(Checked::stopped_by(Cause::SwitchedOff, None)),
        Sockets::NotNeeded { docker_host } => match endpoint(docker_host) {
            Endpoint::Socket(_) | Endpoint::Tcp { .. } => {}
            elsewhere @ Endpoint::Elsewhere { .. } => {
                return Err(Checked::stopped_by(Cause::NotCheckable, Some(elsewhere)));
            }
        },
        Sockets::Paths(_) | Sockets::Search => {}
    }
    let facts = observe::observe(request)?;
    let plan = decide::decide(request, &facts).map_err(|refused| refused.refusal)?;
    // What a start finds is the start's to say; a check comes every few seconds.
    for finding in &plan.findings {
        report.say(LogLevel::Debug, &finding.message());
    }
    for step in &plan.steps {
        report.say(LogLevel::Debug, &render::log::step(step));
    }
    let surroundings = Surroundings {
        begun: Some(begun),
        ..Surroundings::default()
    };
    let answers = match act::perform(&plan.steps, &surroundings) {
        ActError::Asked(answers) => answers,
        ActError::Failed(failure) => return Err(failure.into()),
        // A check has neither step.
        ActError::NotExecuted(_) | ActError::Ended(_) => Vec::new(),
    };
    Ok(Checked {
        diagnoses: diagnoses(&plan, &answers),
        identity: Some(plan.identity),
    })
}

fn diagnoses(plan: &Plan, answers: &[Answer]) -> Vec<Diagnosis> {
    let ids = (plan.identity.uid, plan.identity.gid);
    let targets = plan.steps.iter().flat_map(|planned| match &planned.step {
        Step::Connect(connection) => connection.targets.as_slice(),
        Step::EditFile(_)
        | Step::Own(_)
        | Step::DropBoundingSet(_)
        | Step::SetGroups(_)
        | Step::SetGid(_)
        | Step::SetUid { .. }
        | Step::SetCapabilities(_)
        | Step::SetNoNewPrivileges
        | Step::SetUmask(_)
        | Step::Verify(_)
        | Step::Execute(_)
        | Step::Supervise(_) => &[],
    });
    // Those after the first that did not answer were not asked.
    let asked = targets.zip(answers);
    let diagnosis = |(target, answer): (&Target, &Answer)| {
        let Target { endpoint, finding } = target;
        decide::diagnose(endpoint.clone(), ids, finding.as_ref(), Some(answer))
    };
    asked.map(diagnosis).collect()
}

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
        // The path does not fit into an address (unix(7)).
        (io::ErrorKind::InvalidInput, Errno::NAMETOOLONG),
    ];
    let found = known.iter().find(|(known, _)| *known == kind);
    found.map_or(Errno::IO, |(_, errno)| *errno).raw_os_error()
}
