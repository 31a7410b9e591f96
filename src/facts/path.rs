//! What a path leads to, and what lies on the way.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::ids::{Gid, Uid};
use crate::permission::{Acl, Mode, Permission};

/// One path that may need a grant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathFacts {
    /// As it was asked for.
    pub path: PathBuf,
    /// What is meant to be there.
    pub meant: Meant,
    /// What is there.
    pub found: Found,
}

impl PathFacts {
    /// Is a device there?
    #[must_use]
    pub fn is_device(&self) -> bool {
        match &self.found {
            Found::Node(node) => matches!(node.kind, Kind::CharacterDevice | Kind::BlockDevice),
            Found::Missing | Found::Unmatched | Found::Blocked { .. } => false,
        }
    }
}

/// What a path is meant to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meant {
    /// The API socket of an engine.
    EngineSocket(Engine),
    /// Whatever `--grant` names: a device, a socket, a FIFO, a file or a directory.
    Anything,
}

/// Whose socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Docker Engine, or what speaks its API.
    Docker,
    /// Podman's service.
    Podman,
}

impl Engine {
    /// Whose socket a path is, by its name: Podman's are called so.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let is_podman = path
            .as_os_str()
            .as_bytes()
            .windows(6)
            .any(|part| part == b"podman");
        if is_podman {
            Self::Podman
        } else {
            Self::Docker
        }
    }
}

/// What the walk to a path came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A component does not exist (ENOENT, ENOTDIR).
    Missing,
    /// The path is a pattern, and nothing is called so.
    Unmatched,
    /// The walk was stopped before the end.
    Blocked {
        /// The component that could not be looked at.
        at: PathBuf,
        /// The error number, as in errno(3).
        errno: i32,
        /// That component, where it is a directory that we may not search.
        directory: Option<Waypoint>,
    },
    /// It is there.
    Node(Node),
}

/// What a path leads to: read from the descriptor that the walk ended on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Owner.
    pub uid: Uid,
    /// Owning group.
    pub gid: Gid,
    /// Mode bits.
    pub mode: Mode,
    /// Access ACL, where it says more than the mode.
    pub acl: Option<Acl>,
    /// Every directory and symbolic link on the way, from the root on.
    pub way: Vec<Waypoint>,
    /// What our own process may do to it, as the kernel judges (faccessat(2)). `None` where that was not asked: as root.
    pub allowed_to_us: Option<Permission>,
}

/// A directory or symbolic link on the way to a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waypoint {
    /// Where it is.
    pub path: PathBuf,
    /// Directory or symbolic link.
    pub kind: Kind,
    /// Owner.
    pub uid: Uid,
    /// Owning group.
    pub gid: Gid,
    /// Mode bits.
    pub mode: Mode,
    /// Access ACL, where it says more than the mode.
    pub acl: Option<Acl>,
}

impl Waypoint {
    /// Is it a directory, and not a symbolic link?
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// May only root change what is in it, by its mode alone?
    #[must_use]
    pub fn is_roots_alone(&self) -> bool {
        self.uid.is_root() && !self.mode.lets_others_write()
    }
}

/// The type of a file (inode(7)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Directory.
    Directory,
    /// Symbolic link.
    SymbolicLink,
    /// Socket.
    Socket,
    /// Regular file.
    File,
    /// Character device.
    CharacterDevice,
    /// Block device.
    BlockDevice,
    /// FIFO.
    Fifo,
}
