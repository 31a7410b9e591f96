//! /proc/self → our ids, groups, capabilities and the fitness of our own binary.

use std::path::Path;

use rustix::fs::stat;
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgid, getgroups, getpid, getuid};
use rustix::thread::{capabilities, capability_is_in_bounding_set, no_new_privs};

use crate::capability::{CapSet, Capability};
use crate::facts::{Capabilities, Executable, FirstProcess, IdSet, Process};
use crate::failure::Failure;
use crate::ids::{Gid, Uid};
use crate::observe::attribute::xattr;
use crate::observe::file::{CHUNK, read_proc, read_proc_into};
use crate::parse::{self, status::Status};
use crate::permission::Mode;

const STATUS: &str = "/proc/self/status";
const EXE: &str = "/proc/self/exe";

/// Look at our own process, which may be asked to stay as an init.
pub(super) fn observe(may_stay: bool) -> Result<Process, Failure> {
    let status = match status() {
        Ok(Some(status)) => status,
        Ok(None) | Err(Errno::NOENT | Errno::NOTDIR) => return without_proc(may_stay),
        Err(errno) => return Err(Failure::errno("read our own status", errno).at(STATUS)),
    };
    Ok(Process {
        uid: four(status.uid),
        gid: four(status.gid),
        groups: status.groups,
        capabilities: Capabilities {
            inheritable: status.inheritable,
            permitted: status.permitted,
            effective: status.effective,
            bounding: status.bounding,
            ambient: status.ambient,
        },
        no_new_privileges: status.no_new_privileges,
        executable: executable(),
        is_pid_1: is_pid_1(may_stay),
    })
}

/// Not part of its caller, whose stack would hold the room all the time.
#[inline(never)]
fn status() -> Result<Option<Status>, Errno> {
    let mut room = [0; CHUNK];
    let bytes = read_proc_into(&mut room, STATUS)?;
    Ok(parse::status::status(&bytes))
}

/// Look at the process that our container was made for: PID 1, its first child where PID 1 is an init of the engine's, and
/// where PID 1 is not of our container the oldest process that is. `None` where none can be looked at, which is no
/// reason to fail: then it is not asked.
#[cold]
pub(super) fn pid_1() -> Option<FirstProcess> {
    let first = other("1", parse::cgroup::are_together)?;
    if first.is_of_our_container && !first.uid.effective.is_root() {
        return Some(first);
    }
    // Of a machine without control groups of its own, PID 1 is above all containers.
    let is_init = control_groups("1") == control_groups("self");
    let pid = if is_init { first_child() } else { oldest() };
    // A process that we come from is the session of whoever asks, and no server.
    let pid = pid.filter(|pid| !ancestors().contains(pid));
    let found = pid.and_then(|pid| other(&pid, are_same));
    found.or(Some(first))
}

/// Kernels without CONFIG_PROC_CHILDREN do not say (proc(5)).
fn first_child() -> Option<String> {
    let children = read_proc("/proc/1/task/1/children").ok()?;
    let child = children.split(|byte| *byte == b' ').next()?;
    String::from_utf8(child.to_vec()).ok()
}

/// Of those in the very control groups that we are in: an engine puts what it executes in a container there, later.
fn oldest() -> Option<String> {
    let ours = read_proc("/proc/self/cgroup").ok()?;
    let age = |pid: &str| parse::stat::started(&read_proc(&format!("/proc/{pid}/stat")).ok()?);
    let of_ours = std::fs::read_dir("/proc").ok()?.filter_map(|entry| {
        let pid = entry.ok()?.file_name().into_string().ok()?;
        let is_process = pid.bytes().all(|byte| byte.is_ascii_digit());
        let its = is_process.then(|| read_proc(&format!("/proc/{pid}/cgroup")));
        (its?.ok()? == ours).then_some(pid)
    });
    let (_, pid) = of_ours.filter_map(|pid| Some((age(&pid)?, pid))).min()?;
    Some(pid)
}

/// Our parent and its parents, as far as our PID namespace goes; and ourselves.
fn ancestors() -> Vec<String> {
    let parent = |pid: &String| {
        let stat = read_proc(&format!("/proc/{pid}/stat")).ok()?;
        let parent = parse::stat::stat(&stat)?.parent;
        (parent > 0).then(|| parent.to_string())
    };
    let own = getpid().as_raw_nonzero().to_string();
    // A /proc of another PID namespace has other numbers, and need not come to an end.
    std::iter::successors(Some(own), parent).take(64).collect()
}

fn are_same(its: &[u8], ours: &[u8]) -> bool {
    its == ours
}

fn other(pid: &str, are_together: fn(&[u8], &[u8]) -> bool) -> Option<FirstProcess> {
    let status = parse::status::status(&read_proc(&format!("/proc/{pid}/status")).ok()?)?;
    Some(FirstProcess {
        uid: four(status.uid),
        gid: four(status.gid),
        groups: status.groups,
        is_of_our_container: are_together(&control_groups(pid), &control_groups("self")),
    })
}

/// None where they cannot be read.
fn control_groups(pid: &str) -> Vec<u8> {
    read_proc(&format!("/proc/{pid}/cgroup")).unwrap_or_default()
}

fn four<T>([real, effective, saved, filesystem]: [T; 4]) -> IdSet<T> {
    IdSet {
        real,
        effective,
        saved,
        filesystem,
    }
}

/// Asked only where it matters: COMMAND that takes our place takes our number too.
fn is_pid_1(may_stay: bool) -> bool {
    may_stay && getpid().is_init()
}

/// A set-id bit or file capabilities on our own binary: as root AT_SECURE would not show them.
fn executable() -> Executable {
    let Ok(stat) = stat(EXE) else {
        return Executable::Unknown;
    };
    let mode = Mode::from_st_mode(stat.st_mode);
    if mode.is_set_id() {
        return Executable::SetId(mode);
    }
    match xattr(Path::new(EXE), c"security.capability") {
        Ok(Some(_)) => Executable::FileCapabilities,
        Ok(None) => Executable::Plain,
        Err(_) => Executable::Unknown,
    }
}

/// The same by system calls: getresuid(2) and friends, capget(2), prctl(2).
#[cold]
fn without_proc(may_stay: bool) -> Result<Process, Failure> {
    let failed = |errno| Failure::errno("read our own credentials", errno);
    let (uid, gid) = (
        ids(getuid().as_raw(), geteuid().as_raw(), Uid::new)?,
        ids(getgid().as_raw(), getegid().as_raw(), Gid::new)?,
    );
    let groups = getgroups()
        .map_err(failed)?
        .into_iter()
        .filter_map(|gid| Gid::new(gid.as_raw()))
        .collect();
    let sets = capabilities(None).map_err(failed)?;
    Ok(Process {
        uid,
        gid,
        groups,
        capabilities: Capabilities {
            inheritable: CapSet::from_bits(sets.inheritable.bits()),
            permitted: CapSet::from_bits(sets.permitted.bits()),
            effective: CapSet::from_bits(sets.effective.bits()),
            bounding: bounding_set(),
            // A subset of the inheritable set, which is cleared with it; nothing is decided on it alone.
            ambient: CapSet::EMPTY,
        },
        no_new_privileges: no_new_privs().map_err(failed)?,
        executable: Executable::Unknown,
        is_pid_1: is_pid_1(may_stay),
    })
}

fn ids<T: Copy>(
    real: u32,
    effective: u32,
    checked: fn(u32) -> Option<T>,
) -> Result<IdSet<T>, Failure> {
    let invalid = || Failure::errno("read our own ids", Errno::INVAL);
    let (real, effective) = (
        checked(real).ok_or_else(invalid)?,
        checked(effective).ok_or_else(invalid)?,
    );
    // The saved id is the effective one after execve(2), and the filesystem id follows the effective one.
    Ok(IdSet {
        real,
        effective,
        saved: effective,
        filesystem: effective,
    })
}

/// PR_CAPBSET_READ gives EINVAL for numbers that the kernel does not have.
fn bounding_set() -> CapSet {
    let has = |capability: &Capability| {
        let mask = rustix::thread::CapabilitySet::from_bits_retain(1 << capability.number());
        capability_is_in_bounding_set(mask).unwrap_or(false)
    };
    (0..64)
        .filter_map(Capability::from_number)
        .filter(has)
        .collect()
}
