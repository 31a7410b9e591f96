//! Arguments and environment → what was asked. What was typed comes first, what it means second.

pub mod help;
pub mod options;

mod environment;
mod numbers;
mod own;
mod paths;
mod typed;

use std::ffi::OsString;

use crate::refusal::Refusal;
use crate::request::{CheckFormat, Format, Log, Mode, Request};

/// What a command line and its environment come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Something to do.
    Run {
        /// What.
        request: Box<Request>,
        /// How to log meanwhile.
        log: Log,
    },
    /// `-h`: the text for stdout, with its last newline.
    Help(String),
    /// `-V`: the text for stdout, with its last newline.
    Version(String),
    /// Not a command line of ours (exit 2): the message names the flag; without prefix and newline.
    Usage(String),
    /// Understood and declined (exit 78).
    Refused {
        /// Why.
        refusal: Box<Refusal>,
        /// How to log it, as far as that could be told.
        log: Log,
        /// What to print where `--dry-run` was typed.
        dry_run_format: Option<Format>,
        /// What to print where `--check` was typed.
        check_format: Option<CheckFormat>,
    },
}

/// Why there is no request.
enum Fault {
    /// A flag means nothing.
    Usage(String),
    /// A variable means nothing, or either asks for what we decline.
    Refused(Box<Refusal>),
}

/// What `args` (without the program's own name) and the variables ask for.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Outcome {
    match typed::typed(args) {
        Ok(mut typed) => meant(&mut typed, &variable),
        Err(outcome) => outcome,
    }
}

fn meant(typed: &mut typed::Typed, variable: &dyn Fn(&str) -> Option<OsString>) -> Outcome {
    let mode = match typed.mode() {
        Ok(mode) => mode,
        Err(message) => return Outcome::Usage(message),
    };
    let (dry_run_format, check_format) = match mode {
        Mode::Start { .. } => (None, None),
        Mode::DryRun { format, .. } => (Some(format), None),
        Mode::Check { format, .. } => (None, Some(format)),
    };
    let asked = environment::Asked { typed, variable };
    let (log, request) = asked.read(mode);
    match request {
        Ok(request) => Outcome::Run {
            request: Box::new(request),
            log,
        },
        Err(Fault::Usage(message)) => Outcome::Usage(message),
        Err(Fault::Refused(refusal)) => Outcome::Refused {
            refusal,
            log,
            dry_run_format,
            check_format,
        },
    }
}
