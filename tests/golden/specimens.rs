//! Each variant of each noun that is rendered → specimens of it.
//!
//! `every!` names all variants in a match without `_`: a new variant does not compile until it has a specimen here.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

use charon_init::account::{GroupRef, UserRef, UserSpec};
use charon_init::capability::{CapSet, Capability};
use charon_init::facts::{
    Access, Engine, Executable, Facts, Found, Kind, Meant, OwnFound, OwnPath,
};
use charon_init::failure::{Cause, Failure};
use charon_init::ids::{Extent, IdMap};
use charon_init::ownership::{Counted, FileId, Ownership, Sightings, Tally};
use charon_init::permission::{Acl, Mode, Permission, Umask};
use charon_init::plan::{
    Class, Connection, FileEdit, Grant, LineChange, Planned, Step, Supervision, Target, Through,
    Verdict,
};
use charon_init::refusal::{
    Elevation, Finding, GidZeroMeaning, GidZeroPath, GidZeroSource, OwnFinding, OwnGuard, Refusal,
    Refused, Taken,
};
use charon_init::request::{DockerHostFault, Endpoint, Format, Forward, Init, LogFormat, LogLevel};

use crate::examples::{
    command, edit, expected, facts, gid, gids, net_bind_service, node, plan, planned, uid,
};

/// A specimen and what to call it.
pub(crate) type Named<T> = (String, T);

macro_rules! every {
    ($(#[$doc:meta])* $all:ident: $type:ident { $($variant:ident => [$($specimen:expr),+ $(,)?]),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) fn $all() -> Vec<Named<$type>> {
            fn name(specimen: &$type) -> &'static str {
                match specimen {
                    $($type::$variant { .. } => stringify!($variant)),+
                }
            }
            let mut all = Vec::new();
            $(for (number, specimen) in [$($specimen),+].into_iter().enumerate() {
                assert_eq!(name(&specimen), stringify!($variant), "the specimen is of another variant");
                all.push((format!("{} {}", stringify!($variant), number + 1), specimen));
            })+
            all
        }
    };
}

/// The values without their names.
fn values<T>(all: Vec<Named<T>>) -> impl Iterator<Item = T> {
    all.into_iter().map(|(_, value)| value)
}

const DOCKER: Meant = Meant::EngineSocket(Engine::Docker);

fn socket() -> PathBuf {
    "/var/run/docker.sock".into()
}

/// A path that tries to be a line of the log, a quote, an escape sequence and a right-to-left text; not UTF-8.
pub(crate) fn hostile() -> OsString {
    OsString::from_vec(b"/tmp/a'b\\\ncharon-init: \x1b[31m\xe2\x80\xae\xff".to_vec())
}

fn mode(bits: u16) -> Mode {
    Mode::from_bits(bits)
}

every!(formats: Format {
    Text => [Format::Text],
    Json => [Format::Json],
    Compose => [Format::Compose],
    Docker => [Format::Docker],
    Podman => [Format::Podman],
    Kubernetes => [Format::Kubernetes],
    Env => [Format::Env],
    Quadlet => [Format::Quadlet],
});

every!(log_formats: LogFormat {
    Text => [LogFormat::Text],
    Json => [LogFormat::Json],
});

every!(levels: LogLevel {
    Off => [LogLevel::Off],
    Error => [LogLevel::Error],
    Warn => [LogLevel::Warn],
    Info => [LogLevel::Info],
    Debug => [LogLevel::Debug],
    Trace => [LogLevel::Trace],
});

every!(steps: Step {
    EditFile => [
        Step::EditFile(edit(&[988])),
        Step::EditFile(every_change()),
    ],
    Own => [Step::Own(ownership(None)), Step::Own(ownership(Some((7, 0)))), Step::Own(ownership(Some((7, 2))))],
    DropBoundingSet => [
        Step::DropBoundingSet(CapSet::all().without(net_bind_service())),
        Step::DropBoundingSet(CapSet::EMPTY),
    ],
    SetGroups => [Step::SetGroups(gids(&[44, 988, 1000])), Step::SetGroups(Vec::new())],
    SetGid => [Step::SetGid(gid(1000))],
    SetUid => [
        Step::SetUid { uid: uid(1000), keep_permitted: false },
        Step::SetUid { uid: uid(4_294_967_294), keep_permitted: true },
    ],
    SetCapabilities => [
        Step::SetCapabilities(CapSet::EMPTY),
        Step::SetCapabilities(CapSet::from_iter([Capability::SYS_PTRACE, Capability::from_number(63).unwrap()])),
    ],
    SetNoNewPrivileges => [Step::SetNoNewPrivileges],
    SetUmask => [Step::SetUmask(Umask::new(0o27).expect("nine bits"))],
    Verify => [
        Step::Verify(expected(&plan(&[988]).identity)),
        Step::Verify(nothing_kept()),
    ],
    Execute => [Step::Execute(command()), Step::Execute(hostile_command())],
    Supervise => [
        Step::Supervise(supervision(Forward::Child, Duration::ZERO, true)),
        Step::Supervise(supervision(Forward::Group, Duration::from_millis(1500), false)),
    ],
    Connect => [Step::Connect(Connection {
        targets: [Endpoint::Socket(hostile().into()), Endpoint::Tcp { host: "proxy".to_owned(), port: 2375 }]
            .map(|endpoint| Target { endpoint, finding: None })
            .into(),
        timeout: Duration::from_secs(5),
    })],
});

/// A line that changes, one that goes, and new ones: too long, hostile, and just not too long.
fn every_change() -> FileEdit {
    let line = |text: &str| Some(text.as_bytes().to_vec());
    let members: Vec<String> = (0..100).map(|number| format!("user{number}")).collect();
    let long = format!("docker:x:988:{}", members.join(","));
    let changes = [
        (line("docker:x:988:"), line("docker:x:988:charon")),
        (line("docker990:!charon-init:990:charon"), None),
        (None, line("host20:!charon-init:20:charon")),
        (line(&long), line(&format!("{long},charon"))),
        (
            None,
            Some([b"evil\r\x1b[2K+root:x:0:", hostile().as_encoded_bytes()].concat()),
        ),
        (None, line(&"x".repeat(200))),
        (None, line(&"x".repeat(201))),
        (None, None),
    ];
    FileEdit {
        path: hostile().into(),
        old: Vec::new(),
        new: Vec::new(),
        changes: changes.map(|(old, new)| LineChange { old, new }).into(),
    }
}

fn nothing_kept() -> charon_init::plan::Expected {
    let mut expected = expected(&plan(&[]).identity);
    expected.capabilities = charon_init::facts::Capabilities {
        bounding: CapSet::from_iter([Capability::SETUID, Capability::SETGID]),
        ..Default::default()
    };
    expected.no_new_privileges = false;
    expected
}

fn hostile_command() -> charon_init::plan::Command {
    charon_init::plan::Command {
        candidates: Vec::new(),
        argv: vec![hostile(), "".into()],
        environment: vec![(hostile(), hostile())],
    }
}

pub(crate) fn ownership(counted: Option<(u64, u64)>) -> Ownership {
    Ownership {
        path: hostile().into(),
        root: FileId {
            device: 1,
            inode: 2,
        },
        uid: uid(1000),
        gid: gid(1000),
        counted: counted.map(|(differ, unread)| Counted {
            entries: 4711,
            differ,
            unread,
        }),
    }
}

/// What a walk through a hostile path came to, with everything that can be told of it.
pub(crate) fn tally() -> Tally {
    let sighted = |count| Sightings {
        count,
        first: hostile().into(),
    };
    Tally {
        seen: 200_000,
        changed: 4711,
        hard_links: sighted(1),
        too_deep: Sightings {
            count: 3,
            first: "/data".to_owned().into(),
        },
        mounts: sighted(2),
        failures: vec![(13, sighted(5))],
    }
}

/// Each step with a reason; one reason comes from outside.
pub(crate) fn planned_steps() -> Vec<Named<Planned>> {
    let mut all: Vec<_> = steps()
        .into_iter()
        .map(|(name, step)| (name, planned(step, "the reason")))
        .collect();
    let hostile = hostile().to_string_lossy().into_owned();
    let reason = planned(Step::SetGid(gid(1000)), hostile.leak());
    all.push(("hostile reason".to_owned(), reason));
    all
}

every!(classes: Class {
    Owner => [Class::Owner],
    NamedUser => [Class::NamedUser],
    Group => [Class::Group(gid(44))],
    Other => [Class::Other],
    Unnamed => [Class::Unnamed],
});

every!(entries: Through {
    OwningGroup => [Through::OwningGroup],
    AclEntry => [Through::AclEntry],
});

every!(verdicts: Verdict {
    Open => [Verdict::Open(Class::Other)],
    Granted => [
        Verdict::Granted { gid: gid(988), through: Through::OwningGroup, name: None },
        Verdict::Granted { gid: gid(988), through: Through::OwningGroup, name: Some("a\n'b".to_owned()) },
    ],
    Closed => [Verdict::Closed],
});

fn open(class: Class) -> Grant {
    let verdict = Verdict::Open(class);
    Grant {
        path: socket(),
        meant: DOCKER,
        verdict,
        gids: Vec::new(),
    }
}

fn supervision(forward: Forward, grace: Duration, is_pid_1: bool) -> Supervision {
    Supervision {
        command: command(),
        init: Init { forward, grace },
        is_pid_1,
    }
}

/// Every verdict, and every way to come to one.
pub(crate) fn grants() -> Vec<Named<Grant>> {
    let grant = |verdict| Grant {
        path: hostile().into(),
        meant: DOCKER,
        verdict,
        gids: gids(&[988, 990]),
    };
    let mut all: Vec<_> = verdicts()
        .into_iter()
        .map(|(name, verdict)| (name, grant(verdict)))
        .collect();
    all.extend(
        classes()
            .into_iter()
            .map(|(name, class)| (name, open(class))),
    );
    all.extend(entries().into_iter().map(|(name, through)| {
        let name_in_group = Some("docker".to_owned());
        let verdict = Verdict::Granted {
            gid: gid(988),
            through,
            name: name_in_group,
        };
        (
            name,
            Grant {
                path: socket(),
                meant: DOCKER,
                verdict,
                gids: gids(&[988]),
            },
        )
    }));
    all
}

every!(kinds: Kind {
    Directory => [Kind::Directory],
    SymbolicLink => [Kind::SymbolicLink],
    Socket => [Kind::Socket],
    File => [Kind::File],
    CharacterDevice => [Kind::CharacterDevice],
    BlockDevice => [Kind::BlockDevice],
    Fifo => [Kind::Fifo],
});

every!(found: Found {
    Missing => [Found::Missing],
    Unmatched => [Found::Unmatched],
    Blocked => [Found::Blocked { at: hostile().into(), errno: 13, directory: None }],
    Node => [Found::Node(node()), Found::Node(node_with_everything())],
});

every!(executables: Executable {
    Plain => [Executable::Plain],
    SetId => [Executable::SetId(mode(0o4755))],
    FileCapabilities => [Executable::FileCapabilities],
    Unknown => [Executable::Unknown],
});

fn node_with_everything() -> charon_init::facts::Node {
    let mut node = node();
    let permission = Permission::from_bits;
    let acl = Acl {
        owner: permission(7),
        users: vec![(uid(1000), permission(6))],
        group: permission(4),
        groups: vec![(gid(44), permission(2)), (gid(988), permission(0))],
        mask: permission(5),
        other: permission(1),
    };
    node.acl = Some(acl.clone());
    node.allowed_to_us = Some(permission(5));
    if let Some(last) = node.way.last_mut() {
        last.acl = Some(acl);
        last.path = hostile().into();
    }
    node
}

/// Every fact that the dry run shows.
pub(crate) fn every_facts() -> Vec<Named<Facts>> {
    let with = |change: &dyn Fn(&mut Facts)| {
        let mut facts = facts();
        change(&mut facts);
        facts
    };
    let mut all = Vec::new();
    for (name, found) in found() {
        all.push((name, with(&|facts| facts.paths[0].found = found.clone())));
    }
    for (name, kind) in kinds() {
        let node = charon_init::facts::Node {
            kind,
            allowed_to_us: Some(Permission::WRITE),
            ..node()
        };
        all.push((
            name,
            with(&|facts| facts.paths[0].found = Found::Node(node.clone())),
        ));
    }
    for (name, executable) in executables() {
        all.push((name, with(&|facts| facts.process.executable = executable)));
    }
    all.extend([
        ("non-root".to_owned(), with(&make_non_root)),
        ("user namespace".to_owned(), with(&make_rootless)),
        ("unmapped user namespace".to_owned(), with(&unmap)),
        ("to be owned".to_owned(), with(&own)),
        (
            "no /proc".to_owned(),
            with(&|facts| facts.namespace.is_known = false),
        ),
        ("no paths, no command".to_owned(), with(&clear)),
        (
            "file capabilities without the effective bit".to_owned(),
            with(&|facts| {
                let capabilities = facts
                    .command
                    .as_mut()
                    .unwrap()
                    .file_capabilities
                    .as_mut()
                    .unwrap();
                capabilities.effective = false;
            }),
        ),
    ]);
    all
}

fn make_non_root(facts: &mut Facts) {
    facts.process.uid.effective = uid(1000);
    facts.process.gid = charon_init::facts::IdSet::all(gid(1000));
    facts.process.groups = Vec::new();
    facts.process.capabilities = charon_init::facts::Capabilities::default();
    facts.process.no_new_privileges = true;
}

fn make_rootless(facts: &mut Facts) {
    let map = IdMap(vec![
        Extent {
            inside: 0,
            outside: 1000,
            count: 1,
        },
        Extent {
            inside: 1,
            outside: 100_000,
            count: 65536,
        },
    ]);
    facts.namespace.uid_map = map.clone();
    facts.namespace.gid_map = map;
    facts.namespace.setgroups_denied = true;
}

fn unmap(facts: &mut Facts) {
    facts.namespace.gid_map = IdMap(Vec::new());
}

fn own(facts: &mut Facts) {
    facts.own.paths = [
        OwnFound::There {
            absolute: "/data".into(),
            resolved: hostile().into(),
            id: FileId {
                device: 1,
                inode: 2,
            },
            node: charon_init::facts::Node {
                kind: Kind::Directory,
                ..node()
            },
        },
        OwnFound::Nothing(Found::Missing),
    ]
    .map(|found| OwnPath {
        path: hostile().into(),
        found,
    })
    .into();
}

fn clear(facts: &mut Facts) {
    facts.paths.clear();
    facts.command = None;
}

every!(meanings: GidZeroMeaning {
    Host => [GidZeroMeaning::Host],
    Mapped => [GidZeroMeaning::Mapped(100_000)],
    Unmapped => [GidZeroMeaning::Unmapped],
});

fn gid_zero_path(group: u32, meaning: GidZeroMeaning) -> GidZeroPath {
    GidZeroPath {
        path: socket(),
        meant: DOCKER,
        uid: uid(0),
        gid: gid(group),
        mode: mode(0o660),
        meaning,
    }
}

every!(sources: GidZeroSource {
    Spec => [GidZeroSource::Spec],
    PrimaryGroup => [GidZeroSource::PrimaryGroup { name: "charon".into() }],
    Membership => [GidZeroSource::Membership { name: "charon".into(), group: "root".to_owned() }],
    ExtraGroup => [GidZeroSource::ExtraGroup],
    Number => [GidZeroSource::Number],
});

every!(docker_host_faults: DockerHostFault {
    NoScheme => [DockerHostFault::NoScheme],
    NoPath => [DockerHostFault::NoPath],
    UnknownScheme => [DockerHostFault::UnknownScheme],
});

every!(elevations: Elevation {
    SetId => [Elevation::SetId(mode(0o4755))],
    FileCapabilities => [Elevation::FileCapabilities],
    IdsDiffer => [Elevation::IdsDiffer],
});

every!(guards: OwnGuard {
    System => [OwnGuard::System],
    OurBinary => [OwnGuard::OurBinary],
    Redirectable => [OwnGuard::Redirectable { uid: uid(1000), mode: mode(0o755) }],
});

fn not_to_be_owned(guard: OwnGuard) -> Refusal {
    Refusal::NotToBeOwned {
        path: hostile().into(),
        at: "/etc".into(),
        guard,
    }
}

every!(plain_refusals: Refusal {
    GidZeroPath => [Refusal::GidZeroPath(gid_zero_path(988, GidZeroMeaning::Host))],
    GidZeroIdentity => [Refusal::GidZeroIdentity { source: GidZeroSource::Spec }],
    RootUser => [
        Refusal::RootUser { user: UserRef::Name("root".into()) },
        Refusal::RootUser { user: UserRef::Uid(uid(0)) },
    ],
    RootNumber => [Refusal::RootNumber],
    UnknownUser => [
        Refusal::UnknownUser { name: "nobody2".into() },
        Refusal::UnknownUser { name: hostile() },
    ],
    UnknownGroup => [Refusal::UnknownGroup { name: "docker".into() }],
    UidWithoutGroup => [Refusal::UidWithoutGroup { uid: uid(1001) }],
    NumberOutOfRange => [Refusal::NumberOutOfRange { source: "--user".to_owned(), number: "4294967295".to_owned() }],
    BadGroupName => [Refusal::BadGroupName { source: "CHARON_INIT_GROUPS".to_owned(), name: "Docker".into() }],
    BadVariable => [Refusal::BadVariable {
        name: "ALLOW_DOCKER_SOCK_GID_0",
        value: "maybe".into(),
        takes: "1, true, yes, on or 0, false, no, off".to_owned(),
    }],
    BadDockerHost => [Refusal::BadDockerHost { value: hostile(), fault: DockerHostFault::NoScheme }],
    UnknownCapability => [Refusal::UnknownCapability { source: "--keep-cap".to_owned(), name: "root".into() }],
    KeepLeadsToRoot => [Refusal::KeepLeadsToRoot { capability: Capability::SYS_ADMIN }],
    MissingCapabilities => [
        Refusal::MissingCapabilities { missing: CapSet::from_iter([Capability::SETUID]) },
        Refusal::MissingCapabilities { missing: CapSet::from_iter([Capability::SETUID, Capability::SETGID]) },
        Refusal::MissingCapabilities { missing: CapSet::from_iter([Capability::CHOWN]) },
    ],
    BoundingSetWouldStay => [Refusal::BoundingSetWouldStay],
    SetgroupsDenied => [Refusal::SetgroupsDenied],
    NotMapped => [Refusal::NotMapped { id: "gid 988".to_owned() }],
    CommandNeedsCapabilities => [
        Refusal::CommandNeedsCapabilities {
            path: "/usr/bin/caddy".into(),
            dropped: net_bind_service(),
            withheld: CapSet::EMPTY,
        },
        Refusal::CommandNeedsCapabilities {
            path: "/usr/bin/caddy".into(),
            dropped: CapSet::EMPTY,
            withheld: CapSet::from_iter([Capability::SYS_ADMIN]),
        },
        Refusal::CommandNeedsCapabilities {
            path: "/usr/bin/caddy".into(),
            dropped: net_bind_service(),
            withheld: CapSet::from_iter([Capability::SYS_ADMIN]),
        },
    ],
    NotToBeOwned => [not_to_be_owned(OwnGuard::System)],
    SocketOutOfReach => [Refusal::SocketOutOfReach { finding: Box::new(Finding::NotMounted { path: socket() }) }],
    Elevated => [Refusal::Elevated { how: Elevation::IdsDiffer }],
});

/// Every refusal, and every variant of what it holds; the first carries a finding.
pub(crate) fn refusals() -> Vec<Named<Refused>> {
    let mut all = plain_refusals();
    for (number, meaning) in values(meanings()).enumerate() {
        let refusal = Refusal::GidZeroPath(gid_zero_path(0, meaning));
        all.push((format!("GidZeroMeaning {}", number + 1), refusal));
    }
    let of_grant = Refusal::GidZeroPath(GidZeroPath {
        path: "/dev/dri/card0".into(),
        meant: Meant::Anything,
        ..gid_zero_path(0, GidZeroMeaning::Host)
    });
    all.push(("GidZeroPath of a grant".to_owned(), of_grant));
    all.extend(sources().into_iter().map(|(name, source)| {
        (
            format!("GidZeroSource::{name}"),
            Refusal::GidZeroIdentity { source },
        )
    }));
    all.extend(docker_host_faults().into_iter().map(|(name, fault)| {
        let value = "docker.sock".into();
        (
            format!("DockerHostFault::{name}"),
            Refusal::BadDockerHost { value, fault },
        )
    }));
    all.extend(
        elevations()
            .into_iter()
            .map(|(name, how)| (format!("Elevation::{name}"), Refusal::Elevated { how })),
    );
    all.extend(
        guards()
            .into_iter()
            .map(|(name, guard)| (format!("OwnGuard::{name}"), not_to_be_owned(guard))),
    );
    let mut findings = vec![Finding::NoProc];
    all.into_iter()
        .map(|(name, refusal)| {
            (
                name,
                Refused {
                    refusal,
                    findings: std::mem::take(&mut findings),
                },
            )
        })
        .collect()
}

every!(accesses: Access {
    Replaceable => [Access::Replaceable],
    Missing => [Access::Missing],
    SymbolicLink => [Access::SymbolicLink],
    NotAFile => [Access::NotAFile],
    MountPoint => [Access::MountPoint],
    ReadOnly => [Access::ReadOnly],
    ForeignOwner => [Access::ForeignOwner { uid: uid(65534), gid: gid(65534) }],
    Locked => [Access::Locked],
    Denied => [Access::Denied],
});

every!(users: UserRef {
    Name => [UserRef::Name("charon".into())],
    Uid => [UserRef::Uid(uid(1001))],
});

every!(groups: GroupRef {
    Name => [GroupRef::Name("docker".into())],
    Gid => [GroupRef::Gid(gid(988))],
});

fn not_the_user(user: UserRef, group: Option<GroupRef>) -> Finding {
    Finding::NotTheUser {
        spec: UserSpec { user, group },
        uid: uid(1000),
        gid: gid(1000),
    }
}

every!(plain_findings: Finding {
    NotMounted => [Finding::NotMounted { path: socket() }, Finding::NotMounted { path: hostile().into() }],
    DirectoryInstead => [Finding::DirectoryInstead { path: socket() }],
    NotASocket => [Finding::NotASocket { path: socket(), kind: Kind::File }],
    GrantNotFound => [
        Finding::GrantNotFound { path: "/dev/dri/card0".into() },
        Finding::GrantNotFound { path: "/media".into() },
    ],
    GlobMatchesNothing => [
        Finding::GlobMatchesNothing { path: "/dev/ttyUSB?".into() },
        Finding::GlobMatchesNothing { path: "/media/*".into() },
    ],
    Blocked => [Finding::Blocked { path: socket(), meant: DOCKER, at: "/var/run".into(), errno: 13, directory: None, missing: None }],
    WorldWritable => [Finding::WorldWritable { path: socket(), mode: mode(0o666) }],
    Redirectable => [Finding::Redirectable { path: socket(), at: "/data".into(), uid: uid(1000), mode: mode(0o755) }],
    GroupHasNothing => [
        Finding::GroupHasNothing { path: socket(), meant: DOCKER, wanted: Permission::WRITE, gid: gid(988), mode: mode(0o600), has_acl: false },
        Finding::GroupHasNothing { path: socket(), meant: DOCKER, wanted: Permission::WRITE, gid: gid(988), mode: mode(0o640), has_acl: true },
    ],
    NotSearchable => [Finding::NotSearchable {
        path: "/run/user/1000/docker.sock".into(),
        meant: DOCKER,
        directory: "/run/user/1000".into(),
        uid: uid(1000),
        gid: gid(1000),
        mode: mode(0o700),
    }],
    Unmapped => [Finding::Unmapped { path: socket(), meant: DOCKER, gid: gid(65534) }],
    GidZeroAccepted => [Finding::GidZeroAccepted { path: socket(), meant: DOCKER, meaning: GidZeroMeaning::Host }],
    GroupMissing => [Finding::GroupMissing { path: socket(), gid: gid(988), uid: uid(1000), own_gid: gid(1000) }],
    GidZeroWouldHelp => [
        Finding::GidZeroWouldHelp(gid_zero_path(0, GidZeroMeaning::Host)),
        Finding::GidZeroWouldHelp(gid_zero_path(988, GidZeroMeaning::Unmapped)),
    ],
    GidZeroHeld => [Finding::GidZeroHeld],
    NotTheUser => [not_the_user(UserRef::Name(hostile()), None)],
    NotTheNumbers => [
        Finding::NotTheNumbers { uid: Some(uid(1001)), gid: None, own: (uid(1000), gid(1000)) },
        Finding::NotTheNumbers { uid: None, gid: Some(gid(5)), own: (uid(1000), gid(1000)) },
        Finding::NotTheNumbers { uid: Some(uid(1001)), gid: Some(gid(5)), own: (uid(1000), gid(1000)) },
    ],
    NumberTaken => [
        Finding::NumberTaken(Taken::Uid(uid(33), "www-data".into())),
        Finding::NumberTaken(Taken::Gid(gid(100), hostile())),
    ],
    DefaultUserMissing => [Finding::DefaultUserMissing { name: "charon".into(), uid: uid(1000), gid: gid(1000) }],
    FileLeftAlone => [
        Finding::FileLeftAlone { path: "/etc/gshadow".into(), access: Access::Denied },
        Finding::FileLeftAlone { path: "/etc/passwd".into(), access: Access::MountPoint },
    ],
    SensitiveGroup => [
        Finding::SensitiveGroup { name: "disk".to_owned(), gid: gid(6) },
        Finding::SensitiveGroup { name: "a\nb".to_owned(), gid: gid(6) },
    ],
    OverflowGroupDropped => [Finding::OverflowGroupDropped { gid: gid(65534) }],
    BoundingSetStays => [Finding::BoundingSetStays { left: CapSet::from_iter([Capability::SETUID, Capability::SETGID]) }],
    KeepWithheld => [Finding::KeepWithheld { capability: Capability::from_name("net_bind_service").unwrap() }],
    Own => [Finding::Own(OwnFinding::Missing { path: hostile().into() })],
    NoProc => [Finding::NoProc],
    EngineElsewhere => [Finding::EngineElsewhere { docker_host: "tcp://proxy:2375".into() }],
});

/// What is said of a device, a directory and a file, where it is not what is said of a socket.
fn findings_of_grants() -> Vec<Named<Finding>> {
    let path = || PathBuf::from("/dev/dri/card0");
    let meant = Meant::Anything;
    let both = Permission::READ.and(Permission::WRITE);
    let nothing = |wanted| Finding::GroupHasNothing {
        path: path(),
        meant,
        wanted,
        gid: gid(44),
        mode: mode(0o600),
        has_acl: false,
    };
    let zero = |group| GidZeroPath {
        path: path(),
        meant,
        ..gid_zero_path(group, GidZeroMeaning::Host)
    };
    let all = [
        Finding::Blocked {
            path: path(),
            meant,
            at: "/dev/dri".into(),
            errno: 13,
            directory: None,
            missing: None,
        },
        nothing(both),
        nothing(Permission::SEARCH),
        nothing(Permission::READ),
        Finding::NotSearchable {
            path: path(),
            meant,
            directory: "/dev/dri".into(),
            uid: uid(0),
            gid: gid(44),
            mode: mode(0o700),
        },
        Finding::Unmapped {
            path: path(),
            meant,
            gid: gid(65534),
        },
        Finding::GidZeroAccepted {
            path: path(),
            meant,
            meaning: GidZeroMeaning::Host,
        },
        Finding::GidZeroWouldHelp(zero(0)),
        Finding::GidZeroWouldHelp(zero(988)),
    ];
    let numbered = (1..).zip(all);
    numbered
        .map(|(number, finding)| (format!("grant {number}"), finding))
        .collect()
}

fn refused_owner(errno: i32) -> OwnFinding {
    OwnFinding::Refused {
        path: "/data".into(),
        errno,
        found: tally().hard_links,
    }
}

fn far() -> Sightings {
    Sightings {
        count: 3,
        first: format!("/data{}", "/a'b".repeat(400)).into(),
    }
}

every!(own_findings: OwnFinding {
    Missing => [OwnFinding::Missing { path: "/data".into() }],
    Blocked => [OwnFinding::Blocked { path: "/data".into(), at: "/".into(), errno: 13 }],
    NotRoot => [OwnFinding::NotRoot { path: "/data".into(), uid: uid(0), gid: gid(0) }],
    RootMatches => [OwnFinding::RootMatches { path: "/data".into() }],
    HardLinks => [OwnFinding::HardLinks { path: "/data".into(), found: tally().hard_links }],
    TooDeep => [OwnFinding::TooDeep { path: "/data".into(), found: far() }],
    Mounts => [OwnFinding::Mounts { path: "/data".into(), found: tally().mounts }],
    // EPERM, EACCES, EROFS, ENOSPC, EDQUOT, EIO
    Refused => [
        refused_owner(1),
        refused_owner(13),
        refused_owner(30),
        refused_owner(28),
        refused_owner(122),
        refused_owner(5),
    ],
});

/// Every finding, and every variant of what it holds.
pub(crate) fn findings() -> Vec<Named<Finding>> {
    let mut all = plain_findings();
    all.extend(findings_of_grants());
    all.extend(kinds().into_iter().map(|(name, kind)| {
        (
            format!("Kind::{name}"),
            Finding::NotASocket {
                path: socket(),
                kind,
            },
        )
    }));
    all.extend(
        own_findings()
            .into_iter()
            .map(|(name, finding)| (format!("OwnFinding::{name}"), Finding::Own(finding))),
    );
    all.extend(accesses().into_iter().map(|(name, access)| {
        let path = "/etc/group".into();
        (
            format!("Access::{name}"),
            Finding::FileLeftAlone { path, access },
        )
    }));
    all.extend(meanings().into_iter().map(|(name, meaning)| {
        (
            format!("GidZeroMeaning::{name}"),
            Finding::GidZeroAccepted {
                path: socket(),
                meant: DOCKER,
                meaning,
            },
        )
    }));
    for (user_name, user) in users() {
        all.push((
            format!("UserRef::{user_name}"),
            not_the_user(user.clone(), None),
        ));
        all.extend(groups().into_iter().map(|(name, group)| {
            (
                format!("UserRef::{user_name}, GroupRef::{name}"),
                not_the_user(user.clone(), Some(group)),
            )
        }));
    }
    all
}

every!(causes: Cause {
    Errno => [Cause::Errno(1), Cause::Errno(28)],
    ReadBack => [Cause::ReadBack { expected: "gid 1000".to_owned(), found: "gid 0".to_owned() }],
    Moved => [Cause::Moved],
});

/// Every failure, with a path and without.
pub(crate) fn failures() -> Vec<Named<Failure>> {
    let failure = |cause: &Cause, path: Option<PathBuf>| Failure {
        step: "set the supplementary groups".to_owned(),
        path,
        cause: cause.clone(),
    };
    let mut all = Vec::new();
    for (name, cause) in causes() {
        all.push((format!("{name} without a path"), failure(&cause, None)));
        all.push((
            format!("{name} with a path"),
            failure(&cause, Some("/etc/group".into())),
        ));
        all.push((
            format!("{name} with a hostile path"),
            failure(&cause, Some(hostile().into())),
        ));
    }
    all
}
