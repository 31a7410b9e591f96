//! /etc/group → its lines, usable or not (group(5)).
//!
//! A line whose gid is malformed or out of range grants nothing: other programs have read `xx` as GID 0.

use super::{line, word};
use crate::account::GroupLine;

/// One line: what an edit has to leave alone, and what it means if it means something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// The line, without its newline.
    pub bytes: &'a [u8],
    /// The group that it defines; `None` for a comment, a blank or broken line, or a NIS entry.
    pub group: Option<GroupLine<'a>>,
}

impl<'a> Line<'a> {
    /// The name that the line takes, whatever the rest says: its first field, for a NIS entry without the sign.
    #[must_use]
    pub fn claimed_name(&self) -> &'a [u8] {
        let bytes = match self.bytes.split_first() {
            Some((b'+' | b'-', rest)) => rest,
            Some(_) | None => self.bytes,
        };
        bytes.split(|byte| *byte == b':').next().unwrap_or_default()
    }
}

/// Where a line has its gid, counted from 0 in fields.
pub const GID_FIELD: usize = 2;

/// Every line of the file, in order; none for an empty file, and a final newline makes no further line.
pub fn lines(file: &[u8]) -> impl Iterator<Item = Line<'_>> {
    line::lines(file).map(|bytes| Line {
        bytes,
        group: group_line(bytes),
    })
}

fn group_line(line: &[u8]) -> Option<GroupLine<'_>> {
    let [name, password, gid, members] = line::fields(line)?;
    Some(GroupLine {
        name,
        password,
        gid: word::gid(gid)?,
        members,
    })
}
