//! Signals → one by one, from a descriptor (signalfd(2)).

use std::env;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::failure::Failure;

/// The signal mask that we were started with; all signals are blocked since.
#[derive(Debug)]
pub struct Held {
    inherited: SigSet,
}

impl Held {
    /// Blocks every signal where `args` or the environment could ask for an init. It asks the words and not the parser,
    /// because time counts: until this, PID 1 loses what is sent to it. Who turns out not to stay releases them again.
    ///
    /// # Errors
    /// None that sigprocmask(2) has for these arguments.
    pub fn if_asked(mut args: impl Iterator<Item = OsString>) -> Result<Option<Self>, Failure> {
        let by_variable = env::var_os("CHARON_INIT_INIT").is_some_and(|value| !value.is_empty());
        if by_variable || args.any(|arg| arg.as_bytes().starts_with(b"--init")) {
            Self::all().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Blocks every signal that can be blocked: the first thing that main does where it may have to stay.
    ///
    /// # Errors
    /// None that sigprocmask(2) has for these arguments.
    pub fn all() -> Result<Self, Failure> {
        SigSet::all()
            .thread_swap_mask(SigmaskHow::SIG_SETMASK)
            .map(|inherited| Self { inherited })
            .map_err(|errno| Failure::errno("block signals", errno))
    }

    /// Gives back the mask that we were started with: what waited arrives now.
    ///
    /// # Errors
    /// None that sigprocmask(2) has for these arguments.
    pub fn release(&self) -> Result<(), Failure> {
        self.inherited
            .thread_set_mask()
            .map_err(|errno| Failure::errno("restore the signal mask", errno))
    }
}

/// A signal that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arrival {
    /// Its number.
    pub(super) number: i32,
    /// Who sent it; 0 for the kernel.
    pub(super) sender: u32,
}

/// Where the blocked signals arrive.
pub(super) struct Signals {
    descriptor: SignalFd,
}

impl Signals {
    pub(super) fn open() -> Result<Self, Failure> {
        SignalFd::with_flags(
            &SigSet::all(),
            SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK,
        )
        .map(|descriptor| Self { descriptor })
        .map_err(|errno| Failure::errno("open a descriptor for signals", errno))
    }

    /// The next signal; `None` when `deadline` came first. Without a deadline nothing but a signal wakes us.
    pub(super) fn next(&self, deadline: Option<Instant>) -> Option<Arrival> {
        loop {
            if let Ok(Some(signal)) = self.descriptor.read_signal() {
                let number = i32::try_from(signal.ssi_signo).unwrap_or_default();
                return Some(Arrival {
                    number,
                    sender: signal.ssi_pid,
                });
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return None;
            }
            self.wait(left);
        }
    }

    /// Until a signal is there or the time is over; whoever wakes us otherwise, the loop above looks again.
    fn wait(&self, left: Option<Duration>) {
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let mut descriptors = [PollFd::from_borrowed_fd(
            self.descriptor.as_fd(),
            PollFlags::IN,
        )];
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(_) => (),
        }
    }
}
