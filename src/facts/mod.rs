//! What is so: our process, the account files, each granted path, the command. Read once, judged elsewhere.

mod own;
mod path;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::account::Account;
use crate::capability::CapSet;
use crate::ids::{Gid, IdMap, Uid};
use crate::permission::Mode;

pub use own::{OwnFacts, OwnFound, OwnPath};
pub use path::{Engine, Found, Kind, Meant, Node, PathFacts, Waypoint};

/// Everything that a decision rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Ourselves.
    pub process: Process,
    /// Our user namespace.
    pub namespace: UserNamespace,
    /// /etc and what is in it.
    pub accounts: Accounts,
    /// The paths that may need a grant, in the order in which they were asked for.
    pub paths: Vec<PathFacts>,
    /// The paths that are to be the identity's.
    pub own: OwnFacts,
    /// Where COMMAND could be; `None` without one.
    pub command: Option<CommandFacts>,
    /// PID 1, where root asks for a check and may look at it, or what is in its place: the server, unless something else
    /// stands before it.
    pub pid_1: Option<FirstProcess>,
}

/// Real, effective, saved and filesystem id (credentials(7)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdSet<T> {
    /// Real.
    pub real: T,
    /// Effective.
    pub effective: T,
    /// Saved.
    pub saved: T,
    /// Filesystem.
    pub filesystem: T,
}

impl<T: Copy + PartialEq> IdSet<T> {
    /// Four times the same.
    pub const fn all(id: T) -> Self {
        Self {
            real: id,
            effective: id,
            saved: id,
            filesystem: id,
        }
    }

    /// Is one of the four `id`?
    pub fn any_is(&self, id: T) -> bool {
        [self.real, self.effective, self.saved, self.filesystem].contains(&id)
    }
}

/// The five capability sets of a process (capabilities(7)).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Capabilities {
    /// Kept through execve(2) of files that ask for it.
    pub inheritable: CapSet,
    /// What may be made effective.
    pub permitted: CapSet,
    /// What the kernel checks.
    pub effective: CapSet,
    /// What execve(2) can ever give.
    pub bounding: CapSet,
    /// Kept through execve(2) of any file.
    pub ambient: CapSet,
}

/// Our process, as `/proc/self/status` tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// User ids.
    pub uid: IdSet<Uid>,
    /// Group ids.
    pub gid: IdSet<Gid>,
    /// Supplementary groups, in the kernel's order.
    pub groups: Vec<Gid>,
    /// Capability sets.
    pub capabilities: Capabilities,
    /// Is no_new_privs set?
    pub no_new_privileges: bool,
    /// What is wrong with our own executable, if anything is.
    pub executable: Executable,
    /// Are we PID 1 of our PID namespace (pid_namespaces(7))? Asked only for `--init`.
    pub is_pid_1: bool,
}

/// PID 1 of our PID namespace, or the process that our container was made for where PID 1 is another, as /proc tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirstProcess {
    /// User ids.
    pub uid: IdSet<Uid>,
    /// Group ids.
    pub gid: IdSet<Gid>,
    /// Supplementary groups, in the kernel's order.
    pub groups: Vec<Gid>,
    /// Do its control groups hold us too? Those of another container, whose PID namespace we share, do not.
    pub is_of_our_container: bool,
}

/// Whether our own binary is fit to run as root (contract 6, AT_SECURE).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Executable {
    /// No set-id bit, no file capability.
    Plain,
    /// A setuid or setgid bit.
    SetId(Mode),
    /// File capabilities.
    FileCapabilities,
    /// It could not be looked at, for want of /proc.
    Unknown,
}

/// Our user namespace (user_namespaces(7)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserNamespace {
    /// `/proc/self/uid_map`; the identity where /proc is missing.
    pub uid_map: IdMap,
    /// `/proc/self/gid_map`; the identity where /proc is missing.
    pub gid_map: IdMap,
    /// The uid that stands for every unmapped one.
    pub overflow_uid: Uid,
    /// The gid that stands for every unmapped one.
    pub overflow_gid: Gid,
    /// Does `/proc/self/setgroups` say `deny`?
    pub setgroups_denied: bool,
    /// False where /proc is missing: then the rest of this is a guess.
    pub is_known: bool,
}

impl UserNamespace {
    /// Can a group be one that it cannot name, and show as the overflow gid? Without /proc that has to be feared.
    #[must_use]
    pub fn hides_groups(&self) -> bool {
        !self.gid_map.is_identity() || !self.is_known
    }
}

/// The account files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accounts {
    /// /etc/passwd.
    pub passwd: EtcFile,
    /// /etc/group.
    pub group: EtcFile,
    /// /etc/gshadow; `None` where it does not exist.
    pub gshadow: Option<EtcFile>,
    /// What the name service knows beyond the files (dynamic builds only).
    pub name_service: Option<NameService>,
}

/// An account and its groups from LDAP, sssd and the like (nsswitch.conf(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameService {
    /// The account.
    pub account: Account,
    /// Its groups as initgroups(3) would set them.
    pub groups: Vec<Gid>,
}

/// A file of /etc that is edited as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EtcFile {
    /// Its content; empty where it could not be read.
    pub bytes: Vec<u8>,
    /// Whether it may be replaced.
    pub access: Access,
}

/// Whether a file of /etc can be replaced, and if not, why (contract 9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// It can.
    Replaceable,
    /// Not there.
    Missing,
    /// A symbolic link.
    SymbolicLink,
    /// A directory, a device, a socket or a FIFO.
    NotAFile,
    /// A mount point of its own: a rename over it gives EBUSY.
    MountPoint,
    /// On a read-only file system.
    ReadOnly,
    /// Its owner is not ours to give.
    ForeignOwner {
        /// Owner.
        uid: Uid,
        /// Group.
        gid: Gid,
    },
    /// Another program held the lock of shadow-utils for too long.
    Locked,
    /// We may not read it, or not write beside it.
    Denied,
}

/// Where COMMAND could be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandFacts {
    /// The files to try, in the order of PATH; a COMMAND with a slash is the only one.
    pub candidates: Vec<PathBuf>,
    /// File capabilities of the first candidate that exists.
    pub file_capabilities: Option<FileCapabilities>,
}

/// The file capabilities of an executable (capabilities(7), `security.capability`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileCapabilities {
    /// The file that has them.
    pub path: PathBuf,
    /// The permitted set.
    pub permitted: CapSet,
    /// The effective bit: then the kernel refuses to execute it where it cannot give all of `permitted`.
    pub effective: bool,
}

/// One variable of the environment.
pub type Variable = (OsString, OsString);
