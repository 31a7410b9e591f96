//! An edit of /etc/passwd, group or gshadow → the file, as a whole or not at all (contract 9).
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

/// Makes each file say what its edit's `new` says, where it still says `old`.
///
/// All new files are written and synced before the first takes its place: what can go wrong (a full disk, an owner that
/// cannot be restored) goes wrong while every file is still the old one, so that /etc/group and /etc/gshadow stay in
/// step. The renames follow in the order of `edits`.
///
/// # Errors
///
/// The edit that could not be carried out; that file is as it was. One exception: when the directory cannot be synced,
/// the files are the new ones already, and a crash may still bring back an old one.
pub fn replace_all<'a>(
    lock: &Lock,
    edits: &[&'a FileEdit],
) -> Result<(), (&'a FileEdit, ReplaceError)> {
    let mut originals = Vec::new();
    for edit in edits {
        let original = Original::open(lock, edit).map_err(|error| (*edit, error))?;
        originals.push((*edit, original));
    }
    let mut ready: Vec<(&FileEdit, Beside<'_>)> = Vec::new();
    for (edit, original) in &originals {
        match written_beside(original, edit) {
            Ok(beside) => ready.push((*edit, beside)),
            Err(error) => return Err((*edit, discard_all(ready, error))),
        }
    }
    let mut ready = ready.into_iter();
    while let Some((edit, beside)) = ready.next() {
        if let Err(error) = beside.take_the_place() {
            beside.discard();
            return Err((edit, discard_all(ready, error)));
        }
    }
    match (edits.last(), sync_directory(lock)) {
        (Some(edit), Err(error)) => Err((*edit, error)),
        (None, _) | (_, Ok(())) => Ok(()),
    }
}

fn written_beside<'a>(
    original: &'a Original<'_>,
    edit: &FileEdit,
) -> Result<Beside<'a>, ReplaceError> {
    let beside = Beside::create(original)?;
    match beside.fill(&edit.new) {
        Ok(()) => Ok(beside),
        Err(error) => {
            beside.discard();
            Err(error)
        }
    }
}

fn discard_all<'a>(
    besides: impl IntoIterator<Item = (&'a FileEdit, Beside<'a>)>,
    error: ReplaceError,
) -> ReplaceError {
    for (_, beside) in besides {
        beside.discard();
    }
    error
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
