//! The controlling terminal → who is in its foreground (tcsetpgrp(3), credentials(7)).

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::libc::{SIGCONT, SIGTSTP};
use nix::unistd::getpgrp;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read};
use rustix::process::{Pid, Signal, kill_current_process_group};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::raw::{Mask, is_pending, swap_mask};

/// The controlling terminal, if there is one and it is ours to give.
pub(super) struct Terminal {
    device: Option<OwnedFd>,
}

impl Terminal {
    /// Our controlling terminal, where our process group is in its foreground: a background job takes it from nobody.
    pub(super) fn in_the_foreground() -> Self {
        let device = controlling_terminal().filter(we_are_in_the_foreground);
        Self { device }
    }

    /// Is there one to give?
    pub(super) fn is_ours(&self) -> bool {
        self.device.is_some()
    }

    /// Puts `group` into the foreground. SIGTTOU is blocked, so that the kernel lets us and stops nobody; where it is
    /// refused all the same (the terminal hung up), COMMAND runs in the background as it would without us.
    pub(super) fn give_to(&self, group: Pid) {
        if let Some(device) = &self.device {
            put_in_the_foreground(device, group);
        }
    }
}

/// Puts our own group into the foreground again where `group` is in it and ends: a script that started us reads on.
pub(super) fn take_back_from(group: Pid) {
    let own = Pid::from_raw(getpgrp().as_raw());
    if let (Some(device), Some(own)) = (controlling_terminal(), own)
        && tcgetpgrp(&device) == Ok(group)
    {
        put_in_the_foreground(&device, own);
    }
}

/// Stops the job that we belong to, a pipeline or a script as a whole, as ^Z does without us. Did a shell let us go on?
///
/// Without one the kernel stops nobody: not PID 1, nobody who has no terminal, and nobody in a group that no shell
/// watches (an orphaned one, setpgid(2)). When the job was told to go on already, it does not stop.
pub(super) fn stop_our_job(is_pid_1: bool) -> bool {
    if is_pid_1 || controlling_terminal().is_none() {
        return false;
    }
    if is_pending(SIGCONT) {
        return true;
    }
    let Ok(held) = swap_mask(Mask::ALL.without(SIGTSTP)) else {
        return false;
    };
    let sent = kill_current_process_group(Signal::TSTP);
    swap_mask(held).is_ok() && sent.is_ok() && is_pending(SIGCONT)
}

/// `/dev/tty`, or where an image lacks that one of the standard descriptors.
fn controlling_terminal() -> Option<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let named = openat(CWD, "/dev/tty", flags, Mode::empty());
    let standard = || {
        let copies = [
            io::stdin().as_fd().try_clone_to_owned(),
            io::stdout().as_fd().try_clone_to_owned(),
            io::stderr().as_fd().try_clone_to_owned(),
        ];
        copies
            .into_iter()
            .filter_map(Result::ok)
            .find(|copy| matches!(tcgetpgrp(copy), Ok(_) | Err(Errno::OPNOTSUPP)))
    };
    named.ok().or_else(standard)
}

/// Where the foreground group is outside our PID namespace it has no number here. Then a read tells: with SIGTTIN
/// blocked the kernel refuses it to the background, whatever its length (ioctl_tty(2), `n_tty_read`).
fn we_are_in_the_foreground(device: &OwnedFd) -> bool {
    match tcgetpgrp(device) {
        Ok(group) => group.as_raw_nonzero().get() == getpgrp().as_raw(),
        Err(Errno::OPNOTSUPP) => read(device, &mut [0_u8; 0]).is_ok(),
        Err(_) => false,
    }
}

fn put_in_the_foreground(device: &OwnedFd, group: Pid) {
    match tcsetpgrp(device, group) {
        Ok(()) | Err(_) => (),
    }
}
