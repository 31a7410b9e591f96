//! /etc/passwd, group and gshadow → their bytes, and whether they may be replaced (contract 9).

use rustix::fs::{
    Access as Permission, AtFlags, CWD, FileType, Mode, OFlags, Statx, StatxAttributes, StatxFlags,
    accessat, openat, statx,
};
use rustix::io::Errno;

use crate::capability::Capability;
use crate::facts::{Access, EtcFile, Process};
use crate::failure::Failure;
use crate::ids::{Gid, Uid};
use crate::observe::file::{read_all, retry};

/// Read `/etc/NAME`; one that is missing is empty.
pub(super) fn observe(name: &str, process: &Process) -> Result<EtcFile, Failure> {
    let missing = EtcFile {
        bytes: Vec::new(),
        access: Access::Missing,
    };
    Ok(observe_if_present(name, process)?.unwrap_or(missing))
}

/// The same; `None` for one that is missing.
pub(super) fn observe_if_present(
    name: &str,
    process: &Process,
) -> Result<Option<EtcFile>, Failure> {
    let path = format!("/etc/{name}");
    // Non-blocking: a FIFO in its place must not hold up the start.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let (file, is_link) =
        match retry(|| openat(CWD, path.as_str(), flags | OFlags::NOFOLLOW, Mode::empty())) {
            Err(Errno::LOOP) => (
                retry(|| openat(CWD, path.as_str(), flags, Mode::empty())),
                true,
            ),
            opened => (opened, false),
        };
    let file = match file {
        Ok(file) => file,
        Err(Errno::NOENT) if is_link => {
            return Ok(Some(EtcFile {
                bytes: Vec::new(),
                access: Access::SymbolicLink,
            }));
        }
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(Errno::ACCESS | Errno::PERM) => {
            return Ok(Some(EtcFile {
                bytes: Vec::new(),
                access: Access::Denied,
            }));
        }
        Err(errno) => return Err(Failure::errno("open an account file", errno).at(path)),
    };
    let failed = |errno| Failure::errno("read an account file", errno).at(&path);
    let wanted = StatxFlags::BASIC_STATS;
    let stat = statx(&file, "", AtFlags::EMPTY_PATH, wanted).map_err(failed)?;
    if FileType::from_raw_mode(stat.stx_mode.into()) != FileType::RegularFile {
        return Ok(Some(EtcFile {
            bytes: Vec::new(),
            access: Access::NotAFile,
        }));
    }
    let size = usize::try_from(stat.stx_size).unwrap_or_default();
    let bytes = read_all(&file, size).map_err(failed)?;
    let access = if is_link {
        Access::SymbolicLink
    } else {
        access(&stat, process)
    };
    Ok(Some(EtcFile { bytes, access }))
}

/// Whether a rename over it would work and leave it as it was; what only the attempt can tell is left to the attempt.
fn access(stat: &Statx, process: &Process) -> Access {
    if stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT) {
        return Access::MountPoint;
    }
    let may_chown = process.capabilities.effective.contains(Capability::CHOWN);
    let is_ours =
        stat.stx_uid == process.uid.effective.raw() && stat.stx_gid == process.gid.effective.raw();
    if !may_chown && !is_ours {
        let (Some(uid), Some(gid)) = (Uid::new(stat.stx_uid), Gid::new(stat.stx_gid)) else {
            return Access::Denied;
        };
        return Access::ForeignOwner { uid, gid };
    }
    match accessat(CWD, "/etc", Permission::WRITE_OK, AtFlags::empty()) {
        Ok(()) => Access::Replaceable,
        Err(Errno::ROFS) => Access::ReadOnly,
        Err(_) => Access::Denied,
    }
}
