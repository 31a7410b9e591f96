//! The calls of a start → everything that is made to go wrong at them.

use crate::trace::Call;

/// What a kernel, a filter or a full machine could answer.
const ERRORS: [&str; 10] = [
    "EPERM", "EACCES", "EINTR", "EAGAIN", "ENOMEM", "ENOSPC", "EIO", "EROFS", "ENOSYS", "EMFILE",
];

/// Calls whose success is never taken on trust: each is also answered with a success that did nothing.
const PRIVILEGE: [&str; 5] = ["setgroups", "setresgid", "setresuid", "capset", "prctl"];

/// Calls at which the sample leaves nothing out.
const CRITICAL: [&str; 9] = [
    "setgroups",
    "setresgid",
    "setresuid",
    "capset",
    "prctl",
    "rename",
    "renameat",
    "renameat2",
    "fsync",
];

/// Calls that have no error at all: Rust's debug builds hold them to that, and panic.
const INFALLIBLE: [&str; 1] = ["getpid"];

/// What happens at the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mishap {
    /// It fails so.
    Error(&'static str),
    /// It says that it succeeded, and did nothing.
    Lie,
    /// The process is killed as it makes it.
    Kill,
}

/// One call, and what happens at it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) call: Call,
    pub(crate) mishap: Mishap,
    /// Does the C library or Rust's runtime make the call, before anything of ours runs?
    pub(crate) is_before_main: bool,
}

impl Fault {
    /// As strace's `inject=` has it.
    pub(crate) fn expression(&self) -> String {
        match self.mishap {
            Mishap::Error(errno) => format!("error={errno}"),
            Mishap::Lie => "retval=0".to_owned(),
            Mishap::Kill => "signal=KILL".to_owned(),
        }
    }

    /// The capability that is dropped here is one of forty: they are a loop, and the sample may leave some out.
    fn is_critical(&self) -> bool {
        let is_one_of_many = self.call.line.starts_with("prctl(PR_CAPBSET_DROP");
        CRITICAL.contains(&self.call.name.as_str()) && !is_one_of_many
    }
}

/// All faults at `calls`, or of those that matter less only every so many-th.
pub(crate) fn all(calls: &[Call], every: usize) -> Vec<Fault> {
    let main = calls.iter().position(is_of_main).expect("main begins");
    at(calls, main, every)
}

/// All faults where every call is ours.
pub(crate) fn at_any_of(calls: &[Call]) -> Vec<Fault> {
    at(calls, 0, 1)
}

/// `main` is the first call that is ours.
fn at(calls: &[Call], main: usize, every: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        let mut mishaps = vec![Mishap::Kill];
        if !INFALLIBLE.contains(&call.name.as_str()) {
            mishaps.extend(ERRORS.map(Mishap::Error));
        }
        if PRIVILEGE.contains(&call.name.as_str()) {
            mishaps.push(Mishap::Lie);
        }
        faults.extend(mishaps.into_iter().map(|mishap| Fault {
            call: call.clone(),
            mishap,
            is_before_main: place < main,
        }));
    }
    let mut others = 0;
    faults.retain(|fault| {
        others += usize::from(!fault.is_critical());
        fault.is_critical() || others % every == 0
    });
    faults
}

/// The first thing that we do: hold the signals where we may stay, or else look at ourselves. The allocator's mapping may
/// come just before.
fn is_of_main(call: &Call) -> bool {
    call.line.starts_with("rt_sigprocmask(SIG_SETMASK, ~[]")
        || call.line.contains("/proc/self/status")
}
