//! /proc/self → our user namespace: id maps, overflow ids, whether setgroups(2) is denied (user_namespaces(7)).

use rustix::io::Errno;

use crate::facts::UserNamespace;
use crate::failure::Failure;
use crate::ids::{Gid, IdMap, Uid};
use crate::observe::file::read_proc;
use crate::parse;

/// `/proc/sys/kernel/overflowuid` and `overflowgid` unless someone changed them (proc(5)).
const OVERFLOW: u32 = 65534;

/// Look at our user namespace.
pub(super) fn observe() -> Result<UserNamespace, Failure> {
    let (uid_map, gid_map) = (id_map("/proc/self/uid_map")?, id_map("/proc/self/gid_map")?);
    let is_known = uid_map.is_some() && gid_map.is_some();
    let uid_map = uid_map.unwrap_or_else(IdMap::identity);
    let gid_map = gid_map.unwrap_or_else(IdMap::identity);
    let is_initial = uid_map.is_identity() && gid_map.is_identity();
    let number = |path| if is_initial { OVERFLOW } else { overflow(path) };
    Ok(UserNamespace {
        overflow_uid: Uid::new(number("/proc/sys/kernel/overflowuid")).unwrap_or(Uid::ROOT),
        overflow_gid: Gid::new(number("/proc/sys/kernel/overflowgid")).unwrap_or(Gid::ROOT),
        // Written only for namespaces that an unprivileged process made, whose map is never the identity.
        setgroups_denied: !is_initial
            && read_proc("/proc/self/setgroups").is_ok_and(|word| word.starts_with(b"deny")),
        uid_map,
        gid_map,
        is_known,
    })
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

fn overflow(path: &str) -> u32 {
    let bytes = read_proc(path).unwrap_or_default();
    let number =
        parse::number(bytes.trim_ascii_end()).and_then(|number| u32::try_from(number).ok());
    number.unwrap_or(OVERFLOW)
}
