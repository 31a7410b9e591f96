//! Plan → the world: the only room that changes anything.
//!
//! It decides nothing. A step holds what it was decided on; when the world has moved, the step fails and says so.

mod connect;
mod exec_failure;
pub mod execute;
pub mod group_file;
pub mod init;
pub mod ownership;
pub mod privileges;
mod read_back;

use std::time::Instant;

use crate::answer::Answer;
use crate::facts::Variable;
use crate::failure::{Cause, Failure};
use crate::plan::{Planned, Step};
use execute::ExecFailure;
use init::Held;
use privileges::Verified;

/// Why COMMAND does not run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActError {
    /// A step failed (exit code 71).
    Failed(Failure),
    /// Everything was dropped and verified, and then COMMAND could not be executed (126 or 127).
    NotExecuted(ExecFailure),
    /// COMMAND ended; its exit code, or 128 and the number of the signal that ended it.
    Ended(u8),
    /// There is no COMMAND: the engines were asked, and this is what came of it.
    Asked(Vec<Answer>),
}

impl From<Failure> for ActError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What the steps are taken with that no plan holds.
#[derive(Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// The signals that were held from the start, for an init to forward.
    pub held: Option<&'a Held>,
    /// What COMMAND gets, with what the plan says of it.
    pub environment: &'a [Variable],
    /// Since when what has a bound in time has it; from its own step on where nobody says.
    pub begun: Option<Instant>,
}

/// Performs the steps in their order, up to COMMAND; returns only when it does not run.
///
/// Edits of files are not among them: those come first, under the lock ([`group_file`]), because their outcome can
/// change the plan. Nor are owners ([`ownership`]): what comes of those is told meanwhile. Both are skipped here, so
/// that a caller hands over the steps as they were printed.
#[must_use]
pub fn perform(steps: &[Planned], surroundings: &Surroundings<'_>) -> ActError {
    let mut verified = None;
    for planned in steps {
        match take(&planned.step, surroundings, &mut verified) {
            Ok(()) => (),
            Err(error) => return error,
        }
    }
    unverified().into()
}

/// Takes one step. COMMAND runs only with the proof of a read-back, and every later change makes that proof void.
fn take(
    step: &Step,
    surroundings: &Surroundings<'_>,
    verified: &mut Option<Verified>,
) -> Result<(), ActError> {
    let proof = verified.take();
    match step {
        Step::EditFile(_) | Step::Own(_) => (),
        Step::DropBoundingSet(capabilities) => privileges::drop_bounding_set(*capabilities)?,
        Step::SetGroups(groups) => privileges::set_groups(groups)?,
        Step::SetGid(gid) => privileges::set_gid(*gid)?,
        Step::SetUid {
            uid,
            keep_permitted,
        } => privileges::set_uid(*uid, *keep_permitted)?,
        Step::SetCapabilities(keep) => privileges::set_capabilities(*keep)?,
        Step::SetNoNewPrivileges => privileges::set_no_new_privileges()?,
        Step::SetUmask(mask) => privileges::set_umask(*mask),
        Step::Verify(expected) => *verified = Some(privileges::verify(expected)?),
        Step::Execute(command) => {
            let proof = proof.ok_or_else(unverified)?;
            let failure = execute::execute(command, surroundings.environment, &proof);
            return Err(ActError::NotExecuted(failure));
        }
        Step::Supervise(supervision) => {
            let proof = proof.ok_or_else(unverified)?;
            let environment = surroundings.environment;
            return Err(match surroundings.held {
                Some(held) => init::supervise(supervision, held, environment, &proof),
                // The caller did not hold signals from the start: those that came are lost, later ones are not.
                None => init::supervise(supervision, &Held::all()?, environment, &proof),
            });
        }
        Step::Connect(connection) => {
            let proof = proof.ok_or_else(unverified)?;
            let begun = surroundings.begun.unwrap_or_else(Instant::now);
            return Err(ActError::Asked(connect::connect(connection, begun, &proof)));
        }
    }
    Ok(())
}

/// A plan that does not end in a read-back and COMMAND: no decision makes one, and it would run nothing unverified.
fn unverified() -> Failure {
    Failure {
        step: "execute the command".into(),
        path: None,
        cause: Cause::ReadBack {
            expected: "a verified drop before it".into(),
            found: "none".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::plan::Command;

    fn planned(step: Step) -> Planned {
        Planned { step, reason: "" }
    }

    /// No decision makes such a plan. Were the guard gone, a command without candidates would be one that is not found.
    #[test]
    fn a_command_without_a_read_back_just_before_it_does_not_run() {
        let command = Command {
            candidates: Vec::<PathBuf>::new(),
            argv: vec!["nothing".into()],
            environment: Vec::new(),
        };
        let surroundings = Surroundings::default();
        let failed = ActError::Failed(unverified());
        let execute = planned(Step::Execute(command));
        assert_eq!(perform(&[execute], &surroundings), failed);
        assert_eq!(perform(&[], &surroundings), failed);
    }
}
