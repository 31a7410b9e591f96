//! What will be done: steps in order, each with its reason. `render` prints this value, `act` performs it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::capability::CapSet;
use crate::facts::{Capabilities, Meant, Variable};
use crate::ids::{Gid, Uid};
use crate::ownership::Ownership;
use crate::permission::Umask;
use crate::refusal::Finding;

pub use crate::request::{Endpoint, Forward, Init};

/// The whole of a start that goes ahead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Whom COMMAND will run as.
    pub identity: Identity,
    /// What became of each path, in the order in which they were asked for.
    pub grants: Vec<Grant>,
    /// Every gid through which a granted path is reached: the `group_add` that this start replaces.
    pub group_add: Vec<Gid>,
    /// What to do, in order.
    pub steps: Vec<Planned>,
    /// What the operator should know.
    pub findings: Vec<Finding>,
}

impl Plan {
    /// The steps that replace a file.
    pub fn edits(&self) -> impl Iterator<Item = &FileEdit> {
        self.steps.iter().filter_map(|planned| match &planned.step {
            Step::EditFile(edit) => Some(edit),
            Step::Own(_)
            | Step::DropBoundingSet(_)
            | Step::SetGroups(_)
            | Step::SetGid(_)
            | Step::SetUid { .. }
            | Step::SetCapabilities(_)
            | Step::SetNoNewPrivileges
            | Step::SetUmask(_)
            | Step::Verify(_)
            | Step::Execute(_)
            | Step::Supervise(_)
            | Step::Connect(_) => None,
        })
    }
}

impl Plan {
    /// The trees that change hands.
    pub fn ownerships(&self) -> impl Iterator<Item = &Ownership> {
        self.steps
            .iter()
            .filter_map(|planned| planned.step.ownership())
    }
}

impl Step {
    /// The tree that changes hands, if this step is about one.
    #[must_use]
    pub fn ownership(&self) -> Option<&Ownership> {
        match self {
            Self::Own(ownership) => Some(ownership),
            Self::EditFile(_)
            | Self::DropBoundingSet(_)
            | Self::SetGroups(_)
            | Self::SetGid(_)
            | Self::SetUid { .. }
            | Self::SetCapabilities(_)
            | Self::SetNoNewPrivileges
            | Self::SetUmask(_)
            | Self::Verify(_)
            | Self::Execute(_)
            | Self::Supervise(_)
            | Self::Connect(_) => None,
        }
    }
}

/// Whom COMMAND runs as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// User id; never 0.
    pub uid: Uid,
    /// Primary group.
    pub gid: Gid,
    /// Supplementary groups: sorted, no duplicates, with the primary one.
    pub groups: Vec<Gid>,
    /// The account's name; `None` without an account.
    pub name: Option<OsString>,
    /// Home directory; `/` without one.
    pub home: OsString,
}

/// A path and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// As it was asked for; a pattern where nothing is called so.
    pub path: PathBuf,
    /// What is meant to be there.
    pub meant: Meant,
    /// The judgement.
    pub verdict: Verdict,
    /// The groups without which the identity would not get there: the socket's, or a directory's on the way.
    pub gids: Vec<Gid>,
}

/// How the identity reaches a path (contract 5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It could anyway: no grant.
    Open(Class),
    /// Through a group that it gets for this.
    Granted {
        /// The group.
        gid: Gid,
        /// Whose entry it is.
        through: Through,
        /// Its name in /etc/group, now or after the edit.
        name: Option<String>,
    },
    /// Not at all; a finding says why.
    Closed,
}

/// The class of acl(5) that decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The owner.
    Owner,
    /// A named user of the ACL.
    NamedUser,
    /// This group: owning or named.
    Group(Gid),
    /// Everyone else.
    Other,
    /// The kernel let our own process in, through a group that this user namespace cannot name.
    Unnamed,
}

/// Which entry of a path's permissions names the granted group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Through {
    /// The owning group.
    OwningGroup,
    /// A named group of the ACL.
    AclEntry,
}

/// A step and why it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// What to do.
    pub step: Step,
    /// Why.
    pub reason: &'static str,
}

/// The whole vocabulary of change, in the order of a plan (contract 9 and 10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Replace a file of /etc.
    EditFile(FileEdit),
    /// fchownat(2) of a tree.
    Own(Ownership),
    /// prctl(2) PR_CAPBSET_DROP for each of these.
    DropBoundingSet(CapSet),
    /// setgroups(2).
    SetGroups(Vec<Gid>),
    /// setresgid(2): real, effective, saved; the filesystem gid follows.
    SetGid(Gid),
    /// setresuid(2): real, effective, saved; the filesystem uid follows.
    SetUid {
        /// The uid.
        uid: Uid,
        /// Set the keep-capabilities flag first (PR_SET_KEEPCAPS): there is something to keep.
        keep_permitted: bool,
    },
    /// capset(2) and PR_CAP_AMBIENT: exactly these stay permitted, effective, inheritable and ambient.
    SetCapabilities(CapSet),
    /// prctl(2) PR_SET_NO_NEW_PRIVS.
    SetNoNewPrivileges,
    /// umask(2).
    SetUmask(Umask),
    /// Read everything back, and try to become root again.
    Verify(Expected),
    /// execve(2).
    Execute(Command),
    /// fork(2) and execve(2), then stay: forward signals, reap, and end as COMMAND ended.
    Supervise(Supervision),
    /// connect(2) and two requests, in place of a command.
    Connect(Connection),
}

/// A file of /etc before and after: `act` writes `new` only where it still finds `old`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileEdit {
    /// The file.
    pub path: PathBuf,
    /// The whole content that the decision was made on.
    pub old: Vec<u8>,
    /// The whole content afterwards.
    pub new: Vec<u8>,
    /// The lines that differ, in the order of the file.
    pub changes: Vec<LineChange>,
}

/// One line that an edit changes, without its newline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineChange {
    /// As it was; `None` for a new line.
    pub old: Option<Vec<u8>>,
    /// As it will be; `None` for a line that goes.
    pub new: Option<Vec<u8>>,
}

/// What the kernel must say about us before COMMAND is executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// All four user ids.
    pub uid: Uid,
    /// All four group ids.
    pub gid: Gid,
    /// Supplementary groups, as a set: the kernel sorts them.
    pub groups: Vec<Gid>,
    /// All five capability sets.
    pub capabilities: Capabilities,
    /// no_new_privs.
    pub no_new_privileges: bool,
}

/// COMMAND as our child.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Supervision {
    /// COMMAND.
    pub command: Command,
    /// Who gets the signals that we get, and how long what is left may take.
    pub init: Init,
    /// Are we PID 1 of our PID namespace? Otherwise orphans come to us as to a subreaper.
    pub is_pid_1: bool,
}

/// What a check asks, and how long all of it may take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Each must answer.
    pub targets: Vec<Target>,
    /// The bound for all of them together.
    pub timeout: Duration,
}

/// An engine to ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What seems to be in the way; the kernel has the last word.
    pub finding: Option<Finding>,
}

/// COMMAND.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The files to try, in order (execvp(3), without its fall-back to a shell).
    pub candidates: Vec<PathBuf>,
    /// Its arguments, the name it was called by included.
    pub argv: Vec<OsString>,
    /// Variables that replace those of our own environment.
    pub environment: Vec<Variable>,
}
