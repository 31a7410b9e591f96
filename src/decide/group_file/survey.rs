//! The lines of /etc/group and what is wanted → what is missing, what is stale, and the edits of both files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::account::{GroupLine, GroupName};
use crate::decide::group_file::Wanted;
use crate::facts::EtcFile;
use crate::ids::Gid;
use crate::parse;
use crate::parse::edit::LineEdit;
use crate::plan::{FileEdit, LineChange};
use crate::refusal::Finding;

/// Groups that mean something in an image: reusing one opens what it opens there.
const SENSITIVE: [&str; 41] = [
    "adm",
    "audio",
    "backup",
    "bin",
    "cdrom",
    "crontab",
    "daemon",
    "dialout",
    "disk",
    "floppy",
    "games",
    "input",
    "kmem",
    "kvm",
    "lp",
    "mail",
    "man",
    "messagebus",
    "news",
    "nobody",
    "nogroup",
    "operator",
    "ping",
    "plugdev",
    "proxy",
    "render",
    "root",
    "sasl",
    "shadow",
    "src",
    "ssh",
    "staff",
    "sudo",
    "sys",
    "systemd-journal",
    "tape",
    "tty",
    "users",
    "utmp",
    "video",
    "wheel",
];

/// What is to change, found in one pass over the lines.
pub(super) struct Survey<'a> {
    user: Option<&'a OsStr>,
    wanted: &'a [Wanted],
    /// Lines of ours that nobody needs: index and name.
    stale: Vec<(usize, Vec<u8>)>,
    /// What is missing.
    pub(super) additions: Vec<Addition>,
    /// Name per wanted gid after the edit.
    pub(super) names: Vec<Option<String>>,
    /// Does the group of each wanted gid exist already, made by someone else?
    reused: Vec<bool>,
}

/// One membership that is missing.
pub(super) struct Addition {
    gid: Gid,
    name: Vec<u8>,
    /// The line to add the user to; `None` where there is none with that gid.
    line: Option<usize>,
}

/// What the file says about one wanted gid.
#[derive(Clone, Default)]
struct Seen<'a> {
    /// The first line with it, or the first of ours: a member of the image's group is one for good, and would make our
    /// line needless on the next start.
    line: Option<(usize, GroupLine<'a>)>,
    is_listed: bool,
}

impl<'a> Survey<'a> {
    pub(super) fn of(group: &EtcFile, user: Option<&'a OsStr>, wanted: &'a [Wanted]) -> Self {
        let mut seen = vec![Seen::default(); wanted.len()];
        let mut stale = Vec::new();
        for (index, line) in parse::group::lines(&group.bytes).enumerate() {
            let Some(group) = line.group else { continue };
            let matching = wanted
                .iter()
                .zip(&mut seen)
                .find(|(wanted, _)| wanted.gid == group.gid);
            match matching {
                Some((_, seen)) => {
                    let is_better =
                        |(_, first): &(usize, GroupLine)| group.is_ours() && !first.is_ours();
                    if seen.line.as_ref().is_none_or(is_better) {
                        seen.line = Some((index, group));
                    }
                    seen.is_listed |= user.is_some_and(|user| group.lists(user.as_bytes()));
                }
                None if group.is_ours() => stale.push((index, group.name.to_vec())),
                None => {}
            }
        }
        let mut survey = Self {
            user,
            wanted,
            stale,
            additions: Vec::new(),
            names: Vec::new(),
            reused: Vec::new(),
        };
        for (wanted, seen) in wanted.iter().zip(seen) {
            survey.add(group, wanted, &seen);
        }
        survey
    }

    fn add(&mut self, group: &EtcFile, wanted: &Wanted, seen: &Seen) {
        self.reused
            .push(seen.line.is_some_and(|(_, line)| !line.is_ours()));
        let existing = seen.line.map(|(_, line)| line.name.to_vec());
        let is_missing = self.user.is_some() && !seen.is_listed;
        let name = match existing {
            Some(name) => Some(name),
            None if is_missing => Some(self.free_name(group, wanted).into_bytes()),
            None => None,
        };
        if let Some(name) = &name
            && is_missing
        {
            let line = seen.line.map(|(index, _)| index);
            self.additions.push(Addition {
                gid: wanted.gid,
                name: name.clone(),
                line,
            });
        }
        self.names
            .push(name.map(|name| String::from_utf8_lossy(&name).into_owned()));
    }

    /// `docker`, or `docker988` when that is taken, and so on: a name that no line claims, nor another addition. A line
    /// of ours that goes does not count.
    fn free_name(&self, group: &EtcFile, wanted: &Wanted) -> String {
        let Wanted { gid, name, .. } = wanted;
        let is_free = |candidate: &String| {
            let in_file = parse::group::lines(&group.bytes)
                .enumerate()
                .filter(|(index, _)| !self.stale.iter().any(|(stale, _)| stale == index))
                .any(|(_, line)| line.claimed_name() == candidate.as_bytes());
            !in_file
                && !self
                    .additions
                    .iter()
                    .any(|addition| addition.name == candidate.as_bytes())
        };
        let fitting = |candidate: &String| candidate.len() <= GroupName::MAX_LENGTH;
        let names = [name.clone(), format!("{name}{gid}"), format!("host{gid}")];
        let numbered = (2u32..).map(|number| format!("host{gid}_{number}"));
        names
            .into_iter()
            .chain(numbered)
            .filter(fitting)
            .find(is_free)
            .unwrap_or_default()
    }

    /// Names of the groups that exist, edit or no edit.
    pub(super) fn existing_names(&self) -> Vec<Option<String>> {
        let is_new = |wanted: &Wanted| {
            self.additions
                .iter()
                .any(|addition| addition.gid == wanted.gid && addition.line.is_none())
        };
        self.wanted
            .iter()
            .zip(&self.names)
            .map(|(wanted, name)| if is_new(wanted) { None } else { name.clone() })
            .collect()
    }

    pub(super) fn sensitive(&self) -> impl Iterator<Item = Finding> {
        let rows = self.wanted.iter().zip(&self.names).zip(&self.reused);
        rows.filter_map(|((wanted, name), is_reused)| {
            let name = name
                .as_ref()
                .filter(|name| *is_reused && SENSITIVE.contains(&name.as_str()))?;
            let is_news = !wanted.is_deliberate && !wanted.gid.is_root();
            is_news.then(|| Finding::SensitiveGroup {
                name: name.clone(),
                gid: wanted.gid,
            })
        })
    }

    pub(super) fn group_edit(&self, file: &EtcFile) -> Option<FileEdit> {
        let user = self.user.map(OsStr::as_bytes).unwrap_or_default();
        let removals = self.stale.iter().map(|(index, _)| LineEdit::Remove(*index));
        let additions = self.additions.iter().map(|addition| match addition.line {
            Some(line) => LineEdit::AddMember {
                line,
                member: user.to_vec(),
            },
            None => {
                let gid = addition.gid.to_string();
                LineEdit::Append(
                    [&addition.name, GroupLine::OURS, gid.as_bytes(), user].join(&b':'),
                )
            }
        });
        file_edit(
            "/etc/group",
            file,
            &removals.chain(additions).collect::<Vec<_>>(),
        )
    }

    /// The same for gshadow(5), by name: that file has no gids.
    pub(super) fn gshadow_edit(&self, file: &EtcFile) -> Option<FileEdit> {
        let user = self.user.map(OsStr::as_bytes).unwrap_or_default();
        let mut edits = Vec::new();
        for (index, line) in parse::gshadow::lines(&file.bytes).enumerate() {
            let Some(line) = line else { continue };
            let is_stale = self.stale.iter().any(|(_, name)| name == line.name);
            let addition = self
                .additions
                .iter()
                .find(|addition| addition.name == line.name);
            if addition.is_some() {
                if !line.lists(user) {
                    edits.push(LineEdit::AddMember {
                        line: index,
                        member: user.to_vec(),
                    });
                }
            } else if is_stale && line.password == GroupLine::OURS {
                edits.push(LineEdit::Remove(index));
            }
        }
        for addition in &self.additions {
            let exists = parse::gshadow::lines(&file.bytes)
                .flatten()
                .any(|line| line.name == addition.name);
            if !exists {
                edits.push(LineEdit::Append(
                    [&addition.name, GroupLine::OURS, b"", user].join(&b':'),
                ));
            }
        }
        file_edit("/etc/gshadow", file, &edits)
    }
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
