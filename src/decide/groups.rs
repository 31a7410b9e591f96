//! The spec, /etc/group and our process → the groups of the identity before any grant (contract 6).

use std::os::unix::ffi::OsStrExt;

use crate::account::{Account, GroupRef, GroupSpec};
use crate::decide::identity::Extra;
use crate::decide::numbers::Renumbering;
use crate::decide::start::Start;
use crate::facts::{Accounts, Facts};
use crate::ids::Gid;
use crate::parse;
use crate::refusal::{Finding, GidZeroSource, Refusal};
use crate::request::Request;

/// `user:group`: that group alone.
#[cold]
pub(super) fn only_group(
    group: &GroupRef,
    request: &Request,
    accounts: &Accounts,
) -> Result<(Gid, Vec<Gid>), Refusal> {
    let gid = find_gid(group, accounts)?;
    refuse_gid_zero(gid, request, || GidZeroSource::Spec)?;
    Ok((gid, vec![gid]))
}

/// `--gid` where there is no account, or where the spec names a group: that group alone.
#[cold]
pub(super) fn only_gid(gid: Gid, request: &Request) -> Result<(Gid, Vec<Gid>), Refusal> {
    refuse_gid_zero(gid, request, || GidZeroSource::Number)?;
    Ok((gid, vec![gid]))
}

/// The account's gid, or that of `--gid` in its place, and every group that lists it, as initgroups(3) has it, less the lines that we made: those are
/// there only for a grant, and this start decides anew whether it needs it.
pub(super) fn account_groups(
    account: &Account,
    request: &Request,
    accounts: &Accounts,
    renumbering: Option<&Renumbering>,
) -> Result<(Gid, Vec<Gid>), Refusal> {
    let (gid, mut groups) = match request.gid {
        Some(gid) => only_gid(gid, request)?,
        None => {
            refuse_gid_zero(account.gid, request, || GidZeroSource::PrimaryGroup {
                name: account.name.clone(),
            })?;
            (account.gid, vec![account.gid])
        }
    };
    for (index, line) in parse::group::lines(&accounts.group.bytes).enumerate() {
        let Some(group) = line.group else { continue };
        let is_renumbered = renumbering.is_some_and(|renumbering| renumbering.takes_along(index));
        if !group.lists(account.name.as_bytes()) || group.is_ours() || is_renumbered {
            continue;
        }
        refuse_gid_zero(group.gid, request, || GidZeroSource::Membership {
            name: account.name.clone(),
            group: String::from_utf8_lossy(group.name).into_owned(),
        })?;
        groups.push(group.gid);
    }
    if let Some(service) = &accounts.name_service
        && service.account == *account
    {
        // Among them is the primary one, which another number takes the place of.
        let is_replaced = |gid: &&Gid| request.gid.is_some() && **gid == account.gid;
        for gid in service.groups.iter().filter(|gid| !is_replaced(gid)) {
            refuse_gid_zero(*gid, request, || GidZeroSource::Membership {
                name: account.name.clone(),
                group: "root".to_owned(),
            })?;
            groups.push(*gid);
        }
    }
    Ok((gid, groups))
}

/// What the runtime added to our process: its groups, less GID 0, less every group that names root as a member (engines
/// give root those by themselves), less the overflow gid, which setgroups(2) would turn into nogroup.
pub(super) fn inherited(facts: &Facts, start: &Start, findings: &mut Vec<Finding>) -> Vec<Gid> {
    let mut groups = start.process.groups.clone();
    groups.retain(|gid| !gid.is_root());
    if groups.is_empty() {
        return groups;
    }
    let lines = parse::group::lines(&facts.accounts.group.bytes).filter_map(|line| line.group);
    let of_root = lines.filter(|group| group.lists(b"root"));
    let mut of_root: Vec<Gid> = of_root.map(|group| group.gid).collect();
    of_root.sort_unstable();
    groups.retain(|gid| of_root.binary_search(gid).is_err());
    drop_overflow(&mut groups, facts, findings);
    groups
}

/// It stands for every group that has no number in this user namespace: setgroups(2) would make nogroup of it.
pub(super) fn drop_overflow(groups: &mut Vec<Gid>, facts: &Facts, findings: &mut Vec<Finding>) {
    let overflow = facts.namespace.overflow_gid;
    if facts.namespace.hides_groups() && groups.contains(&overflow) {
        groups.retain(|gid| *gid != overflow);
        findings.push(Finding::OverflowGroupDropped { gid: overflow });
    }
}

pub(super) fn extra_groups(request: &Request, accounts: &Accounts) -> Result<Vec<Extra>, Refusal> {
    let mut extra = Vec::new();
    for spec in &request.groups {
        let resolved = match spec {
            GroupSpec::Name(name) => Extra {
                gid: find_gid(&GroupRef::Name(name.clone()), accounts)?,
                name: None,
                is_deliberate: true,
            },
            GroupSpec::Gid(gid) => Extra {
                gid: *gid,
                name: None,
                is_deliberate: false,
            },
            GroupSpec::Named(name, gid) => Extra {
                gid: *gid,
                name: Some(name.as_str().to_owned()),
                is_deliberate: false,
            },
        };
        refuse_gid_zero(resolved.gid, request, || GidZeroSource::ExtraGroup)?;
        extra.push(resolved);
    }
    Ok(extra)
}

/// The gid of a group of the image. A line of ours is none: it may be gone after this start, and its gid is what the
/// host had at an earlier one.
pub(super) fn find_gid(group: &GroupRef, accounts: &Accounts) -> Result<Gid, Refusal> {
    match group {
        GroupRef::Gid(gid) => Ok(*gid),
        GroupRef::Name(name) => parse::group::lines(&accounts.group.bytes)
            .filter_map(|line| line.group)
            .find(|group| group.name == name.as_bytes() && !group.is_ours())
            .map(|group| group.gid)
            .ok_or_else(|| Refusal::UnknownGroup { name: name.clone() }),
    }
}

fn refuse_gid_zero(
    gid: Gid,
    request: &Request,
    source: impl FnOnce() -> GidZeroSource,
) -> Result<(), Refusal> {
    if gid.is_root() && !request.allow_gid_0 {
        return Err(Refusal::GidZeroIdentity { source: source() });
    }
    Ok(())
}
