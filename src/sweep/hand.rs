//! One entry → looked at, and changed where it differs.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, FileType, OFlags, Stat, fstat, statat};
use rustix::io::Errno;

use crate::ownership::Ownership;
use crate::sweep::Change;
use crate::sweep::kernel::{Kernel, look};

/// What takes entries; each thread has its own.
#[derive(Clone)]
pub(super) struct Hand<'a> {
    pub(super) ownership: &'a Ownership,
    pub(super) kernel: Kernel,
    pub(super) change: Change<'a>,
    /// Did the last entry differ? Then the next is opened without a look: one call less, where everything differs.
    pub(super) expects_change: bool,
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// It belongs to the identity already.
    Right,
    /// It does now.
    Changed,
    /// It has another link, which may be outside.
    HardLink,
    /// It is a directory: its entries come first.
    Directory,
    /// The kernel refused.
    Refused(Errno),
}

impl Hand<'_> {
    /// Takes the entry `name` of `directory`, unless it is a directory; `held` where root alone may rename in it.
    pub(super) fn take(&mut self, directory: BorrowedFd<'_>, name: &CStr, held: bool) -> Taken {
        let taken = if held {
            self.take_held(directory, name)
        } else {
            self.take_loose(directory, name)
        };
        taken.unwrap_or_else(Taken::Refused)
    }

    /// Nobody can put another file in the place of what was looked at: a name is as good as a descriptor.
    fn take_held(&mut self, directory: BorrowedFd<'_>, name: &CStr) -> Result<Taken, Errno> {
        let found = match look(directory, name) {
            Ok(found) => found,
            // A kernel or a profile without statx(2).
            Err(Errno::NOSYS | Errno::PERM) => return self.take_loose(directory, name),
            Err(errno) => return Err(errno),
        };
        if found.is_directory {
            return Ok(Taken::Directory);
        }
        self.expects_change = !self.is_owner(found.uid, found.gid);
        match (self.expects_change, found.is_mount) {
            (false, _) => Ok(Taken::Right),
            (true, None) => self.take_loose(directory, name),
            (true, Some(true)) => Err(Errno::XDEV),
            (true, Some(false)) if found.links > 1 => Ok(Taken::HardLink),
            (true, Some(false)) => {
                (self.change)(directory, name)?;
                Ok(Taken::Changed)
            }
        }
    }

    /// A look by name costs one call and is enough for what is right already. What is not is judged again on its own
    /// descriptor: between two calls the name may have got another file, which has links outside.
    fn take_loose(&mut self, directory: BorrowedFd<'_>, name: &CStr) -> Result<Taken, Errno> {
        if !self.expects_change {
            let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if is_directory(&stat) {
                return Ok(Taken::Directory);
            }
            if self.is_right(&stat) {
                return Ok(Taken::Right);
            }
        }
        let file = self.kernel.open(directory, name, OFlags::PATH)?;
        self.take_open(file.as_fd())
    }

    /// The same for what is open.
    pub(super) fn take_open(&mut self, file: BorrowedFd<'_>) -> Result<Taken, Errno> {
        let stat = fstat(file)?;
        if is_directory(&stat) {
            return Ok(Taken::Directory);
        }
        self.expects_change = !self.is_right(&stat);
        if self.expects_change && stat.st_nlink > 1 {
            return Ok(Taken::HardLink);
        }
        self.give(&stat, file)
    }

    /// Takes a directory whose entries have all been taken.
    pub(super) fn leave(&self, directory: BorrowedFd<'_>) -> Taken {
        fstat(directory)
            .and_then(|stat| self.give(&stat, directory))
            .unwrap_or_else(Taken::Refused)
    }

    fn give(&self, stat: &Stat, file: BorrowedFd<'_>) -> Result<Taken, Errno> {
        if self.is_right(stat) {
            return Ok(Taken::Right);
        }
        (self.change)(file, c"")?;
        Ok(Taken::Changed)
    }

    fn is_right(&self, stat: &Stat) -> bool {
        self.is_owner(stat.st_uid, stat.st_gid)
    }

    fn is_owner(&self, uid: u32, gid: u32) -> bool {
        uid == self.ownership.uid.raw() && gid == self.ownership.gid.raw()
    }
}

fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}
