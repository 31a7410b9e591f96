//! Who is meant and what the account files say: user and group references, accounts, group lines.

use std::ffi::OsString;
use std::fmt;

use crate::ids::{Gid, Uid};

/// The uid and gid that a dry run assumes where the default user has no account: Charon's own numbers.
pub const ASSUMED_ID: u32 = 1000;

/// A user as it was written: digits are always a number, never a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UserRef {
    /// By name, to be looked up.
    Name(OsString),
    /// By number.
    Uid(Uid),
}

/// A group as it was written: digits are always a number, never a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupRef {
    /// By name, to be looked up.
    Name(OsString),
    /// By number.
    Gid(Gid),
}

/// What `--user` asks for: `name`, `uid`, `name:group`, `uid:gid` and the mixed forms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserSpec {
    /// Before the colon.
    pub user: UserRef,
    /// After the colon: this group alone instead of the account's.
    pub group: Option<GroupRef>,
}

/// What `--group` asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupSpec {
    /// `name`: a group of the image.
    Name(OsString),
    /// `gid`: with or without a group line.
    Gid(Gid),
    /// `name:gid`: that gid, and the name of the line where one has to be made.
    Named(GroupName, Gid),
}

/// A group name that shadow-utils accepts: `[a-z_][a-z0-9_-]*$?`, at most 32 bytes (groupadd(8)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupName(String);

impl GroupName {
    /// The longest name that shadow-utils accepts, in bytes (`GROUP_NAME_MAX_LENGTH`).
    pub const MAX_LENGTH: usize = 32;

    /// `name`, when shadow-utils would accept it.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let body = name.strip_suffix('$').unwrap_or(name);
        let mut bytes = body.bytes();
        let first = bytes.next()?;
        let starts_well = first.is_ascii_lowercase() || first == b'_';
        let goes_on_well = bytes.all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
        });
        (starts_well && goes_on_well && name.len() <= Self::MAX_LENGTH)
            .then(|| Self(name.to_owned()))
    }

    /// The name as text: it is plain ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One usable line of /etc/passwd, or what the name service says (passwd(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Login name.
    pub name: OsString,
    /// User id.
    pub uid: Uid,
    /// Primary group.
    pub gid: Gid,
    /// Home directory; empty where the field is.
    pub home: OsString,
}

/// One usable line of /etc/group, borrowed from the file's bytes (group(5)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupLine<'a> {
    /// Group name.
    pub name: &'a [u8],
    /// Password field; ours says [`GroupLine::OURS`].
    pub password: &'a [u8],
    /// Group id.
    pub gid: Gid,
    /// Members, separated by commas, as written.
    pub members: &'a [u8],
}

impl GroupLine<'_> {
    /// The password field of a line that charon-init created (contract 9). It is no valid hash, so it locks the group.
    pub const OURS: &'static [u8] = b"!charon-init";

    /// Did charon-init create this line?
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.password == Self::OURS
    }

    /// Does it list `user`? Exactly: a blank before a name is part of the name.
    #[must_use]
    pub fn lists(&self, user: &[u8]) -> bool {
        !user.is_empty()
            && self
                .members
                .split(|byte| *byte == b',')
                .any(|member| member == user)
    }
}
