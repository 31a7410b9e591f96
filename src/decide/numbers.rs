//! `--uid`, `--gid` and the account → the lines of the account files that are to say so (contract 9).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::account::{Account, GroupLine};
use crate::decide::sensitive::is_sensitive;
use crate::facts::{Access, Accounts};
use crate::ids::{Gid, Uid};
use crate::parse;
use crate::parse::edit::LineEdit;
use crate::parse::group::GID_FIELD as GROUP_GID_FIELD;
use crate::parse::passwd::{GID_FIELD, UID_FIELD};
use crate::refusal::{Finding, Taken};
use crate::request::Request;

/// What the account files have to say for the numbers to resolve to the account's names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Renumbering {
    /// The account's line in /etc/passwd.
    line: usize,
    /// The uid that it is to have, where it has another one.
    uid: Option<Uid>,
    /// The same of the gid.
    gid: Option<Gid>,
    /// The account's name.
    name: OsString,
    /// What /etc/group has to say; `None` where no gid was asked for.
    pub(super) primary: Option<Primary>,
}

/// The group of `--gid` in /etc/group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Primary {
    pub(super) gid: Gid,
    /// The line of the account's own group, which takes the number.
    own: Option<Own>,
    /// Another line that has the number already.
    there: Option<There>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Own {
    line: usize,
    gid: Gid,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct There {
    line: usize,
    name: OsString,
    is_ours: bool,
}

impl Renumbering {
    /// For an account of /etc/passwd that was named. One that a number led to could not be found by it again on the next
    /// start; what is only in the name service, or nowhere, has no line.
    pub(super) fn of(request: &Request, accounts: &Accounts, name: &OsStr) -> Option<Self> {
        // GID 0 that was allowed is never written: it would outlive the permission.
        let wanted_gid = request.gid.filter(|gid| !gid.is_root());
        if request.uid.is_none() && wanted_gid.is_none() {
            return None;
        }
        let passwd = &accounts.passwd.bytes;
        let (line, account) = parse::passwd::lines(passwd)
            .enumerate()
            .filter_map(|(index, line)| Some((index, line?)))
            .find(|(_, line)| line.name == name.as_bytes())?;
        Some(Self {
            line,
            uid: request.uid.filter(|uid| *uid != account.uid),
            gid: wanted_gid.filter(|gid| *gid != account.gid),
            name: name.to_owned(),
            primary: wanted_gid.map(|gid| Primary::of(gid, accounts, &account.to_account())),
        })
    }

    /// The edits of /etc/passwd.
    #[cold]
    pub(super) fn passwd_edits(&self) -> Vec<LineEdit> {
        let set = |field, value: String| LineEdit::SetField {
            line: self.line,
            field,
            value: value.into_bytes(),
        };
        let uid = self.uid.map(|uid| set(UID_FIELD, uid.to_string()));
        let gid = self.gid.map(|gid| set(GID_FIELD, gid.to_string()));
        uid.into_iter().chain(gid).collect()
    }

    /// The edit of the account's own group.
    pub(super) fn group_edit(&self) -> Option<LineEdit> {
        let primary = self.primary.as_ref()?;
        let own = primary.own.filter(|own| own.gid != primary.gid)?;
        Some(LineEdit::SetField {
            line: own.line,
            field: GROUP_GID_FIELD,
            value: primary.gid.to_string().into_bytes(),
        })
    }

    /// The group that needs a new line, and whose name that is to have.
    pub(super) fn new_group(&self) -> Option<(Gid, &OsStr)> {
        let primary = self.primary.as_ref()?;
        let is_missing = primary.own.is_none() && primary.there.is_none();
        is_missing.then_some((primary.gid, self.name.as_os_str()))
    }

    /// The first file that would have to be replaced and cannot be. All of them are edited or none: half of it would
    /// name a group that the account is not in.
    #[cold]
    pub(super) fn obstacle(&self, accounts: &Accounts) -> Option<(&'static str, Access)> {
        let is_new = self.new_group().is_some();
        let edits_group = is_new || self.group_edit().is_some();
        let edits_passwd = self.uid.is_some() || self.gid.is_some();
        let gshadow = accounts.gshadow.as_ref();
        [
            ("/etc/passwd", edits_passwd.then_some(&accounts.passwd)),
            ("/etc/group", edits_group.then_some(&accounts.group)),
            ("/etc/gshadow", gshadow.filter(|_| is_new)),
        ]
        .into_iter()
        .filter_map(|(path, file)| Some((path, file?.access)))
        .find(|(_, access)| *access != Access::Replaceable)
    }

    /// Does this line of /etc/group turn into that of the new number, whoever it lists?
    pub(super) fn takes_along(&self, line: usize) -> bool {
        let own = self.primary.as_ref().and_then(|primary| primary.own);
        own.is_some_and(|own| own.line == line)
    }
}

impl Primary {
    fn of(gid: Gid, accounts: &Accounts, account: &Account) -> Self {
        let own = own_line(accounts, account);
        let bytes = &accounts.group.bytes;
        let mut there: Option<There> = None;
        for (line, group) in groups(bytes) {
            let is_other = own.is_none_or(|own| own.line != line);
            if group.gid != gid || !is_other {
                continue;
            }
            // A line of ours goes when nobody needs it: one of the image's is the better one to rest on.
            if there
                .as_ref()
                .is_none_or(|there| there.is_ours && !group.is_ours())
            {
                there = Some(There {
                    line,
                    name: OsStr::from_bytes(group.name).to_owned(),
                    is_ours: group.is_ours(),
                });
            }
        }
        Self { gid, own, there }
    }

    /// A line that stays as long as the number is asked for, ours or not.
    pub(super) fn kept(&self, is_carried_out: bool) -> Option<usize> {
        let there = self.there.as_ref().map(|there| there.line);
        there.filter(|_| self.own.is_none() || !is_carried_out)
    }

    /// The number means another group in the image, which the command is in now.
    pub(super) fn finding(&self) -> Option<Finding> {
        let there = self.there.as_ref().filter(|there| !there.is_ours)?;
        if self.own.is_some() {
            let taken = Taken::Gid(self.gid, there.name.clone());
            return Some(Finding::NumberTaken(taken));
        }
        is_sensitive(there.name.as_bytes()).then(|| Finding::SensitiveGroup {
            name: there.name.to_string_lossy().into_owned(),
            gid: self.gid,
        })
    }
}

/// The line of the account's own group, as `useradd -U` makes one: with its gid and its name, or else the only one with
/// its gid; and nobody else's. Renumbering a group that means something to others would take it away from them.
#[cold]
fn own_line(accounts: &Accounts, account: &Account) -> Option<Own> {
    let name = account.name.as_bytes();
    let bytes = &accounts.group.bytes;
    let is_named = |(_, group): &(usize, GroupLine)| group.name == name && !group.is_ours();
    let mut with_gid = groups(bytes).filter(|(_, group)| group.gid == account.gid);
    let candidate = match groups(bytes).find(is_named) {
        Some(named) => Some(named),
        // With a second line of that gid, nobody knows which of the two is meant.
        None => with_gid.next().filter(|_| with_gid.next().is_none()),
    };
    let (line, group) = candidate.filter(|(_, group)| group.gid == account.gid)?;
    let mut members = group.members.split(|byte| *byte == b',');
    let is_alone = members.all(|member| member.is_empty() || member == name);
    let is_shared = parse::passwd::accounts(&accounts.passwd.bytes)
        .filter(|other| other.gid == account.gid)
        .count()
        > 1;
    let is_private = is_alone && !is_shared && !group.gid.is_root();
    (is_private && !group.is_ours() && !is_sensitive(group.name)).then_some(Own {
        line,
        gid: group.gid,
    })
}

fn groups(file: &[u8]) -> impl Iterator<Item = (usize, GroupLine<'_>)> {
    let lines = parse::group::lines(file).enumerate();
    lines.filter_map(|(index, line)| Some((index, line.group?)))
}

/// The account that has the uid of `--uid` as well: it is told by its number, and so is the one that we start.
pub(super) fn uid_taken(request: &Request, accounts: &Accounts, name: &OsStr) -> Option<Finding> {
    let uid = request.uid?;
    let other = parse::passwd::accounts(&accounts.passwd.bytes)
        .find(|other| other.uid == uid && other.name != name.as_bytes())?;
    let other = OsString::from_vec(other.name.to_vec());
    Some(Finding::NumberTaken(Taken::Uid(uid, other)))
}
