//! The paths of `--own` → what is there, and which places must keep their owner.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, readlinkat};

use crate::facts::{Found, OwnFacts, OwnFound, OwnPath};
use crate::failure::Failure;
use crate::observe::walk::Walker;

/// The system's directories: some are links to others, and anyone of them may be mounted or linked elsewhere.
const SYSTEM: [&str; 8] = [
    "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
];

/// Look at `paths`; at nothing where there is none.
pub(super) fn observe(paths: &[PathBuf]) -> Result<OwnFacts, Failure> {
    if paths.is_empty() {
        return Ok(OwnFacts::default());
    }
    look_at(paths)
}

#[cold]
fn look_at(paths: &[PathBuf]) -> Result<OwnFacts, Failure> {
    let mut walker = Walker::from_root(false)?;
    let mut system = Vec::new();
    for place in SYSTEM {
        if let OwnFound::There { resolved, .. } = find(&mut walker, Path::new(place))? {
            system.push(resolved);
        }
    }
    let look = |path: &PathBuf| {
        Ok(OwnPath {
            path: path.clone(),
            found: find(&mut walker, path)?,
        })
    };
    Ok(OwnFacts {
        paths: paths.iter().map(look).collect::<Result<_, Failure>>()?,
        system,
        our_directory: our_directory(),
    })
}

fn find(walker: &mut Walker, path: &Path) -> Result<OwnFound, Failure> {
    let (node, (resolved, id)) = match walker.walk_to_end(path)? {
        (Found::Node(node), Some(end)) => (node, end),
        (found, _) => return Ok(OwnFound::Nothing(found)),
    };
    let failed = |error| Failure::errno("look at it", error).at(path);
    Ok(OwnFound::There {
        absolute: std::path::absolute(path).map_err(failed)?,
        resolved,
        id,
        node,
    })
}

/// The kernel adds ` (deleted)` to the name of a file, never to that of its directory.
fn our_directory() -> Option<PathBuf> {
    let target = readlinkat(CWD, c"/proc/self/exe", Vec::new()).ok()?;
    let path = Path::new(OsStr::from_bytes(target.to_bytes()));
    path.parent().map(Path::to_owned)
}
