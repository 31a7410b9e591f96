//! Random paths: nodes, their permissions and the way to them.

use std::path::PathBuf;

use charon_init::facts::{Engine, Found, Kind, Meant, Node, PathFacts, Waypoint};
use charon_init::permission::{Acl, Mode as Bits, Permission};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;

use crate::arbitrary::{any_gid, any_uid, mostly};
use crate::world::{gid, uid};

fn permission() -> impl Strategy<Value = Permission> {
    (0..8_u8).prop_map(Permission::from_bits)
}

fn acl() -> impl Strategy<Value = Acl> {
    let users = vec((any_uid(), permission()), 0..3);
    let groups = vec((any_gid(), permission()), 0..4);
    let bits = [permission(), permission(), permission(), permission()];
    (users, groups, bits).prop_map(|(users, groups, [owner, group, mask, other])| Acl {
        owner,
        users,
        group,
        groups,
        mask,
        other,
    })
}

/// The mode as the kernel shows it: with an ACL the group bits are its mask (acl(5)).
fn shown(mode: u16, acl: Option<&Acl>) -> Bits {
    let bits = |permission: Permission| -> u16 {
        let has = |bit: &u8| permission.allows(Permission::from_bits(*bit));
        [1, 2, 4].into_iter().filter(has).map(u16::from).sum()
    };
    let of_acl = acl.map_or(mode & 0o777, |acl| {
        bits(acl.owner) << 6 | bits(acl.mask) << 3 | bits(acl.other)
    });
    Bits::from_bits(mode & 0o7000 | of_acl)
}

fn waypoint() -> impl Strategy<Value = Waypoint> {
    let kind = mostly(8, Just(Kind::Directory), Just(Kind::SymbolicLink));
    let owners = mostly(9, Just((uid(0), gid(0))), (any_uid(), any_gid()));
    let mode = mostly(8, Just(0o755), 0..0o10000_u16);
    (kind, owners, mode, weighted(0.1, acl())).prop_map(|(kind, (uid, gid), mode, acl)| Waypoint {
        path: PathBuf::from("/some/where\n"),
        kind,
        uid,
        gid,
        mode: shown(mode, acl.as_ref()),
        acl,
    })
}

fn node() -> impl Strategy<Value = Node> {
    let other = select(vec![
        Kind::Directory,
        Kind::File,
        Kind::Fifo,
        Kind::CharacterDevice,
        Kind::BlockDevice,
    ]);
    let kind = mostly(7, Just(Kind::Socket), other);
    let mode = mostly(
        8,
        select(vec![0o660, 0o660, 0o660, 0o666, 0o606]),
        0..0o10000_u16,
    );
    let owner = mostly(7, Just(uid(0)), any_uid());
    (
        kind,
        owner,
        any_gid(),
        mode,
        weighted(0.3, acl()),
        vec(waypoint(), 0..4),
        of(permission()),
    )
        .prop_map(|(kind, uid, gid, mode, acl, way, allowed_to_us)| Node {
            kind,
            uid,
            gid,
            mode: shown(mode, acl.as_ref()),
            acl,
            way,
            allowed_to_us,
        })
}

pub(crate) fn path() -> impl Strategy<Value = PathFacts> {
    let blocked = Found::Blocked {
        at: PathBuf::from("/run\n"),
        errno: 13,
        directory: None,
    };
    let found = mostly(
        9,
        node().prop_map(Found::Node),
        select(vec![Found::Missing, Found::Unmatched, blocked]),
    );
    let path = select(
        &[
            "/var/run/docker.sock",
            "/run/podman/podman.sock",
            "/odd\n'path\u{7}",
        ][..],
    );
    (path, found, any::<bool>()).prop_map(|(path, found, is_engines)| {
        let path = PathBuf::from(path);
        let is_socket = matches!(&found, Found::Node(node) if node.kind == Kind::Socket);
        // A socket may be either; everything else is more interesting where a socket is not what is meant.
        let meant = if is_engines && (is_socket || path.ends_with("docker.sock")) {
            Meant::EngineSocket(Engine::of(&path))
        } else {
            Meant::Anything
        };
        PathFacts { path, meant, found }
    })
}
