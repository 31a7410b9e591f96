//! Contract 5 for what `--grant` names: the same table, and what differs by the kind of what is there.

use std::path::PathBuf;

use charon_init::facts::{Found, Kind, Meant, Node};
use charon_init::permission::{Mode, Permission};
use charon_init::plan::{Class, Through, Verdict};
use charon_init::refusal::{Finding, GidZeroMeaning, GidZeroPath, Refusal};
use charon_init::render;
use charon_init::request::{Format, Sockets};

use crate::world::*;

const CARD: &str = "/dev/dri/card0";
const RENDER: &str = "/dev/dri/renderD128";

const R: u8 = 4;
const RW: u8 = 6;
const RX: u8 = 5;
const RWX: u8 = 7;

fn node(kind: Kind, group: u32, mode: u16) -> Node {
    Node {
        kind,
        way: vec![directory("/", 0, 0, 0o755), directory("/dev", 0, 0, 0o755)],
        ..socket(0, group, mode)
    }
}

fn device(group: u32, mode: u16) -> Node {
    node(Kind::CharacterDevice, group, mode)
}

/// A world without sockets, where `--grant` names this.
fn grant(node: Node) -> World {
    world().no_socket().grant(CARD, Found::Node(node))
}

fn granted(number: u32) -> Verdict {
    granted_by(number, Through::OwningGroup)
}

fn granted_by(number: u32, through: Through) -> Verdict {
    Verdict::Granted {
        gid: gid(number),
        through,
        name: (number != 0).then(|| format!("host{number}")),
    }
}

fn nothing(gid_number: u32, mode: u16, wanted: u8, has_acl: bool) -> Finding {
    Finding::GroupHasNothing {
        path: CARD.into(),
        meant: Meant::Anything,
        wanted: Permission::from_bits(wanted),
        gid: gid(gid_number),
        mode: Mode::from_bits(mode),
        has_acl,
    }
}

#[test]
fn device_is_granted_through_its_group() {
    for kind in [Kind::CharacterDevice, Kind::BlockDevice] {
        let world = grant(node(kind, 44, 0o660));
        assert_eq!(world.verdict(), granted(44));
        assert_eq!(world.groups(), [44, 1000]);
        assert_eq!(world.group_add(), [44]);
        assert_eq!(world.findings(), []);
        let file = world.edited("/etc/group").unwrap();
        assert_eq!(file, format!("{GROUP}host44:!charon-init:44:charon\n"));
    }
}

#[test]
fn what_is_wanted_depends_on_what_is_there() {
    // kind, mode, and what a start as charon comes to: the group in the middle is 44, which charon is not in.
    let open = Verdict::Open(Class::Other);
    let closed = Verdict::Closed;
    let table = [
        (Kind::CharacterDevice, 0o666, open.clone()),
        (Kind::CharacterDevice, 0o664, granted(44)),
        (Kind::CharacterDevice, 0o640, closed.clone()),
        (Kind::CharacterDevice, 0o620, closed.clone()),
        (Kind::BlockDevice, 0o664, granted(44)),
        (Kind::BlockDevice, 0o640, closed.clone()),
        (Kind::Socket, 0o620, granted(44)),
        (Kind::Socket, 0o640, closed.clone()),
        (Kind::Socket, 0o622, open.clone()),
        (Kind::Directory, 0o2770, granted(44)),
        (Kind::Directory, 0o775, granted(44)),
        (Kind::Directory, 0o755, open.clone()),
        (Kind::Directory, 0o710, granted(44)),
        (Kind::Directory, 0o760, closed.clone()),
        (Kind::Directory, 0o761, open.clone()),
        (Kind::Directory, 0o700, closed.clone()),
        (Kind::Directory, 0o701, open.clone()),
        (Kind::File, 0o640, granted(44)),
        (Kind::File, 0o644, open.clone()),
        (Kind::File, 0o664, granted(44)),
        (Kind::File, 0o710, granted(44)),
        (Kind::File, 0o604, open.clone()),
        (Kind::File, 0o600, closed.clone()),
        (Kind::Fifo, 0o620, granted(44)),
        (Kind::Fifo, 0o622, open),
        (Kind::Fifo, 0o600, closed),
    ];
    for (kind, mode, expected) in table {
        let world = grant(node(kind, 44, mode));
        assert_eq!(world.verdict(), expected, "{kind:?} {mode:o}");
    }
}

#[test]
fn group_that_has_too_little_is_told_what_it_needs() {
    assert_eq!(
        grant(device(44, 0o640)).findings(),
        [nothing(44, 0o640, RW, false)]
    );
    let directory = node(Kind::Directory, 44, 0o700);
    assert_eq!(grant(directory).findings(), [nothing(44, 0o700, 1, false)]);
    let file = node(Kind::File, 44, 0o600);
    assert_eq!(grant(file).findings(), [nothing(44, 0o600, R, false)]);
}

#[test]
fn device_of_gid_zero_is_refused_unless_allowed() {
    let world = grant(device(0, 0o660));
    let path = GidZeroPath {
        path: CARD.into(),
        meant: Meant::Anything,
        uid: uid(0),
        gid: gid(0),
        mode: Mode::from_bits(0o660),
        meaning: GidZeroMeaning::Host,
    };
    let refusal = world.refusal();
    assert_eq!(refusal, Refusal::GidZeroPath(path));
    let text = refusal.message().to_string();
    assert!(text.contains("ALLOW_DOCKER_SOCK_GID_0=true"), "{text}");
    for word in ["socket", "Docker ", "engine"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let allowed = world.allow_gid_0();
    assert_eq!(allowed.verdict(), granted(0));
    assert_eq!(allowed.groups(), [0, 1000]);
    assert_eq!(allowed.edited("/etc/group"), None);
}

#[test]
fn group_of_root_that_could_write_is_no_reason_to_refuse() {
    for (kind, mode) in [
        (Kind::Directory, 0o775),
        (Kind::Directory, 0o771),
        (Kind::File, 0o664),
        (Kind::Fifo, 0o664),
    ] {
        let world = grant(node(kind, 0, mode));
        assert_eq!(
            world.verdict(),
            Verdict::Open(Class::Other),
            "{kind:?} {mode:o}"
        );
        assert_eq!(world.findings(), []);
    }
    for (kind, mode) in [(Kind::Directory, 0o770), (Kind::File, 0o640)] {
        let refusal = grant(node(kind, 0, mode)).refusal();
        assert!(matches!(refusal, Refusal::GidZeroPath(_)), "{kind:?}");
    }
}

#[test]
fn acl_of_a_directory_says_which_group_is_of_use() {
    let directory = |group, entry, groups: &[(u32, u8)], mask| Node {
        acl: Some(acl(&[], entry, groups, mask, 5)),
        ..node(Kind::Directory, group, 0o705 | u16::from(mask) << 3)
    };
    // The owning entry, masked.
    let world = grant(directory(44, RWX, &[], RX));
    assert_eq!(world.verdict(), Verdict::Open(Class::Other));
    let world = grant(directory(44, RWX, &[(40, RX)], RWX));
    assert_eq!(world.verdict(), granted(44));
    // Where that gives no search, the lowest named group above 0 that gives it.
    let world = grant(directory(
        44,
        RW,
        &[(90, RWX), (80, RWX), (70, RW), (0, RWX)],
        RWX,
    ));
    assert_eq!(world.verdict(), granted_by(80, Through::AclEntry));
    // Root's group is not asked for, however much it may.
    let world = grant(directory(0, RWX, &[(80, RWX)], RWX));
    assert_eq!(world.verdict(), granted_by(80, Through::AclEntry));
    let world = grant(directory(0, RWX, &[(80, R)], RWX));
    assert_eq!(world.verdict(), Verdict::Open(Class::Other));
}

#[test]
fn acl_that_lets_another_group_use_the_device_is_followed() {
    let node = Node {
        acl: Some(acl(&[], R, &[(104, RW)], RW, 0)),
        ..device(44, 0o660)
    };
    let world = grant(node);
    assert_eq!(world.verdict(), granted_by(104, Through::AclEntry));
}

#[test]
fn path_that_the_identity_could_redirect_is_never_granted() {
    for kind in [Kind::CharacterDevice, Kind::Directory, Kind::File] {
        let mut node = node(kind, 44, 0o770);
        node.way[1] = directory("/data", 1000, 1000, 0o755);
        let redirectable = Finding::Redirectable {
            path: CARD.into(),
            at: "/data".into(),
            uid: uid(1000),
            mode: Mode::from_bits(0o755),
        };
        let world = grant(node);
        assert_eq!(world.findings(), [redirectable]);
        assert_eq!(world.groups(), [1000]);
    }
}

#[test]
fn what_is_not_there_is_a_finding_and_the_start_goes_on() {
    let missing = world().no_socket().grant(CARD, Found::Missing);
    let not_found = Finding::GrantNotFound { path: CARD.into() };
    assert_eq!(missing.findings(), [not_found]);
    assert_eq!(missing.verdict(), Verdict::Closed);

    let unmatched = world().no_socket().grant("/dev/ttyUSB*", Found::Unmatched);
    let path = PathBuf::from("/dev/ttyUSB*");
    assert_eq!(unmatched.findings(), [Finding::GlobMatchesNothing { path }]);
    assert_eq!(unmatched.verdict(), Verdict::Closed);
}

#[test]
fn no_sentence_about_a_device_speaks_of_a_socket() {
    let blocked = Found::Blocked {
        at: "/dev/dri".into(),
        errno: 13,
        directory: None,
    };
    let mut shut = device(44, 0o660);
    shut.way[1] = directory("/dev", 0, 5, 0o750);
    let worlds = [
        world().grant(CARD, Found::Missing),
        world().grant(CARD, Found::Unmatched),
        world().grant(CARD, blocked),
        world().grant(CARD, Found::Node(device(44, 0o600))),
        world().grant(CARD, Found::Node(shut)),
        world()
            .grant(CARD, Found::Node(device(0, 0o660)))
            .allow_gid_0(),
        world()
            .user_namespace()
            .grant(CARD, Found::Node(device(65534, 0o660))),
        world()
            .non_root(1000, 1000, &[])
            .grant(CARD, Found::Node(device(44, 0o660))),
        world()
            .non_root(1000, 1000, &[])
            .grant(CARD, Found::Node(device(0, 0o660))),
    ];
    for world in worlds {
        let findings = world.no_socket().findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        let text = findings[0].message().to_string();
        for word in ["socket", "discovery", "engine", "CHARON_DOCKER_ENABLED"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn missing_group_of_a_non_root_start_is_named_with_the_remedy_verbatim() {
    let world = world().non_root(1000, 1000, &[]).no_socket();
    let findings = world.grant(CARD, Found::Node(device(44, 0o660))).findings();
    let text = findings[0].message().to_string();
    let hint = "Use docker compose group_add: [\"44\"] or run with --group-add 44";
    assert!(text.contains(hint), "{text}");
}

#[test]
fn what_the_kernel_allows_through_a_nameless_group_has_to_be_enough() {
    let keep_groups = |bits| {
        let node = Node {
            allowed_to_us: Some(Permission::from_bits(bits)),
            ..device(65534, 0o660)
        };
        let world = world().non_root(1000, 1000, &[65534]).user_namespace();
        world.no_socket().grant(CARD, Found::Node(node)).verdict()
    };
    assert_eq!(keep_groups(RW), Verdict::Open(Class::Unnamed));
    assert_eq!(keep_groups(2), Verdict::Closed);
}

#[test]
fn device_that_everyone_may_write_is_no_finding() {
    assert_eq!(grant(device(44, 0o666)).findings(), []);
    let mut socket = socket(0, 44, 0o666);
    socket.way = device(44, 0).way;
    assert_eq!(grant(socket).findings(), [], "nor is a socket of no engine");
}

#[test]
fn required_socket_asks_nothing_of_a_grant() {
    let missing = |world: World| world.grant(CARD, Found::Missing).require_socket();
    assert_eq!(missing(world().socket(0, 988, 0o660)).groups(), [988, 1000]);
    assert_eq!(missing(world().no_socket()).groups(), [1000]);
    // And a grant does not make up for it.
    let world = world().found(SOCKET, Found::Missing);
    let world = world.grant(CARD, Found::Node(device(44, 0o660)));
    let refusal = world.require_socket().refusal();
    let not_mounted = Finding::NotMounted {
        path: SOCKET.into(),
    };
    assert!(matches!(refusal, Refusal::SocketOutOfReach { finding } if *finding == not_mounted));
}

#[test]
fn sockets_that_are_ignored_or_not_needed_switch_no_grant_off() {
    for sockets in [
        Sockets::Ignored,
        Sockets::NotNeeded {
            docker_host: "tcp://proxy:2375".into(),
        },
    ] {
        let world = grant(device(44, 0o660)).with(|world| world.request.sockets = sockets);
        assert_eq!(world.groups(), [44, 1000]);
    }
}

#[test]
fn socket_and_devices_are_one_list() {
    let world = world()
        .socket(0, 988, 0o660)
        .grant(CARD, Found::Node(device(44, 0o660)))
        .grant(RENDER, Found::Node(device(104, 0o660)));
    assert_eq!(world.group_add(), [44, 104, 988]);
    let file = world.edited("/etc/group").unwrap();
    let lines = "docker:!charon-init:988:charon\nhost44:!charon-init:44:charon\nhost104:!charon-init:104:charon\n";
    assert_eq!(file, format!("{GROUP}{lines}"));
}

#[test]
fn variable_for_the_socket_holds_no_gid_of_a_device() {
    let env = |world: World| render::dry_run(Format::Env, "charon", &world.facts, &world.plan());
    let devices = grant(device(44, 0o660));
    assert_eq!(env(devices.clone()), "DOCKER_SOCK_GID=\n");
    assert_eq!(env(devices.socket(0, 988, 0o660)), "DOCKER_SOCK_GID=988\n");
}

#[test]
fn group_that_was_asked_for_by_name_names_the_new_line() {
    let world = grant(device(29, 0o660)).group("audio:29");
    assert_eq!(world.verdict(), Verdict::Open(Class::Group(gid(29))));
    assert_eq!(world.group_add(), [29]);
    let file = world.edited("/etc/group").unwrap();
    assert_eq!(file, format!("{GROUP}audio:!charon-init:29:charon\n"));
}

#[test]
fn name_that_is_taken_gets_the_gid_behind_it() {
    let world = grant(device(44, 0o660)).group_file("host44:x:7:\ncharon:x:1000:\n");
    let file = world.edited("/etc/group").unwrap();
    assert!(
        file.ends_with("host4444:!charon-init:44:charon\n"),
        "{file}"
    );
}

#[test]
fn images_group_for_such_devices_is_no_surprise() {
    let in_image = |node| grant(node).group_file("video:x:44:\ndisk:x:6:\ncharon:x:1000:\n");
    assert_eq!(in_image(device(44, 0o660)).findings(), []);
    let sensitive = |name: &str, number| Finding::SensitiveGroup {
        name: name.to_owned(),
        gid: gid(number),
    };
    let disk = in_image(node(Kind::BlockDevice, 6, 0o660));
    assert_eq!(disk.findings(), [sensitive("disk", 6)]);
    let volume = in_image(node(Kind::Directory, 44, 0o2770));
    assert_eq!(volume.findings(), [sensitive("video", 44)]);
}
