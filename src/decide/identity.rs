//! The user spec, the account files and our process → the identity before any grant (contract 6).

use std::ffi::{OsStr, OsString};

use crate::account::{ASSUMED_ID, Account, UserRef};
use crate::decide::groups::{
    account_groups, extra_groups, find_gid, inherited, only_gid, only_group,
};
use crate::decide::numbers::{self, Primary, Renumbering};
use crate::decide::start::Start;
use crate::facts::{Accounts, Facts};
use crate::ids::{Gid, Uid};
use crate::parse;
use crate::refusal::{Finding, Refusal};
use crate::request::{Mode, Request};

/// Whom the command will be, before any grant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Person {
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    /// Supplementary groups, with the primary one; in no order, and one may be there twice.
    pub(super) groups: Vec<Gid>,
    /// The account; `None` for numbers without one.
    pub(super) account: Option<Account>,
    /// What the account files have to say for `--uid` and `--gid`.
    pub(super) renumbering: Option<Renumbering>,
    /// `--group`, resolved: the gid, and the name for a new line.
    pub(super) extra: Vec<Extra>,
}

/// One `--group`, resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Extra {
    pub(super) gid: Gid,
    /// What a line for it would be called; `None` where only the number is known.
    pub(super) name: Option<String>,
    /// Was the group named, so that whoever asked knows what it means?
    pub(super) is_deliberate: bool,
}

impl Person {
    pub(super) fn name(&self) -> Option<&OsStr> {
        self.account
            .as_ref()
            .map(|account| account.name.as_os_str())
    }

    /// HOME: the account's, or `/` without one or with an empty field.
    pub(super) fn home(&self) -> OsString {
        match &self.account {
            Some(account) if !account.home.is_empty() => account.home.clone(),
            Some(_) | None => OsString::from("/"),
        }
    }
}

/// Resolve the identity of `start`; findings are added to `findings`.
pub(super) fn resolve(
    request: &Request,
    facts: &Facts,
    start: &Start,
    findings: &mut Vec<Finding>,
) -> Result<Person, Refusal> {
    if start.is_root {
        of_root_start(request, facts, start, findings)
    } else {
        Ok(unchanged(request, facts, findings))
    }
}

/// A process that is not root stays who it is, whatever `--user` says.
#[cold]
fn unchanged(request: &Request, facts: &Facts, findings: &mut Vec<Finding>) -> Person {
    let process = &facts.process;
    let (uid, gid) = (process.uid.effective, process.gid.effective);
    let has_numbers = request.uid.is_none_or(|wanted| wanted == uid)
        && request.gid.is_none_or(|wanted| wanted == gid);
    if !has_numbers {
        findings.push(Finding::NotTheNumbers {
            uid: request.uid,
            gid: request.gid,
            own: (uid, gid),
        });
    } else if named_ids(request, &facts.accounts) != Some((uid, gid)) {
        findings.push(Finding::NotTheUser {
            spec: request.user.clone(),
            uid,
            gid,
        });
    }
    let groups = process.groups.iter().copied().chain([gid]).collect();
    let account = find_account(&UserRef::Uid(uid), &facts.accounts);
    Person {
        uid,
        gid,
        groups,
        account,
        renumbering: None,
        extra: Vec::new(),
    }
}

/// The ids that the spec names, where it can be resolved; the numbers that were asked for override them.
fn named_ids(request: &Request, accounts: &Accounts) -> Option<(Uid, Gid)> {
    let account = find_account(&request.user.user, accounts);
    let of_user = || match &request.user.user {
        UserRef::Uid(uid) => Some(*uid),
        UserRef::Name(_) => account.as_ref().map(|account| account.uid),
    };
    let of_group = || match &request.user.group {
        Some(group) => find_gid(group, accounts).ok(),
        None => account.as_ref().map(|account| account.gid),
    };
    let uid = request.uid.or_else(of_user)?;
    let gid = request.gid.or_else(of_group)?;
    Some((uid, gid))
}

fn of_root_start(
    request: &Request,
    facts: &Facts,
    start: &Start,
    findings: &mut Vec<Finding>,
) -> Result<Person, Refusal> {
    let accounts = &facts.accounts;
    let spec = &request.user;
    let account = match find_account(&spec.user, accounts) {
        None if may_be_assumed(request) => assume(request, findings),
        None => renamed_by_number(request, accounts),
        found => found,
    };
    let uid = uid(request, account.as_ref())?;
    let renumbering = match &spec.user {
        UserRef::Name(name) => Renumbering::of(request, accounts, name),
        UserRef::Uid(_) => None,
    };
    let (gid, mut groups) = match (&spec.group, request.gid, &account) {
        (Some(_), Some(gid), _) | (None, Some(gid), None) => only_gid(gid, request)?,
        (Some(group), None, _) => only_group(group, request, accounts)?,
        (None, _, Some(account)) => {
            account_groups(account, request, accounts, renumbering.as_ref())?
        }
        (None, None, None) => return Err(Refusal::UidWithoutGroup { uid }),
    };
    // An assumed account is a number: no line can name it.
    let account = account.filter(|account| !account.name.is_empty());
    if let Some(account) = &account {
        findings.extend(numbers::uid_taken(request, accounts, &account.name));
    }
    let primary = renumbering
        .as_ref()
        .and_then(|found| found.primary.as_ref());
    findings.extend(primary.and_then(Primary::finding));
    if request.inherit_groups {
        groups.extend(inherited(facts, start, findings));
    }
    let extra = extra_groups(request, accounts)?;
    groups.extend(extra.iter().map(|extra| extra.gid));
    Ok(Person {
        uid,
        gid,
        groups,
        account: account.map(|account| Account {
            uid,
            gid: request.gid.unwrap_or(account.gid),
            ..account
        }),
        renumbering,
        extra,
    })
}

/// The uid of the command. Neither a number nor an account leads to 0, and a number does not lead away from it: an
/// account that is root is not made another one.
fn uid(request: &Request, account: Option<&Account>) -> Result<Uid, Refusal> {
    let named = match (&request.user.user, account) {
        (UserRef::Uid(uid), _) => *uid,
        (UserRef::Name(_), Some(account)) => account.uid,
        (UserRef::Name(name), None) => return Err(Refusal::UnknownUser { name: name.clone() }),
    };
    match request.uid {
        _ if named.is_root() => Err(Refusal::RootUser {
            user: request.user.user.clone(),
        }),
        Some(number) if number.is_root() => Err(Refusal::RootNumber),
        Some(number) => Ok(number),
        None => Ok(named),
    }
}

/// A uid without an account that another number takes the place of: the account of that one, if it has any.
#[cold]
fn renamed_by_number(request: &Request, accounts: &Accounts) -> Option<Account> {
    let number = UserRef::Uid(request.uid?);
    match &request.user.user {
        UserRef::Uid(_) => find_account(&number, accounts),
        UserRef::Name(_) => None,
    }
}

fn find_account(user: &UserRef, accounts: &Accounts) -> Option<Account> {
    let bytes = &accounts.passwd.bytes;
    let in_file = match user {
        UserRef::Name(name) => parse::passwd::by_name(bytes, name),
        UserRef::Uid(uid) => parse::passwd::by_uid(bytes, *uid),
    };
    let in_name_service = || {
        let account = &accounts.name_service.as_ref()?.account;
        let is_meant = match user {
            UserRef::Name(name) => account.name == *name,
            UserRef::Uid(uid) => account.uid == *uid,
        };
        is_meant.then(|| account.clone())
    };
    in_file.or_else(in_name_service)
}

/// In a dry run the default user need not exist: the image's accounts may be elsewhere (contract 7).
fn may_be_assumed(request: &Request) -> bool {
    match request.mode {
        Mode::DryRun { .. } => request.user_is_default,
        Mode::Start { .. } | Mode::Check { .. } => false,
    }
}

#[cold]
fn assume(request: &Request, findings: &mut Vec<Finding>) -> Option<Account> {
    let uid = request.uid.or(Uid::new(ASSUMED_ID))?;
    let gid = request.gid.or(Gid::new(ASSUMED_ID))?;
    let UserRef::Name(name) = &request.user.user else {
        return None;
    };
    findings.push(Finding::DefaultUserMissing {
        name: name.clone(),
        uid,
        gid,
    });
    Some(Account {
        name: OsString::new(),
        uid,
        gid,
        home: OsString::new(),
    })
}
