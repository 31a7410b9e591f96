//! Numbers of users and groups → checked values.
//!
//! Raw `u32` ids live here and at the line of a system call, nowhere else.

use std::fmt;

/// The one id that no account can have: `setresuid(2)` and `chown(2)` read it as "leave it as it is".
/// `setpriv --reuid 4294967295` stays root because of it; here it cannot be spelt.
const UNCHANGED: u32 = u32::MAX;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(u32);

        impl $name {
            /// Number 0: root's.
            pub const ROOT: Self = Self(0);

            /// The id with this number; `None` for 4294967295 (see credentials(7), setresuid(2)).
            #[must_use]
            pub const fn new(number: u32) -> Option<Self> {
                if number == UNCHANGED { None } else { Some(Self(number)) }
            }

            /// The number, for a system call or for display.
            #[must_use]
            pub const fn raw(self) -> u32 {
                self.0
            }

            /// Is this number 0?
            #[must_use]
            pub const fn is_root(self) -> bool {
                self.0 == 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A user id inside our user namespace.
    Uid
}
id! {
    /// A group id inside our user namespace.
    Gid
}

/// One line of `/proc/PID/uid_map` or `gid_map` (user_namespaces(7)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// First id inside the namespace.
    pub inside: u32,
    /// First id outside, as seen by the reader of the file.
    pub outside: u32,
    /// How many ids the line maps.
    pub count: u32,
}

/// How the ids of our user namespace map to those of its parent (user_namespaces(7)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdMap(pub Vec<Extent>);

/// The whole of the initial user namespace's map.
const IDENTITY: Extent = Extent {
    inside: 0,
    outside: 0,
    count: UNCHANGED,
};

impl IdMap {
    /// The map of the initial user namespace: every id is itself.
    #[must_use]
    pub fn identity() -> Self {
        Self(vec![IDENTITY])
    }

    /// Does every id map to itself?
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.0 == [IDENTITY]
    }

    /// The number outside for `inside`; `None` where it is not mapped.
    #[must_use]
    pub fn outside(&self, inside: u32) -> Option<u32> {
        self.0.iter().find_map(|extent| {
            let offset = inside.checked_sub(extent.inside)?;
            (offset < extent.count).then(|| extent.outside.checked_add(offset))?
        })
    }

    /// Can a process in this namespace take the id `inside`?
    #[must_use]
    pub fn is_mapped(&self, inside: u32) -> bool {
        self.outside(inside).is_some()
    }
}
