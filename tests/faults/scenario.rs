//! A kind of start: the files that it finds and leaves, its words, and the identity that COMMAND may have.

use std::fs;
use std::os::unix::fs::chown;

use crate::left;
use crate::trace::Call;
use crate::world::{End, Start, World};

/// What COMMAND is: it tells all that the kernel knows of it.
const COMMAND: [&str; 2] = ["/bin/cat", "/proc/self/status"];

/// What is looked at of it.
const FIELDS: [&str; 9] = [
    "Uid",
    "Gid",
    "Groups",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "CapAmb",
    "NoNewPrivs",
];

/// A kind of start.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) options: &'static [&'static str],
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// The gid of the engine's socket, where there is one.
    pub(crate) socket: Option<u32>,
    pub(crate) files: [File; 3],
    pub(crate) identity: Identity,
    pub(crate) kind: Kind,
}

/// What comes of the options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// COMMAND in our place.
    Start,
    /// COMMAND as a child.
    Init,
    /// No COMMAND: an engine is asked.
    Check,
    /// COMMAND in our place, and a tree changed hands before.
    Own,
}

/// An account file: before the edit, and after it.
#[derive(Clone, Copy)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    /// What it also may say, where another file could not be replaced.
    pub(crate) between: &'static [&'static str],
}

impl File {
    pub(crate) fn is_whole(&self, found: &str) -> bool {
        found == self.before || found == self.after || self.between.contains(&found)
    }
}

/// What COMMAND is to be.
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: &'static [u32],
    /// Those that a path needs: where the path cannot be looked at, nothing is granted, and that is said.
    pub(crate) granted: &'static [u32],
    /// The mask of every capability set.
    pub(crate) kept: u64,
}

impl Identity {
    /// The fields that COMMAND prints; without those groups that a fault may cost.
    fn fields(&self, has_grant: bool) -> Vec<String> {
        let groups: Vec<_> = self
            .groups
            .iter()
            .filter(|gid| has_grant || !self.granted.contains(gid))
            .map(u32::to_string)
            .collect();
        let ids = |id: u32| [id; 4].map(|id| id.to_string()).join(" ");
        let mut fields = vec![ids(self.uid), ids(self.gid), groups.join(" ")];
        fields.extend([self.kept; 5].map(|mask| format!("{mask:016x}")));
        fields.push("1".to_owned());
        fields
    }
}

/// Who COMMAND was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ran {
    /// It did not run.
    Not,
    /// As planned.
    AsPlanned,
    /// As planned, but for the group of the path.
    WithoutTheGrant,
    /// As somebody else.
    Unplanned,
}

impl Scenario {
    /// Makes the world what this start finds.
    pub(crate) fn reset(&self, world: &World) {
        for entry in fs::read_dir(world.path("etc")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for file in &self.files {
            let is_secret = file.name == "etc/gshadow";
            world.write(
                file.name,
                file.before,
                if is_secret { 0o640 } else { 0o644 },
            );
            if is_secret {
                chown(world.path(file.name), Some(0), Some(42)).unwrap();
            }
        }
        if self.kind == Kind::Own {
            left::plant(world);
        }
    }

    pub(crate) fn start<'w>(&self, world: &'w World) -> Start<'w> {
        let command: &[&str] = if self.kind == Kind::Check {
            &[]
        } else {
            &COMMAND
        };
        let mut start = world.start(self.options.iter().chain(command));
        // It looks at every process that there is: those of others come and go.
        if self.kind == Kind::Check {
            start = start.alone();
        }
        for (name, value) in self.environment {
            start = start.env(*name, *value);
        }
        start
    }

    /// An init waits once less where COMMAND has ended before it looks, and lets go of its code before it waits.
    pub(crate) fn may_miss(&self, call: &Call) -> bool {
        let may_be_missed = ["madvise", "wait4", "rt_sigtimedwait"];
        self.kind == Kind::Init && may_be_missed.contains(&call.name.as_str())
    }

    pub(crate) fn ran(&self, end: &End) -> Ran {
        if end.stdout.is_empty() {
            return Ran::Not;
        }
        if self.kind == Kind::Check {
            let reached = "'/var/run/docker.sock': reached Docker Engine";
            let is_one_line = end.stdout.lines().count() == 1;
            return match end.code {
                // Killed as it ends, with everything said.
                0 | 137 if is_one_line && end.stdout.starts_with(reached) => Ran::AsPlanned,
                1 if is_one_line && !end.stdout.starts_with(reached) => Ran::Not,
                _ => Ran::Unplanned,
            };
        }
        let found = told(end);
        if found == self.identity.fields(true) {
            Ran::AsPlanned
        } else if found == self.identity.fields(false) {
            Ran::WithoutTheGrant
        } else {
            Ran::Unplanned
        }
    }
}

/// What COMMAND told of itself.
pub(crate) fn told(end: &End) -> Vec<String> {
    let is_there = |name: &&&str| end.stdout.contains(&format!("{name}:"));
    let fields = FIELDS.iter().filter(is_there);
    fields.map(|name| end.field(name)).collect()
}
