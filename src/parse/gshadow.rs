//! /etc/gshadow → its lines (gshadow(5)).

use super::line;
use crate::account::GroupLine;

/// One usable line, borrowed from the file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShadowLine<'a> {
    /// Group name.
    pub name: &'a [u8],
    /// Password field; ours says [`GroupLine::OURS`].
    pub password: &'a [u8],
    /// Administrators, separated by commas, as written.
    pub administrators: &'a [u8],
    /// Members, separated by commas, as written.
    pub members: &'a [u8],
}

impl ShadowLine<'_> {
    /// Did charon-init create this line?
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.password == GroupLine::OURS
    }

    /// Does it list `user` as a member? Exactly: a blank before a name is part of the name.
    #[must_use]
    pub fn lists(&self, user: &[u8]) -> bool {
        line::lists(self.members, user)
    }
}

/// Every line of the file, in order, so that a position is a line number; `None` where a line is not usable.
pub fn lines(file: &[u8]) -> impl Iterator<Item = Option<ShadowLine<'_>>> {
    line::lines(file).map(|line| {
        let [name, password, administrators, members] = line::fields(line)?;
        Some(ShadowLine {
            name,
            password,
            administrators,
            members,
        })
    })
}
