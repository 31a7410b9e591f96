//! /etc → the lock of shadow-utils on it, within a bound.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, FlockOperation, Mode, OFlags, fcntl_lock, fstat, openat};
use rustix::io::{Errno, retry_on_intr};

use super::ReplaceError;
use crate::facts::Access;
use crate::failure::Failure;

/// What shadow-utils, adduser and systemd-sysusers lock before they edit a file of /etc (lckpwdf(3)).
const LOCK_FILE: &str = ".pwd.lock";

/// Between two attempts at the lock.
const PAUSE: Duration = Duration::from_millis(5);

/// The lock of shadow-utils, held until this value goes, and the directory that it is about.
#[derive(Debug)]
pub struct Lock {
    etc: PathBuf,
    directory: OwnedFd,
    /// Closing any descriptor of that file gives the lock back (F_SETLK(2const)): nothing else here opens one.
    _held: OwnedFd,
}

impl Lock {
    pub(super) fn etc(&self) -> &Path {
        &self.etc
    }

    pub(super) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

/// Takes the lock of shadow-utils in `etc`, waiting no longer than `bound`: [F_SETLK(2const)].
///
/// It is asked for again and again: the call that waits, F_SETLKW, has no bound but a signal handler.
///
/// # Errors
///
/// [`ReplaceError::LeftAlone`] where nothing in `etc` can be written, or where somebody else held the lock all the
/// time.
///
/// [F_SETLK(2const)]: https://man7.org/linux/man-pages/man2/F_SETLK.2const.html
pub fn lock(etc: &Path, bound: Duration) -> Result<Lock, ReplaceError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = retry_on_intr(|| openat(CWD, etc, flags, Mode::empty()))
        .map_err(|errno| ReplaceError::judge("open the directory", etc, errno))?;
    let path = etc.join(LOCK_FILE);
    let held = open_lock_file(&directory).map_err(|errno| match errno {
        // A link, a FIFO, a directory: nobody can lock that, and it is not ours to put right.
        Errno::LOOP | Errno::NXIO | Errno::ISDIR => ReplaceError::LeftAlone(Access::Denied),
        errno => ReplaceError::judge("open the lock file", &path, errno),
    })?;
    match acquire(&held, bound) {
        Ok(()) => Ok(Lock {
            etc: etc.to_owned(),
            directory,
            _held: held,
        }),
        Err(Errno::AGAIN | Errno::ACCESS) => Err(ReplaceError::LeftAlone(Access::Locked)),
        Err(errno) => Err(Failure::errno("lock the account files", errno)
            .at(path)
            .into()),
    }
}

/// Follows no link, and does not wait for the other end of a FIFO.
fn open_lock_file(directory: &OwnedFd) -> Result<OwnedFd, Errno> {
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC;
    let flags = create | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = retry_on_intr(|| openat(directory, LOCK_FILE, flags, mode))?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode).is_file() {
        Ok(file)
    } else {
        Err(Errno::NXIO)
    }
}

fn acquire(file: &OwnedFd, bound: Duration) -> Result<(), Errno> {
    let start = Instant::now();
    loop {
        match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN | Errno::ACCESS) if start.elapsed() < bound => sleep(PAUSE),
            Err(Errno::INTR) => (),
            result => return result,
        }
    }
}
