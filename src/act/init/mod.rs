//! COMMAND as a child → its exit code, with us as PID 1 or as a subreaper meanwhile.
//!
//! Everything was dropped before: the process that stays is the identity itself, without capabilities. Unprivileged
//! as it is, it cannot signal what another user runs in the container (`docker exec -u root`): kill(2) says EPERM, and
//! the kernel ends that when PID 1 ends.
//!
//! Signals are blocked from the first line of main and taken one by one (sigtimedwait(2)). A blocked
//! signal waits, even for PID 1, whose unblocked ones the kernel throws away: none is lost before the child exists,
//! nor between fork(2) and the child's process group, nor while it executes.

mod child;
mod raw;
mod remains;
mod signals;
mod terminal;
mod watch;

use std::env;

use nix::libc;
use nix::sys::signal::Signal;
use rustix::process::{
    DumpableBehavior, Pid, chdir, getpid, set_child_subreaper, set_dumpable_behavior,
};

pub use signals::Held;

use super::ActError;
use super::execute::{self, ExecFailure};
use super::privileges::{self, Verified};
use crate::capability::CapSet;
use crate::facts::Variable;
use crate::failure::Failure;
use crate::plan::Supervision;
use raw::{Disposition, Fork};
use terminal::Terminal;
use watch::Watch;

/// Starts COMMAND and stays until it has ended. In the child, which becomes COMMAND, this returns only when that is not
/// possible.
#[must_use]
pub fn supervise(
    supervision: &Supervision,
    held: &Held,
    environment: &[Variable],
    dropped: &Verified,
) -> ActError {
    let inherited = match Inherited::take(supervision) {
        Ok(inherited) => inherited,
        Err(failure) => return failure.into(),
    };
    match raw::fork() {
        Err(errno) => Failure::errno("fork the command", errno).into(),
        Ok(Fork::Child) => ActError::NotExecuted(child::become_command(
            supervision,
            held,
            &inherited,
            environment,
            dropped,
        )),
        Ok(Fork::Parent(child)) => {
            drop(inherited);
            let watch = Watch::new(child, supervision);
            match settle(child).and_then(|()| watch.until_the_end()) {
                Ok(code) => ActError::Ended(code),
                Err(failure) => failure.into(),
            }
        }
    }
}

/// What COMMAND is to find although we changed it, or is to get from us.
struct Inherited {
    terminal: Terminal,
    disposition_of_children: Disposition,
    listen_pid_is_ours: bool,
}

impl Inherited {
    fn take(supervision: &Supervision) -> Result<Self, Failure> {
        if !supervision.is_pid_1 {
            set_child_subreaper(Some(getpid()))
                .map_err(|errno| Failure::errno("become a subreaper (Linux 3.4)", errno))?;
        }
        // An ignored SIGCHLD would have the kernel reap for us, and COMMAND's exit code would be gone.
        let disposition_of_children = raw::reset_disposition(Signal::SIGCHLD)
            .map_err(|errno| Failure::errno("reset the disposition of SIGCHLD", errno))?;
        Ok(Self {
            terminal: Terminal::in_the_foreground(),
            disposition_of_children,
            listen_pid_is_ours: listen_pid_is_ours(),
        })
    }
}

/// What the process that stays lets go of: descriptors, the working directory, the last capabilities, a core dump.
fn settle(child: Pid) -> Result<(), Failure> {
    // musl's fork(3) blocks signals meanwhile and puts back what was blocked before, without a look whether the kernel
    // told it: where that failed, a signal that is not blocked would be lost, SIGCHLD too, and we would wait for ever.
    let held = Held::all();
    child::lead_own_group(child);
    raw::close_from(3);
    let at_root = chdir("/").map_err(|errno| Failure::errno("change to the root directory", errno));
    let bare = privileges::set_capabilities(CapSet::EMPTY);
    let closed = set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|errno| Failure::errno("become non-dumpable", errno));
    match held.and(at_root).and(bare).and(closed) {
        Ok(()) => Ok(()),
        Err(failure) => {
            // COMMAND runs already: it goes with us.
            raw::send(raw::Target::Group(child), libc::SIGKILL);
            Err(failure)
        }
    }
}

/// Does LISTEN_PID name us, so that COMMAND would take its sockets for somebody else's (sd_listen_fds(3))?
fn listen_pid_is_ours() -> bool {
    let own = getpid().as_raw_nonzero().to_string();
    env::var_os("LISTEN_PID").is_some_and(|pid| pid == *own)
}
