//! Contract 8: as whom a check asks, whom it asks, and what is made of what it heard.

use std::time::Duration;

use charon_init::answer::{Answer, EngineVersion, Foreign, Product, Question};
use charon_init::decide::{diagnose, own_finding};
use charon_init::diagnosis::Cause;
use charon_init::facts::*;
use charon_init::ids::Uid;
use charon_init::plan::{Step, Target};
use charon_init::refusal::{Finding, Refusal};
use charon_init::request::{CheckFormat, Endpoint, Mode, Sockets};
use proptest::prelude::*;

use crate::arbitrary::any_world;
use crate::properties::config;
use crate::world::*;

/// errno(3) on the machines that run these tests.
const EACCES: i32 = 13;
const ECONNREFUSED: i32 = 111;

impl World {
    pub(crate) fn check(self) -> Self {
        self.with(|world| {
            world.request.mode = Mode::Check {
                format: CheckFormat::Text,
                timeout: Duration::from_secs(5),
            };
            world.facts.command = None;
        })
    }

    fn pid_1(self, own_uid: u32, own_gid: u32, groups: &[u32]) -> Self {
        let pid_1 = FirstProcess {
            uid: IdSet::all(uid(own_uid)),
            gid: IdSet::all(gid(own_gid)),
            groups: gids(groups),
            is_of_our_container: true,
        };
        self.with(|world| world.facts.pid_1 = Some(pid_1))
    }

    #[track_caller]
    fn targets(&self) -> Vec<Target> {
        match self.steps().pop() {
            Some(Step::Connect(connection)) => connection.targets,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn target(&self) -> Target {
        let targets = self.targets();
        assert_eq!(targets.len(), 1);
        targets[0].clone()
    }
}

/// A check of a mounted socket.
fn checked() -> World {
    world().socket(0, 988, 0o660).check()
}

#[test]
fn a_check_by_root_has_the_planned_identity_where_pid_1_is_not_known() {
    let world = checked();
    assert_eq!(world.identity(), charon(&[988, 1000]));
    let clear = Target {
        endpoint: Endpoint::Socket(SOCKET.into()),
        finding: None,
    };
    assert_eq!(world.target(), clear);
}

#[test]
fn a_check_by_root_has_the_groups_of_pid_1_and_no_others() {
    let world = checked().pid_1(1000, 1000, &[1000]);
    assert_eq!(world.identity(), charon(&[1000]));
    let missing = Finding::GroupMissing {
        path: SOCKET.into(),
        gid: gid(988),
        uid: uid(1000),
        own_gid: gid(1000),
    };
    assert_eq!(world.target().finding, Some(missing));

    let world = checked().pid_1(1000, 1000, &[988]);
    assert_eq!(world.identity(), charon(&[988, 1000]));
    assert_eq!(world.target().finding, None);

    // One that a start would not give either.
    let world = checked().pid_1(1000, 4242, &[27, 988]);
    assert_eq!(
        world.identity(),
        identity(1000, 4242, &[27, 988, 4242], Some("charon"), "/app")
    );
}

#[test]
fn a_check_without_sockets_asks_nobody() {
    let world = checked().with(|world| {
        world.request.sockets = Sockets::Ignored;
        world.facts.paths.clear();
    });
    assert_eq!(world.targets(), []);
}

#[test]
fn pid_1_that_is_root_or_somebody_else_is_not_the_server() {
    let planned = charon(&[988, 1000]);
    assert_eq!(checked().pid_1(0, 0, &[0]).identity(), planned);
    assert_eq!(checked().pid_1(1001, 1000, &[]).identity(), planned);
    // The pause container of a pod.
    assert_eq!(checked().pid_1(65535, 65535, &[]).identity(), planned);
    let of_another_container = checked().pid_1(1000, 1000, &[]).with(|world| {
        let pid_1 = world.facts.pid_1.as_mut().unwrap();
        pid_1.is_of_our_container = false;
    });
    assert_eq!(of_another_container.identity(), planned);
    // Half-way to another user.
    let changes: [fn(&mut FirstProcess); 2] = [
        |pid_1| pid_1.uid.saved = Uid::ROOT,
        |pid_1| pid_1.gid.filesystem = gid(0),
    ];
    for change in changes {
        let world = checked().pid_1(1000, 1000, &[]);
        let world = world.with(|world| change(world.facts.pid_1.as_mut().unwrap()));
        assert_eq!(world.identity(), planned);
    }
}

#[test]
fn groups_of_pid_1_that_this_namespace_cannot_name_are_left_out() {
    let world = checked().user_namespace().pid_1(1000, 1000, &[1000, 65534]);
    assert_eq!(world.groups(), [1000]);
    let dropped = Finding::OverflowGroupDropped { gid: gid(65534) };
    assert!(world.findings().contains(&dropped));
}

#[test]
fn a_check_that_is_not_by_root_is_by_who_it_is() {
    let world = checked().non_root(2000, 2000, &[2000]);
    let found = world.identity();
    assert_eq!((found.uid, found.gid), (uid(2000), gid(2000)));
    assert!(matches!(
        world.target().finding,
        Some(Finding::GroupMissing { .. })
    ));
}

#[test]
fn a_check_edits_nothing() {
    let world = checked();
    assert_eq!(world.edited("/etc/group"), None);
    let start = checked().with(|world| {
        world.request.mode = Mode::Start {
            command: vec!["server".into()],
        };
    });
    assert!(start.edited("/etc/group").is_some());
}

/// Contract 3: not reached, GID 0 included; the identity is told, and connects without that group.
#[test]
fn gid_zero_that_a_start_would_refuse_is_what_keeps_a_check_out() {
    let world = world().socket(0, 0, 0o660).check();
    assert_eq!(world.identity(), charon(&[1000]));
    let finding = world.target().finding.unwrap();
    assert!(
        matches!(finding, Finding::GidZeroWouldHelp(_)),
        "{finding:?}"
    );
    assert_eq!(world.clone().allow_gid_0().groups(), [0, 1000]);
    assert_eq!(world.allow_gid_0().target().finding, None);
}

#[test]
fn gid_zero_of_the_identity_that_is_not_allowed_is_refused() {
    let world = world().socket(0, 0, 0o660).check().pid_1(1000, 0, &[0]);
    assert!(matches!(world.refusal(), Refusal::GidZeroPath(_)));
    let world = world.allow_gid_0();
    assert_eq!(world.groups(), [0]);
    assert_eq!(world.target().finding, None);
}

#[test]
fn a_required_socket_that_is_out_of_reach_is_no_refusal() {
    let world = world().found(SOCKET, Found::Missing).check();
    let missing = Finding::NotMounted {
        path: SOCKET.into(),
    };
    assert_eq!(world.require_socket().target().finding, Some(missing));
}

#[test]
fn each_named_socket_is_asked_and_of_the_usual_places_the_one_that_exists() {
    let blocked = Found::Blocked {
        at: "/run/user".into(),
        errno: EACCES,
        directory: None,
    };
    let world = world()
        .found("/run/user/1000/docker.sock", blocked)
        .found("/run/podman/podman.sock", Found::Node(socket(0, 0, 0o666)))
        .check();
    let paths = |world: &World| -> Vec<String> {
        let targets = world.targets().into_iter();
        targets.map(|target| target.endpoint.to_string()).collect()
    };
    assert_eq!(paths(&world), ["/run/podman/podman.sock"]);
    let named = world.with(|world| world.request.sockets = Sockets::Paths(Vec::new()));
    assert_eq!(
        paths(&named),
        ["/run/user/1000/docker.sock", "/run/podman/podman.sock"]
    );
}

/// A device that is granted is part of the identity, and no engine to ask.
#[test]
fn a_granted_device_is_not_asked() {
    let world = checked().with(|world| {
        let found = Found::Node(Node {
            kind: Kind::CharacterDevice,
            ..socket(0, 44, 0o660)
        });
        world.facts.paths.push(PathFacts {
            path: "/dev/dri/card0".into(),
            meant: Meant::Anything,
            found,
        });
    });
    assert_eq!(world.groups(), [44, 988, 1000]);
    assert_eq!(world.target().endpoint, Endpoint::Socket(SOCKET.into()));
    let named = world.with(|world| world.request.sockets = Sockets::Paths(Vec::new()));
    assert_eq!(named.targets().len(), 1);
}

#[test]
fn an_engine_that_needs_no_socket_is_asked_where_it_is() {
    let world = world().check().with(|world| {
        world.request.sockets = Sockets::NotNeeded {
            docker_host: "tcp://proxy:2375".into(),
        };
    });
    let host = "proxy".to_owned();
    let endpoint = Endpoint::Tcp { host, port: 2375 };
    assert_eq!(world.target().endpoint, endpoint);
}

fn causes(finding: Option<&Finding>, answer: Option<&Answer>) -> Cause {
    let endpoint = Endpoint::Socket(SOCKET.into());
    let ids = (uid(1000), gid(1000));
    let diagnosis = diagnose(endpoint.clone(), ids, finding, answer);
    assert_eq!(
        (diagnosis.endpoint, diagnosis.ids),
        (Some(endpoint), Some(ids))
    );
    diagnosis.cause
}

#[test]
fn a_finding_explains_a_connection_that_was_not_made() {
    let finding = Finding::Unmapped {
        path: SOCKET.into(),
        meant: Meant::EngineSocket(Engine::Docker),
        gid: gid(65534),
    };
    let refused = |errno| Answer::NotConnected { errno };
    for errno in [EACCES, ECONNREFUSED] {
        let cause = causes(Some(&finding), Some(&refused(errno)));
        assert_eq!(cause, Cause::Path(finding.clone()));
    }
    assert_eq!(causes(Some(&finding), None), Cause::Path(finding));
    assert_eq!(causes(None, None), Cause::Open);
    let cause = causes(None, Some(&refused(EACCES)));
    assert_eq!(cause, Cause::Denied { errno: EACCES });
    let stale = Answer::NotConnected {
        errno: ECONNREFUSED,
    };
    assert_eq!(causes(None, Some(&stale)), Cause::Answer(stale));
    // It went between the look and the connection.
    let missing = Finding::NotMounted {
        path: SOCKET.into(),
    };
    assert_eq!(causes(None, Some(&refused(2))), Cause::Path(missing));
}

/// The kernel has let us in: whatever the permissions seemed to say, it is no longer about them.
#[test]
fn an_answer_counts_more_than_a_finding() {
    let finding = Finding::GroupHasNothing {
        path: SOCKET.into(),
        meant: Meant::EngineSocket(Engine::Docker),
        wanted: charon_init::permission::Permission::WRITE,
        gid: gid(988),
        mode: charon_init::permission::Mode::from_bits(0o600),
        has_acl: false,
    };
    for answer in [
        Answer::Engine(EngineVersion {
            product: Product::Docker,
            version: None,
            api: None,
            declined: None,
        }),
        Answer::Foreign {
            question: Question::Ping,
            what: Foreign::Closed,
        },
        Answer::Silent {
            question: Some(Question::Ping),
            after: None,
        },
    ] {
        let cause = causes(Some(&finding), Some(&answer));
        assert_eq!(cause, Cause::Answer(answer));
    }
}

/// What a server is told of itself: as it is, with nothing that a start would give it.
#[test]
fn a_process_that_asks_about_itself_is_judged_as_it_is() {
    let own = |world: &World| {
        let facts = &world.facts;
        own_finding(&facts.process, &facts.namespace, &facts.paths[0])
    };
    let charon = world().socket(0, 988, 0o660).non_root(1000, 1000, &[]);
    assert!(matches!(own(&charon), Some(Finding::GroupMissing { .. })));
    let member = world().socket(0, 988, 0o660).non_root(1000, 1000, &[988]);
    assert_eq!(own(&member), None);
    let zero = world().socket(0, 0, 0o660).non_root(1000, 0, &[]);
    assert_eq!(own(&zero), None);
    let root = world().socket(1000, 988, 0o600);
    assert_eq!(own(&root), None);
    // Its power ends at what its user namespace does not map.
    let inside = world().user_namespace().socket(65534, 65534, 0o660);
    assert!(matches!(own(&inside), Some(Finding::Unmapped { .. })));
    let root = world().found(SOCKET, Found::Missing);
    assert!(matches!(own(&root), Some(Finding::NotMounted { .. })));
}

proptest! {
    #![proptest_config(config())]

    /// Of every law of a start the one that matters here: never as root, never with a group that PID 1 has not.
    #[test]
    fn a_check_is_never_better_off_than_the_server(world in any_world(), groups in crate::arbitrary::any_gids(0..4)) {
        let world = world.check();
        let Ok(plan) = world.decide() else { return Ok(()) };
        prop_assert!(!plan.identity.uid.is_root());
        prop_assert!(plan.edits().next().is_none());
        let is_last = matches!(plan.steps.last().map(|planned| &planned.step), Some(Step::Connect(_)));
        prop_assert!(is_last);
        let is_verified = plan.steps.iter().any(|planned| matches!(planned.step, Step::Verify(_)));
        prop_assert!(is_verified);
        if !world.facts.process.uid.effective.is_root() {
            return Ok(());
        }
        let server = FirstProcess {
            uid: IdSet::all(plan.identity.uid),
            gid: IdSet::all(plan.identity.gid),
            groups,
            is_of_our_container: true,
        };
        let mut allowed = server.groups.clone();
        allowed.push(server.gid.effective);
        let world = world.with(|world| world.facts.pid_1 = Some(server));
        let Ok(plan) = world.decide() else { return Ok(()) };
        for gid in &plan.identity.groups {
            prop_assert!(allowed.contains(gid), "{gid} in {allowed:?}");
        }
    }
}
