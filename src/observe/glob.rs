//! A pattern → the paths that are called so, sorted, component by component, as the shell expands it (glob(7)).

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir, openat, statat};
use rustix::io::{Errno, retry_on_intr};

use crate::facts::Found;
use crate::pattern::{NamePattern, Pattern};

/// Some 250 names of a usual length.
const ROOM: usize = 8192;

/// What a pattern came to.
pub(super) struct Expansion {
    /// Every path that is called so.
    pub(super) paths: BTreeSet<Vec<u8>>,
    /// What could not be looked at, and why; or that nothing is called so.
    pub(super) trouble: Vec<Found>,
}

/// Look for what `pattern` names. Without a wildcard that is the path as it stands, which nothing is asked about.
#[cold]
pub(super) fn expand(pattern: &Pattern) -> Expansion {
    let mut trouble = Vec::new();
    let mut found = vec![Vec::new()];
    let mut has_wildcard = false;
    for (number, name) in pattern.names().enumerate() {
        if number > 0 {
            for path in &mut found {
                path.push(b'/');
            }
        }
        if let Some(literal) = name.literal() {
            for path in &mut found {
                path.extend_from_slice(literal.as_bytes());
            }
            if has_wildcard {
                found.retain(|path| exists(path, &mut trouble));
            }
        } else {
            has_wildcard = true;
            let mut below = Vec::new();
            for directory in &found {
                below.extend(entries(directory, name, &mut trouble));
            }
            found = below;
        }
    }
    if found.is_empty() && trouble.is_empty() {
        trouble.push(Found::Unmatched);
    }
    let mut paths = BTreeSet::new();
    paths.extend(found);
    Expansion { paths, trouble }
}

pub(super) fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// Is something there, be it a link that leads nowhere? With a slash at the end: a directory.
fn exists(path: &[u8], trouble: &mut Vec<Found>) -> bool {
    match statat(
        CWD,
        Path::new(OsStr::from_bytes(path)),
        AtFlags::SYMLINK_NOFOLLOW,
    ) {
        Ok(_) => true,
        Err(errno) => {
            report(path, errno, trouble);
            false
        }
    }
}

/// The paths in `directory`, which ends with a slash where it is not the working directory, that are called so.
fn entries(directory: &[u8], wanted: NamePattern, trouble: &mut Vec<Found>) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    let mut take = |name: &OsStr| {
        if wanted.matches(name) {
            paths.push([directory, name.as_bytes()].concat());
        }
    };
    if let Err(errno) = each_name(directory, &mut take) {
        report(directory, errno, trouble);
    }
    paths
}

fn each_name(directory: &[u8], take: &mut dyn FnMut(&OsStr)) -> Result<(), Errno> {
    let path = if directory.is_empty() {
        OsStr::new(".")
    } else {
        OsStr::from_bytes(directory)
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))?;
    let mut room: Vec<u8> = Vec::with_capacity(ROOM);
    let mut names = RawDir::new(&opened, room.spare_capacity_mut());
    while let Some(entry) = names.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            take(OsStr::from_bytes(name));
        }
    }
    Ok(())
}

/// What is not there, or is no directory, does not match; everything else is in the way of those that might.
fn report(path: &[u8], errno: Errno, trouble: &mut Vec<Found>) {
    if errno != Errno::NOENT && errno != Errno::NOTDIR {
        trouble.push(Found::Blocked {
            at: path_of(path.to_vec()),
            errno: errno.raw_os_error(),
            directory: None,
        });
    }
}
