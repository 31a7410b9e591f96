//! The options under "Who is PID 1?".

use super::{Opt, Section, switch};

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
