//! The fresh child → COMMAND in a process group of its own, with everything that we inherited.

use std::ffi::OsString;

use rustix::process::{Pid, getpid, setpgid};

use super::raw::{ChildDisposition, ignore_children};
use super::signals::Held;
use super::{ExecFailure, Inherited, Verified, execute};
use crate::plan::Supervision;

/// In the child: its own group first, then the terminal, then what we changed for ourselves is put back, the signal mask
/// last. Returns only when COMMAND cannot be executed.
pub(super) fn become_command(
    supervision: &Supervision,
    held: &Held,
    inherited: &Inherited,
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
    let restored = match inherited.disposition {
        ChildDisposition::Ignored => ignore_children().is_ok(),
        ChildDisposition::Default => true,
    };
    if !restored || held.release().is_err() {
        return execute::unprepared(&command);
    }
    execute::execute(&command, dropped)
}

/// Makes `child` the leader of a process group. Parent and child both do it, so that whoever goes on first finds it done;
/// the second of them is told EACCES or finds it so.
pub(super) fn lead_own_group(child: Pid) {
    match setpgid(Some(child), Some(child)) {
        Ok(()) | Err(_) => (),
    }
}
