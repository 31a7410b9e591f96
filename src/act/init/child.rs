//! The fresh child → COMMAND in a process group of its own, with everything that we inherited.

use std::ffi::OsString;

use nix::sys::signal::Signal;
use rustix::io::Errno;
use rustix::process::{Pid, getpid, setpgid};

use super::raw::{Disposition, ignore, reset_disposition};
use super::signals::Held;
use super::{ExecFailure, Inherited, Verified, execute};
use crate::facts::Variable;
use crate::plan::Supervision;

/// In the child: its own group first, then the terminal, then what we changed for ourselves is put back, the signal mask
/// last. Returns only when COMMAND cannot be executed.
pub(super) fn become_command(
    supervision: &Supervision,
    held: &Held,
    inherited: &Inherited,
    environment: &[Variable],
    dropped: &Verified,
) -> ExecFailure {
    let own = getpid();
    lead_own_group(own);
    inherited.terminal.give_to(own);
    let mut command = supervision.command.clone();
    if inherited.listen_pid_is_ours {
        let pid = own.as_raw_nonzero().to_string();
        command
            .environment
            .push((OsString::from("LISTEN_PID"), OsString::from(pid)));
    }
    match restore_signals(held, inherited.disposition_of_children) {
        Ok(()) => execute::execute(&command, environment, dropped),
        Err(errno) => execute::unprepared(&command, errno),
    }
}

/// What we, and the runtime of Rust before us, changed about signals. From the last line on COMMAND can be ended; until
/// it executes, what it is sent meets dispositions that it would have met itself, lest one be lost.
fn restore_signals(held: &Held, of_children: Disposition) -> Result<(), Errno> {
    if of_children == Disposition::Ignored {
        ignore(Signal::SIGCHLD)?;
    }
    // The runtime has handlers for these two, unless they were ignored; and it ignores SIGPIPE.
    for fault in [Signal::SIGSEGV, Signal::SIGBUS] {
        if reset_disposition(fault)? == Disposition::Ignored {
            ignore(fault)?;
        }
    }
    sigpipe::reset();
    held.restore()
}

/// Makes `child` the leader of a process group. Parent and child both do it, so that whoever goes on first finds it done;
/// the second of them is told EACCES or finds it so.
pub(super) fn lead_own_group(child: Pid) {
    match setpgid(Some(child), Some(child)) {
        Ok(()) | Err(_) => (),
    }
}
