//! What became of execve(2) → exit code 126 or 127 and a sentence.

use std::io;
use std::path::{Path, PathBuf};

use crate::message::{Message, quoted};

/// Why COMMAND was not executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExecFailure {
    /// There is nothing to execute (127).
    NotFound {
        /// COMMAND as it was called.
        command: PathBuf,
        /// What is missing.
        missing: Missing,
    },
    /// There is something, and the kernel refuses it (126).
    CannotExecute {
        /// The file.
        path: PathBuf,
        /// Why.
        obstacle: Obstacle,
    },
}

/// What is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    /// COMMAND, which was called with a slash.
    File,
    /// COMMAND, in every directory of PATH.
    InPath,
    /// The interpreter of a script.
    Interpreter {
        /// The interpreter.
        interpreter: PathBuf,
        /// The script.
        script: PathBuf,
    },
    /// The dynamic loader of a program.
    Loader {
        /// The program.
        program: PathBuf,
    },
}

/// What is in the way of a file that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// It is a directory.
    Directory,
    /// EACCES for a file: its mode, a directory on the way, a noexec mount.
    Denied,
    /// ENOEXEC for a program: one of another machine.
    ForeignProgram,
    /// ENOEXEC for any other file.
    NotAProgram,
    /// Any other errno(3).
    Errno(i32),
}

impl ExecFailure {
    /// The exit code, as shells have it.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::CannotExecute { .. } => 126,
        }
    }
}

impl ExecFailure {
    /// What to tell the operator.
    #[must_use]
    #[cold]
    pub fn message(&self) -> Message {
        match self {
            Self::NotFound { command, missing } => not_found(command, missing),
            Self::CannotExecute { path, obstacle } => Message {
                code: "cannot-execute",
                thing: quoted(path),
                what: "cannot be executed".to_owned(),
                why: obstacle.why(),
                remedies: obstacle.remedy().map(str::to_owned).into_iter().collect(),
            },
        }
    }
}

fn not_found(command: &Path, missing: &Missing) -> Message {
    let (thing, what, why, remedy) = match missing {
        Missing::File => (
            command,
            "not found",
            "there is no such file".to_owned(),
            "correct the path or copy the file into the image",
        ),
        Missing::InPath => (
            command,
            "not found",
            "no directory of PATH has it".to_owned(),
            "give its full path or install it in the image",
        ),
        Missing::Interpreter {
            interpreter,
            script,
        } => (
            script.as_path(),
            "its interpreter was not found",
            format!(
                "the first line of the script names {}, which does not exist",
                quoted(interpreter)
            ),
            "install it in the image or correct that line",
        ),
        Missing::Loader { program } => (
            program.as_path(),
            "its loader was not found",
            "the program is linked with a C library that this image does not have".to_owned(),
            "use an image that has it or a static program",
        ),
    };
    Message {
        code: "not-found",
        thing: quoted(thing),
        what: what.to_owned(),
        why,
        remedies: vec![remedy.to_owned()],
    }
}

impl Obstacle {
    fn why(self) -> String {
        match self {
            Self::Directory => "it is a directory".to_owned(),
            Self::Denied => "permission denied to the identity".to_owned(),
            Self::ForeignProgram => "it is a program for another kind of machine".to_owned(),
            Self::NotAProgram => {
                "it is neither a program nor a script with a first line '#!'".to_owned()
            }
            Self::Errno(number) => io::Error::from_raw_os_error(number).to_string(),
        }
    }

    fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Directory => Some("name a file in it"),
            Self::Denied => Some(
                "give the file mode 0755 in the image, look at the directories above it and at noexec mounts",
            ),
            Self::ForeignProgram => Some("use an image for this architecture"),
            Self::NotAProgram => Some("give it one, such as '#!/bin/sh'"),
            Self::Errno(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(interpreter: &str) -> ExecFailure {
        ExecFailure::NotFound {
            command: "run".into(),
            missing: Missing::Interpreter {
                interpreter: interpreter.into(),
                script: "/app/run".into(),
            },
        }
    }

    #[test]
    fn a_missing_interpreter_is_named_with_its_carriage_return() {
        assert_eq!(
            script("/bin/sh\r").message().to_string(),
            "'/app/run': its interpreter was not found; the first line of the script names '/bin/sh\\r', which does not exist; install it in the image or correct that line"
        );
        assert_eq!(script("/bin/sh").code(), 127);
    }

    #[test]
    fn an_unnamed_errno_is_told_in_the_words_of_the_system() {
        let failure = ExecFailure::CannotExecute {
            path: "/app/run".into(),
            obstacle: Obstacle::Errno(7),
        };
        assert_eq!(
            failure.message().to_string(),
            "'/app/run': cannot be executed; Argument list too long (os error 7)"
        );
        assert_eq!(failure.code(), 126);
    }
}
