//! The options: one table, from which the command line is read, the help is printed and the documentation is checked.

mod power;
mod reach;
mod show;
mod stay;
mod who;

pub use power::*;
pub use reach::*;
pub use show::*;
pub use stay::*;
pub use who::*;

/// An option of the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opt {
    /// Its long name, without the dashes.
    pub long: &'static str,
    /// Its short name, for those that are typed daily.
    pub short: Option<char>,
    /// What its value is called; `None` for a switch.
    pub value: Option<&'static str>,
    /// May the value be left out? Then it is given with `=`.
    pub value_is_optional: bool,
    /// May it be given more than once?
    pub repeatable: bool,
    /// The variable that says the same.
    pub env: Option<&'static str>,
    /// What separates the values in the variable; `None` where it holds one.
    pub env_separator: Option<u8>,
    /// Does the variable say the opposite, so that `false` is what the switch does?
    pub env_is_opposite: bool,
    /// What holds when neither is given.
    pub default: Option<&'static str>,
    /// What it does.
    pub meaning: &'static str,
    /// The question that it answers.
    pub section: Section,
}

/// The questions under which the help groups the options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// Whom to become.
    Who,
    /// What the identity has to reach.
    Reach,
    /// What power the command keeps.
    Power,
    /// Whether to stay.
    Stay,
    /// What to show.
    Show,
}

impl Section {
    /// In the order of the help.
    pub const ALL: [Self; 5] = [Self::Who, Self::Reach, Self::Power, Self::Stay, Self::Show];

    /// The question.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Who => "Who is it?",
            Self::Reach => "What must it reach?",
            Self::Power => "What power is left?",
            Self::Stay => "Who is PID 1?",
            Self::Show => "What is shown?",
        }
    }
}

const fn switch(long: &'static str, section: Section, meaning: &'static str) -> Opt {
    Opt {
        long,
        short: None,
        value: None,
        value_is_optional: false,
        repeatable: false,
        env: None,
        env_separator: None,
        env_is_opposite: false,
        default: None,
        meaning,
        section,
    }
}

/// Every option, in the order of the help.
pub const OPTIONS: &[Opt] = &[
    USER,
    GROUP,
    NO_INHERIT_GROUPS,
    GROUP_FILE,
    UID,
    GID,
    UMASK,
    SOCKET,
    NO_SOCKET,
    REQUIRE_SOCKET,
    GRANT,
    ALLOW_GID_0,
    OWN,
    OWN_POLICY,
    KEEP_CAP,
    ALLOW_NEW_PRIVS,
    INIT,
    GRACE_PERIOD,
    DRY_RUN,
    FORMAT,
    SERVICE,
    CHECK,
    TIMEOUT,
    LOG_FORMAT,
    LOG_LEVEL,
    HELP,
    VERSION,
];
