//! Capabilities by name and number, and sets of them (capabilities(7)).

use std::fmt;

/// Names in the order of their numbers, as in `linux/capability.h`; up to CAP_CHECKPOINT_RESTORE (Linux 5.9).
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// One capability, by its number (0 to 63: the kernel's sets have 64 bits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Capability(u8);

impl Capability {
    /// CAP_CHOWN: give a file to anyone.
    pub const CHOWN: Self = Self(0);
    /// CAP_DAC_OVERRIDE: write any file.
    pub const DAC_OVERRIDE: Self = Self(1);
    /// CAP_DAC_READ_SEARCH: read any file.
    pub const DAC_READ_SEARCH: Self = Self(2);
    /// CAP_FOWNER: act as the owner of any file.
    pub const FOWNER: Self = Self(3);
    /// CAP_SETGID: take any gid and any supplementary groups.
    pub const SETGID: Self = Self(6);
    /// CAP_SETUID: take any uid.
    pub const SETUID: Self = Self(7);
    /// CAP_SETPCAP: drop from the bounding set, add to the inheritable set.
    pub const SETPCAP: Self = Self(8);
    /// CAP_SYS_MODULE: load kernel code.
    pub const SYS_MODULE: Self = Self(16);
    /// CAP_SYS_RAWIO: raw input and output.
    pub const SYS_RAWIO: Self = Self(17);
    /// CAP_SYS_PTRACE: control any process.
    pub const SYS_PTRACE: Self = Self(19);
    /// CAP_SYS_ADMIN: nearly everything.
    pub const SYS_ADMIN: Self = Self(21);
    /// CAP_MKNOD: make device nodes.
    pub const MKNOD: Self = Self(27);
    /// CAP_SETFCAP: set file capabilities.
    pub const SETFCAP: Self = Self(31);

    /// What `--keep-cap` refuses: each of these leads back to root on its own (contract 10).
    pub const LEADS_TO_ROOT: [Self; 13] = [
        Self::SETUID,
        Self::SETGID,
        Self::SETPCAP,
        Self::SETFCAP,
        Self::CHOWN,
        Self::FOWNER,
        Self::DAC_OVERRIDE,
        Self::DAC_READ_SEARCH,
        Self::SYS_ADMIN,
        Self::SYS_PTRACE,
        Self::SYS_MODULE,
        Self::SYS_RAWIO,
        Self::MKNOD,
    ];

    /// The capability with this number; `None` above 63.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if number < 64 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The capability called `name`, in any case, with or without `cap_`; `None` for a name that we do not know.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("cap_").unwrap_or(&name);
        (0u8..)
            .zip(NAMES)
            .find(|(_, known)| *known == name)
            .map(|(number, _)| Self(number))
    }

    /// The number, as in `linux/capability.h`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Does keeping it lead back to root?
    #[must_use]
    pub fn leads_to_root(self) -> bool {
        Self::LEADS_TO_ROOT.contains(&self)
    }
}

/// In lower case without `cap_`, as `docker run --cap-add` and `--keep-cap` take it; a number where there is no name.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

/// A set of capabilities, as the kernel's 64-bit mask.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CapSet(u64);

impl CapSet {
    /// No capability.
    pub const EMPTY: Self = Self(0);

    /// The set with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, as in `/proc/PID/status`.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Every capability that has a name.
    #[must_use]
    pub const fn all() -> Self {
        Self((1 << NAMES.len()) - 1)
    }

    /// Is nothing in it?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Is `capability` in it?
    #[must_use]
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & (1 << capability.0) != 0
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members, lowest number first.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        let and_lower = |rest: &u64| Some(rest & rest.wrapping_sub(1));
        std::iter::successors(Some(self.0), and_lower)
            .take_while(|rest| *rest != 0)
            .filter_map(|rest| u8::try_from(rest.trailing_zeros()).ok())
            .map(Capability)
    }
}

impl FromIterator<Capability> for CapSet {
    fn from_iter<I: IntoIterator<Item = Capability>>(members: I) -> Self {
        Self(
            members
                .into_iter()
                .fold(0, |bits, capability| bits | 1 << capability.0),
        )
    }
}

/// The names, separated by commas; `none` for the empty set.
impl fmt::Display for CapSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (index, capability) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{capability}")?;
        }
        Ok(())
    }
}
