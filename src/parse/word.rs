//! One word → a number, an id or a boolean.

use std::ffi::OsStr;

use crate::ids::{Gid, Uid};

/// The number that `text` spells: ASCII digits and nothing else, at least one, leading zeros allowed.
///
/// More than 64 bits come out as [`u64::MAX`], so that they read as out of range and not as malformed.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        byte.is_ascii_digit().then(|| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(byte - b'0'))
        })
    })
}

/// What `text` says: `1 true yes on`, `0 false no off`, in any case; `None` for everything else.
#[must_use]
pub fn boolean(text: &OsStr) -> Option<bool> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(["1", "true", "yes", "on"]) {
        Some(true)
    } else if is_one_of(["0", "false", "no", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// A number of 32 bits.
pub(super) fn u32(text: &[u8]) -> Option<u32> {
    u32::try_from(number(text)?).ok()
}

/// A user id: digits, and not 4294967295.
pub(super) fn uid(text: &[u8]) -> Option<Uid> {
    Uid::new(u32(text)?)
}

/// A group id: digits, and not 4294967295.
pub(super) fn gid(text: &[u8]) -> Option<Gid> {
    Gid::new(u32(text)?)
}

/// The words of `text`, between white space.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}
