//! `/proc/PID/uid_map` or `gid_map` → a map (user_namespaces(7)).

use super::{line, word};
use crate::ids::{Extent, IdMap};

/// The map; `None` when a line is not three numbers of 32 bits.
#[must_use]
pub fn id_map(file: &[u8]) -> Option<IdMap> {
    line::lines(file)
        .map(extent)
        .collect::<Option<_>>()
        .map(IdMap)
}

fn extent(line: &[u8]) -> Option<Extent> {
    let mut numbers = word::words(line).map(word::u32);
    let extent = Extent {
        inside: numbers.next()??,
        outside: numbers.next()??,
        count: numbers.next()??,
    };
    numbers.next().is_none().then_some(extent)
}
