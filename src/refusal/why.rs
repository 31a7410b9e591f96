//! The reasons to refuse, as values.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::account::UserRef;
use crate::capability::{CapSet, Capability};
use crate::ids::Uid;
use crate::permission::Mode;
use crate::refusal::{Finding, GidZeroPath, GidZeroSource, OwnGuard};
use crate::request::DockerHostFault;

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
    /// uid 0 was asked for with `--uid`.
    RootNumber,
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
    /// `--own` of a path that must keep its owner.
    NotToBeOwned {
        /// As it was asked for.
        path: PathBuf,
        /// What is in the way.
        at: PathBuf,
        /// Why.
        guard: OwnGuard,
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
