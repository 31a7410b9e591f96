//! The groups that the account needs and the files as they are → the files as they should be (contract 9).

mod survey;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::facts::{Access, Accounts};
use crate::ids::Gid;
use crate::plan::FileEdit;
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
    places: BTreeMap<Gid, usize>,
}

impl WantedGroups {
    pub(super) fn add(&mut self, group: Wanted) {
        let place = self.groups.len();
        if let Entry::Vacant(vacant) = self.places.entry(group.gid) {
            vacant.insert(place);
            self.groups.push(group);
        }
    }

    /// The place of a gid in the order.
    pub(super) fn place(&self, gid: Gid) -> Option<usize> {
        self.places.get(&gid).copied()
    }
}

/// What becomes of the files.
#[derive(Default)]
pub(super) struct Outcome {
    /// gshadow before group: a crash between the two leaves group asking for the rest on the next start.
    pub(super) edits: Vec<FileEdit>,
    /// The name under which each wanted gid is, or will be, known; in the order of `wanted`.
    pub(super) names: Vec<Option<String>>,
    pub(super) findings: Vec<Finding>,
}

/// Bring `user` into every wanted group, and take out the lines of ours that nobody needs any more.
pub(super) fn plan(
    accounts: &Accounts,
    user: Option<&OsStr>,
    wanted: &WantedGroups,
    may_edit: bool,
) -> Outcome {
    let survey = Survey::of(
        &accounts.group,
        user.filter(|user| can_be_listed(user)),
        wanted,
    );
    let mut outcome = Outcome {
        names: survey.names.clone(),
        ..Outcome::default()
    };
    outcome.findings.extend(survey.sensitive());
    if !may_edit {
        outcome.names = survey.existing_names();
        return outcome;
    }
    let edit = survey.group_edit(&accounts.group);
    let Some(edit) = edit else { return outcome };
    let shadow = accounts.gshadow.as_ref();
    let untouchable = [
        ("/etc/group", Some(&accounts.group)),
        ("/etc/gshadow", shadow),
    ]
    .into_iter()
    .filter_map(|(path, file)| file.map(|file| (path, file.access)))
    .find(|(_, access)| *access != Access::Replaceable);
    if let Some((path, access)) = untouchable {
        outcome.names = survey.existing_names();
        if !survey.additions.is_empty() {
            outcome.findings.push(Finding::FileLeftAlone {
                path: PathBuf::from(path),
                access,
            });
        }
        return outcome;
    }
    outcome
        .edits
        .extend(shadow.and_then(|shadow| survey.gshadow_edit(shadow)));
    outcome.edits.push(edit);
    outcome
}

/// A name with a comma would list other users, one with a colon or a newline would make a line.
fn can_be_listed(user: &OsStr) -> bool {
    !user.is_empty() && !user.as_bytes().iter().any(|byte| b",:\n\0".contains(byte))
}
