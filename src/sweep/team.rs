//! The entries of one batch → taken by several threads, where it is worth their while.
//!
//! A change of owner is half the journal's work and half ours: on two cores, two threads take little more than half the
//! time. One batch is shared at a time, and all are back before the next, so that the walk, its order and its bounds are
//! those of one thread. A thread costs as much as 20 entries; keeping some for the next batch would cost 30 KiB of code.

use std::ffi::CString;
use std::os::fd::BorrowedFd;
use std::thread::{self, Scope, ScopedJoinHandle};

use rustix::thread::sched_getaffinity;

use crate::sweep::hand::{Hand, Taken};
use crate::sweep::kernel::is_roots_alone;
use crate::sweep::names::{Names, Share};

/// More than four threads wait for the journal.
const MOST: usize = 4;

/// Fewer entries than this are not worth a thread.
const WORTHWHILE: usize = 256;

/// A helper calls little and nests nothing.
const STACK: usize = 128 * 1024;

/// What a share of a batch came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) changed: u64,
    /// What became of the entries that are neither right nor changed.
    pub(super) events: Vec<(CString, Taken)>,
}

/// Us, and as many helpers as there are other processors for us.
pub(super) struct Team<'a> {
    pub(super) hand: Hand<'a>,
    helpers: usize,
}

impl<'a> Team<'a> {
    pub(super) fn new(hand: Hand<'a>) -> Self {
        let processors = sched_getaffinity(None).map_or(1, |set| set.count());
        let threads = usize::try_from(processors).unwrap_or(1).min(MOST);
        Self {
            hand,
            helpers: threads.saturating_sub(1),
        }
    }

    /// Takes the entries `names` of `directory`.
    pub(super) fn take(&mut self, directory: BorrowedFd<'_>, names: &Names) -> Vec<Outcome> {
        if names.count() == 0 {
            return Vec::new();
        }
        // Before the first look at one of its names: what is held then stays so.
        let held = is_roots_alone(directory);
        if names.count() < WORTHWHILE || self.helpers == 0 {
            return vec![take_share(&mut self.hand, directory, names.all(), held)];
        }
        let hand = &mut self.hand;
        let mut shares = names.shares(self.helpers.saturating_add(1)).into_iter();
        thread::scope(|scope| {
            let own = shares.next();
            let started: Vec<_> = shares
                .map(|share| {
                    (
                        start(scope, hand.clone(), directory, share.clone(), held),
                        share,
                    )
                })
                .collect();
            let mut outcomes: Vec<Outcome> = own
                .map(|share| take_share(hand, directory, share, held))
                .into_iter()
                .collect();
            for (helper, share) in started {
                let taken = helper.and_then(|helper| helper.join().ok());
                // Where a thread is refused, its share is ours.
                outcomes.push(taken.unwrap_or_else(|| take_share(hand, directory, share, held)));
            }
            outcomes
        })
    }
}

fn start<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    mut hand: Hand<'env>,
    directory: BorrowedFd<'env>,
    share: Share<'env>,
    held: bool,
) -> Option<ScopedJoinHandle<'scope, Outcome>> {
    let helper = thread::Builder::new().stack_size(STACK);
    let started = helper.spawn_scoped(scope, move || take_share(&mut hand, directory, share, held));
    started.ok()
}

fn take_share(
    hand: &mut Hand<'_>,
    directory: BorrowedFd<'_>,
    share: Share<'_>,
    held: bool,
) -> Outcome {
    let mut outcome = Outcome::default();
    for name in share {
        match hand.take(directory, name, held) {
            Taken::Right => (),
            Taken::Changed => outcome.changed = outcome.changed.saturating_add(1),
            taken @ (Taken::HardLink | Taken::Directory | Taken::Refused(_)) => {
                outcome.events.push((name.to_owned(), taken));
            }
        }
    }
    outcome
}
