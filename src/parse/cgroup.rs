//! `/proc/PID/cgroup` of two processes → could they be of one container (cgroups(7))?

use super::line;

/// Is one of them, in every hierarchy, where the other is or below it? Engines give each container control groups of its
/// own, and what is executed in it goes there too.
#[must_use]
pub fn are_together(one: &[u8], other: &[u8]) -> bool {
    let other: Vec<Entry> = line::lines(other).filter_map(entry).collect();
    let mut shared = line::lines(one).filter_map(entry).filter_map(|one| {
        let namesake = other
            .iter()
            .find(|other| other.hierarchy == one.hierarchy)?;
        Some((one.path, namesake.path))
    });
    shared.all(|(one, other)| is_inside(one, other) || is_inside(other, one))
}

struct Entry<'a> {
    /// Number and controllers: `4:memory`, `0:`.
    hierarchy: &'a [u8],
    path: &'a [u8],
}

fn entry(line: &[u8]) -> Option<Entry<'_>> {
    let second_colon = line
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b':')
        .nth(1)?
        .0;
    let (hierarchy, path) = line.split_at_checked(second_colon)?;
    Some(Entry {
        hierarchy,
        path: path.strip_prefix(b":")?,
    })
}

/// A path outside of a control group namespace is shown as one that begins with `/..` (cgroup_namespaces(7)).
fn is_inside(inner: &[u8], outer: &[u8]) -> bool {
    let outer = outer.strip_suffix(b"/").unwrap_or(outer);
    let Some(rest) = inner.strip_prefix(outer) else {
        return false;
    };
    rest.is_empty() || (rest.starts_with(b"/") && !rest.starts_with(b"/.."))
}
