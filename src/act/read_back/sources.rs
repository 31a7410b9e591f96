//! /proc, or system calls → what the kernel says about us.
//!
//! `/proc/self/status` tells all of it in one read. Without /proc every part has a system call of its own: a hundred of
//! them, but nothing is left unverified.

use nix::unistd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read, retry_on_intr};
use rustix::process::getgroups;
use rustix::thread::{self, CapabilitySet};

use super::Found;
use crate::capability::{CapSet, Capability};
use crate::facts::Capabilities;
use crate::ids::{Gid, Uid};
use crate::parse::status;

/// [proc_pid_status(5)]; `None` without a usable /proc.
///
/// [proc_pid_status(5)]: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
pub(super) fn proc() -> Option<Found> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = openat(CWD, c"/proc/self/status", flags, Mode::empty()).ok()?;
    // One read: the kernel hands out the whole text where it fits. Where it does not, the parser misses a line, and the
    // system calls answer instead.
    let mut room = [0; 2048];
    let length = retry_on_intr(|| read(&file, &mut room)).ok()?;
    let status = status::status(room.get(..length)?)?;
    Some(Found {
        uid: status.uid,
        gid: status.gid,
        groups: status.groups,
        capabilities: Capabilities {
            inheritable: status.inheritable,
            permitted: status.permitted,
            effective: status.effective,
            bounding: status.bounding,
            ambient: status.ambient,
        },
        no_new_privileges: status.no_new_privileges,
    })
}

/// [getresuid(2)], [setfsuid(2)], [getgroups(2)], [capget(2)] and [prctl(2)].
///
/// [getresuid(2)]: https://man7.org/linux/man-pages/man2/getresuid.2.html
/// [setfsuid(2)]: https://man7.org/linux/man-pages/man2/setfsuid.2.html
/// [getgroups(2)]: https://man7.org/linux/man-pages/man2/getgroups.2.html
/// [capget(2)]: https://man7.org/linux/man-pages/man2/capget.2.html
/// [prctl(2)]: https://man7.org/linux/man-pages/man2/prctl.2.html
#[cold]
pub(super) fn system_calls() -> Result<Found, Errno> {
    let sets = thread::capabilities(None)?;
    let groups = getgroups()?.into_iter().map(|gid| known_gid(gid.as_raw()));
    Ok(Found {
        uid: user_ids()?,
        gid: group_ids()?,
        groups: groups.collect::<Result<_, _>>()?,
        capabilities: Capabilities {
            inheritable: CapSet::from_bits(sets.inheritable.bits()),
            permitted: CapSet::from_bits(sets.permitted.bits()),
            effective: CapSet::from_bits(sets.effective.bits()),
            bounding: ask_each(thread::capability_is_in_bounding_set)?,
            ambient: ask_each(thread::capability_is_in_ambient_set)?,
        },
        no_new_privileges: thread::no_new_privs()?,
    })
}

fn user_ids() -> Result<[Uid; 4], Errno> {
    let ids = unistd::getresuid().map_err(errno)?;
    // setfsuid(2) has no other way to ask: an id that cannot be set changes nothing and returns the present one.
    let filesystem = unistd::setfsuid(unistd::Uid::from_raw(u32::MAX));
    Ok([
        known_uid(ids.real.as_raw())?,
        known_uid(ids.effective.as_raw())?,
        known_uid(ids.saved.as_raw())?,
        known_uid(filesystem.as_raw())?,
    ])
}

fn group_ids() -> Result<[Gid; 4], Errno> {
    let ids = unistd::getresgid().map_err(errno)?;
    let filesystem = unistd::setfsgid(unistd::Gid::from_raw(u32::MAX));
    Ok([
        known_gid(ids.real.as_raw())?,
        known_gid(ids.effective.as_raw())?,
        known_gid(ids.saved.as_raw())?,
        known_gid(filesystem.as_raw())?,
    ])
}

/// nix and rustix each have a type of their own for the same number.
fn errno(errno: nix::errno::Errno) -> Errno {
    Errno::from_io_error(&errno.into()).unwrap_or(Errno::INVAL)
}

fn known_uid(raw: u32) -> Result<Uid, Errno> {
    Uid::new(raw).ok_or(Errno::RANGE)
}

fn known_gid(raw: u32) -> Result<Gid, Errno> {
    Gid::new(raw).ok_or(Errno::RANGE)
}

/// Asks about every capability; EINVAL is the kernel's word for one that it does not have, and ends the list.
fn ask_each(is_set: impl Fn(CapabilitySet) -> Result<bool, Errno>) -> Result<CapSet, Errno> {
    let mut set = Vec::new();
    for capability in (0..).map_while(Capability::from_number) {
        match is_set(CapabilitySet::from_bits_retain(1 << capability.number())) {
            Ok(true) => set.push(capability),
            Ok(false) => (),
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(set.into_iter().collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_system_calls_say_what_proc_says() {
        assert_eq!(super::system_calls().ok(), super::proc());
    }
}
