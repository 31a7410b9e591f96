//! The options under "What power is left?".

use super::{Opt, Section, switch};

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
