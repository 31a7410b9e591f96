//! /etc/passwd → its usable lines (passwd(5)).
//!
//! A line whose uid or gid is malformed or out of range grants nothing: other programs have read `xx` as uid 0.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{line, word};
use crate::account::Account;
use crate::ids::{Gid, Uid};

/// One usable line, borrowed from the file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountLine<'a> {
    /// Login name.
    pub name: &'a [u8],
    /// User id.
    pub uid: Uid,
    /// Primary group.
    pub gid: Gid,
    /// Home directory; may be empty.
    pub home: &'a [u8],
}

impl AccountLine<'_> {
    /// The same, with bytes of its own.
    #[must_use]
    pub fn to_account(&self) -> Account {
        Account {
            name: OsStr::from_bytes(self.name).to_owned(),
            uid: self.uid,
            gid: self.gid,
            home: OsStr::from_bytes(self.home).to_owned(),
        }
    }
}

/// Every line of the file, in order, so that a position is a line number; `None` where a line is not usable.
pub fn lines(file: &[u8]) -> impl Iterator<Item = Option<AccountLine<'_>>> {
    line::lines(file).map(account_line)
}

/// The usable lines, in the order of the file.
pub fn accounts(file: &[u8]) -> impl Iterator<Item = AccountLine<'_>> {
    lines(file).flatten()
}

/// The first usable line of that name.
#[must_use]
pub fn by_name(file: &[u8], name: &OsStr) -> Option<Account> {
    first(file, |account| account.name == name.as_bytes())
}

/// The first usable line with that uid.
#[must_use]
pub fn by_uid(file: &[u8], uid: Uid) -> Option<Account> {
    first(file, |account| account.uid == uid)
}

fn first(file: &[u8], is_meant: impl Fn(&AccountLine<'_>) -> bool) -> Option<Account> {
    let account = accounts(file).find(is_meant)?;
    Some(account.to_account())
}

/// Where a line has its uid, counted from 0 in fields.
pub const UID_FIELD: usize = 2;
/// And its gid.
pub const GID_FIELD: usize = 3;

fn account_line(line: &[u8]) -> Option<AccountLine<'_>> {
    let [name, _, uid, gid, _, home, _] = line::fields(line)?;
    Some(AccountLine {
        name,
        uid: word::uid(uid)?,
        gid: word::gid(gid)?,
        home,
    })
}
