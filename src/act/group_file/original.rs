//! The file that is to be replaced → open, and what the decision was made on.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, StatxAttributes, StatxFlags, fstat, openat, statat,
    statx,
};
use rustix::io::{Errno, read, retry_on_intr};

use super::{Lock, ReplaceError};
use crate::facts::Access;
use crate::plan::FileEdit;

/// The file as it was found.
pub(super) struct Original<'a> {
    pub(super) directory: BorrowedFd<'a>,
    pub(super) path: &'a Path,
    pub(super) name: &'a OsStr,
    pub(super) file: OwnedFd,
    pub(super) stat: Stat,
}

impl<'a> Original<'a> {
    /// Opens the file of `edit`: a regular file in the locked directory, no mount point, with the old content.
    pub(super) fn open(lock: &'a Lock, edit: &'a FileEdit) -> Result<Self, ReplaceError> {
        let path = edit.path.as_path();
        let judge = |errno| ReplaceError::judge("open the file", path, errno);
        let name = path
            .file_name()
            .filter(|_| path.parent() == Some(lock.etc()))
            .ok_or_else(|| ReplaceError::moved("find the file in the locked directory", path))?;
        let file = open_regular(lock.directory(), name).map_err(|errno| match errno {
            Errno::NXIO => ReplaceError::LeftAlone(Access::NotAFile),
            errno => judge(errno),
        })?;
        if is_mount_point(&file) {
            return Err(ReplaceError::LeftAlone(Access::MountPoint));
        }
        let stat = fstat(&file).map_err(judge)?;
        let content = content(&file, edit.old.len())
            .map_err(|errno| ReplaceError::judge("read the file", path, errno))?;
        if content != edit.old {
            return Err(ReplaceError::moved("replace the file", path));
        }
        Ok(Self {
            directory: lock.directory(),
            path,
            name,
            file,
            stat,
        })
    }

    /// Is what stands under the name still the file that was read? A program that edits without the lock would lose
    /// its work to ours; this leaves it the moment before the rename.
    pub(super) fn is_still_there(&self) -> Result<bool, Errno> {
        let now = statat(self.directory, self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(version(&now) == version(&self.stat))
    }
}

/// Follows no link, and does not wait for the other end of a FIFO; ENXIO for whatever is not a regular file.
fn open_regular(directory: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let read = OFlags::RDONLY | OFlags::CLOEXEC;
    let flags = read | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = retry_on_intr(|| openat(directory, name, flags, Mode::empty()))?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode).is_file() {
        Ok(file)
    } else {
        Err(Errno::NXIO)
    }
}

/// Engines bind-mount files into /etc, and a rename over one says EBUSY. Asked first, so that nothing is written in
/// vain; where the kernel cannot tell (before Linux 5.8, or behind a filter), the rename does.
fn is_mount_point(file: &OwnedFd) -> bool {
    statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::empty())
        .is_ok_and(|about| about.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// The content, and no more than one byte beyond `expected`: longer is different enough.
fn content(file: impl AsFd, expected: usize) -> Result<Vec<u8>, Errno> {
    let mut content = Vec::with_capacity(expected.saturating_add(1));
    while content.len() <= expected {
        if retry_on_intr(|| read(&file, spare_capacity(&mut content)))? == 0 {
            break;
        }
    }
    Ok(content)
}

type Version = (u64, u64, i64, i64, i64);

fn version(stat: &Stat) -> Version {
    (
        stat.st_dev,
        stat.st_ino,
        stat.st_size,
        stat.st_mtime,
        i64::try_from(stat.st_mtime_nsec).unwrap_or_default(),
    )
}
