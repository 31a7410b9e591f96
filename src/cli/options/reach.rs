//! The options under "What must it reach?".

use super::{Opt, Section, switch};

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

/// `--own`.
pub const OWN: Opt = Opt {
    value: Some("PATH"),
    repeatable: true,
    env: Some("CHARON_INIT_OWN"),
    env_separator: Some(b':'),
    ..switch("own", Section::Reach, "make PATH and all below it its own")
};

/// `--own-policy`.
pub const OWN_POLICY: Opt = Opt {
    value: Some("POLICY"),
    env: Some("CHARON_INIT_OWN_POLICY"),
    default: Some("always"),
    ..switch("own-policy", Section::Reach, "always, on-root-mismatch")
};
