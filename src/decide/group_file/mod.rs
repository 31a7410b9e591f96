//! The groups that the account needs and the files as they are → the files as they should be (contract 9).

mod survey;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::decide::numbers::Renumbering;
use crate::facts::{Access, Accounts, EtcFile};
use crate::ids::Gid;
use crate::parse;
use crate::parse::edit::LineEdit;
use crate::plan::{FileEdit, LineChange};
use crate::refusal::Finding;

use survey::Survey;

/// A group that /etc/group should list the account in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) gid: Gid,
    /// What a new line would be called, unless the name is taken.
    pub(super) name: String,
    /// Is a group of that gid, whatever it is called, what the operator asked for by name?
    pub(super) is_deliberate: bool,
    /// Is it wanted for a device? Then the image's group of the same kind is no surprise.
    pub(super) opens_device: bool,
}

/// The groups that are wanted, one for each gid, in the order in which they came.
#[derive(Default)]
pub(super) struct WantedGroups {
    groups: Vec<Wanted>,
    /// Where each gid is in `groups`, by gid.
    places: Vec<(Gid, usize)>,
}

impl WantedGroups {
    pub(super) fn add(&mut self, group: Wanted) {
        if let Err(next) = self.find(group.gid) {
            self.places.insert(next, (group.gid, self.groups.len()));
            self.groups.push(group);
        }
    }

    /// The place of a gid in the order.
    pub(super) fn place(&self, gid: Gid) -> Option<usize> {
        let found = self.places.get(self.find(gid).ok()?);
        found.map(|(_, place)| *place)
    }

    fn find(&self, gid: Gid) -> Result<usize, usize> {
        self.places.binary_search_by_key(&gid, |(known, _)| *known)
    }
}

/// What becomes of the files.
#[derive(Default)]
pub(super) struct Outcome {
    /// gshadow before group before passwd: a crash between two of them leaves the next start asking for the rest. An
    /// account's gid is the last to change, because its old one is what the group to renumber is found by.
    pub(super) edits: Vec<FileEdit>,
    /// The name under which each wanted gid is, or will be, known; in the order of `wanted`.
    pub(super) names: Vec<Option<String>>,
    pub(super) findings: Vec<Finding>,
}

/// Bring `user` into every wanted group, give it the numbers of `renumbering`, and take out the lines of ours that nobody
/// needs any more.
pub(super) fn plan(
    accounts: &Accounts,
    user: Option<&OsStr>,
    wanted: &WantedGroups,
    renumbering: Option<&Renumbering>,
    may_edit: bool,
) -> Outcome {
    let obstacle = renumbering.and_then(|renumbering| renumbering.obstacle(accounts));
    let carried_out = renumbering.filter(|_| may_edit && obstacle.is_none());
    let own: Vec<LineEdit> = carried_out
        .and_then(Renumbering::group_edit)
        .into_iter()
        .collect();
    let primary = renumbering.and_then(|renumbering| renumbering.primary.as_ref());
    let kept = primary.and_then(|primary| primary.kept(carried_out.is_some()));
    // Setting a field moves no line: what is found in the renumbered file is where it was.
    let group = &accounts.group.bytes;
    let renumbered = match own.as_slice() {
        [] => Cow::Borrowed(group),
        own => Cow::Owned(parse::edit::edited(group, own).new),
    };
    let user = user.filter(|user| can_be_listed(user));
    let survey = Survey::of(&renumbered, user, wanted, carried_out, kept);
    let mut outcome = Outcome::default();
    outcome.findings.extend(survey.sensitive());
    // The latter is what nearly every start finds.
    if !may_edit || survey.is_settled() && renumbering.is_none() {
        outcome.names = survey.into_names(may_edit);
        return outcome;
    }
    let mut is_edited = true;
    let mut left_alone: Vec<(&str, Access)> = obstacle.into_iter().collect();
    let mut group_edits = own;
    let members = survey.group_edits();
    match untouchable(accounts) {
        _ if members.is_empty() => {}
        None => {
            group_edits.extend(members);
            outcome.edits.extend(gshadow_edit(accounts, &survey));
        }
        Some(found) => {
            is_edited = false;
            if !survey.additions.is_empty() && !left_alone.contains(&found) {
                left_alone.push(found);
            }
        }
    }
    let passwd_edits = carried_out.map_or_else(Vec::new, Renumbering::passwd_edits);
    let group = file_edit("/etc/group", &accounts.group, &group_edits);
    let passwd = file_edit("/etc/passwd", &accounts.passwd, &passwd_edits);
    outcome.edits.extend(group.into_iter().chain(passwd));
    outcome.findings.extend(left_alone.into_iter().map(finding));
    outcome.names = survey.into_names(is_edited);
    outcome
}

fn finding((path, access): (&str, Access)) -> Finding {
    Finding::FileLeftAlone {
        path: PathBuf::from(path),
        access,
    }
}

/// gshadow(5) in step with group, where it exists.
fn gshadow_edit(accounts: &Accounts, survey: &Survey) -> Option<FileEdit> {
    let file = accounts.gshadow.as_ref()?;
    file_edit("/etc/gshadow", file, &survey.gshadow_edits(file))
}

/// The first of the files that list members that cannot be replaced.
fn untouchable(accounts: &Accounts) -> Option<(&'static str, Access)> {
    [
        ("/etc/group", Some(&accounts.group)),
        ("/etc/gshadow", accounts.gshadow.as_ref()),
    ]
    .into_iter()
    .filter_map(|(path, file)| Some((path, file?.access)))
    .find(|(_, access)| *access != Access::Replaceable)
}

fn file_edit(path: &str, file: &EtcFile, edits: &[LineEdit]) -> Option<FileEdit> {
    if edits.is_empty() {
        return None;
    }
    let edited = parse::edit::edited(&file.bytes, edits);
    let changes = edited
        .changes
        .into_iter()
        .map(|(old, new)| LineChange { old, new })
        .collect();
    Some(FileEdit {
        path: PathBuf::from(path),
        old: file.bytes.clone(),
        new: edited.new,
        changes,
    })
}

/// A name with a comma would list other users, one with a colon or a newline would make a line.
fn can_be_listed(user: &OsStr) -> bool {
    !user.is_empty() && !user.as_bytes().iter().any(|byte| b",:\n\0".contains(byte))
}
