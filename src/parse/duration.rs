//! `10`, `10s`, `500ms`, `2m`, `1h` → a duration.

use std::time::Duration;

use super::word;

/// A whole number with a unit; seconds without one. `None` for anything else, and for more than a u64 of milliseconds.
#[must_use]
pub fn duration(text: &[u8]) -> Option<Duration> {
    let units: [(&[u8], u64); 4] = [(b"ms", 1), (b"s", 1000), (b"m", 60_000), (b"h", 3_600_000)];
    let (digits, factor) = units
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .unwrap_or((text, 1000));
    let milliseconds = word::number(digits)?.checked_mul(factor)?;
    Some(Duration::from_millis(milliseconds))
}
