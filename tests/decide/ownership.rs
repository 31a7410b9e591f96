//! What may change hands, and what never does (contract 11).

use std::path::PathBuf;

use charon_init::capability::{CapSet, Capability};
use charon_init::facts::{Found, Kind, Node, OwnFound, OwnPath, Waypoint};
use charon_init::ownership::{FileId, Ownership};
use charon_init::permission::Mode;
use charon_init::plan::Step;
use charon_init::refusal::{Finding, OwnFinding, OwnGuard, Refusal};
use charon_init::request::OwnPolicy;

use crate::world::{World, acl, directory, gid, gids, uid, world};

const ID: FileId = FileId {
    device: 1,
    inode: 2,
};

/// A directory of `owner` that is reached through `way`.
fn tree(resolved: &str, owner: u32, way: Vec<Waypoint>) -> OwnFound {
    OwnFound::There {
        absolute: resolved.into(),
        resolved: resolved.into(),
        id: ID,
        node: Node {
            kind: Kind::Directory,
            uid: uid(owner),
            gid: gid(owner),
            mode: Mode::from_bits(0o755),
            acl: None,
            way,
            allowed_to_us: None,
        },
    }
}

fn root_way() -> Vec<Waypoint> {
    vec![directory("/", 0, 0, 0o755)]
}

fn owning(found: Vec<(&str, OwnFound)>) -> World {
    let mut world = world();
    for (path, found) in found {
        world.request.own.push(path.into());
        world.facts.own.paths.push(OwnPath {
            path: path.into(),
            found,
        });
    }
    world.facts.own.our_directory = Some("/".into());
    world
}

fn owned(world: &World) -> Vec<PathBuf> {
    let plan = world.plan();
    plan.ownerships().map(|tree| tree.path.clone()).collect()
}

fn own_findings(world: &World) -> Vec<OwnFinding> {
    let own = world
        .findings()
        .into_iter()
        .filter_map(|finding| match finding {
            Finding::Own(finding) => Some(finding),
            _ => None,
        });
    own.collect()
}

fn guard(world: &World) -> (PathBuf, OwnGuard) {
    match world.refusal() {
        Refusal::NotToBeOwned { at, guard, .. } => (at, guard),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tree_is_given_before_anything_is_dropped() {
    let world = owning(vec![("/data", tree("/data", 0, root_way()))]);
    let steps = world.steps();
    let expected = Step::Own(Ownership {
        path: "/data".into(),
        root: ID,
        uid: uid(1000),
        gid: gid(1000),
        counted: None,
    });
    assert_eq!(steps[0], expected);
    assert!(matches!(steps[1], Step::DropBoundingSet(_)));
}

#[test]
fn a_tree_comes_after_the_account_files() {
    let mut world = owning(vec![("/data", tree("/data", 0, root_way()))]);
    world.request.groups = vec![charon_init::account::GroupSpec::Gid(gid(988))];
    let steps = world.steps();
    assert!(matches!(steps[0], Step::EditFile(_)));
    assert!(matches!(steps[1], Step::Own(_)));
}

#[test]
fn the_systems_directories_are_refused_by_name() {
    for (path, at) in [
        ("/", "/"),
        ("/etc", "/etc"),
        ("/etc/app", "/etc"),
        ("/usr/local/data", "/usr"),
        ("/bin", "/bin"),
        ("/sbin/x", "/sbin"),
        ("/lib", "/lib"),
        ("/lib64/x", "/lib64"),
        ("/libexec", "/libexec"),
        ("/libx32", "/libx32"),
        ("/proc", "/proc"),
        ("/proc/self/fd", "/proc"),
        ("/sys", "/sys"),
        ("/sys/fs/cgroup", "/sys"),
        ("/dev", "/dev"),
    ] {
        let world = owning(vec![("x", tree(path, 0, root_way()))]);
        assert_eq!(guard(&world), (at.into(), OwnGuard::System), "{path}");
    }
}

#[test]
fn names_that_only_look_like_the_systems_are_not_refused() {
    for path in [
        "/data",
        "/etcetera",
        "/usrlocal",
        "/dev/shm",
        "/srv/etc",
        "/data/usr",
        "/processes",
        "/system",
        "/binaries",
        "/home/charon/lib",
        "/var/lib/app",
    ] {
        let world = owning(vec![(path, tree(path, 0, root_way()))]);
        assert_eq!(owned(&world), [PathBuf::from(path)]);
    }
}

#[test]
fn the_path_is_judged_as_it_was_written_too() {
    let mut found = tree("/srv/data", 0, root_way());
    if let OwnFound::There { absolute, .. } = &mut found {
        *absolute = "/usr/data".into();
    }
    let world = owning(vec![("/usr/data", found)]);
    assert_eq!(guard(&world), ("/usr".into(), OwnGuard::System));
}

#[test]
fn where_a_system_directory_really_is_counts() {
    for (path, is_refused) in [
        ("/image", true),
        ("/image/etc", true),
        ("/image/etc/app", true),
        ("/image/data", false),
        ("/image/etc2", false),
    ] {
        let mut world = owning(vec![(path, tree(path, 0, root_way()))]);
        world.facts.own.system = vec!["/image/etc".into()];
        assert_eq!(world.decide().is_err(), is_refused, "{path}");
    }
}

#[test]
fn the_directory_of_our_binary_is_refused() {
    for (ours, path, is_refused) in [
        ("/opt/bin", "/opt/bin", true),
        ("/opt/bin", "/opt", true),
        ("/opt/bin", "/opt/bin/data", true),
        ("/opt/bin", "/opt/data", false),
        ("/opt/bin", "/opt/bin2", false),
        // In `/` it is beside everything, and `/` itself is refused by name.
        ("/", "/data", false),
    ] {
        let mut world = owning(vec![(path, tree(path, 0, root_way()))]);
        world.facts.own.our_directory = Some(ours.into());
        assert_eq!(world.decide().is_err(), is_refused, "{ours} {path}");
        if is_refused {
            assert_eq!(guard(&world), (ours.into(), OwnGuard::OurBinary));
        }
    }
    let mut unknown = owning(vec![("/data", tree("/data", 0, root_way()))]);
    unknown.facts.own.our_directory = None;
    assert_eq!(owned(&unknown).len(), 1);
}

#[test]
fn a_path_that_others_could_redirect_is_refused() {
    let link = Waypoint {
        kind: Kind::SymbolicLink,
        ..directory("/srv/link", 1000, 1000, 0o777)
    };
    let with_acl = Waypoint {
        acl: Some(acl(&[(1000, 7)], 5, &[], 7, 5)),
        ..directory("/srv", 0, 0, 0o775)
    };
    let mode = Mode::from_bits;
    for (point, owner, expected) in [
        (directory("/srv", 1000, 0, 0o755), 0, Some((1000, 0o755))),
        (directory("/srv", 0, 0, 0o777), 0, Some((0, 0o777))),
        (directory("/srv", 0, 50, 0o775), 0, Some((0, 0o775))),
        (with_acl, 0, Some((0, 0o775))),
        (link, 0, Some((1000, 0o777))),
        // Sticky: only the owner of the entry can rename it.
        (directory("/srv", 0, 0, 0o1777), 0, None),
        (directory("/srv", 0, 0, 0o1777), 1000, Some((0, 0o1777))),
        (directory("/srv", 0, 0, 0o755), 1000, None),
    ] {
        let mut way = root_way();
        let at = point.path.clone();
        way.push(point);
        let world = owning(vec![("/srv/data", tree("/srv/data", owner, way))]);
        match expected {
            None => assert_eq!(owned(&world).len(), 1),
            Some((owner, bits)) => {
                let expected = OwnGuard::Redirectable {
                    uid: uid(owner),
                    mode: mode(bits),
                };
                assert_eq!(guard(&world), (at, expected));
            }
        }
    }
}

#[test]
fn a_tree_inside_another_tree_is_fine_also_at_the_next_start() {
    // After the first start /data is the identity's, and what lies in it can be renamed by it.
    let mut way = root_way();
    way.push(directory("/data", 1000, 1000, 0o755));
    let both = owning(vec![
        ("/data", tree("/data", 1000, root_way())),
        ("/data/cache", tree("/data/cache", 1000, way.clone())),
    ]);
    assert_eq!(owned(&both), ["/data", "/data/cache"].map(PathBuf::from));
    // Alone, or with a link in it, it could lead anywhere.
    let alone = owning(vec![(
        "/data/cache",
        tree("/data/cache", 1000, way.clone()),
    )]);
    assert_eq!(guard(&alone).0, PathBuf::from("/data"));
    way.push(Waypoint {
        kind: Kind::SymbolicLink,
        ..directory("/data/link", 1000, 1000, 0o777)
    });
    let linked = owning(vec![
        ("/data", tree("/data", 1000, root_way())),
        ("/data/link", tree("/srv", 0, way)),
    ]);
    assert_eq!(guard(&linked).0, PathBuf::from("/data/link"));
}

#[test]
fn the_same_tree_twice_is_walked_once() {
    let found = || tree("/data", 0, root_way());
    let world = owning(vec![("/data", found()), ("/data/.", found())]);
    assert_eq!(owned(&world), [PathBuf::from("/data")]);
}

#[test]
fn what_is_missing_or_out_of_sight_is_a_finding() {
    let blocked = Found::Blocked {
        at: "/a".into(),
        errno: 13,
        directory: None,
    };
    let world = owning(vec![
        ("/data", OwnFound::Nothing(Found::Missing)),
        ("/a/b", OwnFound::Nothing(blocked)),
    ]);
    let expected = [
        OwnFinding::Missing {
            path: "/data".into(),
        },
        OwnFinding::Blocked {
            path: "/a/b".into(),
            at: "/a".into(),
            errno: 13,
        },
    ];
    assert_eq!(own_findings(&world), expected);
    assert!(owned(&world).is_empty());
}

#[test]
fn on_root_mismatch_only_the_owner_of_the_root_decides() {
    for (policy, owner, group, walks) in [
        (OwnPolicy::OnRootMismatch, 1000, 1000, false),
        (OwnPolicy::OnRootMismatch, 1000, 0, true),
        (OwnPolicy::OnRootMismatch, 0, 1000, true),
        (OwnPolicy::OnRootMismatch, 0, 0, true),
        (OwnPolicy::Always, 1000, 1000, true),
        (OwnPolicy::Always, 0, 0, true),
    ] {
        let mut found = tree("/data", owner, root_way());
        if let OwnFound::There { node, .. } = &mut found {
            node.gid = gid(group);
        }
        let mut world = owning(vec![("/data", found)]);
        world.request.own_policy = policy;
        assert_eq!(owned(&world).len(), usize::from(walks), "{policy:?}");
        let skipped = OwnFinding::RootMatches {
            path: "/data".into(),
        };
        assert_eq!(own_findings(&world) == [skipped], !walks);
    }
}

#[test]
fn root_needs_cap_chown_where_a_tree_is_walked() {
    let mut world = owning(vec![("/data", tree("/data", 1000, root_way()))]);
    let chown = CapSet::from_iter([Capability::CHOWN]);
    let capabilities = &mut world.facts.process.capabilities;
    capabilities.effective = capabilities.effective.without(chown);
    let expected = Refusal::MissingCapabilities { missing: chown };
    assert_eq!(world.refusal(), expected);
    world.request.own_policy = OwnPolicy::OnRootMismatch;
    assert!(owned(&world).is_empty());
}

#[test]
fn a_start_by_another_gives_nothing_away_and_says_so() {
    let mut world = owning(vec![
        ("/data", tree("/data", 0, root_way())),
        ("/mine", tree("/mine", 1000, root_way())),
        // Not even refused: nothing is done to it.
        ("/etc", tree("/etc", 0, root_way())),
    ]);
    let process = &mut world.facts.process;
    process.uid = charon_init::facts::IdSet::all(uid(1000));
    process.gid = charon_init::facts::IdSet::all(gid(1000));
    process.groups = gids(&[1000]);
    process.capabilities = charon_init::facts::Capabilities::default();
    let stays = |path: &str| OwnFinding::NotRoot {
        path: path.into(),
        uid: uid(0),
        gid: gid(0),
    };
    assert_eq!(own_findings(&world), [stays("/data"), stays("/etc")]);
    assert!(owned(&world).is_empty());
}
