//! What the environment asks for, and what a flag makes of that.

use charon_init::account::{GroupName, GroupSpec};
use charon_init::capability::{CapSet, Capability};
use charon_init::ids::Uid;
use charon_init::permission::Umask;
use charon_init::request::{Forward, Init, Log, LogFormat, LogLevel, Request, Sockets};

use crate::{
    DEFAULT_LOG, Env, asked, default_request, gid, patterns, request, user, user_1000_1000,
};

/// Every variable that is read.
const VARIABLES: [&str; 18] = [
    "CHARON_INIT_USER",
    "DOCKER_HOST",
    "CHARON_DOCKER_ENABLED",
    "CHARON_DOCKER_REQUIRED",
    "ALLOW_DOCKER_SOCK_GID_0",
    "CHARON_INIT_GRANT",
    "CHARON_INIT_GROUPS",
    "CHARON_INIT_INHERIT_GROUPS",
    "CHARON_INIT_GROUP_FILE",
    "PUID",
    "PGID",
    "UMASK",
    "CHARON_INIT_KEEP_CAPS",
    "CHARON_INIT_ALLOW_NEW_PRIVS",
    "CHARON_INIT_INIT",
    "CHARON_INIT_GRACE_PERIOD",
    "CHARON_INIT_LOG_FORMAT",
    "CHARON_INIT_LOG",
];

#[test]
fn an_empty_variable_is_an_unset_variable() {
    let env = VARIABLES.map(|name| (name, ""));
    assert_eq!(asked(&["cmd"], &env), (default_request(), DEFAULT_LOG));
}

#[test]
fn a_default_that_is_asked_for_changes_nothing() {
    for (name, value) in [
        ("CHARON_INIT_GROUP_FILE", "auto"),
        ("CHARON_INIT_INIT", "no"),
    ] {
        let expected = (default_request(), DEFAULT_LOG);
        assert_eq!(asked(&["cmd"], &[(name, value)]), expected, "{name}");
    }
}

#[test]
fn each_variable_changes_its_own_part_of_the_request() {
    let d = default_request;
    let table: Vec<(&str, &str, Request)> = vec![
        (
            "CHARON_INIT_USER",
            "1000:1000",
            Request {
                user: user_1000_1000(),
                user_is_default: false,
                ..d()
            },
        ),
        (
            "DOCKER_HOST",
            "unix:///s",
            Request {
                sockets: Sockets::Paths(vec!["/s".into()]),
                ..d()
            },
        ),
        (
            "DOCKER_HOST",
            "tcp://proxy:2375",
            Request {
                sockets: Sockets::NotNeeded {
                    docker_host: "tcp://proxy:2375".into(),
                },
                ..d()
            },
        ),
        (
            "CHARON_INIT_GRANT",
            "/dev/dri/*:/dev/snd/pcm[CD]?,x",
            Request {
                grants: patterns(&["/dev/dri/*", "/dev/snd/pcm[CD]?,x"]),
                ..d()
            },
        ),
        (
            "CHARON_INIT_GROUPS",
            "audio,988,docker:999",
            Request {
                groups: vec![
                    GroupSpec::Name("audio".into()),
                    GroupSpec::Gid(gid(988)),
                    GroupSpec::Named(GroupName::new("docker").unwrap(), gid(999)),
                ],
                ..d()
            },
        ),
        ("CHARON_INIT_GROUP_FILE", "auto", d()),
        (
            "CHARON_INIT_GROUP_FILE",
            "never",
            Request {
                edit_group_file: false,
                ..d()
            },
        ),
        (
            "CHARON_INIT_KEEP_CAPS",
            "net_raw,CAP_NET_BIND_SERVICE",
            Request {
                keep_capabilities: CapSet::from_bits(1 << 13 | 1 << 10),
                ..d()
            },
        ),
    ];
    for (name, value, expected) in table {
        let env = [(name, value)];
        assert_eq!(request(&["cmd"], &env), expected, "{env:?}");
    }
}

#[test]
fn each_boolean_variable_says_yes_and_no() {
    let d = default_request;
    let table: [(&str, Request, Request); 5] = [
        (
            "CHARON_DOCKER_ENABLED",
            d(),
            Request {
                sockets: Sockets::Ignored,
                ..d()
            },
        ),
        (
            "CHARON_DOCKER_REQUIRED",
            Request {
                require_socket: true,
                ..d()
            },
            d(),
        ),
        (
            "ALLOW_DOCKER_SOCK_GID_0",
            Request {
                allow_gid_0: true,
                ..d()
            },
            d(),
        ),
        (
            "CHARON_INIT_INHERIT_GROUPS",
            d(),
            Request {
                inherit_groups: false,
                ..d()
            },
        ),
        (
            "CHARON_INIT_ALLOW_NEW_PRIVS",
            Request {
                allow_new_privileges: true,
                ..d()
            },
            d(),
        ),
    ];
    for (name, yes, no) in table {
        for word in ["1", "true", "yes", "on", "TRUE"] {
            assert_eq!(request(&["cmd"], &[(name, word)]), yes, "{name}={word}");
        }
        for word in ["0", "false", "no", "off", "False"] {
            assert_eq!(request(&["cmd"], &[(name, word)]), no, "{name}={word}");
        }
    }
}

#[test]
fn log_variables_say_how_to_log() {
    let env = [
        ("CHARON_INIT_LOG", "debug"),
        ("CHARON_INIT_LOG_FORMAT", "json"),
    ];
    let log = Log {
        format: LogFormat::Json,
        level: LogLevel::Debug,
    };
    assert_eq!(asked(&["cmd"], &env), (default_request(), log));
}

#[test]
fn a_flag_wins_over_its_variable_even_where_that_means_nothing() {
    let nonsense = VARIABLES.map(|name| (name, ":::"));
    let args = [
        "--user=root",
        "--socket=/s",
        "--require-socket",
        "--allow-gid-0",
        "--grant=/g",
        "--group=audio",
        "--no-inherit-groups",
        "--group-file=never",
        "--uid=1001",
        "--gid=1002",
        "--umask=0",
        "--keep-cap=kill",
        "--allow-new-privs",
        "--init",
        "--grace-period=0s",
        "--log-format=json",
        "--log-level=off",
        "cmd",
    ];
    let env: Vec<(&str, &str)> = nonsense
        .into_iter()
        .filter(|(name, _)| *name != "CHARON_DOCKER_ENABLED")
        .collect();
    let expected = Request {
        user: user("root"),
        user_is_default: false,
        sockets: Sockets::Paths(vec!["/s".into()]),
        require_socket: true,
        allow_gid_0: true,
        grants: patterns(&["/g"]),
        groups: vec![GroupSpec::Name("audio".into())],
        inherit_groups: false,
        edit_group_file: false,
        uid: Uid::new(1001),
        gid: Some(gid(1002)),
        umask: Umask::new(0),
        keep_capabilities: CapSet::from_iter([Capability::from_name("kill").unwrap()]),
        allow_new_privileges: true,
        init: Some(Init {
            forward: Forward::Child,
            grace: std::time::Duration::ZERO,
        }),
        ..default_request()
    };
    let log = Log {
        format: LogFormat::Json,
        level: LogLevel::Off,
    };
    assert_eq!(asked(&args, &env), (expected, log));
}

#[test]
fn repeatable_flags_replace_the_variable() {
    let env = [
        ("CHARON_INIT_GROUPS", "a,b"),
        ("CHARON_INIT_KEEP_CAPS", "net_raw"),
        ("DOCKER_HOST", "unix:///d"),
        ("CHARON_INIT_GRANT", "/x:/y"),
    ];
    let args = [
        "-G",
        "c",
        "--keep-cap",
        "kill",
        "-s",
        "/s",
        "-g",
        "/g",
        "cmd",
    ];
    let expected = Request {
        groups: vec![GroupSpec::Name("c".into())],
        keep_capabilities: CapSet::from_bits(1 << 5),
        sockets: Sockets::Paths(vec!["/s".into()]),
        grants: patterns(&["/g"]),
        ..default_request()
    };
    assert_eq!(request(&args, &env), expected);
}

#[test]
fn docker_host_is_not_looked_at_where_sockets_are_off_or_given() {
    let off = Sockets::Ignored;
    let given = || Sockets::Paths(vec!["/s".into()]);
    let table: [(&[&str], Env, Sockets); 5] = [
        (&["--no-socket", "cmd"], &[], off.clone()),
        (&["cmd"], &[("CHARON_DOCKER_ENABLED", "false")], off.clone()),
        (&["-s/s", "cmd"], &[], given()),
        (
            &["-s/s", "cmd"],
            &[("CHARON_DOCKER_ENABLED", "true")],
            given(),
        ),
        (&["-s/s", "cmd"], &[("CHARON_DOCKER_ENABLED", "false")], off),
    ];
    for (args, env, expected) in table {
        let env = [env, &[("DOCKER_HOST", "nonsense")]].concat();
        assert_eq!(request(args, &env).sockets, expected, "{args:?} {env:?}");
    }
}
