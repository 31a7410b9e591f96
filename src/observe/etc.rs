//! /etc/passwd, group and gshadow → their bytes, and whether they may be replaced (contract 9).

use std::os::fd::OwnedFd;

use rustix::fs::{
    Access as Permission, AtFlags, CWD, FileType, Mode, OFlags, Stat, StatVfsMountFlags,
    StatxAttributes, StatxFlags, accessat, fstat, openat, statvfs, statx,
};
use rustix::io::{Errno, retry_on_intr};

use crate::capability::Capability;
use crate::facts::{Access, EtcFile, Process};
use crate::failure::Failure;
use crate::ids::{Gid, Uid};
use crate::observe::file::read_all;

/// /etc, and who looks at it.
pub(super) struct Etc<'a> {
    process: &'a Process,
    /// Whether files can be made in it.
    access: Access,
    look: Look,
}

/// A file of /etc as it was opened.
enum Opened {
    File(OwnedFd),
    ThroughLink(OwnedFd),
    Closed(Access),
}

/// How closely to look whether a file may be replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Take it that a regular file may: a start that has nothing to edit, as nearly all have, needs not know.
    Glance,
    /// As far as can be told without trying.
    Close,
    /// The same, for the root start that a dry run by someone else stands for: what root may, and not what we may.
    ForRoot,
}

impl<'a> Etc<'a> {
    /// Look at the directory.
    pub(super) fn observe(process: &'a Process, look: Look) -> Self {
        let access = match look {
            Look::Close => directory_access(),
            Look::ForRoot if is_read_only() => Access::ReadOnly,
            Look::ForRoot | Look::Glance => Access::Replaceable,
        };
        Self {
            process,
            access,
            look,
        }
    }

    /// Read a file that decides who is in which group; one that is missing is empty.
    pub(super) fn deciding(&self, path: &str) -> Result<EtcFile, Failure> {
        let file = self.file(path)?;
        // Guessing what it says could grant too much: who is in a group, and which groups are root's own. Only a process
        // that stays who it is decides nothing by it.
        let decides = self.look == Look::ForRoot || self.process.uid.effective.is_root();
        if decides && file.access == Access::Denied && file.bytes.is_empty() {
            let failure = Failure::errno("read an account file", Errno::ACCESS);
            return Err(failure.at(path));
        }
        Ok(file)
    }

    /// Read a file; one that is missing is empty.
    pub(super) fn file(&self, path: &str) -> Result<EtcFile, Failure> {
        let failed = |errno| Failure::errno("read an account file", errno).at(path);
        let closed = |access| EtcFile {
            bytes: Vec::new(),
            access,
        };
        let (file, is_link) = match open(path).map_err(failed)? {
            Opened::File(file) => (file, false),
            Opened::ThroughLink(file) => (file, true),
            Opened::Closed(access) => return Ok(closed(access)),
        };
        let stat = fstat(&file).map_err(failed)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(closed(Access::NotAFile));
        }
        let bytes = read_all(&file, u64::try_from(stat.st_size).ok()).map_err(failed)?;
        let access = if is_link {
            Access::SymbolicLink
        } else {
            self.replaceable(&file, &stat)
        };
        Ok(EtcFile { bytes, access })
    }

    /// Whether a rename over it would work and leave it as it was; what only the attempt can tell is left to it.
    fn replaceable(&self, file: &OwnedFd, stat: &Stat) -> Access {
        match self.look {
            Look::Close | Look::ForRoot if is_mount_point(file) => return Access::MountPoint,
            Look::Glance | Look::ForRoot => return self.access,
            Look::Close => {}
        }
        let process = self.process;
        let may_chown = process.capabilities.effective.contains(Capability::CHOWN);
        let (uid, gid) = (Uid::new(stat.st_uid), Gid::new(stat.st_gid));
        let is_ours = uid == Some(process.uid.effective) && gid == Some(process.gid.effective);
        match (uid, gid) {
            _ if may_chown || is_ours => self.access,
            (Some(uid), Some(gid)) => Access::ForeignOwner { uid, gid },
            (None, _) | (_, None) => Access::Denied,
        }
    }
}

/// The attempt to write is what counts; this says beforehand what a dry run has to know.
fn directory_access() -> Access {
    match accessat(CWD, "/etc", Permission::WRITE_OK, AtFlags::empty()) {
        Ok(()) => Access::Replaceable,
        Err(Errno::ROFS) => Access::ReadOnly,
        Err(_) => Access::Denied,
    }
}

fn is_read_only() -> bool {
    statvfs("/etc").is_ok_and(|about| about.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Non-blocking: a FIFO in its place must not hold up the start.
fn open(path: &str) -> Result<Opened, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let open = |flags| retry_on_intr(|| openat(CWD, path, flags, Mode::empty()));
    let through_link = || match open(flags) {
        Ok(file) => Ok(Opened::ThroughLink(file)),
        Err(Errno::NOENT | Errno::LOOP) => Ok(Opened::Closed(Access::SymbolicLink)),
        Err(errno) => Err(errno),
    };
    let opened = match open(flags | OFlags::NOFOLLOW) {
        Ok(file) => Ok(Opened::File(file)),
        Err(Errno::LOOP) => through_link(),
        Err(errno) => Err(errno),
    };
    match opened {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(Opened::Closed(Access::Missing)),
        Err(Errno::ACCESS | Errno::PERM) => Ok(Opened::Closed(Access::Denied)),
        Err(Errno::NXIO) => Ok(Opened::Closed(Access::NotAFile)),
        opened => opened,
    }
}

/// A file that the engine mounted of its own cannot be renamed over (EBUSY). Before Linux 5.8, or behind a filter, the
/// kernel does not tell, and the rename does.
fn is_mount_point(file: &OwnedFd) -> bool {
    statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::empty())
        .is_ok_and(|about| about.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}
