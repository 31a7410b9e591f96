//! Numbers → facts and plans as a root start in a container would meet them.

use std::path::PathBuf;

use charon_init::capability::{CapSet, Capability};
use charon_init::facts::{
    Access, Accounts, Capabilities, CommandFacts, Engine, EtcFile, Executable, Facts,
    FileCapabilities, Found, IdSet, Kind, Meant, Node, PathFacts, Process, UserNamespace, Waypoint,
};
use charon_init::ids::{Gid, IdMap, Uid};
use charon_init::permission::Mode;
use charon_init::plan::{
    Command, Expected, FileEdit, Grant, Identity, LineChange, Plan, Planned, Step, Through, Verdict,
};
use charon_init::refusal::Finding;

pub(crate) fn uid(number: u32) -> Uid {
    Uid::new(number).expect("a uid")
}

pub(crate) fn gid(number: u32) -> Gid {
    Gid::new(number).expect("a gid")
}

pub(crate) fn gids(numbers: &[u32]) -> Vec<Gid> {
    numbers.iter().copied().map(gid).collect()
}

/// The only capability that COMMAND keeps.
pub(crate) fn net_bind_service() -> CapSet {
    CapSet::from_iter(Capability::from_name("net_bind_service"))
}

/// A root process in an ordinary container, with one socket of gid 988 behind `/var/run -> /run`.
pub(crate) fn facts() -> Facts {
    Facts {
        process: process(),
        namespace: UserNamespace {
            uid_map: IdMap::identity(),
            gid_map: IdMap::identity(),
            overflow_uid: uid(65534),
            overflow_gid: gid(65534),
            setgroups_denied: false,
            is_known: true,
        },
        accounts: Accounts {
            passwd: etc(b"root:x:0:0::/root:/bin/sh\ncharon:x:1000:1000::/home/charon:/bin/sh\n"),
            group: etc(b"root:x:0:\ncharon:x:1000:\n"),
            gshadow: None,
            name_service: None,
        },
        paths: vec![PathFacts {
            path: "/var/run/docker.sock".into(),
            meant: Meant::EngineSocket(Engine::Docker),
            found: Found::Node(node()),
        }],
        own: charon_init::facts::OwnFacts::default(),
        command: Some(CommandFacts {
            candidates: vec!["/usr/local/bin/charon".into(), "/usr/bin/charon".into()],
            file_capabilities: Some(FileCapabilities {
                path: "/usr/bin/charon".into(),
                permitted: net_bind_service(),
                effective: true,
            }),
        }),
        pid_1: None,
    }
}

pub(crate) fn process() -> Process {
    Process {
        uid: IdSet::all(uid(0)),
        gid: IdSet::all(gid(0)),
        groups: gids(&[0, 10]),
        capabilities: Capabilities {
            inheritable: CapSet::EMPTY,
            permitted: CapSet::all(),
            effective: CapSet::all(),
            bounding: CapSet::all(),
            ambient: CapSet::EMPTY,
        },
        no_new_privileges: false,
        executable: Executable::Plain,
        is_pid_1: true,
    }
}

/// A socket that its group may use.
pub(crate) fn node() -> Node {
    Node {
        kind: Kind::Socket,
        uid: uid(0),
        gid: gid(988),
        mode: Mode::from_bits(0o660),
        acl: None,
        way: vec![
            waypoint("/", Kind::Directory, 0o755),
            waypoint("/var", Kind::Directory, 0o755),
            waypoint("/var/run", Kind::SymbolicLink, 0o777),
            waypoint("/run", Kind::Directory, 0o755),
        ],
        allowed_to_us: None,
    }
}

fn waypoint(path: &str, kind: Kind, mode: u16) -> Waypoint {
    Waypoint {
        path: path.into(),
        kind,
        uid: uid(0),
        gid: gid(0),
        mode: Mode::from_bits(mode),
        acl: None,
    }
}

fn etc(bytes: &[u8]) -> EtcFile {
    EtcFile {
        bytes: bytes.to_vec(),
        access: Access::Replaceable,
    }
}

/// What a root start would do where sockets of these gids are mounted.
pub(crate) fn plan(granted: &[u32]) -> Plan {
    let mut groups = gids(&[1000]);
    groups.extend(gids(granted));
    groups.sort();
    groups.dedup();
    let identity = Identity {
        uid: uid(1000),
        gid: gid(1000),
        groups,
        name: Some("charon".into()),
        home: "/home/charon".into(),
    };
    let mut plan = Plan {
        grants: granted.iter().copied().map(grant).collect(),
        group_add: gids(granted),
        steps: steps(&identity, granted),
        identity,
        findings: Vec::new(),
    };
    if granted.is_empty() {
        leave_the_socket_unmounted(&mut plan);
    }
    plan
}

fn leave_the_socket_unmounted(plan: &mut Plan) {
    let path: PathBuf = socket(988).into();
    plan.grants.push(Grant {
        path: path.clone(),
        meant: Meant::EngineSocket(Engine::Docker),
        verdict: Verdict::Closed,
        gids: Vec::new(),
    });
    plan.findings.push(Finding::NotMounted { path });
}

fn socket(number: u32) -> String {
    match number {
        988 => "/var/run/docker.sock".to_owned(),
        other => format!("/run/engine{other}.sock"),
    }
}

fn grant(number: u32) -> Grant {
    Grant {
        path: socket(number).into(),
        meant: Meant::EngineSocket(Engine::Docker),
        verdict: Verdict::Granted {
            gid: gid(number),
            through: Through::OwningGroup,
            name: Some(name(number)),
        },
        gids: gids(&[number]),
    }
}

fn name(number: u32) -> String {
    if number == 988 {
        "docker".to_owned()
    } else {
        format!("docker{number}")
    }
}

fn steps(identity: &Identity, granted: &[u32]) -> Vec<Planned> {
    let mut steps = Vec::new();
    if !granted.is_empty() {
        steps.push(planned(
            Step::EditFile(edit(granted)),
            "so that 'docker exec -u charon' has the groups too",
        ));
    }
    let dropped = CapSet::all().without(net_bind_service());
    steps.extend([
        planned(Step::DropBoundingSet(dropped), "no file can give them back"),
        planned(
            Step::SetGroups(identity.groups.clone()),
            "the primary group and the granted ones",
        ),
        planned(Step::SetGid(identity.gid), "the account's group"),
        planned(
            Step::SetUid {
                uid: identity.uid,
                keep_permitted: true,
            },
            "the account's uid",
        ),
        planned(
            Step::SetCapabilities(net_bind_service()),
            "--keep-cap net_bind_service",
        ),
        planned(Step::SetNoNewPrivileges, "no set-id file can give root"),
        planned(
            Step::Verify(expected(identity)),
            "a drop that did not hold is worse than none",
        ),
        planned(Step::Execute(command()), "COMMAND"),
    ]);
    steps
}

pub(crate) fn planned(step: Step, reason: &'static str) -> Planned {
    Planned { step, reason }
}

pub(crate) fn edit(granted: &[u32]) -> FileEdit {
    let old = b"root:x:0:\ncharon:x:1000:\n".to_vec();
    let line = |number: &u32| format!("{}:!charon-init:{number}:charon", name(*number));
    let lines: Vec<String> = granted.iter().map(line).collect();
    let mut new = old.clone();
    for line in &lines {
        new.extend_from_slice(line.as_bytes());
        new.push(b'\n');
    }
    FileEdit {
        path: "/etc/group".into(),
        old,
        new,
        changes: lines
            .into_iter()
            .map(|line| LineChange {
                old: None,
                new: Some(line.into_bytes()),
            })
            .collect(),
    }
}

pub(crate) fn expected(identity: &Identity) -> Expected {
    let kept = net_bind_service();
    Expected {
        uid: identity.uid,
        gid: identity.gid,
        groups: identity.groups.clone(),
        capabilities: Capabilities {
            inheritable: kept,
            permitted: kept,
            effective: kept,
            bounding: kept,
            ambient: kept,
        },
        no_new_privileges: true,
    }
}

pub(crate) fn command() -> Command {
    Command {
        candidates: vec!["/usr/local/bin/charon".into(), "/usr/bin/charon".into()],
        argv: vec!["charon".into(), "--config".into(), "a b".into()],
        environment: vec![
            ("HOME".into(), "/home/charon".into()),
            ("USER".into(), "charon".into()),
            ("LOGNAME".into(), "charon".into()),
        ],
    }
}
