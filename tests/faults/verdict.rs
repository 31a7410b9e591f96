//! What came of a fault → which outcome of the contract it is, or a violation.

use crate::fault::{Fault, Mishap};
use crate::left::stray_owner;
use crate::scenario::{Kind, Ran, Scenario};
use crate::world::{End, World};

/// How a start ends before anything of ours ran: aborted by Rust's runtime or the C library; 132 (SIGILL) where std is built
/// along and a panic ends the process on the spot.
const ABORTED: [i32; 3] = [132, 134, 139];

/// The word of the loader, which a dynamic build has.
const NOT_LOADED: i32 = 127;

/// Calls that concern memory alone: without it Rust's allocator aborts, which no code of ours can turn into a message.
const MEMORY: [&str; 6] = ["brk", "madvise", "mmap", "mprotect", "mremap", "munmap"];

/// A signal that comes meanwhile interrupts these (signal(7)), and they are to be made again.
const INTERRUPTIBLE: [&str; 10] = [
    "openat",
    "openat2",
    "read",
    "write",
    "fsync",
    "fcntl",
    "sendto",
    "recvfrom",
    "wait4",
    "rt_sigtimedwait",
];

/// Newer than some kernels, and hidden by some profiles: there is another way.
const NEWER: [&str; 3] = ["openat2", "close_range", "statx"];

/// Which outcome it is, or what is wrong with it.
pub(crate) fn verdict(
    scenario: &Scenario,
    fault: &Fault,
    end: &End,
    world: &World,
) -> Result<&'static str, String> {
    for file in &scenario.files {
        let found = world.read(file.name);
        if !file.is_whole(&found) {
            return Err(format!("{} is neither old nor new: {found}", file.name));
        }
    }
    let identity = (scenario.identity.uid, scenario.identity.gid);
    let stray = (scenario.kind == Kind::Own).then(|| stray_owner(world, identity));
    if let Some(stray) = stray.flatten() {
        return Err(stray);
    }
    let ran = scenario.ran(end);
    match (ran, end.code) {
        (Ran::Unplanned, _) => return Err("COMMAND has an unplanned identity".to_owned()),
        (Ran::WithoutTheGrant, 0) if is_told(end) => {}
        (Ran::WithoutTheGrant, _) => return Err("nobody is told of the lack".to_owned()),
        (Ran::AsPlanned | Ran::Not, _) => {}
    }
    if must_go_through(fault) && !(ran == Ran::AsPlanned && end.code == 0) {
        return Err("it should have gone through".to_owned());
    }
    by_code(scenario, fault, ran, end)
}

fn by_code(
    scenario: &Scenario,
    fault: &Fault,
    ran: Ran,
    end: &End,
) -> Result<&'static str, String> {
    // A child of an init has begun before the init can fail.
    let may_have_run = scenario.kind == Kind::Init;
    let has_not = ran == Ran::Not || may_have_run;
    let has_asked = scenario.kind == Kind::Check;
    match end.code {
        0 if ran == Ran::AsPlanned => Ok("ran as planned"),
        0 if ran == Ran::WithoutTheGrant => Ok("ran without the grant, and said so"),
        137 if fault.mishap == Mishap::Kill && (has_not || has_asked) => Ok("killed"),
        1 if scenario.kind == Kind::Check && has_not && is_a_diagnosis(fault, end) => {
            Ok("check: 1")
        }
        code if ABORTED.contains(&code) && end.stdout.is_empty() && may_abort(fault) => {
            Ok(if fault.is_before_main {
                "aborted before main"
            } else {
                "aborted without memory"
            })
        }
        NOT_LOADED if fault.is_before_main && ran == Ran::Not => Ok("not loaded"),
        71 if has_not && is_message(fault, end) => Ok("failed: 71"),
        78 if has_not && is_message(fault, end) => Ok("refused: 78"),
        126 if has_not && is_message(fault, end) => Ok("not executed: 126"),
        127 if has_not && is_message(fault, end) => Ok("not found: 127"),
        code => Err(format!("{code} is no outcome of the contract here")),
    }
}

/// EINTR where a signal could bring it, and ENOSYS where another call does the same.
fn must_go_through(fault: &Fault) -> bool {
    let name = fault.call.name.as_str();
    match fault.mishap {
        Mishap::Error("EINTR") => INTERRUPTIBLE.contains(&name) && !is_of_a_runtime(fault),
        Mishap::Error("ENOSYS") => NEWER.contains(&name),
        Mishap::Error(_) | Mishap::Lie | Mishap::Kill => false,
    }
}

fn is_of_a_runtime(fault: &Fault) -> bool {
    fault.is_before_main
}

/// Stated, not hoped for: before main nothing of ours runs, nothing was changed yet, and COMMAND is far away.
fn may_abort(fault: &Fault) -> bool {
    fault.is_before_main || MEMORY.contains(&fault.call.name.as_str())
}

/// `charon-init: <thing>: <what>…` on the last line; where stderr itself failed, nobody can be told.
fn is_message(fault: &Fault, end: &End) -> bool {
    let last = end.stderr.lines().last().unwrap_or_default();
    let is_stderr = fault.call.line.starts_with("write(2,");
    let is_ours = last
        .strip_prefix("charon-init: ")
        .is_some_and(|rest| rest.contains(": ") && !rest.contains("panicked"));
    is_ours || is_stderr
}

fn is_a_diagnosis(fault: &Fault, end: &End) -> bool {
    let is_stdout = fault.call.line.starts_with("write(1,");
    let is_one = end.stdout.lines().count() == 1 && end.stdout.contains(": ");
    is_one || is_stdout && is_message(fault, end)
}

/// A finding about the path.
fn is_told(end: &End) -> bool {
    end.stderr
        .lines()
        .any(|line| line.starts_with("charon-init: ") && line.contains("docker.sock"))
}
