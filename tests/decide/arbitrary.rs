//! Random worlds: small alphabets, so that names, gids and paths meet; sane things often enough that most starts go far.

use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use charon_init::account::{GroupRef, GroupSpec, UserRef, UserSpec};
use charon_init::capability::{CapSet, Capability};
use charon_init::facts::*;
use charon_init::ids::{Gid, IdMap, Uid};
use charon_init::permission::Umask;
use charon_init::request::{Format, Forward, Init, Mode, Request, Sockets};
use charon_init::{account::GroupName, parse};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use crate::arbitrary_files::accounts;
use crate::arbitrary_paths::path;
use crate::world::{World, gid, uid, world};

pub(crate) const IDS: &[u32] = &[
    0,
    1,
    5,
    44,
    988,
    999,
    1000,
    1001,
    65534,
    70000,
    4_294_967_294,
];
pub(crate) const NAMES: &[&str] = &[
    "root",
    "charon",
    "a",
    "docker",
    "docker988",
    "disk",
    "host44",
    "a\tb",
    "",
];

/// Values of the first strategy `often` times in ten, else of the second.
pub(crate) fn mostly<T: std::fmt::Debug + 'static>(
    often: u32,
    first: impl Strategy<Value = T> + 'static,
    second: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = T> {
    Union::new_weighted(vec![(often, first.boxed()), (10 - often, second.boxed())])
}

pub(crate) fn any_uid() -> impl Strategy<Value = Uid> {
    select(IDS).prop_map(uid)
}

pub(crate) fn any_gid() -> impl Strategy<Value = Gid> {
    select(IDS).prop_map(gid)
}

pub(crate) fn any_gids(count: Range<usize>) -> impl Strategy<Value = Vec<Gid>> {
    vec(any_gid(), count)
}

pub(crate) fn name() -> impl Strategy<Value = OsString> {
    select(NAMES).prop_map(OsString::from)
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    let docker = world().facts.process.capabilities;
    let set = || any::<u64>().prop_map(|bits| CapSet::from_bits(bits & CapSet::all().bits()));
    let any_set =
        (set(), set(), set(), set()).prop_map(|(inheritable, permitted, bounding, some)| {
            Capabilities {
                inheritable,
                permitted,
                effective: permitted.intersection(some),
                bounding,
                ambient: permitted.intersection(inheritable).intersection(some),
            }
        });
    mostly(9, Just(docker), any_set)
}

/// A process of root, or one of somebody else.
fn process() -> impl Strategy<Value = Process> {
    let ids = mostly(7, Just((uid(0), gid(0))), (any_uid(), any_gid()));
    (ids, any_gids(0..5), capabilities(), any::<bool>()).prop_map(
        |((uid, gid), groups, capabilities, no_new_privileges)| Process {
            uid: IdSet::all(uid),
            gid: IdSet::all(gid),
            groups,
            capabilities,
            no_new_privileges,
            executable: Executable::Plain,
            is_pid_1: no_new_privileges,
        },
    )
}

fn namespace() -> impl Strategy<Value = UserNamespace> {
    let map = |text: &[u8]| parse::id_map::id_map(text).unwrap();
    let inside = select(vec![
        map(b"0 100000 65536\n"),
        map(b"0 1000 1\n1 100000 70000\n"),
        map(b"1000 0 1\n"),
    ]);
    let id_map = mostly(7, Just(IdMap::identity()), inside);
    let rarely = || mostly(9, Just(false), Just(true));
    (id_map, rarely(), rarely()).prop_map(|(map, setgroups_denied, is_unknown)| UserNamespace {
        uid_map: map.clone(),
        gid_map: map,
        overflow_uid: uid(65534),
        overflow_gid: gid(65534),
        setgroups_denied,
        is_known: !is_unknown,
    })
}

fn command() -> impl Strategy<Value = CommandFacts> {
    let capability = (any::<u64>(), any::<bool>()).prop_map(|(bits, effective)| FileCapabilities {
        path: PathBuf::from("/bin/server\n"),
        permitted: CapSet::from_bits(bits & 0xff),
        effective,
    });
    weighted(0.1, capability).prop_map(|file_capabilities| CommandFacts {
        candidates: vec![PathBuf::from("/bin/server")],
        file_capabilities,
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        process(),
        namespace(),
        accounts(),
        vec(path(), 0..4),
        command(),
    )
        .prop_map(|(process, namespace, accounts, paths, command)| Facts {
            process,
            namespace,
            accounts,
            paths,
            own: charon_init::facts::OwnFacts::default(),
            command: Some(command),
            pid_1: None,
        })
}

fn user() -> impl Strategy<Value = UserSpec> {
    let user = prop_oneof![
        name().prop_map(UserRef::Name),
        any_uid().prop_map(UserRef::Uid)
    ];
    let group = prop_oneof![
        name().prop_map(GroupRef::Name),
        any_gid().prop_map(GroupRef::Gid)
    ];
    let charon = UserSpec {
        user: UserRef::Name(OsString::from("charon")),
        group: None,
    };
    let other = (user, weighted(0.7, group)).prop_map(|(user, group)| UserSpec { user, group });
    mostly(7, Just(charon), other)
}

fn extra_group() -> impl Strategy<Value = GroupSpec> {
    let named = |gid| GroupSpec::Named(GroupName::new("docker").unwrap(), gid);
    prop_oneof![
        1 => name().prop_map(GroupSpec::Name),
        4 => any_gid().prop_map(GroupSpec::Gid),
        4 => any_gid().prop_map(named),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    let command = vec![OsString::from("server")];
    let start = Mode::Start {
        command: command.clone(),
    };
    let dry_run = Mode::DryRun {
        format: Format::Text,
        service: "charon".to_owned(),
        command,
    };
    mostly(7, Just(start), Just(dry_run))
}

fn sockets() -> impl Strategy<Value = Sockets> {
    let docker_host = OsString::from("tcp://proxy\n:2375");
    select(vec![
        Sockets::Search,
        Sockets::Paths(Vec::new()),
        Sockets::NotNeeded { docker_host },
    ])
}

fn request() -> impl Strategy<Value = Request> {
    let flags = any::<[bool; 6]>();
    let groups = mostly(6, Just(Vec::new()), vec(extra_group(), 0..3));
    let keep = mostly(8, Just(0), any::<u64>()).prop_map(|bits| {
        let rooty: CapSet = Capability::LEADS_TO_ROOT.into_iter().collect();
        CapSet::from_bits(bits & CapSet::all().bits()).without(rooty)
    });
    (mode(), user(), sockets(), flags, groups, keep).prop_map(
        |(mode, user, sockets, flags, groups, keep_capabilities)| {
            let [
                is_default,
                one,
                other,
                allow_gid_0,
                inherit_groups,
                edit_group_file,
            ] = flags;
            Request {
                mode,
                user,
                user_is_default: is_default,
                uid: None,
                gid: None,
                sockets,
                grants: Vec::new(),
                require_socket: one && other && edit_group_file,
                allow_gid_0,
                groups,
                inherit_groups,
                edit_group_file: edit_group_file || one,
                own: Vec::new(),
                own_policy: charon_init::request::OwnPolicy::Always,
                umask: Umask::new(0o27).filter(|_| is_default && other),
                keep_capabilities,
                allow_new_privileges: other && !one,
                init: (one && !other).then_some(Init {
                    forward: Forward::Group,
                    grace: Duration::from_millis(u64::from(edit_group_file)),
                }),
            }
        },
    )
}

/// Any request in any world.
pub(crate) fn any_world() -> impl Strategy<Value = World> {
    let numbers = (weighted(0.3, any_uid()), weighted(0.3, any_gid()));
    (request(), numbers, facts()).prop_map(|(request, (uid, gid), facts)| World {
        request: Request {
            uid,
            gid,
            ..request
        },
        facts,
    })
}

/// The files as text: what a random world is told by when it breaks a law.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts {
            process,
            namespace,
            accounts,
            paths,
            own: _,
            command,
            pid_1,
        } = &self.facts;
        writeln!(f, "{:?}\n{process:?}\n{namespace:?}", self.request)?;
        let files = [&accounts.passwd, &accounts.group];
        for file in files.into_iter().chain(&accounts.gshadow) {
            let text = String::from_utf8_lossy(&file.bytes);
            writeln!(f, "{:?} {text:?}", file.access)?;
        }
        writeln!(
            f,
            "{:?}\n{paths:?}\n{command:?}\n{pid_1:?}",
            accounts.name_service
        )
    }
}
