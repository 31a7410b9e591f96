//! An edit of /etc/group or /etc/gshadow → the file, as a whole or not at all (contract 9).
//!
//! A crash at any instant leaves the old file or the new one: the new one is written beside, synced and renamed over.
//! It may also leave the file that was being written beside. That one only ever exists under the lock, so whoever
//! holds the lock and finds it knows that its maker is gone, and takes it away.

mod beside;
mod lock;
mod metadata;
mod original;

use std::path::Path;

use rustix::fs::fsync;
use rustix::io::{Errno, retry_on_intr};

pub use lock::{Lock, lock};

use crate::facts::Access;
use crate::failure::{Cause, Failure};
use crate::plan::FileEdit;
use beside::Beside;
use original::Original;

/// Why a file is as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplaceError {
    /// It cannot be replaced: then the grant is in the process only, which is a finding.
    LeftAlone(Access),
    /// The kernel said no where the start cannot go on.
    Failed(Failure),
}

impl From<Failure> for ReplaceError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl ReplaceError {
    /// What `errno` says about a file of /etc: that it cannot be replaced, or that something is wrong.
    fn judge(step: &str, path: &Path, errno: Errno) -> Self {
        Self::LeftAlone(match errno {
            Errno::NOENT | Errno::NOTDIR => Access::Missing,
            Errno::LOOP => Access::SymbolicLink,
            Errno::BUSY => Access::MountPoint,
            Errno::ROFS => Access::ReadOnly,
            Errno::ACCESS | Errno::PERM => Access::Denied,
            errno => return Failure::errno(step, errno).at(path).into(),
        })
    }

    /// The world is not what the decision was made on.
    fn moved(step: &str, path: &Path) -> Self {
        Self::Failed(Failure {
            step: step.into(),
            path: Some(path.to_owned()),
            cause: Cause::Moved,
        })
    }
}

/// Makes the file say `edit.new`, where it still says `edit.old`.
///
/// # Errors
///
/// With an error the file is as it was. One exception: when the directory cannot be synced, the file is the new one
/// already, and a crash may still bring back the old one.
pub fn replace(lock: &Lock, edit: &FileEdit) -> Result<(), ReplaceError> {
    let original = Original::open(lock, edit)?;
    let beside = Beside::create(&original)?;
    let replaced = beside
        .fill(&edit.new)
        .and_then(|()| beside.take_the_place());
    if let Err(error) = replaced {
        beside.discard();
        return Err(error);
    }
    sync_directory(lock)
}

/// [fsync(2)] of a directory makes a rename in it last. Some network file systems have no such thing and say EINVAL.
///
/// [fsync(2)]: https://man7.org/linux/man-pages/man2/fsync.2.html
fn sync_directory(lock: &Lock) -> Result<(), ReplaceError> {
    match retry_on_intr(|| fsync(lock.directory())) {
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(errno) => Err(Failure::errno("sync the directory", errno)
            .at(lock.etc())
            .into()),
    }
}
