//! `--user` and `--group` as they were written → references. Digits are always a number, never a name.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::word::number;
use crate::account::{GroupName, GroupRef, GroupSpec, UserRef, UserSpec};
use crate::ids::{Gid, Uid};

/// Why a specification means nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SpecFault {
    /// It does not have the form; what is wrong with it.
    Malformed(&'static str),
    /// A number above 4294967294: its digits.
    OutOfRange(String),
    /// A name for a new group that shadow-utils would refuse.
    BadName(OsString),
}

/// `name`, `uid`, `name:group`, `uid:gid` and the mixed forms.
///
/// # Errors
///
/// A [`SpecFault`] that says what is wrong; never [`SpecFault::BadName`], since a user's name is only looked up.
pub fn user_spec(text: &OsStr) -> Result<UserSpec, SpecFault> {
    let (user, group) = halves(text.as_bytes(), "it names no user")?;
    let user = match id(user, Uid::new)? {
        Some(uid) => UserRef::Uid(uid),
        None => UserRef::Name(OsStr::from_bytes(user).to_owned()),
    };
    let group = group.map(group_ref).transpose()?;
    Ok(UserSpec { user, group })
}

/// `name`, `gid` or `name:gid`.
///
/// # Errors
///
/// A [`SpecFault`] that says what is wrong.
pub fn group_spec(text: &OsStr) -> Result<GroupSpec, SpecFault> {
    let (group, new) = halves(text.as_bytes(), "it names no group")?;
    let Some(digits) = new else {
        return Ok(match group_ref(group)? {
            GroupRef::Name(name) => GroupSpec::Name(name),
            GroupRef::Gid(gid) => GroupSpec::Gid(gid),
        });
    };
    let gid = id(digits, Gid::new)?.ok_or(SpecFault::Malformed(
        "what stands after the colon is not a number",
    ))?;
    let name = str::from_utf8(group).ok().and_then(GroupName::new);
    let name = name.ok_or_else(|| SpecFault::BadName(OsStr::from_bytes(group).to_owned()))?;
    Ok(GroupSpec::Named(name, gid))
}

fn group_ref(text: &[u8]) -> Result<GroupRef, SpecFault> {
    Ok(match id(text, Gid::new)? {
        Some(gid) => GroupRef::Gid(gid),
        None => GroupRef::Name(OsStr::from_bytes(text).to_owned()),
    })
}

/// What stands before and after the one colon; both have to say something.
fn halves<'a>(
    text: &'a [u8],
    without_first: &'static str,
) -> Result<(&'a [u8], Option<&'a [u8]>), SpecFault> {
    let mut parts = text.split(|byte| *byte == b':');
    let first = parts.next().unwrap_or_default();
    let second = parts.next();
    if first.is_empty() {
        return Err(SpecFault::Malformed(without_first));
    }
    if parts.next().is_some() {
        return Err(SpecFault::Malformed("it has more than one colon"));
    }
    if second.is_some_and(<[u8]>::is_empty) {
        return Err(SpecFault::Malformed("nothing stands after the colon"));
    }
    Ok((first, second))
}

/// The id that `text` is, if it is a number at all.
///
/// # Errors
///
/// [`SpecFault::OutOfRange`] for a number that is no id.
pub fn id<T>(text: &[u8], new: impl Fn(u32) -> Option<T>) -> Result<Option<T>, SpecFault> {
    let Some(number) = number(text) else {
        return Ok(None);
    };
    match u32::try_from(number).ok().and_then(new) {
        Some(id) => Ok(Some(id)),
        None => Err(SpecFault::OutOfRange(
            String::from_utf8_lossy(text).into_owned(),
        )),
    }
}
