//! A file → its extended attributes: ACLs, file capabilities (xattr(7)).

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::getxattr;
use rustix::io::{Errno, retry_on_intr};

use crate::parse;
use crate::permission::Acl;

/// The largest attribute value (xattr(7), XATTR_SIZE_MAX).
const MAX_XATTR: usize = 64 * 1024;

/// More than an ACL with thirty entries.
const SHORT_XATTR: usize = 256;

/// The ACL of an O_PATH descriptor, which fgetxattr(2) refuses: by its name in /proc, or by `path` without /proc. The
/// kernel makes up what is in /proc when it is asked for, and takes five times as long as for a name.
#[cold]
pub(super) fn acl_of_descriptor(file: &OwnedFd, path: &Path) -> Result<Option<Acl>, Errno> {
    let in_proc = format!("/proc/self/fd/{}", file.as_raw_fd());
    match acl_of(Path::new(&in_proc)) {
        Err(Errno::NOENT | Errno::NOTDIR) => acl_of(path),
        found => found,
    }
}

/// The ACL of what `path` leads to.
pub(super) fn acl_of(path: &Path) -> Result<Option<Acl>, Errno> {
    let bytes = xattr(path, c"system.posix_acl_access")?;
    bytes.map_or(Ok(None), |bytes| {
        parse::acl::acl(&bytes).map_err(|_| Errno::INVAL)
    })
}

/// An extended attribute of `path`; `None` where it has none of that name, or its file system knows none (xattr(7)).
pub(super) fn xattr(path: &Path, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    let mut short = [0; SHORT_XATTR];
    match retry_on_intr(|| getxattr(path, name, short.as_mut_slice())) {
        Ok(length) => Ok(short.get(..length).map(<[u8]>::to_vec)),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(Errno::RANGE) => {
            let mut value = vec![0; MAX_XATTR];
            let length = retry_on_intr(|| getxattr(path, name, value.as_mut_slice()))?;
            value.truncate(length);
            Ok(Some(value))
        }
        Err(errno) => Err(errno),
    }
}
