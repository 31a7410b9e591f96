//! Refusals and findings → what they are about, what is so, why, and what to do.
//!
//! The only place with those sentences. A *refusal* stops the start before anything was changed (exit 78); a
//! *finding* is something that the operator should know and that does not stop it.

mod findings;
mod refusals;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::account::{UserRef, UserSpec};
use crate::capability::{CapSet, Capability};
use crate::facts::{Access, Kind};
use crate::ids::{Gid, Uid};
use crate::permission::Mode;
use crate::request::DockerHostFault;

pub use crate::message::{Message, quoted};

/// Why the start is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The only way to a path is GID 0.
    GidZeroPath(GidZeroPath),
    /// The identity would be in GID 0 without a path that asks for it.
    GidZeroIdentity {
        /// Where it comes from.
        source: GidZeroSource,
    },
    /// uid 0 was asked for, as a number or through an account.
    RootUser {
        /// As it was written.
        user: UserRef,
    },
    /// No account of that name.
    UnknownUser {
        /// The name.
        name: OsString,
    },
    /// No group of that name.
    UnknownGroup {
        /// The name.
        name: OsString,
    },
    /// A uid without an account, and no group was given.
    UidWithoutGroup {
        /// The uid.
        uid: Uid,
    },
    /// A number above 4294967294.
    NumberOutOfRange {
        /// The flag or variable.
        source: String,
        /// The number as it was written.
        number: String,
    },
    /// A group name that shadow-utils would refuse.
    BadGroupName {
        /// The flag or variable.
        source: String,
        /// The name.
        name: OsString,
    },
    /// A variable whose value means nothing.
    BadVariable {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: OsString,
        /// What it takes.
        takes: String,
    },
    /// `DOCKER_HOST` without a scheme, without a path or with an unknown scheme.
    BadDockerHost {
        /// Its value.
        value: OsString,
        /// What is wrong with it.
        fault: DockerHostFault,
    },
    /// A name that is no capability.
    UnknownCapability {
        /// The flag or variable.
        source: String,
        /// The name.
        name: OsString,
    },
    /// A capability that leads back to root.
    KeepLeadsToRoot {
        /// The capability.
        capability: Capability,
    },
    /// Root without a capability that the plan needs.
    MissingCapabilities {
        /// Those that are missing.
        missing: CapSet,
    },
    /// Without CAP_SETPCAP the bounding set stays, and `--allow-new-privs` would leave it usable.
    BoundingSetWouldStay,
    /// The user namespace denies setgroups(2) and the list would have to change.
    SetgroupsDenied,
    /// An id of the identity is not mapped in our user namespace.
    NotMapped {
        /// `uid 1000` or `gid 988`.
        id: String,
    },
    /// COMMAND's file capabilities are not all in the bounding set that is left.
    CommandNeedsCapabilities {
        /// The file.
        path: PathBuf,
        /// Those that we would drop and `--keep-cap` would keep.
        dropped: CapSet,
        /// Those that the runtime withheld.
        withheld: CapSet,
    },
    /// `--require-socket`, and this finding leaves it out of reach.
    SocketOutOfReach {
        /// Why it is out of reach.
        finding: Box<Finding>,
    },
    /// Our binary has a set-id bit or file capabilities, or our real and effective ids differ.
    Elevated {
        /// What gives it away.
        how: Elevation,
    },
}

/// GID 0 as the only way to a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GidZeroPath {
    /// The path.
    pub path: PathBuf,
    /// Its owner.
    pub uid: Uid,
    /// Its group: 0, or another one where GID 0 opens a directory or stands in the ACL.
    pub gid: Gid,
    /// Its mode.
    pub mode: Mode,
    /// What GID 0 is here.
    pub meaning: GidZeroMeaning,
}

/// What GID 0 of this user namespace is on the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GidZeroMeaning {
    /// Root's group of the host.
    Host,
    /// This gid of the namespace's parent.
    Mapped(u32),
    /// Nothing outside.
    Unmapped,
}

/// Where an identity's GID 0 comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GidZeroSource {
    /// `--user NAME:0` or `--user NAME:root`.
    Spec,
    /// The account's line in /etc/passwd.
    PrimaryGroup {
        /// The account.
        name: OsString,
    },
    /// A line with gid 0 in /etc/group lists the account.
    Membership {
        /// The account.
        name: OsString,
        /// The group's name.
        group: String,
    },
    /// `--group`.
    ExtraGroup,
}

/// What gives away that our binary was installed with privileges of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elevation {
    /// A setuid or setgid bit.
    SetId(Mode),
    /// File capabilities.
    FileCapabilities,
    /// Real, effective, saved or filesystem ids differ.
    IdsDiffer,
}

/// A refusal, with what was found on the way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// What else the operator should know.
    pub findings: Vec<Finding>,
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
    /// A component of the path could not be looked at.
    Blocked {
        /// The path.
        path: PathBuf,
        /// The component.
        at: PathBuf,
        /// errno(3).
        errno: i32,
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
        /// The overflow gid that stands in for it.
        gid: Gid,
    },
    /// GID 0 was allowed and is used.
    GidZeroAccepted {
        /// The path.
        path: PathBuf,
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
    /// /proc is missing: the user namespace and our own file could not be looked at.
    NoProc,
    /// `DOCKER_HOST` names an engine that needs no socket.
    EngineElsewhere {
        /// Its value.
        docker_host: OsString,
    },
}
