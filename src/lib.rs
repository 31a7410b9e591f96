//! Root → the planned identity → COMMAND: the entrypoint of containers that must not run as root.
//!
//! Five verbs, in the order in which things happen; only one of them changes anything. A plan is data: the dry run
//! prints the very value that a real start performs, so it cannot lie.
//!
//! ```text
//! argv, env ─ cli ─────▶ Request ─┐            ┌─▶ Plan ────┬─ render ─▶ text · json · compose · docker · …
//!                                 ├─ decide ───┤            └─ act ────▶ group file, ids, exec
//! world ─ observe+parse ▶ Facts ──┘            └─▶ Refusal ─── render ─▶ stderr, exit 78
//! ```
//!
//! What would it do to me? `--dry-run`. Why did it refuse? [`refusal`]. What is the policy? [`decide`]. Where does it
//! touch my system? [`act`]. Where does it become someone else? [`act::privileges`].
//!
//! What an ordinary start does not call is `#[cold]`: its code stays out of the pages and cache lines that a start reads.
#![deny(unsafe_code)]

// nouns
pub mod account;
pub mod answer;
pub mod capability;
pub mod diagnosis;
pub mod facts;
pub mod failure;
pub mod ids;
pub mod message;
pub mod ownership;
pub mod pattern;
pub mod permission;
pub mod plan;
pub mod refusal;
pub mod request;

// verbs
pub mod act;
pub mod cli;
pub mod decide;
pub mod observe;
pub mod parse;
pub mod render;
pub mod sweep;

mod check;
mod edits;
mod own;
mod report;

pub use check::diagnose;
pub use diagnosis::Diagnosis;

use std::ffi::OsString;
use std::io::{self, Write};

use act::init::Held;
use act::{ActError, Surroundings};
use cli::Outcome;
use diagnosis::Cause;
use facts::{Facts, Variable};
use failure::Failure;
use plan::Plan;
use refusal::Refused;
use report::Report;
use request::{Format, Log, LogLevel, Mode, Request};

/// Exit codes (contract 3); those of COMMAND aside.
pub mod exit_code {
    /// `--dry-run` would go ahead; `--check` reached the engine.
    pub const OK: u8 = 0;
    /// `--check` did not reach the engine.
    pub const NOT_REACHED: u8 = 1;
    /// Usage.
    pub const USAGE: u8 = 2;
    /// An operating system call failed, or the read-back did not match (EX_OSERR of sysexits(3)).
    pub const FAILED: u8 = 71;
    /// Refused (EX_CONFIG of sysexits(3)).
    pub const REFUSED: u8 = 78;
    /// COMMAND was found and cannot be executed.
    pub const CANNOT_EXECUTE: u8 = 126;
    /// COMMAND was not found.
    pub const NOT_FOUND: u8 = 127;
}

/// Why COMMAND does not run.
enum End {
    Refused(Refused),
    Act(ActError),
}

impl From<Refused> for End {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Act(ActError::Failed(failure))
    }
}

/// Do what `args` (without the program's name) and the environment ask for; `held` are the signals that main blocked
/// first of all ([`Held::if_asked`]). Returns the exit code; a start that succeeds does not return, unless it stays.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>, held: Result<Option<Held>, Failure>) -> u8 {
    // Read once: getenv(3) would go through all of it for every option.
    let environment: Vec<_> = std::env::vars_os().collect();
    let variable = |wanted: &str| {
        let found = environment.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    match cli::parse(args, variable) {
        Outcome::Help(text) | Outcome::Version(text) => match release(held) {
            Ok(()) => print(&text),
            Err(failure) => fail(&failure, Report::new(Log::DEFAULT)),
        },
        Outcome::Usage(message) => usage(&message),
        Outcome::Refused {
            refusal,
            check_format: Some(format),
            ..
        } => check::stopped(format, Cause::Refused(refusal)),
        Outcome::Refused {
            refusal,
            log,
            dry_run_format,
            check_format: None,
        } => {
            let refused = Refused {
                refusal: *refusal,
                findings: Vec::new(),
            };
            refuse(&refused, Report::new(log), dry_run_format)
        }
        Outcome::Run { request, log } => match &request.mode {
            Mode::Start { .. } => start(&request, log, held, &environment),
            Mode::DryRun {
                format, service, ..
            } => match release(held) {
                Ok(()) => dry_run(&request, log, *format, service),
                Err(failure) => fail(&failure, Report::new(log)),
            },
            Mode::Check { format, .. } => match release(held) {
                Ok(()) => check::check(&request, log, *format),
                Err(failure) => check::stopped(*format, Cause::Failed(failure)),
            },
        },
    }
}

/// Observe, decide, act; then say why COMMAND does not run.
fn start(
    request: &Request,
    log: Log,
    held: Result<Option<Held>, Failure>,
    environment: &[Variable],
) -> u8 {
    let report = Report::new(log);
    let held = match held.and_then(|held| keep_or_release(request, held)) {
        Ok(held) => held,
        Err(failure) => return fail(&failure, report),
    };
    let end = match plan(request) {
        Ok(plan) => {
            report.findings(&plan.findings);
            say_plan(&plan, report);
            match own::give(&plan, report) {
                Ok(()) => End::Act(act::perform(
                    &plan.steps,
                    &Surroundings {
                        held: held.as_ref(),
                        environment,
                        begun: None,
                    },
                )),
                Err(failure) => failure.into(),
            }
        }
        Err(end) => end,
    };
    match end {
        End::Refused(refused) => refuse(&refused, report, None),
        End::Act(ActError::Failed(failure)) => fail(&failure, report),
        End::Act(ActError::NotExecuted(failure)) => {
            report.say(LogLevel::Error, &failure.message());
            failure.code()
        }
        End::Act(ActError::Ended(code)) => code,
        // A start asks nobody.
        End::Act(ActError::Asked(_)) => exit_code::FAILED,
    }
}

/// Who only prints is ended by ^C, and by SIGPIPE.
fn release(held: Result<Option<Held>, Failure>) -> Result<(), Failure> {
    held?.map_or(Ok(()), |held| held.release())
}

/// Signals stay held where we stay; COMMAND is to find the mask that we found.
fn keep_or_release(request: &Request, held: Option<Held>) -> Result<Option<Held>, Failure> {
    match held {
        Some(held) if request.init.is_none() => held.release().map(|()| None),
        held => Ok(held),
    }
}

/// The plan of this start, with its edits of the account files carried out.
fn plan(request: &Request) -> Result<Plan, End> {
    let mut facts = observe::observe(request)?;
    let plan = decide::decide(request, &facts)?;
    if plan.edits().next().is_some() {
        return edits::carry_out(request, &mut facts);
    }
    if request.init.is_none() {
        // execve(2) gives all of it back at once; piece by piece it would be a few thousand instructions.
        std::mem::forget(facts);
    }
    Ok(plan)
}

#[cold]
fn dry_run(request: &Request, log: Log, format: Format, service: &str) -> u8 {
    let report = Report::new(log);
    let facts: Facts = match observe::observe(request) {
        Ok(facts) => facts,
        Err(failure) => return fail(&failure, report),
    };
    let is_root = facts.process.uid.effective.is_root();
    match decide::decide(request, &facts) {
        Ok(mut plan) => {
            if let Err(failure) = own::count(&mut plan, is_root) {
                return fail(&failure, report);
            }
            report.findings(&plan.findings);
            print(&render::dry_run(format, service, &facts, &plan))
        }
        Err(refused) => refuse(&refused, report, Some(format)),
    }
}

fn say_plan(plan: &Plan, report: Report) {
    for message in plan.grants.iter().filter_map(render::log::grant) {
        report.say(LogLevel::Info, &message);
    }
    if !report.has(LogLevel::Debug) {
        return;
    }
    for step in &plan.steps {
        report.say(LogLevel::Debug, &render::log::step(step));
    }
}

#[cold]
fn refuse(refused: &Refused, report: Report, format: Option<Format>) -> u8 {
    report.findings(&refused.findings);
    report.say(LogLevel::Error, &refused.refusal.message());
    match format.map(|format| print(&render::refused(format, refused))) {
        None | Some(exit_code::OK) => exit_code::REFUSED,
        Some(failed) => failed,
    }
}

#[cold]
fn fail(failure: &Failure, report: Report) -> u8 {
    report.say(LogLevel::Error, &failure.message());
    exit_code::FAILED
}

#[cold]
fn usage(message: &str) -> u8 {
    let text = format!("charon-init: {message}; see 'charon-init --help'\n");
    // Nobody can be told that stderr is closed; the exit code says the rest.
    if let Err(_unheard) = io::stderr().write_all(text.as_bytes()) {}
    exit_code::USAGE
}

/// Print a result. A reader that went away ends us as any other program of a pipeline, by SIGPIPE.
#[cold]
fn print(text: &str) -> u8 {
    sigpipe::reset();
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => exit_code::OK,
        Err(error) => {
            let failure = Failure::errno("write to standard output", error);
            fail(&failure, Report::new(Log::DEFAULT))
        }
    }
}
