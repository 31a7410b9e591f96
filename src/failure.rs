//! The kernel said no: a step, what it was about, and errno.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::message::{Message, quoted};

/// A system call that failed where the start cannot go on (exit code 71).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What we were about to do, as a verb phrase: `set the supplementary groups`.
    pub step: String,
    /// The file concerned, if one is.
    pub path: Option<PathBuf>,
    /// Why.
    pub cause: Cause,
}

/// Why a step failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// errno(3).
    Errno(i32),
    /// The call succeeded and the state read back afterwards is not the planned one.
    ReadBack {
        /// Planned.
        expected: String,
        /// Read.
        found: String,
    },
    /// The world is not what the decision was made on.
    Moved,
}

impl Failure {
    /// `step` failed with `errno`.
    #[cold]
    pub fn errno(step: impl Into<String>, errno: impl Into<io::Error>) -> Self {
        let number = errno.into().raw_os_error().unwrap_or_default();
        Self {
            step: step.into(),
            path: None,
            cause: Cause::Errno(number),
        }
    }

    /// The same, about `path`.
    #[must_use]
    pub fn at(mut self, path: impl AsRef<Path>) -> Self {
        self.path = Some(path.as_ref().to_owned());
        self
    }

    /// What to tell the operator: it names the step, the path and errno.
    #[must_use]
    pub fn message(&self) -> Message {
        let step = format!("cannot {}", self.step);
        let cause = self.cause.to_string();
        let (thing, what, why) = match &self.path {
            Some(path) => (quoted(path), step, cause),
            None => (step, cause, String::new()),
        };
        let (code, remedies) = match &self.cause {
            Cause::Errno(_) => ("failed", Vec::new()),
            Cause::ReadBack { .. } => ("read-back", Vec::new()),
            Cause::Moved => ("moved", vec!["start again".to_owned()]),
        };
        Message {
            code,
            thing,
            what,
            why,
            remedies,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errno(number) => io::Error::from_raw_os_error(*number).fmt(f),
            Self::ReadBack { expected, found } => {
                write!(f, "planned {expected}, but the kernel says {found}")
            }
            Self::Moved => f.write_str("it changed since it was read"),
        }
    }
}
