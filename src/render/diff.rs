//! An edit of a file → its diff: `-old`, `+new`, one line each and no line too long.

use crate::plan::{FileEdit, LineChange};
use crate::render::escape;

/// A longer line is cut, in characters: a group may list 100,000 members.
const LONGEST: usize = 200;
/// How much of a cut line is shown.
const HEAD: usize = 80;
/// The end is where a new member stands.
const TAIL: usize = 60;

/// File names as in diff(1), then what changes.
pub(super) fn lines(edit: &FileEdit) -> Vec<String> {
    let path = escape::line(&edit.path.to_string_lossy());
    let mut lines = vec![format!("--- {path}"), format!("+++ {path}")];
    lines.extend(edit.changes.iter().flat_map(change));
    lines
}

fn change(change: &LineChange) -> impl Iterator<Item = String> {
    let old = change.old.as_deref().map(|line| format!("-{}", cut(line)));
    let new = change.new.as_deref().map(|line| format!("+{}", cut(line)));
    old.into_iter().chain(new)
}

/// The line as text; the middle of a long one is left out and counted.
fn cut(line: &[u8]) -> String {
    let text = escape::line(&String::from_utf8_lossy(line));
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let tail_start = length.saturating_sub(TAIL);
    let head: String = text.chars().take(HEAD).collect();
    let tail: String = text.chars().skip(tail_start).collect();
    let hidden = tail_start.saturating_sub(HEAD);
    format!("{head}[… {hidden} characters …]{tail}")
}
