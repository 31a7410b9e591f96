//! A directory on the way down: open, read batch by batch, with the directories in it that wait for their turn.

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::sweep::names::Names;

/// One of the directories that are open, one below the other.
pub(super) struct Level {
    pub(super) directory: OwnedFd,
    pub(super) name: CString,
    /// Has it been read to its end?
    pub(super) is_read: bool,
    /// The directories of one batch.
    pub(super) waiting: Names,
}

impl Level {
    pub(super) fn new(directory: OwnedFd, name: CString) -> Self {
        Self {
            directory,
            name,
            is_read: false,
            waiting: Names::default(),
        }
    }
}

/// Where an entry is; a path is made of it only for the first of a kind.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) root: &'a Path,
    /// The directories that lead to the one that it is in.
    pub(super) above: &'a [Level],
    /// The directory that it is in, and its own name; empty for the root and for the directory itself.
    pub(super) names: [&'a CStr; 2],
}

impl Place<'_> {
    pub(super) fn path(self) -> PathBuf {
        let mut path = self.root.to_owned();
        let above = self.above.iter().map(|level| level.name.as_c_str());
        for name in above.chain(self.names).filter(|name| !name.is_empty()) {
            path.push(OsStr::from_bytes(name.to_bytes()));
        }
        path
    }
}
