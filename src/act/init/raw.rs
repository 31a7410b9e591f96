//! What safe wrappers do not offer: fork(2), all 64 signals, dispositions, closing what nobody owns.
//!
//! The only file with `unsafe`. The process has one thread, which is what fork(2) and the dispositions ask for.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

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

/// What a signal does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Nothing special.
    Default,
    /// It was ignored when we were started (`nohup`-like parents), and COMMAND shall find it so.
    Ignored,
}

/// A set of signals as the kernel has it, one bit each. The C libraries' sets leave out the signals that they reserve,
/// musl also 34, which is the first real-time signal of a COMMAND that uses glibc: all of them are ours to pass on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mask(u64);

impl Mask {
    /// Every signal.
    pub(super) const ALL: Self = Self(u64::MAX);

    /// Without signal `number`.
    pub(super) fn without(self, number: i32) -> Self {
        Self(self.0 & !bit(number))
    }
}

/// A signal that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arrival {
    /// Its number.
    pub(super) number: i32,
    /// Did a process send it (also one outside our PID namespace)? Otherwise the kernel, to tell us something.
    pub(super) was_sent: bool,
    /// Who sent it; 0 for the kernel, and for who is outside our PID namespace.
    pub(super) sender: i32,
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
    // SAFETY: the number came from the kernel (sigtimedwait(2)) or is a constant, so it is one that kill(2) knows; the type only
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

/// Blocks the signals of `mask` and no others; says which were blocked before: [rt_sigprocmask(2)].
///
/// [rt_sigprocmask(2)]: https://man7.org/linux/man-pages/man2/sigprocmask.2.html
pub(super) fn swap_mask(mask: Mask) -> Result<Mask, Errno> {
    let mut old = 0_u64;
    // SAFETY: both sets are eight bytes, as the last argument says, and live on.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            ptr::from_ref(&mask.0),
            ptr::from_mut(&mut old),
            size_of::<u64>(),
        )
    };
    if result == 0 {
        Ok(Mask(old))
    } else {
        Err(number(nix::errno::Errno::last()))
    }
}

/// Has signal `number` come, and does it wait? [rt_sigpending(2)].
///
/// [rt_sigpending(2)]: https://man7.org/linux/man-pages/man2/sigpending.2.html
pub(super) fn is_pending(number: i32) -> bool {
    let mut pending = 0_u64;
    // SAFETY: the set is eight bytes, as the last argument says, and lives on.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigpending,
            ptr::from_mut(&mut pending),
            size_of::<u64>(),
        )
    };
    result == 0 && pending & bit(number) != 0
}

/// Sleeps until a blocked signal comes, and takes it: [sigtimedwait(2)]. `None` when `timeout` is over, or when we were
/// stopped and go on (EINTR). Before a sleep without end it lets go of our code ([`let_go_of_code`]).
///
/// [sigtimedwait(2)]: https://man7.org/linux/man-pages/man2/sigtimedwait.2.html
pub(super) fn next_signal(timeout: Option<Duration>) -> Option<Arrival> {
    // Here and not earlier: with each page that comes back the kernel maps its neighbours too.
    if timeout.is_none() {
        let_go_of_code();
    }
    let timeout = timeout.map(|timeout| libc::timespec {
        // 68 years are enough, and fit whatever a C library counts seconds in.
        tv_sec: timeout
            .as_secs()
            .min(u64::from(u32::MAX >> 1))
            .try_into()
            .unwrap_or_default(),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let mut every = MaybeUninit::<libc::sigset_t>::uninit();
    let mut about = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: a set is plain bits, all of which may be 1, and so is what is said about a signal, which may be all 0; the
    // timeout is a timespec or absent.
    unsafe {
        ptr::write_bytes(every.as_mut_ptr(), 0xff, 1);
        let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
        let number = libc::sigtimedwait(every.as_ptr(), about.as_mut_ptr(), timeout);
        let about = about.assume_init();
        (number > 0).then(|| Arrival {
            number,
            was_sent: about.si_code <= 0,
            sender: about.si_pid(),
        })
    }
}

/// Gives `which` its default disposition and says what it was: [signal(2)].
///
/// [signal(2)]: https://man7.org/linux/man-pages/man2/signal.2.html
pub(super) fn reset_disposition(which: Named) -> Result<Disposition, Errno> {
    // SAFETY: no handler is installed, so no code runs asynchronously.
    let old = unsafe { signal(which, SigHandler::SigDfl) };
    match old {
        Ok(SigHandler::SigIgn) => Ok(Disposition::Ignored),
        Ok(_) => Ok(Disposition::Default),
        Err(errno) => Err(number(errno)),
    }
}

/// Ignores `which`, as it was when we were started.
pub(super) fn ignore(which: Named) -> Result<(), Errno> {
    // SAFETY: as above: no handler.
    match unsafe { signal(which, SigHandler::SigIgn) } {
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

/// Lets go of the pages of our program file, most of which we are done with; those still needed come back by themselves:
/// [madvise(2)].
///
/// [madvise(2)]: https://man7.org/linux/man-pages/man2/madvise.2.html
fn let_go_of_code() {
    unsafe extern "C" {
        // From the linker: where the program begins, and where its code ends.
        static __executable_start: u8;
        static etext: u8;
    }
    let (start, end) = (&raw const __executable_start, &raw const etext);
    let length = end.addr().saturating_sub(start.addr()) & !(PAGE - 1);
    // SAFETY: between them lie headers, constants and code, mapped from the file and never written to, whatever the
    // linker's layout; writable data comes later. Where the address is refused, the pages simply stay.
    unsafe { libc::madvise(start.cast_mut().cast(), length, libc::MADV_DONTNEED) };
}

/// The largest page that Linux has on our architectures: shorter remains stay mapped.
const PAGE: usize = 65536;

/// The bit of signal `number`; the first signal is 1.
fn bit(number: i32) -> u64 {
    let place = u32::try_from(number).unwrap_or_default().saturating_sub(1);
    1_u64.checked_shl(place).unwrap_or_default()
}

fn number(errno: nix::errno::Errno) -> Errno {
    Errno::from_io_error(&errno.into()).unwrap_or(Errno::INVAL)
}
