//! Mode bits and POSIX access control lists as values (inode(7), acl(5)).

use std::fmt;

use crate::ids::{Gid, Uid};

/// Read, write and search (execute): the three bits of one class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permission(u8);

impl Permission {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Search a directory, execute a file.
    pub const SEARCH: Self = Self(1);
    /// Write; what connect(2) asks of a socket.
    pub const WRITE: Self = Self(2);
    /// Read.
    pub const READ: Self = Self(4);

    /// The lowest three bits of `bits`.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 7)
    }

    /// Are all bits of `wanted` in it?
    #[must_use]
    pub const fn allows(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// What either allows.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// What both allow: how a mask takes away.
    #[must_use]
    pub const fn masked_by(self, mask: Self) -> Self {
        Self(self.0 & mask.0)
    }
}

/// What the modes of new files leave out (umask(2)): the nine permission bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Umask(u16);

impl Umask {
    /// The mask of these bits; `None` above 0777.
    #[must_use]
    pub const fn new(bits: u16) -> Option<Self> {
        if bits > 0o777 { None } else { Some(Self(bits)) }
    }

    /// The bits, for the system call.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Umask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// The permission bits of a file, with setuid, setgid and sticky: 12 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mode(u16);

impl Mode {
    /// The lowest twelve bits of `st_mode`.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0o7777)
    }

    /// The mode of a file's `st_mode` (inode(7)): what is above the lowest twelve bits is its type.
    #[must_use]
    pub fn from_st_mode(st_mode: u32) -> Self {
        Self(u16::try_from(st_mode & 0o7777).unwrap_or_default())
    }

    /// The bits, for a system call.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// What the owner may.
    #[must_use]
    pub const fn owner(self) -> Permission {
        self.class(6)
    }

    /// What the group may; with an ACL: its mask.
    #[must_use]
    pub const fn group(self) -> Permission {
        self.class(3)
    }

    /// What everyone else may.
    #[must_use]
    pub const fn other(self) -> Permission {
        self.class(0)
    }

    /// May the group or everyone else write? With an ACL, whose mask the group's bits are: may an entry of it allow that?
    #[must_use]
    pub fn lets_others_write(self) -> bool {
        self.group().allows(Permission::WRITE) || self.other().allows(Permission::WRITE)
    }

    /// May only the owner of an entry, or of the directory, rename and remove it?
    #[must_use]
    pub const fn is_sticky(self) -> bool {
        self.0 & 0o1000 != 0
    }

    /// Does executing it change ids?
    #[must_use]
    pub const fn is_set_id(self) -> bool {
        self.0 & 0o6000 != 0
    }

    const fn class(self, shift: u16) -> Permission {
        let [low, _] = (self.0 >> shift).to_le_bytes();
        Permission::from_bits(low)
    }
}

/// Four octal digits, as chmod(1) takes them.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// The entries of an access ACL beyond the mode bits (acl(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acl {
    /// ACL_USER_OBJ: the owner's.
    pub owner: Permission,
    /// ACL_USER entries.
    pub users: Vec<(Uid, Permission)>,
    /// ACL_GROUP_OBJ: the owning group's, before the mask.
    pub group: Permission,
    /// ACL_GROUP entries, before the mask.
    pub groups: Vec<(Gid, Permission)>,
    /// ACL_MASK: the most that named users and any group get.
    pub mask: Permission,
    /// ACL_OTHER.
    pub other: Permission,
}
