//! A file of /etc → its lines, and a line → its fields.

/// The pieces of a file, each with its newline if it has one: a final newline makes no further piece.
pub(super) fn pieces(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.split_inclusive(|byte| *byte == b'\n')
}

/// A piece without its newline.
pub(super) fn without_newline(piece: &[u8]) -> &[u8] {
    piece.strip_suffix(b"\n").unwrap_or(piece)
}

/// The lines of a file, without their newlines.
pub(super) fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    pieces(file).map(without_newline)
}

/// The `N` fields of an entry with a name; `None` when there are more or fewer, for a comment, for a NIS entry, and
/// for a line with a NUL, which C programs would read only up to there.
pub(super) fn fields<const N: usize>(line: &[u8]) -> Option<[&[u8]; N]> {
    if is_nis(line) || line.starts_with(b"#") || line.contains(&0) {
        return None;
    }
    let mut pieces = line.split(|byte| *byte == b':');
    let mut fields = [<&[u8]>::default(); N];
    for field in &mut fields {
        *field = pieces.next()?;
    }
    let is_named = fields.first().is_some_and(|name| !name.is_empty());
    (is_named && pieces.next().is_none()).then_some(fields)
}

/// Does the line include or exclude entries of NIS (`+`, `+name`, `-name`, `+@netgroup`; nsswitch.conf(5), compat)?
pub(super) fn is_nis(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'+' | b'-'))
}

/// Does a list with commas hold exactly this member?
pub(super) fn lists(list: &[u8], member: &[u8]) -> bool {
    !member.is_empty() && list.split(|byte| *byte == b',').any(|item| item == member)
}
