//! The lines of /etc/group and what is wanted → what is missing, what is stale, and the edits of both files.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::account::{GroupLine, GroupName};
use crate::decide::group_file::{Wanted, WantedGroups};
use crate::decide::numbers::Renumbering;
use crate::decide::sensitive::{is_of_devices, is_sensitive};
use crate::facts::EtcFile;
use crate::ids::Gid;
use crate::parse;
use crate::parse::edit::LineEdit;
use crate::refusal::Finding;

/// What is to change, found in one pass over the lines.
pub(super) struct Survey<'a> {
    user: Option<&'a OsStr>,
    wanted: &'a WantedGroups,
    /// Lines of ours that nobody needs: index and name.
    stale: Vec<(usize, Vec<u8>)>,
    /// What is missing.
    pub(super) additions: Vec<Addition>,
    /// What becomes of each wanted gid.
    rows: Vec<Row>,
}

/// What becomes of a wanted gid.
struct Row {
    /// The name of its group after the edit.
    name: Option<String>,
    /// Does its group exist already, made by someone else?
    is_reused: bool,
    /// Does it get a line that is not there yet?
    is_new: bool,
}

/// One line or membership that is missing.
pub(super) struct Addition {
    gid: Gid,
    name: Vec<u8>,
    /// The line to add the user to; `None` where there is none with that gid.
    line: Option<usize>,
    /// Who joins; empty for a primary group, which lists nobody.
    member: Vec<u8>,
}

/// What the file says about one wanted gid.
#[derive(Clone, Default)]
struct Seen<'a> {
    /// The first line with it, or the first of ours: a member of the image's group is one for good, and would make our
    /// line needless on the next start.
    line: Option<(usize, GroupLine<'a>)>,
    is_listed: bool,
}

/// The names that are taken, found when the first new one is looked for.
type Taken = Option<BTreeSet<Vec<u8>>>;

impl<'a> Survey<'a> {
    /// `renumbered` is what is carried out of the renumbering, and `kept` the line that its group rests on.
    pub(super) fn of(
        group: &[u8],
        user: Option<&'a OsStr>,
        wanted: &'a WantedGroups,
        renumbered: Option<&Renumbering>,
        kept: Option<usize>,
    ) -> Self {
        let mut seen = vec![Seen::default(); wanted.groups.len()];
        let mut stale = Vec::new();
        for (index, line) in parse::group::lines(group).enumerate() {
            let Some(group) = line.group else { continue };
            match wanted
                .place(group.gid)
                .and_then(|place| seen.get_mut(place))
            {
                Some(seen) => {
                    let is_better =
                        |(_, first): &(usize, GroupLine)| group.is_ours() && !first.is_ours();
                    if seen.line.as_ref().is_none_or(is_better) {
                        seen.line = Some((index, group));
                    }
                    seen.is_listed |= user.is_some_and(|user| group.lists(user.as_bytes()));
                }
                None if group.is_ours() && kept != Some(index) => {
                    stale.push((index, group.name.to_vec()));
                }
                None => {}
            }
        }
        let mut survey = Self {
            user,
            wanted,
            stale,
            additions: Vec::new(),
            rows: Vec::with_capacity(wanted.groups.len()),
        };
        let mut taken = None;
        for (wanted, seen) in wanted.groups.iter().zip(seen) {
            survey.add(group, wanted, &seen, &mut taken);
        }
        if let Some((gid, name)) = renumbered.and_then(Renumbering::new_group) {
            survey.add_primary(group, gid, name, &mut taken);
        }
        survey
    }

    fn add(&mut self, group: &[u8], wanted: &Wanted, seen: &Seen, taken: &mut Taken) {
        let existing = seen.line.map(|(_, line)| Cow::Borrowed(line.name));
        let is_missing = self.user.is_some() && !seen.is_listed;
        let name = match existing {
            Some(name) => Some(name),
            None if is_missing => {
                let Wanted { gid, name, .. } = wanted;
                let names = vec![name.clone(), format!("{name}{gid}")];
                Some(Cow::Owned(self.free_name(group, *gid, names, taken)))
            }
            None => None,
        };
        if let Some(name) = &name
            && is_missing
        {
            let line = seen.line.map(|(index, _)| index);
            self.additions.push(Addition {
                gid: wanted.gid,
                name: name.to_vec(),
                line,
                member: self.user.map(OsStr::as_bytes).unwrap_or_default().to_vec(),
            });
        }
        self.rows.push(Row {
            name: name.map(|name| String::from_utf8_lossy(&name).into_owned()),
            is_reused: seen.line.is_some_and(|(_, line)| !line.is_ours()),
            is_new: is_missing && seen.line.is_none(),
        });
    }

    /// The line of the account's primary group, called as the account: it has no members.
    #[cold]
    fn add_primary(&mut self, group: &[u8], gid: Gid, account: &OsStr, taken: &mut Taken) {
        let name = account.to_str().and_then(GroupName::new);
        let names = name.map(|name| name.as_str().to_owned());
        let name = self.free_name(group, gid, names.into_iter().collect(), taken);
        self.additions.push(Addition {
            gid,
            name,
            line: None,
            member: Vec::new(),
        });
    }

    /// The first of `names`, `host988` and so on that no line claims, nor another addition.
    #[cold]
    fn free_name(
        &self,
        group: &[u8],
        gid: Gid,
        mut names: Vec<String>,
        taken: &mut Taken,
    ) -> Vec<u8> {
        let taken = taken.get_or_insert_with(|| self.taken_names(group));
        let is_free = |candidate: &String| {
            candidate.len() <= GroupName::MAX_LENGTH && !taken.contains(candidate.as_bytes())
        };
        names.push(format!("host{gid}"));
        let numbered = (2u32..).map(|number| format!("host{gid}_{number}"));
        let mut names = names.into_iter().chain(numbered);
        let name = names.find(is_free).unwrap_or_default().into_bytes();
        taken.insert(name.clone());
        name
    }

    /// What any line claims, but those of ours that go.
    fn taken_names(&self, group: &[u8]) -> BTreeSet<Vec<u8>> {
        let stays = |index: usize| {
            self.stale
                .binary_search_by_key(&index, |(stale, _)| *stale)
                .is_err()
        };
        let lines = parse::group::lines(group).enumerate();
        let stay = lines.filter(|(index, _)| stays(*index));
        let mut taken = BTreeSet::new();
        taken.extend(stay.map(|(_, line)| line.claimed_name().to_vec()));
        taken
    }

    /// Is everybody where they should be, and nobody where they should not?
    pub(super) fn is_settled(&self) -> bool {
        self.stale.is_empty() && self.additions.is_empty()
    }

    /// Names of the groups after the edit, or of those that exist without it.
    pub(super) fn into_names(self, is_edited: bool) -> Vec<Option<String>> {
        let rows = self.rows.into_iter();
        rows.map(|row| row.name.filter(|_| is_edited || !row.is_new))
            .collect()
    }

    pub(super) fn sensitive(&self) -> impl Iterator<Item = Finding> {
        let rows = self.wanted.groups.iter().zip(&self.rows);
        rows.filter_map(|(wanted, row)| {
            let means_something = |name: &&String| {
                let name = name.as_bytes();
                is_sensitive(name) && !(wanted.opens_device && is_of_devices(name))
            };
            let name = row.name.as_ref().filter(|_| row.is_reused);
            let name = name.filter(means_something)?;
            let is_news = !wanted.is_deliberate && !wanted.gid.is_root();
            is_news.then(|| Finding::SensitiveGroup {
                name: name.clone(),
                gid: wanted.gid,
            })
        })
    }

    pub(super) fn group_edits(&self) -> Vec<LineEdit> {
        let removals = self.stale.iter().map(|(index, _)| LineEdit::Remove(*index));
        let additions = self.additions.iter().map(|addition| match addition.line {
            Some(line) => LineEdit::AddMember {
                line,
                member: addition.member.clone(),
            },
            None => {
                let gid = addition.gid.to_string();
                let fields: [&[u8]; 4] = [
                    &addition.name,
                    GroupLine::OURS,
                    gid.as_bytes(),
                    &addition.member,
                ];
                LineEdit::Append(fields.join(&b':'))
            }
        });
        removals.chain(additions).collect()
    }

    /// The same for gshadow(5), by name: that file has no gids.
    #[cold]
    pub(super) fn gshadow_edits(&self, file: &EtcFile) -> Vec<LineEdit> {
        let (mut stale, mut added, mut met) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        stale.extend(self.stale.iter().map(|(_, name)| name.clone()));
        let members = self.additions.iter().map(|new| (&new.name, &new.member));
        added.extend(members.map(|(name, member)| (name.clone(), member)));
        let mut edits = Vec::new();
        for (index, line) in parse::gshadow::lines(&file.bytes).enumerate() {
            let Some(line) = line else { continue };
            if let Some(member) = added.get(line.name) {
                met.insert(line.name.to_vec());
                if !member.is_empty() && !line.lists(member) {
                    edits.push(LineEdit::AddMember {
                        line: index,
                        member: (*member).clone(),
                    });
                }
            } else if stale.contains(line.name) && line.is_ours() {
                edits.push(LineEdit::Remove(index));
            }
        }
        let missing = self.additions.iter().filter(|new| !met.contains(&new.name));
        edits.extend(missing.map(|new| {
            let fields: [&[u8]; 4] = [&new.name, GroupLine::OURS, b"", &new.member];
            LineEdit::Append(fields.join(&b':'))
        }));
        edits
    }
}
