//! A name in a directory → its descriptor (openat(2) O_PATH).

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat, openat};
use rustix::io::{Errno, retry_on_intr};

/// A directory that names are looked up in.
#[derive(Clone)]
pub(super) enum Directory {
    /// Ours, which nobody can put another in the place of (chroot(2)): no descriptor has to hold it.
    Root,
    /// One that was walked to, held by the descriptor that was judged.
    Opened(Rc<OwnedFd>),
}

impl Directory {
    /// Open an entry, whatever it is, without following it.
    pub(super) fn open(&self, name: &OsStr) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = |directory: BorrowedFd<'_>, name: &OsStr| {
            retry_on_intr(|| openat(directory, name, flags, Mode::empty()))
        };
        match self {
            Self::Root => open(CWD, Path::new("/").join(name).as_os_str()),
            Self::Opened(directory) => open(directory.as_fd(), name),
        }
    }

    /// Does the kernel allow us this access to an entry?
    pub(super) fn allows(&self, name: &OsStr, access: Access) -> bool {
        let asked = match self {
            Self::Root => accessat(CWD, Path::new("/").join(name), access, AtFlags::empty()),
            Self::Opened(directory) => accessat(directory, name, access, AtFlags::empty()),
        };
        asked.is_ok()
    }

    /// Itself.
    pub(super) fn descriptor(&self) -> Result<Rc<OwnedFd>, Errno> {
        match self {
            Self::Root => self.open(OsStr::new(".")).map(Rc::new),
            Self::Opened(directory) => Ok(Rc::clone(directory)),
        }
    }
}
