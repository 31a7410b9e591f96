//! Owner, mode and extended attributes of the original → the same on the file beside it.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::fs::{
    Gid, Mode, Uid, XattrFlags, fchmod, fchown, fgetxattr, flistxattr, fremovexattr, fsetxattr,
};
use rustix::io::Errno;

use super::ReplaceError;
use super::original::Original;
use crate::facts::Access;
use crate::ids;

/// The most that a list of attributes or one value can be (xattr(7)).
const LARGEST: usize = 65536;

/// The access ACL: a default ACL of the directory gives one to every new file.
const ACL: &CStr = c"system.posix_acl_access";

/// The id that stands for every id which the user namespace does not map (user_namespaces(7)), unless the host chose
/// another one.
const OVERFLOW: u32 = 65534;

/// Makes the new file equal to the original but for its content: owner first, because changing it clears mode bits and
/// may lose the right to the rest; then attributes, among them the ACL; then the mode, which the ACL also holds.
///
/// What cannot be restored means [`Access::ForeignOwner`]: nothing is replaced then.
pub(super) fn copy(original: &Original<'_>, new: &OwnedFd) -> Result<(), ReplaceError> {
    let (uid, gid) = (original.stat.st_uid, original.stat.st_gid);
    let foreign = match (ids::Uid::new(uid), ids::Gid::new(gid)) {
        (Some(uid), Some(gid)) => ReplaceError::LeftAlone(Access::ForeignOwner { uid, gid }),
        (None, _) | (_, None) => ReplaceError::LeftAlone(Access::Denied),
    };
    if uid == OVERFLOW || gid == OVERFLOW {
        // Chown would succeed, and give the file to somebody whose number that really is.
        return Err(foreign);
    }
    let judge = |errno| match errno {
        Errno::PERM | Errno::ACCESS | Errno::INVAL => foreign.clone(),
        errno => ReplaceError::judge("restore owner and attributes", original.path, errno),
    };
    fchown(new, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid))).map_err(judge)?;
    copy_attributes(&original.file, new).map_err(judge)?;
    fchmod(new, Mode::from_raw_mode(original.stat.st_mode)).map_err(judge)
}

/// [xattr(7)]: ACLs, security labels, whatever is there.
///
/// What the new file has already is not set again: in a container nobody may set an SELinux label, and nobody needs
/// to, because the directory has given the same one.
///
/// [xattr(7)]: https://man7.org/linux/man-pages/man7/xattr.7.html
fn copy_attributes(original: &OwnedFd, new: &OwnedFd) -> Result<(), Errno> {
    let names = names(original)?;
    let mut has_acl = false;
    for name in names.split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else {
            continue;
        };
        has_acl |= name == ACL;
        if let Some(value) = value(original, name)?
            && self::value(new, name)?.as_ref() != Some(&value)
        {
            match fsetxattr(new, name, &value, XattrFlags::empty()) {
                Ok(()) | Err(Errno::NOTSUP) => (),
                Err(errno) => return Err(errno),
            }
        }
    }
    if has_acl { Ok(()) } else { remove_acl(new) }
}

/// Without it, a named entry of the directory's default ACL could open /etc/gshadow.
fn remove_acl(file: &OwnedFd) -> Result<(), Errno> {
    match fremovexattr(file, ACL) {
        Ok(()) | Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Each name with the NUL after it; none where the file system has no attributes.
fn names(file: &OwnedFd) -> Result<Vec<u8>, Errno> {
    let mut names = Vec::with_capacity(LARGEST);
    match flistxattr(file, spare_capacity(&mut names)) {
        Ok(_) | Err(Errno::NOTSUP | Errno::NOSYS) => Ok(names),
        Err(errno) => Err(errno),
    }
}

fn value(file: &OwnedFd, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    let mut value = Vec::with_capacity(LARGEST);
    match fgetxattr(file, name, spare_capacity(&mut value)) {
        Ok(_) => Ok(Some(value)),
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
        Err(errno) => Err(errno),
    }
}
