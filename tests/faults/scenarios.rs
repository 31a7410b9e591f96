//! The nine kinds of start that are swept.

use crate::scenario::{File, Identity, Kind, Scenario};
use crate::world::{GROUP, GSHADOW, PASSWD};

const DOCKER_GROUP: &str =
    "root:x:0:\nshadow:x:42:\ncharon:x:1000:\ndocker:!charon-init:988:charon\n";
const DOCKER_GSHADOW: &str = "root:*::\nshadow:*::\ncharon:!::\ndocker:!charon-init::charon\n";

const fn file(name: &'static str, before: &'static str, after: &'static str) -> File {
    File {
        name,
        before,
        after,
        between: &[],
    }
}

const fn same(name: &'static str, content: &'static str) -> File {
    file(name, content, content)
}

const UNTOUCHED: [File; 3] = [
    same("etc/passwd", PASSWD),
    same("etc/group", GROUP),
    same("etc/gshadow", GSHADOW),
];

const NEW_GROUP: [File; 3] = [
    same("etc/passwd", PASSWD),
    file("etc/group", GROUP, DOCKER_GROUP),
    file("etc/gshadow", GSHADOW, DOCKER_GSHADOW),
];

/// Where the path cannot be looked at, the line that an earlier start made goes with the grant.
const DONE: [File; 3] = [
    same("etc/passwd", PASSWD),
    File {
        between: &[GROUP],
        ..same("etc/group", DOCKER_GROUP)
    },
    File {
        between: &[GSHADOW],
        ..same("etc/gshadow", DOCKER_GSHADOW)
    },
];

const CHARON: Identity = Identity {
    uid: 1000,
    gid: 1000,
    groups: &[1000],
    granted: &[],
    kept: 0,
};

const WITH_SOCKET: Identity = Identity {
    groups: &[988, 1000],
    granted: &[988],
    ..CHARON
};

/// An init that waits for the lock, and then has a line to add.
pub(crate) const INIT_WITH_AN_EDIT: Scenario = Scenario {
    name: "the child of an init",
    options: &["--init"],
    environment: &[],
    socket: Some(988),
    files: NEW_GROUP,
    identity: WITH_SOCKET,
    kind: Kind::Init,
};

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a new group",
        options: &[],
        environment: &[],
        socket: Some(988),
        files: NEW_GROUP,
        identity: WITH_SOCKET,
        kind: Kind::Start,
    },
    Scenario {
        name: "a group that is there",
        options: &[],
        environment: &[],
        socket: Some(988),
        files: [
            same("etc/passwd", PASSWD),
            file(
                "etc/group",
                "root:x:0:\nshadow:x:42:\nsock:x:988:\ncharon:x:1000:\n",
                "root:x:0:\nshadow:x:42:\nsock:x:988:charon\ncharon:x:1000:\n",
            ),
            file(
                "etc/gshadow",
                "root:*::\nshadow:*::\nsock:!::\ncharon:!::\n",
                "root:*::\nshadow:*::\nsock:!::charon\ncharon:!::\n",
            ),
        ],
        identity: WITH_SOCKET,
        kind: Kind::Start,
    },
    Scenario {
        name: "nothing to edit",
        options: &[],
        environment: &[],
        socket: Some(988),
        files: DONE,
        identity: WITH_SOCKET,
        kind: Kind::Start,
    },
    Scenario {
        name: "GID 0 allowed",
        options: &["--allow-gid-0"],
        environment: &[],
        socket: Some(0),
        // Nobody is written into root's own group.
        files: UNTOUCHED,
        identity: Identity {
            groups: &[0, 1000],
            granted: &[0],
            ..CHARON
        },
        kind: Kind::Start,
    },
    Scenario {
        name: "a kept capability",
        options: &["--no-socket", "--keep-cap", "net_bind_service"],
        environment: &[],
        socket: None,
        files: UNTOUCHED,
        identity: Identity {
            kept: 1 << 10,
            ..CHARON
        },
        kind: Kind::Start,
    },
    Scenario {
        name: "a tree to own",
        options: &["--no-socket", "--own", "/data"],
        environment: &[],
        socket: None,
        files: UNTOUCHED,
        identity: CHARON,
        kind: Kind::Own,
    },
    Scenario {
        name: "other numbers",
        options: &["--uid", "1001", "--gid", "1002"],
        environment: &[],
        socket: Some(988),
        files: [
            file(
                "etc/passwd",
                PASSWD,
                "root:x:0:0:root:/root:/bin/sh\ncharon:x:1001:1002:Charon:/data:/bin/sh\n",
            ),
            File {
                name: "etc/group",
                before: GROUP,
                after: "root:x:0:\nshadow:x:42:\ncharon:x:1002:\ndocker:!charon-init:988:charon\n",
                between: &[DOCKER_GROUP, "root:x:0:\nshadow:x:42:\ncharon:x:1002:\n"],
            },
            file("etc/gshadow", GSHADOW, DOCKER_GSHADOW),
        ],
        identity: Identity {
            uid: 1001,
            gid: 1002,
            groups: &[988, 1002],
            granted: &[988],
            kept: 0,
        },
        kind: Kind::Start,
    },
    Scenario {
        name: "an init",
        options: &["--init"],
        environment: &[],
        socket: Some(988),
        files: DONE,
        identity: WITH_SOCKET,
        kind: Kind::Init,
    },
    Scenario {
        name: "a check",
        options: &["--check", "--timeout=20s"],
        environment: &[],
        socket: Some(988),
        files: UNTOUCHED,
        identity: WITH_SOCKET,
        kind: Kind::Check,
    },
];
