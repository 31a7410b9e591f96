//! COMMAND and PATH → the files that could be meant, and the file capabilities of the first that exists.

use std::env;
use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, stat, statvfs};
use rustix::io::Errno;

use crate::facts::{CommandFacts, FileCapabilities};
use crate::observe::attribute::xattr;
use crate::parse;

/// Where musl looks without PATH (execvp(3)).
const DEFAULT_PATH: &str = "/usr/local/bin:/bin:/usr/bin";

/// Look for COMMAND; `None` without one.
pub(super) fn observe(command: &[OsString]) -> Option<CommandFacts> {
    let candidates = candidates(command.first()?);
    let file_capabilities = file_capabilities(&candidates);
    Some(CommandFacts {
        candidates,
        file_capabilities,
    })
}

/// A name with a slash is a path; any other is looked for in PATH, where an empty part is the working directory.
fn candidates(name: &OsStr) -> Vec<PathBuf> {
    if name.is_empty() || name.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(name)];
    }
    let path = env::var_os("PATH")
        .unwrap_or_else(|| OsString::from(DEFAULT_PATH))
        .into_vec();
    path.split(|byte| *byte == b':')
        .map(|directory| Path::new(OsStr::from_bytes(directory)).join(name))
        .collect()
}

/// One call per candidate: that there is no such attribute says that there is a file. Only a file that has it is looked
/// at more closely: execvp(3) passes over one that nobody may execute, and the kernel ignores the attribute on a file
/// system mounted nosuid.
fn file_capabilities(candidates: &[PathBuf]) -> Option<FileCapabilities> {
    for path in candidates {
        match xattr(path, c"security.capability") {
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => {}
            Ok(Some(bytes)) => {
                if let ControlFlow::Break(found) = looked_at_closely(path, &bytes) {
                    return found;
                }
            }
            Ok(None) | Err(_) => return None,
        }
    }
    None
}

/// Goes on where the next candidate may be the command.
#[cold]
fn looked_at_closely(path: &Path, attribute: &[u8]) -> ControlFlow<Option<FileCapabilities>> {
    if !is_executable(path) {
        return ControlFlow::Continue(());
    }
    if is_ignored_on(path) {
        return ControlFlow::Break(None);
    }
    let sets = parse::file_capabilities::file_capabilities(attribute);
    ControlFlow::Break(sets.map(|(permitted, effective)| FileCapabilities {
        path: path.to_owned(),
        permitted,
        effective,
    }))
}

fn is_executable(path: &Path) -> bool {
    stat(path).is_ok_and(|about| about.st_mode & 0o111 != 0)
}

fn is_ignored_on(path: &Path) -> bool {
    statvfs(path).is_ok_and(|about| about.f_flag.contains(StatVfsMountFlags::NOSUID))
}
