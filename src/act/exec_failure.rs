//! What became of execve(2) → exit code 126 or 127 and a sentence.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

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

/// `<thing>: <what>; <why>; <what to do>`.
impl fmt::Display for ExecFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { command, missing } => not_found(f, command, missing),
            Self::CannotExecute { path, obstacle } => {
                write!(f, "{}: cannot be executed; {obstacle}", quoted(path))
            }
        }
    }
}

fn not_found(f: &mut fmt::Formatter<'_>, command: &Path, missing: &Missing) -> fmt::Result {
    match missing {
        Missing::File => write!(
            f,
            "{}: not found; there is no such file; correct the path or copy the file into the image",
            quoted(command)
        ),
        Missing::InPath => write!(
            f,
            "{}: not found; no directory of PATH has it; give its full path or install it in the image",
            quoted(command)
        ),
        Missing::Interpreter {
            interpreter,
            script,
        } => write!(
            f,
            "{}: its interpreter was not found; the first line of the script names {}, which does not exist; install it in the image or correct that line",
            quoted(script),
            quoted(interpreter)
        ),
        Missing::Loader { program } => write!(
            f,
            "{}: its loader was not found; the program is linked with a C library that this image does not have; use an image that has it or a static program",
            quoted(program)
        ),
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => f.write_str("it is a directory; name a file in it"),
            Self::Denied => f.write_str(
                "permission denied to the identity; give the file mode 0755 in the image, look at the directories above it and at noexec mounts",
            ),
            Self::ForeignProgram => f.write_str(
                "it is a program for another kind of machine; use an image for this architecture",
            ),
            Self::NotAProgram => f.write_str(
                "it is neither a program nor a script with a first line '#!'; give it one, such as '#!/bin/sh'",
            ),
            Self::Errno(number) => io::Error::from_raw_os_error(*number).fmt(f),
        }
    }
}

/// In quotes, with control characters escaped: the interpreter's name comes from the file.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().escape_debug())
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
            script("/bin/sh\r").to_string(),
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
            failure.to_string(),
            "'/app/run': cannot be executed; Argument list too long (os error 7)"
        );
        assert_eq!(failure.code(), 126);
    }
}
