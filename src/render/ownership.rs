//! A walk through a tree → how far it is, and what it came to.

use std::time::Duration;

use crate::ownership::{Ownership, Tally};
use crate::refusal::{Message, quoted};

/// How wide the bar is.
const BAR: usize = 20;

/// A walk that is not done yet.
#[must_use]
pub fn giving(ownership: &Ownership, tally: &Tally, elapsed: Duration) -> Message {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let rate = tally
        .seen
        .saturating_mul(1000)
        .checked_div(milliseconds)
        .unwrap_or_default();
    Message {
        code: "giving",
        thing: quoted(&ownership.path),
        what: format!(
            "{} entries seen, {} changed, {rate} per second",
            tally.seen, tally.changed
        ),
        why: String::new(),
        remedies: Vec::new(),
    }
}

/// A walk that is done.
#[cold]
#[must_use]
pub fn given(ownership: &Ownership, tally: &Tally, elapsed: Duration) -> Message {
    Message {
        code: "given",
        thing: quoted(&ownership.path),
        what: format!(
            "given to {}:{}, {} of {} entries changed",
            ownership.uid, ownership.gid, tally.changed, tally.seen
        ),
        why: format!(
            "it took {}.{} s",
            elapsed.as_secs(),
            elapsed.subsec_millis() / 100
        ),
        remedies: Vec::new(),
    }
}

/// The same for a terminal, behind a bar that moves: how much is left, nobody knows.
#[must_use]
pub fn frame(number: usize, message: &Message) -> String {
    let bar: String = (0..BAR)
        .map(|column| if column == number % BAR { '=' } else { ' ' })
        .collect();
    let text = super::escape::line(&message.to_string());
    format!("[{bar}] {text}")
}
