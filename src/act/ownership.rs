//! A tree → the identity's (contract 11).
//!
//! The walk says what is changed by its descriptor, and what by its name: a name could be swapped for a hard link to
//! /etc/shadow between a look and the change, unless root alone may do that.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Gid, Uid, chownat};
use rustix::io::retry_on_intr;

use crate::failure::Failure;
use crate::ownership::{Ownership, Tally};
use crate::sweep::{self, Progress};

/// Gives every entry of the tree to the identity that is not its own already. What the kernel refuses on the way is in
/// the tally, and stops nothing: the command may well get along.
///
/// [fchownat(2)] with AT_EMPTY_PATH takes an O_PATH descriptor, of a symbolic link too, where fchown(2) takes none.
///
/// # Errors
/// The path does not lead to the file that the decision was made on.
///
/// [fchownat(2)]: https://man7.org/linux/man-pages/man2/fchownat.2.html
pub fn give(ownership: &Ownership, progress: Progress<'_>) -> Result<Tally, Failure> {
    let uid = Some(Uid::from_raw(ownership.uid.raw()));
    let gid = Some(Gid::from_raw(ownership.gid.raw()));
    let flags = AtFlags::EMPTY_PATH.union(AtFlags::SYMLINK_NOFOLLOW);
    let change =
        |file: BorrowedFd<'_>, name: &CStr| retry_on_intr(|| chownat(file, name, uid, gid, flags));
    sweep::sweep(ownership, &change, progress)
}
