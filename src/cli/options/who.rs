//! The options under "Who is it?".

use super::{Opt, Section, switch};

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

/// `--uid`.
pub const UID: Opt = Opt {
    value: Some("N"),
    env: Some("PUID"),
    default: Some("the account's"),
    ..switch("uid", Section::Who, "run the account under this uid")
};

/// `--gid`.
pub const GID: Opt = Opt {
    value: Some("N"),
    env: Some("PGID"),
    default: Some("the account's"),
    ..switch("gid", Section::Who, "and under this primary gid")
};

/// `--umask`.
pub const UMASK: Opt = Opt {
    value: Some("MODE"),
    env: Some("UMASK"),
    ..switch("umask", Section::Who, "for the files that COMMAND makes")
};
