//! The findings, as values, and how much each matters.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::account::UserSpec;
use crate::capability::{CapSet, Capability};
use crate::facts::{Access, Kind, Meant};
use crate::ids::{Gid, Uid};
use crate::permission::{Mode, Permission};
use crate::refusal::{GidZeroMeaning, GidZeroPath, OwnFinding};
use crate::request::LogLevel;

/// Whose number it is as well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// This account's.
    Uid(Uid, OsString),
    /// This group's.
    Gid(Gid, OsString),
}

/// Something that the operator should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// A socket does not exist.
    NotMounted {
        /// The path.
        path: PathBuf,
    },
    /// A directory where a socket is meant.
    DirectoryInstead {
        /// The path.
        path: PathBuf,
    },
    /// Something else where a socket is meant.
    NotASocket {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: Kind,
    },
    /// What `--grant` names does not exist.
    GrantNotFound {
        /// The path.
        path: PathBuf,
    },
    /// Nothing is called as a pattern of `--grant` has it.
    GlobMatchesNothing {
        /// The pattern.
        path: PathBuf,
    },
    /// A component of the path could not be looked at.
    Blocked {
        /// The path.
        path: PathBuf,
        /// What is meant to be there.
        meant: Meant,
        /// The component.
        at: PathBuf,
        /// errno(3).
        errno: i32,
        /// Its owner, group and mode, where it is a directory that could not be searched.
        directory: Option<(Uid, Gid, Mode)>,
        /// The group that a non-root start lacks to search it.
        missing: Option<Gid>,
    },
    /// Everyone may write the socket.
    WorldWritable {
        /// The path.
        path: PathBuf,
        /// Its mode.
        mode: Mode,
    },
    /// A grant would be needed, but the identity could redirect the path.
    Redirectable {
        /// The path.
        path: PathBuf,
        /// The directory or link that is not root's alone.
        at: PathBuf,
        /// Its owner.
        uid: Uid,
        /// Its mode.
        mode: Mode,
    },
    /// Membership would not help.
    GroupHasNothing {
        /// The path.
        path: PathBuf,
        /// What is meant to be there.
        meant: Meant,
        /// What the group would have to be given.
        wanted: Permission,
        /// Its group.
        gid: Gid,
        /// Its mode.
        mode: Mode,
        /// Does it carry an ACL?
        has_acl: bool,
    },
    /// A directory on the way keeps the identity out, with the grant and without.
    NotSearchable {
        /// The path.
        path: PathBuf,
        /// What is meant to be there.
        meant: Meant,
        /// The directory.
        directory: PathBuf,
        /// Its owner.
        uid: Uid,
        /// Its group.
        gid: Gid,
        /// Its mode.
        mode: Mode,
    },
    /// The group is not mapped in this user namespace.
    Unmapped {
        /// The path.
        path: PathBuf,
        /// What is meant to be there.
        meant: Meant,
        /// The overflow gid that stands in for it.
        gid: Gid,
    },
    /// GID 0 was allowed and is used.
    GidZeroAccepted {
        /// The path.
        path: PathBuf,
        /// What is meant to be there.
        meant: Meant,
        /// What GID 0 is here.
        meaning: GidZeroMeaning,
    },
    /// Non-root start: the socket's group is missing and would help.
    GroupMissing {
        /// The path.
        path: PathBuf,
        /// The group.
        gid: Gid,
        /// Our uid.
        uid: Uid,
        /// Our gid.
        own_gid: Gid,
    },
    /// Non-root start: only GID 0 would help, and we do not have it.
    GidZeroWouldHelp(GidZeroPath),
    /// Non-root start that has GID 0 without needing it.
    GidZeroHeld,
    /// Non-root start: we are not whom `--user` names.
    NotTheUser {
        /// Whom it names.
        spec: UserSpec,
        /// Our uid.
        uid: Uid,
        /// Our gid.
        gid: Gid,
    },
    /// Non-root start: we do not run under the numbers of `--uid` and `--gid`.
    NotTheNumbers {
        /// `--uid`.
        uid: Option<Uid>,
        /// `--gid`.
        gid: Option<Gid>,
        /// Ours.
        own: (Uid, Gid),
    },
    /// A number of `--uid` or `--gid` is somebody else's as well.
    NumberTaken(Taken),
    /// Dry run: the default user has no account here.
    DefaultUserMissing {
        /// Its name.
        name: OsString,
        /// The uid that is assumed.
        uid: Uid,
        /// The gid that is assumed.
        gid: Gid,
    },
    /// A file of /etc is left alone: the grant is in the process only.
    FileLeftAlone {
        /// The file.
        path: PathBuf,
        /// Why.
        access: Access,
    },
    /// The reused group means something in the image.
    SensitiveGroup {
        /// Its name.
        name: String,
        /// Its gid.
        gid: Gid,
    },
    /// Groups that the user namespace cannot name are lost in the drop.
    OverflowGroupDropped {
        /// The gid that stands in for them.
        gid: Gid,
    },
    /// The bounding set stays, for want of CAP_SETPCAP.
    BoundingSetStays {
        /// What is left in it.
        left: CapSet,
    },
    /// `--keep-cap`, and the runtime withheld it.
    KeepWithheld {
        /// The capability.
        capability: Capability,
    },
    /// About a path of `--own`.
    Own(OwnFinding),
    /// /proc is missing: the user namespace and our own file could not be looked at.
    NoProc,
    /// `DOCKER_HOST` names an engine that needs no socket.
    EngineElsewhere {
        /// Its value.
        docker_host: OsString,
    },
}

impl Finding {
    /// How loud it is.
    #[must_use]
    pub fn level(&self) -> LogLevel {
        match self {
            Self::EngineElsewhere { .. } => LogLevel::Info,
            Self::Own(finding) => finding.level(),
            Self::NotMounted { .. }
            | Self::DirectoryInstead { .. }
            | Self::NotASocket { .. }
            | Self::GrantNotFound { .. }
            | Self::GlobMatchesNothing { .. }
            | Self::Blocked { .. }
            | Self::WorldWritable { .. }
            | Self::Redirectable { .. }
            | Self::GroupHasNothing { .. }
            | Self::NotSearchable { .. }
            | Self::Unmapped { .. }
            | Self::GidZeroAccepted { .. }
            | Self::GroupMissing { .. }
            | Self::GidZeroWouldHelp(_)
            | Self::GidZeroHeld
            | Self::NotTheUser { .. }
            | Self::NotTheNumbers { .. }
            | Self::NumberTaken(_)
            | Self::DefaultUserMissing { .. }
            | Self::FileLeftAlone { .. }
            | Self::SensitiveGroup { .. }
            | Self::OverflowGroupDropped { .. }
            | Self::BoundingSetStays { .. }
            | Self::KeepWithheld { .. }
            | Self::NoProc => LogLevel::Warn,
        }
    }

    /// Does it leave a path out of reach (contract 5)? With `--require-socket` that refuses the start, where it is an
    /// engine's socket.
    #[must_use]
    pub fn is_out_of_reach(&self) -> bool {
        match self {
            Self::NotMounted { .. }
            | Self::DirectoryInstead { .. }
            | Self::NotASocket { .. }
            | Self::GrantNotFound { .. }
            | Self::GlobMatchesNothing { .. }
            | Self::Blocked { .. }
            | Self::Redirectable { .. }
            | Self::GroupHasNothing { .. }
            | Self::NotSearchable { .. }
            | Self::Unmapped { .. }
            | Self::GroupMissing { .. }
            | Self::GidZeroWouldHelp(_) => true,
            Self::EngineElsewhere { .. }
            | Self::WorldWritable { .. }
            | Self::GidZeroAccepted { .. }
            | Self::GidZeroHeld
            | Self::NotTheUser { .. }
            | Self::NotTheNumbers { .. }
            | Self::NumberTaken(_)
            | Self::DefaultUserMissing { .. }
            | Self::FileLeftAlone { .. }
            | Self::SensitiveGroup { .. }
            | Self::OverflowGroupDropped { .. }
            | Self::BoundingSetStays { .. }
            | Self::KeepWithheld { .. }
            | Self::Own(_)
            | Self::NoProc => false,
        }
    }
}
