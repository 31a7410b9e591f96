//! What safe wrappers do not offer: fork(2), signals by number, one disposition, closing what nobody owns.
//!
//! The only file with `unsafe`. The process has one thread, which is what fork(2) and the dispositions ask for.
#![allow(unsafe_code)]

use nix::libc;
use nix::sys::signal::{SigHandler, Signal as Named, signal};
use nix::unistd::ForkResult;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Where fork(2) returned.
pub(super) enum Fork {
    /// In the child.
    Child,
    /// In us.
    Parent(Pid),
}

/// Who is signalled.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// One process.
    Process(Pid),
    /// All of a process group.
    Group(Pid),
    /// Everyone whom we may signal, but ourselves.
    Everyone,
}

/// What SIGCHLD did when we were started.
#[derive(Clone, Copy)]
pub(super) enum ChildDisposition {
    /// Nothing special.
    Default,
    /// It was ignored (`nohup`-like parents), and COMMAND shall find it so.
    Ignored,
}

/// Duplicates us: [fork(2)].
///
/// [fork(2)]: https://man7.org/linux/man-pages/man2/fork.2.html
pub(super) fn fork() -> Result<Fork, Errno> {
    // SAFETY: no other thread exists that could hold a lock which the child would wait for.
    match unsafe { nix::unistd::fork() } {
        Ok(ForkResult::Child) => Ok(Fork::Child),
        Ok(ForkResult::Parent { child }) => Pid::from_raw(child.as_raw())
            .map(Fork::Parent)
            .ok_or(Errno::SRCH),
        Err(errno) => Err(number(errno)),
    }
}

/// Sends any signal, real-time ones too: [kill(2)]. ESRCH and EPERM are no failure of ours: who is gone needs no signal,
/// and who is somebody else's gets none.
///
/// [kill(2)]: https://man7.org/linux/man-pages/man2/kill.2.html
pub(super) fn send(target: Target, number: i32) {
    // SAFETY: the number came from the kernel (signalfd(2)) or is a constant, so it is one that kill(2) knows; the type only
    // carries it there.
    let signal = unsafe { Signal::from_raw_unchecked(number) };
    let sent = match target {
        Target::Process(pid) => kill_process(pid, signal),
        Target::Group(pid) => kill_process_group(pid, signal),
        Target::Everyone => {
            // SAFETY: kill(2) takes numbers and touches no memory; rustix has no -1.
            unsafe { libc::kill(-1, number) };
            Ok(())
        }
    };
    match sent {
        Ok(()) | Err(_) => (),
    }
}

/// Gives SIGCHLD its default disposition and says what it was: [signal(2)].
///
/// [signal(2)]: https://man7.org/linux/man-pages/man2/signal.2.html
pub(super) fn default_child_disposition() -> Result<ChildDisposition, Errno> {
    // SAFETY: no handler is installed, so no code runs asynchronously.
    let old = unsafe { signal(Named::SIGCHLD, SigHandler::SigDfl) };
    match old {
        Ok(SigHandler::SigIgn) => Ok(ChildDisposition::Ignored),
        Ok(_) => Ok(ChildDisposition::Default),
        Err(errno) => Err(number(errno)),
    }
}

/// Ignores SIGCHLD again, in the child that is about to become COMMAND.
pub(super) fn ignore_children() -> Result<(), Errno> {
    // SAFETY: as above: no handler.
    match unsafe { signal(Named::SIGCHLD, SigHandler::SigIgn) } {
        Ok(_) => Ok(()),
        Err(errno) => Err(number(errno)),
    }
}

/// Closes every descriptor from `first` on: [close_range(2)], or one by one where a filter or an old kernel hides it.
///
/// [close_range(2)]: https://man7.org/linux/man-pages/man2/close_range.2.html
pub(super) fn close_from(first: u32) {
    // SAFETY: no value of ours owns a descriptor any more: what is open came from outside, for COMMAND, which has it.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    if result == 0 {
        return;
    }
    let first = i32::try_from(first).unwrap_or(i32::MAX);
    let listed: Vec<i32> = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd >= first)
        .collect();
    for fd in listed {
        // SAFETY: as above; the directory that was read is closed already, and EBADF for it is no harm.
        unsafe { libc::close(fd) };
    }
}

fn number(errno: nix::errno::Errno) -> Errno {
    Errno::from_io_error(&errno.into()).unwrap_or(Errno::INVAL)
}
