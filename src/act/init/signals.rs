//! Signals → held from the first line of main, then taken one by one (sigtimedwait(2)).

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::raw::{Arrival, Mask, next_signal, swap_mask};
use crate::failure::Failure;

/// The signal mask that we were started with; all signals are blocked since.
#[derive(Debug)]
pub struct Held {
    inherited: Mask,
}

impl Held {
    /// Blocks every signal where `args` or the environment could ask for an init. It asks the words and not the parser,
    /// because time counts: until this, PID 1 loses what is sent to it. Who turns out not to stay releases them again.
    ///
    /// # Errors
    /// None that sigprocmask(2) has for these arguments.
    pub fn if_asked(args: &[OsString]) -> Result<Option<Self>, Failure> {
        let by_variable = env::var_os("CHARON_INIT_INIT").is_some_and(|value| !value.is_empty());
        let by_flag = |arg: &OsString| arg.as_bytes().starts_with(b"--init");
        if by_variable || args.iter().any(by_flag) {
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
        swap_mask(Mask::ALL)
            .map(|inherited| Self { inherited })
            .map_err(|errno| Failure::errno("block signals", errno))
    }

    /// Gives back the mask that we were started with: what waited arrives now.
    ///
    /// # Errors
    /// None that sigprocmask(2) has for these arguments.
    pub fn release(&self) -> Result<(), Failure> {
        self.restore()
            .map_err(|errno| Failure::errno("restore the signal mask", errno))
    }

    pub(super) fn restore(&self) -> Result<(), Errno> {
        swap_mask(self.inherited).map(|_all| ())
    }
}

/// The next signal; `None` when `deadline` came first. Without a deadline nothing but a signal wakes us.
pub(super) fn next(deadline: Option<Instant>) -> Option<Arrival> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if let Some(arrival) = next_signal(left) {
            return Some(arrival);
        }
        if left == Some(Duration::ZERO) {
            return None;
        }
    }
}
