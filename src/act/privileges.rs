//! Steps of the drop → the kernel; then what it says about us, compared with the plan (contract 10).
//!
//! Every call here acts on the calling thread alone (credentials(7)): rustix makes the bare system call, without the
//! signals by which a C library reaches the other threads. We have none, and start none.

use rustix::fs::Mode;
use rustix::process as raw;
use rustix::thread::{self, CapabilitySet, CapabilitySets};

use super::read_back;
use crate::capability::{CapSet, Capability};
use crate::failure::{Cause, Failure};
use crate::ids::{Gid, Uid};
use crate::permission::Umask;
use crate::plan::Expected;

/// Proof that the kernel was asked and said what was planned. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Verified(());

/// Drops each of `capabilities` from the bounding set: [PR_CAPBSET_DROP(2const)].
///
/// # Errors
///
/// EPERM without CAP_SETPCAP.
///
/// [PR_CAPBSET_DROP(2const)]: https://man7.org/linux/man-pages/man2/PR_CAPBSET_DROP.2const.html
pub fn drop_bounding_set(capabilities: CapSet) -> Result<(), Failure> {
    for capability in capabilities.iter() {
        thread::remove_capability_from_bounding_set(single(capability)).map_err(|errno| {
            let step = format!("drop {capability} from the bounding capability set");
            Failure::errno(step, errno)
        })?;
    }
    Ok(())
}

/// Sets the supplementary groups: [setgroups(2)].
///
/// # Errors
///
/// EPERM without CAP_SETGID, or where the user namespace denies the call; EINVAL for a gid that is not mapped.
///
/// [setgroups(2)]: https://man7.org/linux/man-pages/man2/setgroups.2.html
pub fn set_groups(groups: &[Gid]) -> Result<(), Failure> {
    let raw: Vec<_> = groups.iter().map(|gid| raw_gid(*gid)).collect();
    thread::set_thread_groups(&raw)
        .map_err(|errno| Failure::errno("set the supplementary groups", errno))
}

/// Sets the real, effective and saved gid, and with them the filesystem gid: [setresgid(2)].
///
/// # Errors
///
/// EPERM without CAP_SETGID; EINVAL for a gid that is not mapped.
///
/// [setresgid(2)]: https://man7.org/linux/man-pages/man2/setresgid.2.html
pub fn set_gid(gid: Gid) -> Result<(), Failure> {
    let raw = raw_gid(gid);
    thread::set_thread_res_gid(raw, raw, raw)
        .map_err(|errno| Failure::errno(format!("become gid {gid}"), errno))
}

/// Sets the real, effective and saved uid, and with them the filesystem uid: [setresuid(2)].
///
/// Leaving uid 0 empties the permitted set; `keep_permitted` says that there is something to keep, and sets the flag
/// for it first: [PR_SET_KEEPCAPS(2const)]. execve(2) clears that flag.
///
/// # Errors
///
/// EPERM without CAP_SETUID, or with that flag locked by a securebit; EINVAL for a uid that is not mapped; EAGAIN
/// where an old kernel counts processes at this point.
///
/// [setresuid(2)]: https://man7.org/linux/man-pages/man2/setresuid.2.html
/// [PR_SET_KEEPCAPS(2const)]: https://man7.org/linux/man-pages/man2/PR_SET_KEEPCAPS.2const.html
pub fn set_uid(uid: Uid, keep_permitted: bool) -> Result<(), Failure> {
    if keep_permitted {
        thread::set_keep_capabilities(true)
            .map_err(|errno| Failure::errno("keep capabilities across the change of uid", errno))?;
    }
    let raw = raw_uid(uid);
    thread::set_thread_res_uid(raw, raw, raw)
        .map_err(|errno| Failure::errno(format!("become uid {uid}"), errno))
}

/// Makes `keep` the permitted, effective, inheritable and ambient set: [capset(2)], [PR_CAP_AMBIENT(2const)].
///
/// The ambient set needs no clearing of its own: the kernel holds it inside the permitted and the inheritable set
/// (capabilities(7)), so that capset(2) has taken everything but `keep` out of it. [`verify`] sees that it did.
///
/// # Errors
///
/// EPERM where `keep` is not in the permitted set, or where a securebit forbids ambient capabilities.
///
/// [capset(2)]: https://man7.org/linux/man-pages/man2/capget.2.html
/// [PR_CAP_AMBIENT(2const)]: https://man7.org/linux/man-pages/man2/PR_CAP_AMBIENT.2const.html
pub fn set_capabilities(keep: CapSet) -> Result<(), Failure> {
    let set = CapabilitySet::from_bits_retain(keep.bits());
    let sets = CapabilitySets {
        effective: set,
        permitted: set,
        inheritable: set,
    };
    thread::set_capabilities(None, sets)
        .map_err(|errno| Failure::errno(format!("keep {keep} of the capabilities"), errno))?;
    for capability in keep.iter() {
        thread::configure_capability_in_ambient_set(single(capability), true).map_err(|errno| {
            let step = format!("raise {capability} in the ambient capability set");
            Failure::errno(step, errno)
        })?;
    }
    Ok(())
}

/// Sets no_new_privs, which nothing ever clears: [PR_SET_NO_NEW_PRIVS(2const)].
///
/// # Errors
///
/// EINVAL before Linux 3.5.
///
/// [PR_SET_NO_NEW_PRIVS(2const)]: https://man7.org/linux/man-pages/man2/PR_SET_NO_NEW_PRIVS.2const.html
pub fn set_no_new_privileges() -> Result<(), Failure> {
    thread::set_no_new_privs(true).map_err(|errno| Failure::errno("set no_new_privs", errno))
}

/// Sets the umask that COMMAND inherits: [umask(2)], which cannot fail.
///
/// [umask(2)]: https://man7.org/linux/man-pages/man2/umask.2.html
pub fn set_umask(mask: Umask) {
    raw::umask(Mode::from_raw_mode(u32::from(mask.bits())));
}

/// Reads everything back, compares it with the plan, and tries to become root again.
///
/// # Errors
///
/// The first thing that is not as planned, or an attempt to become root that did not fail.
pub fn verify(expected: &Expected) -> Result<Verified, Failure> {
    read_back::compare(expected, &read_back::found()?)?;
    cannot_come_back(expected)?;
    Ok(Verified(()))
}

/// Tries to become uid 0 and gid 0. Ids that read back well could still hide a way back: a capability of a security
/// module, or a kernel that lies about the saved id. [setresuid(2)] says EPERM, or EINVAL where 0 is not mapped.
///
/// Gid 0 is tried unless it is the planned one: being in that group as a supplementary one does not make it ours.
///
/// [setresuid(2)]: https://man7.org/linux/man-pages/man2/setresuid.2.html
fn cannot_come_back(expected: &Expected) -> Result<(), Failure> {
    let root = raw::Uid::ROOT;
    if thread::set_thread_res_uid(root, root, root).is_ok() {
        return Err(came_back("uid"));
    }
    let root = raw::Gid::ROOT;
    if !expected.gid.is_root() && thread::set_thread_res_gid(root, root, root).is_ok() {
        return Err(came_back("gid"));
    }
    Ok(())
}

fn came_back(id: &str) -> Failure {
    Failure {
        step: format!("make sure that {id} 0 is out of reach"),
        path: None,
        cause: Cause::ReadBack {
            expected: "an error from the attempt to become root".into(),
            found: "that it succeeded".into(),
        },
    }
}

fn single(capability: Capability) -> CapabilitySet {
    CapabilitySet::from_bits_retain(1 << capability.number())
}

fn raw_uid(uid: Uid) -> raw::Uid {
    raw::Uid::from_raw(uid.raw())
}

fn raw_gid(gid: Gid) -> raw::Gid {
    raw::Gid::from_raw(gid.raw())
}
