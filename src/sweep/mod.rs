//! A tree → every entry of it that is not the identity's, as a descriptor (contract 11). Reads only.
//!
//! The count of a dry run and the change of a start are the same walk: they differ in what is done with a descriptor.
//!
//! Every entry is opened by its one name, below a directory that is open already, and judged on its own descriptor: who
//! renames meanwhile changes what is found there, never where "there" is. Only where root alone may rename, a name is
//! as good as a descriptor, and costs half. A directory comes after what is in it, so the
//! root comes last: a walk that was killed has not touched it, and `on-root-mismatch` walks again.

mod hand;
mod kernel;
mod level;
mod names;
mod root;
mod team;
mod walk;

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use crate::failure::Failure;
use crate::ownership::{Ownership, Tally};
use hand::Hand;
use kernel::Kernel;
use team::Team;
use walk::Walk;

/// What is done with an entry that differs: that of this name, or without a name what is open. By several threads.
pub type Change<'a> = &'a (dyn Fn(BorrowedFd<'_>, &CStr) -> Result<(), Errno> + Sync);

/// Who is told how far it is, after every batch.
pub type Progress<'a> = &'a mut dyn FnMut(&Tally);

/// Walks the tree and has `change` change each entry that differs. What is refused there stops nothing; the tally says
/// so. Every thread has ended when it returns.
///
/// # Errors
/// The path does not lead to the file that was judged.
pub fn sweep(
    ownership: &Ownership,
    change: Change<'_>,
    progress: Progress<'_>,
) -> Result<Tally, Failure> {
    let root = match root::open(ownership) {
        Ok(root) => root,
        Err(root::Closed::Moved(failure)) => return Err(failure),
        Err(root::Closed::Denied(errno)) => {
            let mut tally = Tally::default();
            tally.note_failure(errno.raw_os_error(), || ownership.path.clone());
            return Ok(tally);
        }
    };
    let hand = Hand {
        ownership,
        kernel: Kernel::ask(&root),
        change,
        expects_change: false,
    };
    Ok(Walk::new(Team::new(hand), progress).from(&root))
}
