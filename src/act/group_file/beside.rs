//! The new content → a file beside the original, then in its place.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;

use nix::sys::resource::{Resource, getrlimit};
use rustix::fs::{AtFlags, Mode, OFlags, fsync, openat, renameat, unlinkat};
use rustix::io::{Errno, retry_on_intr, write};

use super::original::Original;
use super::{ReplaceError, metadata};

/// A file in the same directory that will take the place of the original.
pub(super) struct Beside<'a> {
    original: &'a Original<'a>,
    name: OsString,
    file: OwnedFd,
}

impl<'a> Beside<'a> {
    /// Creates `.NAME.charon-init`, empty and closed to everyone else, and gives it owner, mode and attributes of the
    /// original: what is written into it is never open to more than the original was.
    pub(super) fn create(original: &'a Original<'a>) -> Result<Self, ReplaceError> {
        let name = name_beside(original.name);
        let file = create_anew(original, &name).map_err(|errno| {
            ReplaceError::judge("create a file beside it", original.path, errno)
        })?;
        let beside = Self {
            original,
            name,
            file,
        };
        match metadata::copy(original, &beside.file) {
            Ok(()) => Ok(beside),
            Err(error) => {
                beside.discard();
                Err(error)
            }
        }
    }

    /// Writes `content` and syncs it.
    pub(super) fn fill(&self, content: &[u8]) -> Result<(), ReplaceError> {
        let judge = |step| {
            let path = self.original.path;
            move |errno| ReplaceError::judge(step, path, errno)
        };
        refuse_too_large(content).map_err(judge("write the new file"))?;
        write_all(&self.file, content).map_err(judge("write the new file"))?;
        retry_on_intr(|| fsync(&self.file)).map_err(judge("sync the new file"))
    }

    /// Renames it over the original: [rename(2)], which nobody can see half done.
    ///
    /// [rename(2)]: https://man7.org/linux/man-pages/man2/rename.2.html
    pub(super) fn take_the_place(&self) -> Result<(), ReplaceError> {
        let Original {
            directory,
            path,
            name,
            ..
        } = self.original;
        let judge = |errno| ReplaceError::judge("replace the file", path, errno);
        if !self.original.is_still_there().map_err(judge)? {
            return Err(ReplaceError::moved("replace the file", path));
        }
        renameat(directory, &self.name, directory, *name).map_err(judge)
    }

    /// Takes it away again. Where that fails too, the first error is the one to report: what stays is as harmless as
    /// after a crash, and the next edit removes it.
    pub(super) fn discard(self) {
        match unlinkat(self.original.directory, &self.name, AtFlags::empty()) {
            Ok(()) | Err(_) => (),
        }
    }
}

fn name_beside(name: &OsStr) -> OsString {
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(".charon-init");
    beside
}

/// A file of that name is left over from a start that was killed: it held the lock that we hold now.
fn create_anew(original: &Original<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    match create(original, name) {
        Err(Errno::EXIST) => {
            unlinkat(original.directory, name, AtFlags::empty())?;
            create(original, name)
        }
        result => result,
    }
}

fn create(original: &Original<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    retry_on_intr(|| openat(original.directory, name, flags, mode))
}

/// What exceeds RLIMIT_FSIZE is not an error of write(2) at first, but a SIGXFSZ ([getrlimit(2)]): it would end us without
/// a word, in the middle of the edit.
///
/// [getrlimit(2)]: https://man7.org/linux/man-pages/man2/getrlimit.2.html
fn refuse_too_large(content: &[u8]) -> Result<(), Errno> {
    let length = u64::try_from(content.len()).map_err(|_| Errno::FBIG)?;
    // Not rustix's: that one panics on an error, and a seccomp profile may make one.
    match getrlimit(Resource::RLIMIT_FSIZE) {
        Ok((limit, _)) if length > limit => Err(Errno::FBIG),
        // Where it cannot be told, the write tells.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// [write(2)] may take less than it is given; a file that takes nothing is broken.
///
/// [write(2)]: https://man7.org/linux/man-pages/man2/write.2.html
fn write_all(file: &OwnedFd, mut content: &[u8]) -> Result<(), Errno> {
    while !content.is_empty() {
        let written = retry_on_intr(|| write(file, content))?;
        content = match content.get(written..) {
            Some(rest) if written > 0 => rest,
            Some(_) | None => return Err(Errno::IO),
        };
    }
    Ok(())
}
