//! /proc/self → our user namespace: id maps, overflow ids, whether setgroups(2) is denied (user_namespaces(7)).

use std::mem::MaybeUninit;

use rustix::fs::{CWD, readlinkat_raw};
use rustix::io::Errno;

use crate::facts::UserNamespace;
use crate::failure::Failure;
use crate::ids::{Gid, IdMap, Uid};
use crate::observe::file::read_proc;
use crate::parse;

/// `/proc/sys/kernel/overflowuid` and `overflowgid` unless someone changed them (proc(5)).
const OVERFLOW: u32 = 65534;

/// What `/proc/self/ns/user` reads in the initial user namespace: its inode number is fixed (linux/proc_ns.h,
/// PROC_USER_INIT_INO), as lsns(8) and systemd rely on.
const INITIAL: &[u8] = b"user:[4026531837]";

/// Look at our user namespace.
pub(super) fn observe() -> Result<UserNamespace, Failure> {
    if is_initial() {
        return Ok(initial());
    }
    Ok(of_maps(
        id_map("/proc/self/uid_map")?,
        id_map("/proc/self/gid_map")?,
    ))
}

/// One call instead of six: most containers are in the initial namespace, where every id is itself.
fn is_initial() -> bool {
    let mut room = [MaybeUninit::uninit(); 32];
    readlinkat_raw(CWD, c"/proc/self/ns/user", &mut room).is_ok_and(|(name, _)| *name == *INITIAL)
}

fn initial() -> UserNamespace {
    UserNamespace {
        uid_map: IdMap::identity(),
        gid_map: IdMap::identity(),
        overflow_uid: Uid::new(OVERFLOW).unwrap_or(Uid::ROOT),
        overflow_gid: Gid::new(OVERFLOW).unwrap_or(Gid::ROOT),
        setgroups_denied: false,
        is_known: true,
    }
}

#[cold]
fn of_maps(uid_map: Option<IdMap>, gid_map: Option<IdMap>) -> UserNamespace {
    let is_known = uid_map.is_some() && gid_map.is_some();
    let uid_map = uid_map.unwrap_or_else(IdMap::identity);
    let gid_map = gid_map.unwrap_or_else(IdMap::identity);
    if uid_map.is_identity() && gid_map.is_identity() {
        return UserNamespace {
            is_known,
            ..initial()
        };
    }
    UserNamespace {
        overflow_uid: Uid::new(overflow("/proc/sys/kernel/overflowuid")).unwrap_or(Uid::ROOT),
        overflow_gid: Gid::new(overflow("/proc/sys/kernel/overflowgid")).unwrap_or(Gid::ROOT),
        // Written only for namespaces that an unprivileged process made, whose map is never the identity.
        setgroups_denied: read_proc("/proc/self/setgroups")
            .is_ok_and(|word| word.starts_with(b"deny")),
        uid_map,
        gid_map,
        is_known,
    }
}

/// `None` where /proc is missing, or the kernel has no user namespaces.
fn id_map(path: &'static str) -> Result<Option<IdMap>, Failure> {
    match read_proc(path) {
        Ok(bytes) => match parse::id_map::id_map(&bytes) {
            Some(map) => Ok(Some(map)),
            None => Err(Failure::errno("understand the id map", Errno::INVAL).at(path)),
        },
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(Failure::errno("read the id map", errno).at(path)),
    }
}

#[cold]
fn overflow(path: &str) -> u32 {
    let bytes = read_proc(path).unwrap_or_default();
    let number =
        parse::number(bytes.trim_ascii_end()).and_then(|number| u32::try_from(number).ok());
    number.unwrap_or(OVERFLOW)
}
