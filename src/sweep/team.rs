//! The entries of one batch → taken by several threads, where it is worth their while.
//!
//! A change of owner is half the journal's work and half ours: on two cores, two threads take little more than half the
//! time. One batch is shared at a time, and all are back before the next, so that the walk, its order and its bounds are
//! those of one thread. A thread costs as much as 20 entries; keeping some for the next batch would cost 30 KiB of code.

use std::ffi::CString;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

use rustix::thread::sched_getaffinity;

use crate::sweep::hand::{Hand, Taken};
use crate::sweep::kernel::is_roots_alone;
use crate::sweep::names::{Names, Share};

/// More than four threads wait for the journal.
const MOST: usize = 4;

/// Fewer entries than this are not worth a thread.
const WORTHWHILE: usize = 256;

/// Pieces of a batch for each thread: one that starts late is not waited for.
const PIECES: usize = 8;

/// A helper calls little and nests nothing.
const STACK: usize = 128 * 1024;

/// What a share of a batch came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) changed: u64,
    /// What became of the entries that are neither right nor changed.
    pub(super) events: Vec<(CString, Taken)>,
}

impl Outcome {
    fn add(
        &mut self,
        hand: &mut Hand<'_>,
        directory: BorrowedFd<'_>,
        share: &Share<'_>,
        held: bool,
    ) {
        for name in share.clone() {
            match hand.take(directory, name, held) {
                Taken::Right => (),
                Taken::Changed => self.changed = self.changed.saturating_add(1),
                taken @ (Taken::HardLink | Taken::Directory | Taken::Refused(_)) => {
                    self.events.push((name.to_owned(), taken));
                }
            }
        }
    }
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
            let mut outcome = Outcome::default();
            outcome.add(&mut self.hand, directory, &names.all(), held);
            return vec![outcome];
        }
        let pieces = PIECES.saturating_mul(self.helpers.saturating_add(1));
        let shares = Shares {
            pieces: names.shares(pieces),
            next: AtomicUsize::new(0),
            directory,
            held,
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (0..self.helpers)
                .map_while(|_| start(scope, self.hand.clone(), &shares))
                .collect();
            // Where a thread is refused, there is more left for us.
            let own = shares.take(&mut self.hand);
            let others = helpers.into_iter().filter_map(|helper| helper.join().ok());
            std::iter::once(own).chain(others).collect()
        })
    }
}

/// A batch in pieces: who is done with one takes the next.
struct Shares<'a> {
    pieces: Vec<Share<'a>>,
    next: AtomicUsize,
    directory: BorrowedFd<'a>,
    held: bool,
}

impl Shares<'_> {
    fn take(&self, hand: &mut Hand<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        while let Some(piece) = self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            outcome.add(hand, self.directory, piece, self.held);
        }
        outcome
    }
}

fn start<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    mut hand: Hand<'env>,
    shares: &'env Shares<'env>,
) -> Option<ScopedJoinHandle<'scope, Outcome>> {
    let helper = thread::Builder::new().stack_size(STACK);
    let started = helper.spawn_scoped(scope, move || shares.take(&mut hand));
    started.ok()
}
