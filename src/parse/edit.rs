//! /etc/passwd, group or gshadow and the changes wanted → the new file. Every byte that is not ours stays.

use std::borrow::Cow;
use std::iter::Peekable;

use super::line;

/// One wanted change; a line is named by its position in the file, as [`super::group::lines`] counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineEdit {
    /// The line goes, with its newline.
    Remove(usize),
    /// `member` joins the last field of the line, unless that lists it already.
    AddMember {
        /// Which line.
        line: usize,
        /// The name to add.
        member: Vec<u8>,
    },
    /// One field of the line becomes `value`, where the line has that many.
    SetField {
        /// Which line.
        line: usize,
        /// Which field, counted from 0.
        field: usize,
        /// What it becomes: no colon and no newline.
        value: Vec<u8>,
    },
    /// A new line, without its newline: before the first NIS entry, else at the end.
    Append(Vec<u8>),
}

/// A line before and after: `None` for one that is new, or gone. Without newlines.
pub type Change = (Option<Vec<u8>>, Option<Vec<u8>>);

/// What came of it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Edited {
    /// The whole file.
    pub new: Vec<u8>,
    /// The lines that differ, in the order of the file.
    pub changes: Vec<Change>,
}

/// `old` with `edits` made. A line that is removed is not changed as well; one that does not exist is passed over.
#[must_use]
pub fn edited(old: &[u8], edits: &[LineEdit]) -> Edited {
    let mut edited = Edited {
        new: Vec::with_capacity(old.len()),
        changes: Vec::new(),
    };
    let mut in_place = in_place(edits);
    let mut appended = edits.iter().filter_map(LineEdit::appended).peekable();
    for (index, piece) in line::pieces(old).enumerate() {
        if line::is_nis(piece) {
            appended
                .by_ref()
                .for_each(|new_line| edited.append(new_line));
        }
        let before = line::without_newline(piece);
        let after = after(before, index, &mut in_place);
        edited.replace(piece, before, after);
    }
    appended.for_each(|new_line| edited.append(new_line));
    edited
}

impl LineEdit {
    fn appended(&self) -> Option<&[u8]> {
        match self {
            Self::Append(new_line) => Some(new_line),
            Self::Remove(_) | Self::AddMember { .. } | Self::SetField { .. } => None,
        }
    }

    /// The line that it is about; `None` for a new one.
    fn line(&self) -> Option<usize> {
        match self {
            Self::Remove(line) | Self::AddMember { line, .. } | Self::SetField { line, .. } => {
                Some(*line)
            }
            Self::Append(_) => None,
        }
    }

    /// What becomes of its line; `None` when that goes.
    fn applied_to<'a>(&self, line: Cow<'a, [u8]>) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Remove(_) => None,
            Self::AddMember { member, .. } => Some(with_member(line, member)),
            Self::SetField { field, value, .. } => Some(with_field(line, *field, value)),
            Self::Append(_) => Some(line),
        }
    }
}

/// A change to an existing line.
type InPlace<'a> = (usize, &'a LineEdit);

/// The changes to existing lines, in the order of the file; those of one line in their own. They come nearly in that
/// order, so that each is put in its place: a general sort would be four kilobytes of code.
fn in_place(edits: &[LineEdit]) -> Peekable<impl Iterator<Item = InPlace<'_>>> {
    let mut in_place: Vec<InPlace<'_>> = Vec::with_capacity(edits.len());
    for edit in edits {
        if let Some(line) = edit.line() {
            let place = in_place.partition_point(|(known, _)| *known <= line);
            in_place.insert(place, (line, edit));
        }
    }
    in_place.into_iter().peekable()
}

/// The line `before` after every change that is meant for it.
fn after<'a, 'b>(
    before: &'a [u8],
    index: usize,
    in_place: &mut Peekable<impl Iterator<Item = InPlace<'b>>>,
) -> Option<Cow<'a, [u8]>> {
    let mut after = Some(Cow::Borrowed(before));
    while let Some((_, edit)) = in_place.next_if(|(line, _)| *line == index) {
        after = after.and_then(|line| edit.applied_to(line));
    }
    after
}

fn with_field<'a>(line: Cow<'a, [u8]>, field: usize, value: &[u8]) -> Cow<'a, [u8]> {
    let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    match fields.get_mut(field) {
        Some(old) if *old != value => *old = value,
        Some(_) | None => return line,
    }
    Cow::Owned(fields.join(&b':'))
}

fn with_member<'a>(line: Cow<'a, [u8]>, member: &[u8]) -> Cow<'a, [u8]> {
    let members = line.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    if member.is_empty() || line::lists(members, member) {
        return line;
    }
    let needs_comma = !members.is_empty() && !members.ends_with(b",");
    let mut line = line.into_owned();
    if needs_comma {
        line.push(b',');
    }
    line.extend_from_slice(member);
    Cow::Owned(line)
}

impl Edited {
    /// Takes over a piece of the old file, with `after` in the place of `before`.
    fn replace(&mut self, piece: &[u8], before: &[u8], after: Option<Cow<'_, [u8]>>) {
        let newline = piece.strip_prefix(before).unwrap_or_default();
        let Some(after) = after else {
            self.changes.push((Some(before.to_vec()), None));
            return;
        };
        self.new.extend_from_slice(&after);
        self.new.extend_from_slice(newline);
        if *after != *before {
            self.changes
                .push((Some(before.to_vec()), Some(after.into_owned())));
        }
    }

    /// Adds a line of our own; it begins on a line of its own even where the old file lacks its last newline.
    fn append(&mut self, new_line: &[u8]) {
        if !self.new.is_empty() && !self.new.ends_with(b"\n") {
            self.new.push(b'\n');
        }
        self.new.extend_from_slice(new_line);
        self.new.push(b'\n');
        self.changes.push((None, Some(new_line.to_vec())));
    }
}
