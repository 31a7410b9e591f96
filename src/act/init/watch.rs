//! Signals and dead children → forwarding, reaping, and in the end COMMAND's exit code.

use std::time::{Duration, Instant};

use nix::libc;
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, getpid, wait};

use super::raw::{Arrival, Target, send};
use super::remains::{Except, signal_all};
use super::signals;
use super::terminal::{self, Terminal};
use crate::failure::Failure;
use crate::plan::{Forward, Init, Supervision};

/// How long what was killed may take to go, before the kernel takes it with us: what another user runs cannot be killed.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// How soon it is killed again: outside a PID namespace of our own, what forks meanwhile can slip through the list.
const KILL_AGAIN: Duration = Duration::from_millis(50);

/// The exit code of a command that a KILL of ours did not end in time.
const KILLED: u8 = 137;

/// How far the end has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// COMMAND runs.
    Running,
    /// What is left was told to end.
    Terminating(Option<Instant>),
    /// What is left was killed; how long we wait, and when it is killed again.
    Killed { until: Instant, again: Instant },
}

/// The process that stays.
pub(super) struct Watch {
    child: Pid,
    init: Init,
    is_pid_1: bool,
    stage: Stage,
    /// COMMAND's exit code, when it has one.
    code: Option<u8>,
    /// Did our job stop because COMMAND did?
    followed_a_stop: bool,
    /// Was COMMAND told to stop by somebody who knows how to let it go on?
    forwarded_a_stop: bool,
}

impl Watch {
    pub(super) fn new(child: Pid, supervision: &Supervision) -> Self {
        let Supervision { init, is_pid_1, .. } = *supervision;
        Self {
            child,
            init,
            is_pid_1,
            stage: Stage::Running,
            code: None,
            followed_a_stop: false,
            forwarded_a_stop: false,
        }
    }

    /// Until COMMAND has ended, and what is left with it where a grace period is set.
    ///
    /// # Errors
    /// What becomes of COMMAND cannot be learnt: then it is killed.
    pub(super) fn until_the_end(mut self) -> Result<u8, Failure> {
        let code = self.watch();
        if code.is_err() && self.code.is_none() {
            send(Target::Group(self.child), libc::SIGKILL);
        }
        if !self.is_pid_1 {
            terminal::take_back_from(self.child);
        }
        code
    }

    /// Looks before it waits: COMMAND may have ended before signals were blocked again ([`super::settle`]).
    fn watch(&mut self) -> Result<u8, Failure> {
        loop {
            let anyone_left = self.reap()?;
            match self.code {
                Some(code) if self.init.grace.is_zero() || !anyone_left => return Ok(code),
                Some(_) if self.stage == Stage::Running => self.terminate(),
                Some(_) | None => {}
            }
            match (signals::next(self.deadline()), self.stage) {
                (Some(arrival), _) => self.take(arrival),
                (None, Stage::Killed { until, .. }) if Instant::now() >= until => {
                    return Ok(self.code.unwrap_or(KILLED));
                }
                (None, Stage::Running | Stage::Terminating(_) | Stage::Killed { .. }) => {
                    self.kill();
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Running => None,
            Stage::Terminating(deadline) => deadline,
            Stage::Killed { until, again } => Some(until.min(again)),
        }
    }

    fn take(&mut self, arrival: Arrival) {
        match arrival.number {
            // From the kernel these are about us: our children, and our own use of the terminal. Sent by a process they
            // are for COMMAND (TTIN has gunicorn add a worker).
            libc::SIGCHLD | libc::SIGTTIN | libc::SIGTTOU if !arrival.was_sent => return,
            // About our own stderr.
            libc::SIGPIPE if arrival.sender == own_pid() => return,
            libc::SIGCONT if !self.is_pid_1 && self.code.is_none() => self.go_on(),
            number => self.forward(number),
        }
        let stops = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&arrival.number);
        self.forwarded_a_stop = stops || (self.forwarded_a_stop && arrival.number != libc::SIGCONT);
        let asks_to_end = [libc::SIGTERM, libc::SIGINT].contains(&arrival.number);
        if asks_to_end && !self.init.grace.is_zero() && self.stage == Stage::Running {
            self.terminate();
        }
    }

    /// Once COMMAND is reaped, its number may be anybody's.
    fn forward(&self, number: i32) {
        if self.code.is_some() {
            return;
        }
        match self.init.forward {
            Forward::Child => send(Target::Process(self.child), number),
            Forward::Group => send(Target::Group(self.child), number),
        }
    }

    /// Reap whoever is dead. Is anyone left? An error, which the kernel has none for, would come again and again, and
    /// we would wait for ever; so would a COMMAND that somebody else has reaped.
    fn reap(&mut self) -> Result<bool, Failure> {
        loop {
            match wait(WaitOptions::NOHANG | WaitOptions::UNTRACED) {
                Ok(Some((pid, status))) if pid == self.child => self.learn(status),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return Ok(true),
                Err(Errno::CHILD) if self.code.is_some() => return Ok(false),
                Err(errno) => return Err(Failure::errno("wait for the command", errno)),
            }
        }
    }

    fn learn(&mut self, status: WaitStatus) {
        if let Some(signal) = status.stopping_signal() {
            self.follow_the_stop(signal);
        } else if let Some(code) = status.exit_status() {
            self.code = Some(u8::try_from(code & 0xff).unwrap_or(u8::MAX));
        } else if let Some(signal) = status.terminating_signal() {
            self.code = Some(u8::try_from(signal).unwrap_or_default().saturating_add(128));
        }
    }

    /// ^Z stops COMMAND, which has the terminal, and not us; the shell that started us waits for us. So our job stops as
    /// well, and the shell goes on. Where there is no such shell, ^Z is without effect, as it is without us (an orphaned
    /// process group, setpgid(2)): nobody could ever let COMMAND go on.
    fn follow_the_stop(&mut self, signal: i32) {
        let was_forwarded = std::mem::take(&mut self.forwarded_a_stop);
        if terminal::stop_our_job(self.is_pid_1) {
            self.followed_a_stop = true;
        } else if signal == libc::SIGTSTP && !was_forwarded {
            send(Target::Group(self.child), libc::SIGCONT);
        }
    }

    /// `fg` or `bg`: the terminal where we were given it, and the whole job goes on. `fg` gives it to a job that runs in
    /// the background as well, whose members may be about to stop for the want of it.
    fn go_on(&mut self) {
        let terminal = Terminal::in_the_foreground();
        if !self.followed_a_stop && !terminal.is_ours() {
            return self.forward(libc::SIGCONT);
        }
        self.followed_a_stop = false;
        terminal.give_to(self.child);
        send(Target::Group(self.child), libc::SIGCONT);
    }

    /// Tell everyone to end but those who just had the signal forwarded.
    fn terminate(&mut self) {
        let except = match (self.code, self.init.forward) {
            (Some(_), _) => Except::Nobody,
            (None, Forward::Child) => Except::Process(self.child),
            (None, Forward::Group) => Except::Group(self.child),
        };
        signal_all(self.is_pid_1, libc::SIGTERM, except);
        self.stage = Stage::Terminating(Instant::now().checked_add(self.init.grace));
    }

    fn kill(&mut self) {
        signal_all(self.is_pid_1, libc::SIGKILL, Except::Nobody);
        let now = Instant::now();
        let after = |wait| now.checked_add(wait).unwrap_or(now);
        let until = match self.stage {
            Stage::Killed { until, .. } => until,
            Stage::Running | Stage::Terminating(_) => after(LAST_WAIT),
        };
        self.stage = Stage::Killed {
            until,
            again: after(KILL_AGAIN),
        };
    }
}

fn own_pid() -> i32 {
    getpid().as_raw_nonzero().get()
}
