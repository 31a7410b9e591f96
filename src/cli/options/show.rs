//! The options under "What is shown?".

use super::{Opt, Section, switch};

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

/// `--check`.
pub const CHECK: Opt = switch(
    "check",
    Section::Show,
    "ask the engine, as the identity: a HEALTHCHECK",
);

/// `--timeout`.
pub const TIMEOUT: Opt = Opt {
    value: Some("DURATION"),
    default: Some("5s"),
    ..switch("timeout", Section::Show, "how long --check may take")
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
