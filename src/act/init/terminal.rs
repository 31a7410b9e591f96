//! The controlling terminal → who is in its foreground (tcsetpgrp(3), credentials(7)).

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{Pid, getpgrp};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// The controlling terminal, if there is one and it is ours to give.
pub(super) struct Terminal {
    device: Option<OwnedFd>,
}

impl Terminal {
    /// Our controlling terminal, where our process group is in its foreground: a background job takes it from nobody.
    pub(super) fn in_the_foreground() -> Self {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let device = openat(CWD, "/dev/tty", flags, Mode::empty()).ok();
        let device = device.filter(|device| tcgetpgrp(device) == Ok(getpgrp()));
        Self { device }
    }

    /// Puts `group` into the foreground. SIGTTOU is blocked, so that the kernel lets us and stops nobody; where it is
    /// refused all the same (the terminal hung up), COMMAND runs in the background as it would without us.
    pub(super) fn give_to(&self, group: Pid) {
        if let Some(device) = &self.device {
            match tcsetpgrp(device, group) {
                Ok(()) | Err(_) => (),
            }
        }
    }
}
