//! What a walk came to: its name where only root could put another file there, else its descriptor (openat(2) O_PATH).

use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    Access, AtFlags, CWD, Mode, OFlags, Stat, accessat, fstat, lstat, openat, readlink, readlinkat,
};
use rustix::io::{Errno, retry_on_intr};

use crate::observe::attribute::{acl_of, acl_of_descriptor};
use crate::permission::Acl;

/// What one system call takes as a path, with its NUL (PATH_MAX of linux/limits.h).
const PATH_MAX: usize = 4096;

/// A file or directory at a path without links. Whoever asks brings the path along.
pub(super) enum Place {
    /// The root directory (ours, which nobody can put another in the place of: chroot(2)), and what only root could have
    /// put another in the place of: its path is as good as a descriptor, and takes half the calls.
    Named,
    /// What was walked to, whoever renames meanwhile.
    Opened(OwnedFd),
}

impl Place {
    /// An entry of the directory that this is, and what it is. Opened before it is looked at, unless that `is_firm`.
    pub(super) fn find(
        &self,
        name: &OsStr,
        path: &Path,
        is_firm: bool,
    ) -> Result<(Self, Stat), Errno> {
        let place = if is_firm && path.as_os_str().len() < PATH_MAX {
            Self::Named
        } else {
            self.open(name, path)?
        };
        let about = place.stat(path)?;
        Ok((place, about))
    }

    /// The same, opened without following it.
    fn open(&self, name: &OsStr, path: &Path) -> Result<Self, Errno> {
        let opened = match self {
            Self::Named => match open(CWD, path.as_os_str()) {
                // Perhaps only all of it is too long for one call (PATH_MAX).
                Err(Errno::NAMETOOLONG) => {
                    let directory = path.parent().unwrap_or(path).as_os_str();
                    open(open(CWD, directory)?.as_fd(), name)
                }
                opened => opened,
            },
            Self::Opened(directory) => open(directory.as_fd(), name),
        };
        opened.map(Self::Opened)
    }

    /// Ids, mode, type.
    pub(super) fn stat(&self, path: &Path) -> Result<Stat, Errno> {
        match self {
            Self::Named => lstat(path),
            Self::Opened(file) => fstat(file),
        }
    }

    /// The ACL of what is no symbolic link.
    pub(super) fn acl(&self, path: &Path) -> Result<Option<Acl>, Errno> {
        match self {
            Self::Named => acl_of(path),
            Self::Opened(file) => acl_of_descriptor(file, path),
        }
    }

    /// Where a symbolic link leads.
    pub(super) fn target(&self, path: &Path) -> Result<CString, Errno> {
        match self {
            Self::Named => readlink(path, Vec::new()),
            Self::Opened(link) => readlinkat(link, c"", Vec::new()),
        }
    }

    /// Does the kernel allow us this access to an entry of the directory that this is?
    pub(super) fn allows(&self, name: &OsStr, path: &Path, access: Access) -> bool {
        let asked = match self {
            Self::Named => accessat(CWD, path, access, AtFlags::empty()),
            Self::Opened(directory) => accessat(directory, name, access, AtFlags::empty()),
        };
        asked.is_ok()
    }
}

fn open(directory: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    retry_on_intr(|| openat(directory, name, flags, Mode::empty()))
}
