//! A directory and a name → that entry's own descriptor, on the same mount, through no link; as this kernel can.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::sys::resource::{Resource, getrlimit};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RawMode, ResolveFlags, Statx, StatxAttributes, StatxFlags,
    fstat, openat, openat2, statx,
};
use rustix::io::{Errno, retry_on_intr};

/// As many directories as may be open at once, one below the other; that of PATH_MAX is 2048, and nobody builds it.
const DEEPEST: usize = 1000;

/// Descriptors that are open besides: the standard ones, what a runtime passed on, and those of one entry.
const RESERVED: u64 = 32;

const SAME_MOUNT: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// How entries are opened.
#[derive(Clone, Copy)]
pub(super) enum Kernel {
    /// By openat2(2), which refuses to cross a mount: Linux 5.6.
    Resolves,
    /// By openat(2) and a look at what was opened: an older kernel, or a seccomp profile that hides openat2(2).
    Steps {
        /// The device of the root.
        device: u64,
    },
}

impl Kernel {
    /// Ask once, at the root: a profile says ENOSYS or EPERM to every call of it.
    pub(super) fn ask(root: &OwnedFd) -> Self {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let asked = retry_on_intr(|| openat2(root, c".", flags, Mode::empty(), SAME_MOUNT));
        match asked {
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => Self::Steps {
                device: fstat(root).map(|stat| stat.st_dev).unwrap_or_default(),
            },
            Ok(_) | Err(_) => Self::Resolves,
        }
    }

    /// Open one component; a mount is EXDEV, as openat2(2) has it.
    pub(super) fn open(
        self,
        directory: BorrowedFd<'_>,
        name: &CStr,
        flags: OFlags,
    ) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match self {
            Self::Resolves => {
                retry_on_intr(|| openat2(directory, name, flags, Mode::empty(), SAME_MOUNT))
            }
            Self::Steps { device } => {
                let file = retry_on_intr(|| openat(directory, name, flags, Mode::empty()))?;
                if is_mount(file.as_fd(), device)? {
                    return Err(Errno::XDEV);
                }
                Ok(file)
            }
        }
    }
}

/// What one look at a name tells.
pub(super) struct Look {
    pub(super) is_directory: bool,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) links: u32,
    /// `None` before Linux 5.8.
    pub(super) is_mount: Option<bool>,
}

/// statx(2) of a name, links and mounts not followed.
pub(super) fn look(directory: BorrowedFd<'_>, name: &CStr) -> Result<Look, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let wanted = StatxFlags::TYPE | StatxFlags::UID | StatxFlags::GID | StatxFlags::NLINK;
    let found = retry_on_intr(|| statx(directory, name, flags, wanted))?;
    Ok(Look {
        is_directory: FileType::from_raw_mode(found.stx_mode.into()) == FileType::Directory,
        uid: found.stx_uid,
        gid: found.stx_gid,
        links: found.stx_nlink,
        is_mount: mount_root(&found),
    })
}

/// May root alone make, remove and rename entries here? The group bits are also the mask of an ACL.
pub(super) fn is_roots_alone(directory: BorrowedFd<'_>) -> bool {
    const OTHERS: RawMode = 0o022;
    fstat(directory).is_ok_and(|stat| stat.st_uid == 0 && stat.st_mode & OTHERS == 0)
}

fn mount_root(found: &Statx) -> Option<bool> {
    found
        .stx_attributes_mask
        .contains(StatxAttributes::MOUNT_ROOT)
        .then(|| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Linux 5.8 says so. Before, only another device gives a mount away: a bind mount of the same file system is then
/// walked like a directory, which `chown -R` does too.
fn is_mount(file: BorrowedFd<'_>, device: u64) -> Result<bool, Errno> {
    let asked = statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::TYPE);
    match asked.ok().as_ref().and_then(mount_root) {
        Some(is_mount) => Ok(is_mount),
        None => Ok(fstat(file)?.st_dev != device),
    }
}

/// How many directories may be open, one below the other.
pub(super) fn levels() -> usize {
    // Not rustix's: where a seccomp profile makes it fail, that one gives what was on the stack. Then EMFILE will tell.
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(limit, _)| limit);
    usize::try_from(limit.saturating_sub(RESERVED))
        .unwrap_or(DEEPEST)
        .clamp(1, DEEPEST)
}
