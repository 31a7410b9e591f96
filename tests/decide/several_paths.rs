//! Contract 5, where more than one thing is so at once: several paths, several groups, GID 0 by a detour.

use std::path::PathBuf;

use charon_init::facts::{Found, Node};
use charon_init::permission::{Mode, Permission};
use charon_init::plan::{Class, Through, Verdict};
use charon_init::refusal::{Finding, Refusal};
use charon_init::request::Sockets;

use crate::world::*;

const OTHER: &str = "/run/other.sock";

fn granted(number: u32, through: Through) -> Verdict {
    Verdict::Granted {
        gid: gid(number),
        through,
        name: Some("docker".to_owned()),
    }
}

fn verdicts(world: &World) -> Vec<Verdict> {
    let grants = world.plan().grants.into_iter();
    grants.map(|grant| grant.verdict).collect()
}

fn two(first: Node, second: Node) -> World {
    world()
        .node(first)
        .found(OTHER, Found::Node(second))
        .with(|world| world.request.sockets = Sockets::Paths(vec![SOCKET.into(), OTHER.into()]))
}

#[test]
fn group_granted_for_one_path_counts_for_the_next() {
    let world = two(socket(0, 988, 0o660), socket(0, 988, 0o620));
    let open = Verdict::Open(Class::Group(gid(988)));
    assert_eq!(verdicts(&world), [granted(988, Through::OwningGroup), open]);
    assert_eq!(world.group_add(), [988]);
}

#[test]
fn group_granted_for_one_path_shuts_another_before_or_after_it() {
    let closed_to_members = || socket(0, 988, 0o606);
    let grants = granted(988, Through::OwningGroup);
    let nothing = |path: &str| Finding::GroupHasNothing {
        path: PathBuf::from(path),
        meant: DOCKER,
        wanted: Permission::WRITE,
        gid: gid(988),
        mode: Mode::from_bits(0o606),
        has_acl: false,
    };
    let after = two(socket(0, 988, 0o660), closed_to_members());
    assert_eq!(verdicts(&after), [grants.clone(), Verdict::Closed]);
    assert_eq!(after.findings(), [nothing(OTHER)]);

    let before = two(closed_to_members(), socket(0, 988, 0o660));
    assert_eq!(verdicts(&before), [Verdict::Closed, grants]);
    assert_eq!(before.findings(), [nothing(SOCKET)]);
    assert!(matches!(
        before.require_socket().refusal(),
        Refusal::SocketOutOfReach { .. }
    ));
}

#[test]
fn group_granted_for_one_path_opens_another_that_was_not_granted() {
    let mut redirectable = socket(0, 988, 0o660);
    redirectable.way[1] = directory("/app", 1000, 1000, 0o755);
    let open = Verdict::Open(Class::Group(gid(988)));
    let grants = granted(988, Through::OwningGroup);
    for (first, second, expected) in [
        (
            redirectable.clone(),
            socket(0, 988, 0o660),
            [open.clone(), grants.clone()],
        ),
        (socket(0, 988, 0o660), redirectable, [grants, open]),
    ] {
        let world = two(first, second);
        assert_eq!(verdicts(&world), expected);
        assert_eq!(world.findings(), []);
    }
}

#[test]
fn directory_that_a_later_group_shuts_is_named() {
    let mut first = socket(0, 5, 0o666);
    first.way[1] = directory("/run", 0, 988, 0o705);
    let world = two(first, socket(0, 988, 0o660));
    let shut = Finding::NotSearchable {
        path: PathBuf::from(SOCKET),
        meant: DOCKER,
        directory: PathBuf::from("/run"),
        uid: uid(0),
        gid: gid(988),
        mode: Mode::from_bits(0o705),
    };
    assert_eq!(world.findings(), [shut]);
}

/// Both of the first two need a group of their own once they have the third's, and the second's shuts the first.
#[test]
fn path_that_is_shut_by_one_that_was_judged_again_is_closed() {
    let shut_but_for = |number: u32| Node {
        acl: Some(acl(&[], 0, &[(number, 2)], 2, 6)),
        ..socket(0, 988, 0o626)
    };
    let mut behind = shut_but_for(45);
    behind.way[1] = directory("/run", 0, 46, 0o705);
    let third = "/run/third.sock";
    let world = two(behind, shut_but_for(46))
        .found(third, Found::Node(socket(0, 988, 0o660)))
        .with(|world| {
            world.request.sockets = Sockets::Paths(vec![SOCKET.into(), OTHER.into(), third.into()]);
        });
    let shut = Finding::NotSearchable {
        path: PathBuf::from(SOCKET),
        meant: DOCKER,
        directory: PathBuf::from("/run"),
        uid: uid(0),
        gid: gid(46),
        mode: Mode::from_bits(0o705),
    };
    assert_eq!(world.findings(), [shut]);
    assert_eq!(world.group_add(), [46, 988]);
    assert_eq!(world.groups(), [46, 988, 1000]);
}

#[test]
fn path_that_is_shut_by_another_asks_for_no_group_itself() {
    let mut first = socket(0, 5, 0o660);
    first.way[1] = directory("/run", 0, 988, 0o705);
    let world = two(first, socket(0, 988, 0o660));
    assert_eq!(
        verdicts(&world),
        [Verdict::Closed, granted(988, Through::OwningGroup)]
    );
    assert_eq!(world.groups(), [988, 1000]);
    assert_eq!(world.group_add(), [988]);
}

#[test]
fn gid_zero_by_an_entry_of_the_acl_says_so() {
    let mut node = socket(0, 5, 0o660);
    node.acl = Some(acl(&[], 0, &[(0, 6)], 6, 0));
    let expected = Verdict::Granted {
        gid: gid(0),
        through: Through::AclEntry,
        name: None,
    };
    assert_eq!(world().node(node).allow_gid_0().verdict(), expected);
}

#[test]
fn every_group_that_is_needed_on_the_way_is_in_group_add() {
    let mut node = socket(0, 988, 0o660);
    node.way[1] = directory("/run", 0, 44, 0o750);
    let world = world().inherited(&[44]).node(node);
    assert_eq!(world.verdict(), granted(988, Through::OwningGroup));
    assert_eq!(world.group_add(), [44, 988]);
}

#[test]
fn group_that_makes_up_for_another_one_is_in_group_add() {
    let node = Node {
        acl: Some(acl(&[], 4, &[(44, 6)], 6, 6)),
        ..socket(0, 1000, 0o666)
    };
    let world = world().group_file("video:x:44:charon\n").node(node);
    assert_eq!(world.verdict(), Verdict::Open(Class::Group(gid(44))));
    assert_eq!(
        world.group_add(),
        [44],
        "everyone may, but not who is in the owning group"
    );
}

#[test]
fn gid_zero_that_is_held_is_not_the_only_group_in_group_add() {
    let mut node = socket(0, 988, 0o660);
    node.way[1] = directory("/run", 0, 0, 0o750);
    let start = world().inherited(&[988]).allow_gid_0().node(node);
    assert_eq!(start.group_add(), [0, 988], "granted");
    let member = start.group_file("root:x:0:charon\n");
    assert_eq!(member.verdict(), Verdict::Open(Class::Group(gid(988))));
    assert_eq!(member.group_add(), [0, 988], "held already");
}

#[test]
fn order_of_the_paths_decides_nothing() {
    let mut behind = socket(0, 45, 0o660);
    behind.way[1] = directory("/run", 0, 988, 0o750);
    let mut behind_zero = socket(0, 988, 0o660);
    behind_zero.way[1] = directory("/run", 0, 0, 0o750);
    let first = || socket(0, 988, 0o660);
    let mut shut_but_for_acl = socket(0, 988, 0o626);
    shut_but_for_acl.acl = Some(acl(&[], 0, &[(45, 2)], 2, 6));
    for world in [
        two(first(), behind.clone()),
        two(behind, first()),
        two(first(), shut_but_for_acl.clone()),
        two(shut_but_for_acl, first()),
    ] {
        assert_eq!(world.groups(), [45, 988, 1000], "a grant after a grant");
    }
    let mut shut_but_for_zero = socket(0, 988, 0o626);
    shut_but_for_zero.acl = Some(acl(&[], 0, &[(0, 2)], 2, 6));
    for world in [
        two(first(), behind_zero.clone()),
        two(behind_zero, first()),
        two(first(), shut_but_for_zero.clone()),
        two(shut_but_for_zero, first()),
    ] {
        let refusal = world.refusal();
        assert!(matches!(refusal, Refusal::GidZeroPath(_)), "{refusal:?}");
    }
}
