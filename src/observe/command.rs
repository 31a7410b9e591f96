//! COMMAND and PATH → the files that could be meant, and the file capabilities of the first that exists.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::facts::{CommandFacts, FileCapabilities};
use crate::observe::walk::xattr;
use crate::parse;

/// Where musl looks without PATH (execvp(3)).
const DEFAULT_PATH: &str = "/usr/local/bin:/bin:/usr/bin";

/// Look for COMMAND; `None` without one.
pub(super) fn observe(command: &[OsString]) -> Option<CommandFacts> {
    let candidates = candidates(command.first()?, env::var_os("PATH"));
    let file_capabilities = file_capabilities(&candidates);
    Some(CommandFacts {
        candidates,
        file_capabilities,
    })
}

/// A name with a slash is a path; any other is looked for in PATH, where an empty part is the working directory.
fn candidates(name: &OsStr, path: Option<OsString>) -> Vec<PathBuf> {
    if name.is_empty() || name.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(name)];
    }
    let path = path
        .unwrap_or_else(|| OsString::from(DEFAULT_PATH))
        .into_vec();
    path.split(|byte| *byte == b':')
        .map(|directory| Path::new(OsStr::from_bytes(directory)).join(name))
        .collect()
}

/// One call per candidate: that there is no such attribute says that there is a file.
fn file_capabilities(candidates: &[PathBuf]) -> Option<FileCapabilities> {
    for path in candidates {
        match xattr(path, "security.capability") {
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => {}
            Ok(Some(bytes)) => {
                let (permitted, effective) = parse::file_capabilities::file_capabilities(&bytes)?;
                return Some(FileCapabilities {
                    path: path.clone(),
                    permitted,
                    effective,
                });
            }
            Ok(None) | Err(_) => return None,
        }
    }
    None
}
