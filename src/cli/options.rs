//! The options: one table, from which the command line is read, the help is printed and the documentation is checked.

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

/// `--user`.
pub const USER: Opt = Opt {
    short: Some('u'),
    value: Some("SPEC"),
    env: Some("CHARON_INIT_USER"),
    default: Some("charon"),
    ..switch("user", Section::Who, "name, uid, name:group, uid:gid")
};

/// `--group`.
pub const GROUP: Opt = Opt {
    short: Some('G'),
    value: Some("GROUP"),
    repeatable: true,
    env: Some("CHARON_INIT_GROUPS"),
    env_separator: Some(b','),
    ..switch("group", Section::Who, "extra group: name, gid, name:gid")
};

/// `--no-inherit-groups`.
pub const NO_INHERIT_GROUPS: Opt = Opt {
    env: Some("CHARON_INIT_INHERIT_GROUPS"),
    env_is_opposite: true,
    ..switch(
        "no-inherit-groups",
        Section::Who,
        "drop what --group-add gave",
    )
};

/// `--group-file`.
pub const GROUP_FILE: Opt = Opt {
    value: Some("auto|never"),
    env: Some("CHARON_INIT_GROUP_FILE"),
    default: Some("auto"),
    ..switch("group-file", Section::Who, "may /etc/group be edited?")
};

/// `--socket`.
pub const SOCKET: Opt = Opt {
    short: Some('s'),
    value: Some("PATH"),
    repeatable: true,
    env: Some("DOCKER_HOST"),
    default: Some("the first found"),
    ..switch("socket", Section::Reach, "engine socket")
};

/// `--no-socket`.
pub const NO_SOCKET: Opt = Opt {
    env: Some("CHARON_DOCKER_ENABLED"),
    env_is_opposite: true,
    ..switch("no-socket", Section::Reach, "ignore engine sockets")
};

/// `--require-socket`.
pub const REQUIRE_SOCKET: Opt = Opt {
    env: Some("CHARON_DOCKER_REQUIRED"),
    ..switch("require-socket", Section::Reach, "refuse to start without")
};

/// `--grant`.
pub const GRANT: Opt = Opt {
    short: Some('g'),
    value: Some("PATH"),
    repeatable: true,
    env: Some("CHARON_INIT_GRANT"),
    env_separator: Some(b':'),
    ..switch(
        "grant",
        Section::Reach,
        "device, file or directory; * ? [a-z]",
    )
};

/// `--allow-gid-0`.
pub const ALLOW_GID_0: Opt = Opt {
    env: Some("ALLOW_DOCKER_SOCK_GID_0"),
    ..switch("allow-gid-0", Section::Reach, "accept access through GID 0")
};

/// `--keep-cap`.
pub const KEEP_CAP: Opt = Opt {
    value: Some("CAP"),
    repeatable: true,
    env: Some("CHARON_INIT_KEEP_CAPS"),
    env_separator: Some(b','),
    default: Some("none"),
    ..switch("keep-cap", Section::Power, "capability that COMMAND keeps")
};

/// `--allow-new-privs`.
pub const ALLOW_NEW_PRIVS: Opt = Opt {
    env: Some("CHARON_INIT_ALLOW_NEW_PRIVS"),
    ..switch("allow-new-privs", Section::Power, "do not set no_new_privs")
};

/// `--init`.
pub const INIT: Opt = Opt {
    value: Some("child|group"),
    value_is_optional: true,
    env: Some("CHARON_INIT_INIT"),
    ..switch(
        "init",
        Section::Stay,
        "stay as PID 1: reap, forward signals",
    )
};

/// `--grace-period`.
pub const GRACE_PERIOD: Opt = Opt {
    value: Some("DURATION"),
    env: Some("CHARON_INIT_GRACE_PERIOD"),
    default: Some("0s"),
    ..switch("grace-period", Section::Stay, "then TERM and KILL the rest")
};

/// `--dry-run`.
pub const DRY_RUN: Opt = Opt {
    short: Some('n'),
    ..switch(
        "dry-run",
        Section::Show,
        "print what would be done and the group_add that it replaces",
    )
};

/// `--format`.
pub const FORMAT: Opt = Opt {
    short: Some('f'),
    value: Some("FORMAT"),
    default: Some("text"),
    ..switch(
        "format",
        Section::Show,
        "text json compose docker podman kubernetes env quadlet",
    )
};

/// `--service`.
pub const SERVICE: Opt = Opt {
    value: Some("NAME"),
    default: Some("charon"),
    ..switch(
        "service",
        Section::Show,
        "the service in what --dry-run prints",
    )
};

/// `--log-format`.
pub const LOG_FORMAT: Opt = Opt {
    value: Some("text|json"),
    env: Some("CHARON_INIT_LOG_FORMAT"),
    default: Some("text"),
    ..switch("log-format", Section::Show, "log lines, on stderr")
};

/// `--log-level`.
pub const LOG_LEVEL: Opt = Opt {
    value: Some("LEVEL"),
    env: Some("CHARON_INIT_LOG"),
    default: Some("info"),
    ..switch(
        "log-level",
        Section::Show,
        "off error warn info debug trace",
    )
};

/// `--help`.
pub const HELP: Opt = Opt {
    short: Some('h'),
    ..switch("help", Section::Show, "print this")
};

/// `--version`.
pub const VERSION: Opt = Opt {
    short: Some('V'),
    ..switch("version", Section::Show, "print the version")
};

/// Every option, in the order of the help.
pub const OPTIONS: &[Opt] = &[
    USER,
    GROUP,
    NO_INHERIT_GROUPS,
    GROUP_FILE,
    SOCKET,
    NO_SOCKET,
    REQUIRE_SOCKET,
    GRANT,
    ALLOW_GID_0,
    KEEP_CAP,
    ALLOW_NEW_PRIVS,
    INIT,
    GRACE_PERIOD,
    DRY_RUN,
    FORMAT,
    SERVICE,
    LOG_FORMAT,
    LOG_LEVEL,
    HELP,
    VERSION,
];
