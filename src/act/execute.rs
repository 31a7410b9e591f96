//! COMMAND → this process.

use std::ffi::{CString, NulError, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

pub use super::exec_failure::{ExecFailure, Missing, Obstacle};
use super::privileges::Verified;
use crate::facts::Variable;
use crate::parse::shebang;
use crate::plan::Command;

/// Executes COMMAND in our `own` environment and its identity's; returns only when that is not possible.
///
/// The candidates are tried as execvp(3) does it, but a file that the kernel does not understand is never handed to a
/// shell: that would run data as a program, on one libc and not on the other.
#[must_use]
pub fn execute(command: &Command, own: &[Variable], _dropped: &Verified) -> ExecFailure {
    let name = command.argv.first().map(PathBuf::from).unwrap_or_default();
    let environment = environment(own, &command.environment);
    let strings = c_strings(&command.argv).and_then(|argv| Ok((argv, environment?)));
    let Ok((argv, environment)) = strings else {
        // A NUL byte in the home directory of an account: the arguments came to us without one.
        return cannot_execute(name, Errno::INVAL);
    };
    // std ignores SIGPIPE from its start on; COMMAND must find the default.
    sigpipe::reset();
    let mut denied = None;
    for path in &command.candidates {
        match attempt(path, &argv, &environment) {
            errno if is_absence(errno) => (),
            // A directory of PATH that the identity may not search hides what is in it: as if it were not there.
            Errno::ACCESS if !has_slash(&name) && path.symlink_metadata().is_err() => (),
            Errno::ACCESS => denied = denied.or(Some(path)),
            errno => return cannot_execute(path.clone(), errno),
        }
    }
    match denied {
        Some(path) => cannot_execute(path.clone(), Errno::ACCESS),
        None => not_found(name, &command.candidates),
    }
}

/// COMMAND is not executed, because what it should have found could not be put back.
pub(super) fn unprepared(command: &Command, errno: Errno) -> ExecFailure {
    let name = command.argv.first().map(PathBuf::from).unwrap_or_default();
    cannot_execute(name, errno)
}

/// Our own environment with the variables of the identity: replaced where they stand, appended where they are new.
///
/// A name that occurs twice is left once, lest a program that takes the last one sees root's home. What has no `=` is
/// no variable (environ(7)) and does not get this far: std passes it over.
fn environment(own: &[Variable], replacements: &[Variable]) -> Result<Vec<CString>, NulError> {
    let mut pending: Vec<_> = replacements.iter().collect();
    // Never grown: an allocator this young maps a page for every size that it meets.
    let mut result = Vec::with_capacity(own.len().saturating_add(replacements.len()));
    for (name, value) in own {
        if !replacements.iter().any(|(replaced, _)| replaced == name) {
            result.push(assignment(name, value)?);
        } else if let Some(index) = pending.iter().position(|(new, _)| new == name) {
            let (_, value) = pending.remove(index);
            result.push(assignment(name, value)?);
        }
    }
    for (name, value) in pending {
        result.push(assignment(name, value)?);
    }
    Ok(result)
}

fn assignment(name: &OsStr, value: &OsStr) -> Result<CString, NulError> {
    let (name, value) = (name.as_bytes(), value.as_bytes());
    let length = name.len().saturating_add(value.len()).saturating_add(2);
    let mut assignment = Vec::with_capacity(length);
    assignment.extend_from_slice(name);
    assignment.push(b'=');
    assignment.extend_from_slice(value);
    CString::new(assignment)
}

fn c_strings(strings: &[OsString]) -> Result<Vec<CString>, NulError> {
    strings
        .iter()
        .map(|string| CString::new(string.as_bytes()))
        .collect()
}

/// [execve(2)].
///
/// [execve(2)]: https://man7.org/linux/man-pages/man2/execve.2.html
fn attempt(path: &Path, argv: &[CString], environment: &[CString]) -> Errno {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else {
        return Errno::INVAL;
    };
    match nix::unistd::execve(&path, argv, environment) {
        Ok(never) => match never {},
        Err(errno) => Errno::from_io_error(&errno.into()).unwrap_or(Errno::INVAL),
    }
}

/// What execvp(3) takes as "not here": the last three come from network file systems.
fn is_absence(errno: Errno) -> bool {
    [
        Errno::NOENT,
        Errno::NOTDIR,
        Errno::STALE,
        Errno::NODEV,
        Errno::TIMEDOUT,
    ]
    .contains(&errno)
}

#[cold]
fn cannot_execute(path: PathBuf, errno: Errno) -> ExecFailure {
    let obstacle = match errno {
        Errno::ACCESS if path.is_dir() => Obstacle::Directory,
        Errno::ACCESS => Obstacle::Denied,
        Errno::NOEXEC if is_elf(&beginning(&path).unwrap_or_default()) => Obstacle::ForeignProgram,
        Errno::NOEXEC => Obstacle::NotAProgram,
        errno => Obstacle::Errno(errno.raw_os_error()),
    };
    ExecFailure::CannotExecute { path, obstacle }
}

/// ENOENT about a file that exists is about what the file needs: the interpreter of a script, the loader of a program.
#[cold]
fn not_found(command: PathBuf, candidates: &[PathBuf]) -> ExecFailure {
    let missing = candidates.iter().find_map(|path| needs(path));
    let itself = if has_slash(&command) {
        Missing::File
    } else {
        Missing::InPath
    };
    ExecFailure::NotFound {
        command,
        missing: missing.unwrap_or(itself),
    }
}

fn has_slash(command: &Path) -> bool {
    command.as_os_str().as_bytes().contains(&b'/')
}

fn needs(path: &Path) -> Option<Missing> {
    let head = match beginning(path) {
        Ok(head) => head,
        // Executable and not readable: there is a file, and what it needs stays its secret.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && path.is_file() => {
            Vec::new()
        }
        Err(_) => return None,
    };
    let path = path.to_owned();
    Some(match shebang::interpreter(&head) {
        Some(interpreter) => Missing::Interpreter {
            interpreter,
            script: path,
        },
        None => Missing::Loader { program: path },
    })
}

/// As much as the kernel looks at (`BINPRM_BUF_SIZE`).
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut head)?;
    Ok(head)
}

fn is_elf(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn variables(list: &[(&str, &str)]) -> Vec<Variable> {
        let variable = |(name, value): &(&str, &str)| (name.into(), value.into());
        list.iter().map(variable).collect()
    }

    fn merged(own: &[(&str, &str)], replacements: &[(&str, &str)]) -> Vec<String> {
        environment(&variables(own), &variables(replacements))
            .into_iter()
            .flatten()
            .map(|entry| entry.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn replaced_variables_keep_their_place_and_new_ones_come_last() {
        let own = [("A", "1"), ("HOME", "/root"), ("B", ""), ("A", "2")];
        let replacements = [("USER", "charon"), ("HOME", "/data")];
        assert_eq!(
            merged(&own, &replacements),
            ["A=1", "HOME=/data", "B=", "A=2", "USER=charon"]
        );
    }

    #[test]
    fn a_replaced_variable_that_occurs_twice_is_left_once() {
        let own = [("HOME", "/root"), ("A", "1"), ("HOME", "/root2")];
        assert_eq!(merged(&own, &[("HOME", "/data")]), ["HOME=/data", "A=1"]);
    }

    #[test]
    fn bytes_that_are_no_text_pass_through() {
        let odd = OsString::from_vec(vec![0xff, b'=', 0xfe]);
        let own = [(OsString::from("ODD"), odd)];
        let expected = CString::new(b"ODD=\xff=\xfe".to_vec());
        assert_eq!(environment(&own, &[]), expected.map(|one| vec![one]));
    }
}
