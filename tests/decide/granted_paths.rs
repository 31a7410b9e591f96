//! Contract 5: what is granted, and what is refused; a test a row.

use std::path::PathBuf;

use charon_init::facts::{Found, Kind, Node};
use charon_init::permission::{Mode, Permission};
use charon_init::plan::{Class, Through, Verdict};
use charon_init::refusal::{Finding, GidZeroMeaning, GidZeroPath, Refusal};
use charon_init::request::Sockets;

use crate::world::*;

fn path() -> PathBuf {
    PathBuf::from(SOCKET)
}

fn granted(number: u32, through: Through, name: Option<&str>) -> Verdict {
    Verdict::Granted {
        gid: gid(number),
        through,
        name: name.map(str::to_owned),
    }
}

fn zero_path(mode: u16, meaning: GidZeroMeaning) -> GidZeroPath {
    GidZeroPath {
        path: path(),
        meant: DOCKER,
        uid: uid(0),
        gid: gid(0),
        mode: Mode::from_bits(mode),
        meaning,
    }
}

#[test]
fn missing_socket_is_a_finding() {
    let world = world().found(SOCKET, Found::Missing);
    assert_eq!(world.findings(), [Finding::NotMounted { path: path() }]);
    assert_eq!(world.verdict(), Verdict::Closed);
    assert_eq!(world.groups(), [1000]);
}

#[test]
fn directory_where_a_socket_is_meant_is_a_finding_even_with_gid_zero() {
    let node = Node {
        kind: Kind::Directory,
        ..socket(0, 0, 0o755)
    };
    assert_eq!(
        world().node(node).findings(),
        [Finding::DirectoryInstead { path: path() }]
    );
}

#[test]
fn what_is_no_socket_is_a_finding() {
    for kind in [
        Kind::File,
        Kind::CharacterDevice,
        Kind::BlockDevice,
        Kind::Fifo,
    ] {
        let node = Node {
            kind,
            ..socket(0, 0, 0o660)
        };
        assert_eq!(
            world().node(node).findings(),
            [Finding::NotASocket { path: path(), kind }]
        );
    }
}

#[test]
fn gid_zero_socket_is_refused_unless_allowed() {
    let refused = world().socket(0, 0, 0o660);
    assert_eq!(
        refused.refusal(),
        Refusal::GidZeroPath(zero_path(0o660, GidZeroMeaning::Host))
    );

    let allowed = refused.allow_gid_0();
    assert_eq!(allowed.verdict(), granted(0, Through::OwningGroup, None));
    assert_eq!(allowed.groups(), [0, 1000]);
    assert_eq!(allowed.group_add(), [0]);
    let accepted = Finding::GidZeroAccepted {
        path: path(),
        meant: DOCKER,
        meaning: GidZeroMeaning::Host,
    };
    assert_eq!(allowed.findings(), [accepted]);
}

#[test]
fn gid_zero_socket_is_refused_however_the_identity_would_get_there() {
    let by_group_add = world().inherited(&[0]).socket(0, 0, 0o660);
    assert_eq!(
        by_group_add.refusal(),
        Refusal::GidZeroPath(zero_path(0o660, GidZeroMeaning::Host))
    );

    let of_acl = Node {
        acl: Some(acl(&[], 0, &[(0, 6)], 6, 0)),
        ..socket(0, 5, 0o660)
    };
    assert!(matches!(
        world().node(of_acl).refusal(),
        Refusal::GidZeroPath(_)
    ));

    let non_root = world().non_root(1000, 0, &[]).socket(0, 0, 0o660);
    assert!(matches!(non_root.refusal(), Refusal::GidZeroPath(_)));

    let non_root = world().non_root(1000, 1000, &[0]).socket(0, 0, 0o660);
    assert!(matches!(non_root.refusal(), Refusal::GidZeroPath(_)));
}

#[test]
fn directory_that_only_gid_zero_opens_is_refused() {
    let mut node = socket(0, 988, 0o666);
    node.way[1] = directory("/run", 0, 0, 0o750);
    assert!(matches!(
        world().node(node).refusal(),
        Refusal::GidZeroPath(_)
    ));
}

#[test]
fn refusal_says_what_gid_zero_is_in_this_namespace() {
    let refused = world().user_namespace().socket(0, 0, 0o660).refusal();
    assert_eq!(
        refused,
        Refusal::GidZeroPath(zero_path(0o660, GidZeroMeaning::Mapped(100_000)))
    );
}

#[test]
fn gid_zero_is_not_needed_where_the_acl_names_another_group() {
    let node = Node {
        acl: Some(acl(&[], 6, &[(990, 6), (988, 6)], 6, 0)),
        ..socket(0, 0, 0o660)
    };
    let world = world().node(node);
    assert_eq!(
        world.verdict(),
        granted(988, Through::AclEntry, Some("docker"))
    );
    assert_eq!(world.group_add(), [988]);
}

#[test]
fn reachable_socket_gets_no_grant() {
    let owner = world().socket(1000, 988, 0o660);
    assert_eq!(owner.verdict(), Verdict::Open(Class::Owner));
    assert_eq!(owner.group_add(), [0u32; 0]);

    let member = world()
        .group_file("docker:x:988:charon\ncharon:x:1000:\n")
        .socket(0, 988, 0o660);
    assert_eq!(member.verdict(), Verdict::Open(Class::Group(gid(988))));
    assert_eq!(
        member.group_add(),
        [988],
        "also what /etc/group already gives"
    );
    assert_eq!(member.edited("/etc/group"), None);

    let named = Node {
        acl: Some(acl(&[(1000, 6)], 0, &[], 6, 0)),
        ..socket(0, 988, 0o660)
    };
    assert_eq!(
        world().node(named).verdict(),
        Verdict::Open(Class::NamedUser)
    );
}

#[test]
fn world_writable_socket_is_a_finding_and_needs_no_grant() {
    let world = world().socket(0, 0, 0o666);
    let finding = Finding::WorldWritable {
        path: path(),
        mode: Mode::from_bits(0o666),
    };
    assert_eq!(world.findings(), [finding]);
    assert_eq!(world.verdict(), Verdict::Open(Class::Other));
    assert_eq!(world.groups(), [1000]);
}

#[test]
fn membership_can_take_access_away_and_then_no_grant_is_made() {
    let member = world()
        .group_file("docker:x:988:charon\n")
        .socket(0, 988, 0o606);
    let nothing = Finding::GroupHasNothing {
        path: path(),
        meant: DOCKER,
        wanted: Permission::WRITE,
        gid: gid(988),
        mode: Mode::from_bits(0o606),
        has_acl: false,
    };
    assert_eq!(member.findings(), [nothing]);
    assert_eq!(member.verdict(), Verdict::Closed);

    let outsider = world().socket(0, 988, 0o606);
    assert_eq!(outsider.verdict(), Verdict::Open(Class::Other));
    assert_eq!(outsider.groups(), [1000]);
}

#[test]
fn path_that_the_identity_could_redirect_is_never_granted() {
    let redirectable = |way| {
        let node = Node {
            way,
            ..socket(0, 988, 0o660)
        };
        let plan = world().node(node).plan();
        assert_eq!(plan.group_add, []);
        plan.findings
    };
    let root = directory("/", 0, 0, 0o755);
    for (owner, group, mode) in [
        (1000, 1000, 0o755),
        (0, 1000, 0o775),
        (0, 0, 0o777),
        (1000, 1000, 0o1777),
    ] {
        let own = directory("/app", owner, group, mode);
        let finding = Finding::Redirectable {
            path: path(),
            at: PathBuf::from("/app"),
            uid: own.uid,
            mode: own.mode,
        };
        assert_eq!(redirectable(vec![root.clone(), own]), [finding]);
    }
    let link = charon_init::facts::Waypoint {
        kind: Kind::SymbolicLink,
        ..directory("/app/link", 1000, 1000, 0o777)
    };
    assert_eq!(redirectable(vec![root.clone(), link]).len(), 1);
    let mut listed = directory("/app", 0, 0, 0o775);
    listed.acl = Some(acl(&[(1000, 7)], 5, &[], 7, 5));
    assert_eq!(redirectable(vec![root, listed]).len(), 1);
}

#[test]
fn link_of_root_in_a_directory_of_root_is_granted() {
    let link = charon_init::facts::Waypoint {
        kind: Kind::SymbolicLink,
        ..directory("/var/run", 0, 0, 0o777)
    };
    let root = directory("/", 0, 0, 0o755);
    let way = vec![
        root.clone(),
        directory("/var", 0, 0, 0o755),
        link,
        root,
        directory("/run", 0, 0, 0o755),
    ];
    let node = Node {
        way,
        ..socket(0, 988, 0o660)
    };
    assert_eq!(
        world().node(node).verdict(),
        granted(988, Through::OwningGroup, Some("docker"))
    );
}

#[test]
fn sticky_directory_does_not_count_when_the_entry_belongs_to_root() {
    let way = vec![directory("/", 0, 0, 0o755), directory("/tmp", 0, 0, 0o1777)];
    let of_root = Node {
        way: way.clone(),
        ..socket(0, 988, 0o660)
    };
    assert_eq!(
        world().node(of_root).verdict(),
        granted(988, Through::OwningGroup, Some("docker"))
    );
    let of_other = Node {
        way,
        ..socket(1001, 988, 0o660)
    };
    assert_eq!(world().node(of_other).verdict(), Verdict::Closed);
}

#[test]
fn group_bits_that_give_nothing_are_a_finding_with_the_mode() {
    for mode in [0o600, 0o640, 0o650] {
        let finding = Finding::GroupHasNothing {
            path: path(),
            meant: DOCKER,
            wanted: Permission::WRITE,
            gid: gid(988),
            mode: Mode::from_bits(mode),
            has_acl: false,
        };
        assert_eq!(world().socket(0, 988, mode).findings(), [finding]);
    }
    let masked = Node {
        acl: Some(acl(&[], 6, &[(990, 6)], 4, 0)),
        ..socket(0, 988, 0o640)
    };
    let finding = Finding::GroupHasNothing {
        path: path(),
        meant: DOCKER,
        wanted: Permission::WRITE,
        gid: gid(988),
        mode: Mode::from_bits(0o640),
        has_acl: true,
    };
    assert_eq!(world().node(masked).findings(), [finding]);
}

#[test]
fn root_socket_that_gives_its_group_nothing_is_no_case_of_gid_zero() {
    assert!(matches!(
        world().socket(0, 0, 0o600).findings()[..],
        [Finding::GroupHasNothing { .. }]
    ));
}

#[test]
fn directory_that_stays_shut_is_a_finding_that_names_it() {
    let mut node = socket(0, 988, 0o660);
    node.way[1] = directory("/run", 0, 5, 0o750);
    let finding = Finding::NotSearchable {
        path: path(),
        meant: DOCKER,
        directory: PathBuf::from("/run"),
        uid: uid(0),
        gid: gid(5),
        mode: Mode::from_bits(0o750),
    };
    assert_eq!(world().node(node).findings(), [finding]);
}

#[test]
fn directory_that_the_granted_group_opens_is_no_obstacle() {
    let mut node = socket(0, 988, 0o660);
    node.way[1] = directory("/run", 0, 988, 0o750);
    assert_eq!(
        world().node(node).verdict(),
        granted(988, Through::OwningGroup, Some("docker"))
    );
}

#[test]
fn unmapped_gid_cannot_be_granted_from_inside() {
    let inside = world().user_namespace().socket(0, 65534, 0o660);
    assert_eq!(
        inside.findings(),
        [Finding::Unmapped {
            path: path(),
            meant: DOCKER,
            gid: gid(65534)
        }]
    );
    assert_eq!(inside.groups(), [1000]);

    let on_the_host = world().socket(0, 65534, 0o660);
    assert_eq!(
        on_the_host.verdict(),
        granted(65534, Through::OwningGroup, Some("docker"))
    );
}

#[test]
fn overflow_gid_is_not_granted_where_the_maps_could_not_be_read() {
    let mut world = world().socket(0, 65534, 0o660);
    world.facts.namespace.is_known = false;
    let unmapped = Finding::Unmapped {
        path: path(),
        meant: DOCKER,
        gid: gid(65534),
    };
    assert_eq!(world.findings(), [Finding::NoProc, unmapped]);
    assert_eq!(world.groups(), [1000]);
}

#[test]
fn owning_group_is_granted() {
    let world = world().socket(0, 988, 0o660);
    assert_eq!(
        world.verdict(),
        granted(988, Through::OwningGroup, Some("docker"))
    );
    assert_eq!(world.groups(), [988, 1000]);
    assert_eq!(world.group_add(), [988]);
    assert_eq!(world.findings(), []);
}

#[test]
fn lowest_named_group_above_zero_is_granted_where_the_owning_one_does_not_open_it() {
    let node = Node {
        acl: Some(acl(&[], 0, &[(44, 4), (990, 6), (989, 6)], 6, 0)),
        ..socket(0, 988, 0o660)
    };
    assert_eq!(
        world().node(node).verdict(),
        granted(989, Through::AclEntry, Some("docker"))
    );
}

#[test]
fn empty_mask_makes_the_kernel_ignore_the_acl() {
    let node = Node {
        acl: Some(acl(&[(1000, 6)], 6, &[], 0, 6)),
        ..socket(0, 988, 0o606)
    };
    assert_eq!(world().node(node).verdict(), Verdict::Open(Class::Other));
}

#[test]
fn named_user_entry_decides_before_any_group() {
    let node = Node {
        acl: Some(acl(&[(1000, 4)], 6, &[], 6, 6)),
        ..socket(0, 988, 0o666)
    };
    assert!(matches!(
        world().node(node).findings()[..],
        [Finding::GroupHasNothing { .. }]
    ));
}

#[test]
fn component_that_cannot_be_looked_at_is_a_finding() {
    let blocked = Found::Blocked {
        at: PathBuf::from("/run/user/1000"),
        errno: 13,
        directory: None,
    };
    let world = world().found("/run/user/1000/docker.sock", blocked);
    assert!(matches!(
        world.findings()[..],
        [Finding::Blocked { errno: 13, .. }]
    ));
}

#[test]
fn required_socket_out_of_reach_is_refused_with_the_finding() {
    let cases = [
        world().found(SOCKET, Found::Missing),
        world().socket(0, 988, 0o600),
        world().node(Node {
            kind: Kind::Directory,
            ..socket(0, 0, 0o755)
        }),
        world().user_namespace().socket(0, 65534, 0o660),
        world().non_root(1000, 1000, &[]).socket(0, 988, 0o660),
        world().non_root(1000, 1000, &[]).socket(0, 0, 0o660),
    ];
    for case in cases {
        let case = case.require_socket();
        let Refusal::SocketOutOfReach { finding } = case.refusal() else {
            panic!("{:?}", case.refusal())
        };
        assert!(finding.is_out_of_reach());
    }
}

#[test]
fn required_socket_is_content_with_one_of_the_usual_places() {
    let blocked = Found::Blocked {
        at: PathBuf::from("/run/user/1000"),
        errno: 13,
        directory: None,
    };
    let mut world = world()
        .found("/run/user/1000/docker.sock", blocked)
        .socket(0, 988, 0o660)
        .require_socket();
    assert_eq!(world.groups(), [988, 1000]);
    world.request.sockets = Sockets::Paths(Vec::new());
    assert!(
        matches!(world.refusal(), Refusal::SocketOutOfReach { .. }),
        "of those named, every one"
    );
}

#[test]
fn nothing_is_required_where_sockets_are_ignored() {
    let mut world = world().require_socket();
    world.request.sockets = Sockets::Ignored;
    assert_eq!(world.groups(), [1000]);
    world.request.sockets = Sockets::NotNeeded {
        docker_host: "tcp://proxy:2375".into(),
    };
    assert_eq!(
        world.findings(),
        [Finding::EngineElsewhere {
            docker_host: "tcp://proxy:2375".into()
        }]
    );
}

#[test]
fn second_path_is_a_longer_list() {
    let world = world().socket(0, 988, 0o660).found(
        "/run/podman/podman.sock",
        Found::Node(socket(0, 989, 0o660)),
    );
    assert_eq!(world.groups(), [988, 989, 1000]);
    assert_eq!(world.group_add(), [988, 989]);
    let file = world.edited("/etc/group").unwrap();
    assert!(
        file.ends_with("docker:!charon-init:988:charon\npodman:!charon-init:989:charon\n"),
        "{file}"
    );
}

#[test]
fn every_remedy_of_gid_zero_is_in_the_refusal() {
    let text = world().socket(0, 0, 0o660).refusal().message().to_string();
    for part in [
        SOCKET,
        "owner uid 0",
        "group gid 0",
        "mode 0660",
        "root's group of the host",
        "ALLOW_DOCKER_SOCK_GID_0=true",
        "another group on the host",
        "DOCKER_HOST=tcp://",
        "remote server in the application",
        "CHARON_DOCKER_ENABLED=false",
    ] {
        assert!(text.contains(part), "{part} in: {text}");
    }
}
