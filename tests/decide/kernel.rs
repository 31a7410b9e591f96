//! The judgement of access beside the kernel's own: random sockets, devices, directories, files and FIFOs behind random
//! directories, connected to, opened or asked for by random identities. Needs root and a file system with ACLs; writes below one temporary directory only.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use charon_init::facts::{Facts, Found, Kind, PathFacts};
use charon_init::observe::observe;
use charon_init::pattern::Pattern;
use charon_init::permission::Permission;
use charon_init::plan::Verdict;
use charon_init::refusal::Finding;
use charon_init::request::Sockets;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rustix::fs::{Access, AtFlags, CWD, FileType, XattrFlags, accessat, setxattr};
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::world::{World, world};

const UIDS: &[u32] = &[0, 6001, 6002, 6003];
const GIDS: &[u32] = &[0, 7001, 7002, 7003];
const SOCKETS: usize = 90;
const GRANTS: usize = 160;
const IDENTITIES: usize = 40;

/// Random numbers, the same ones every time.
struct Dice(TestRunner);

impl Dice {
    fn one<T: Clone + std::fmt::Debug + 'static>(&mut self, of: &'static [T]) -> T {
        select(of).new_tree(&mut self.0).unwrap().current()
    }

    fn below(&mut self, end: u16) -> u16 {
        (0..end).new_tree(&mut self.0).unwrap().current()
    }

    fn permission(&mut self) -> u8 {
        u8::try_from(self.below(8)).unwrap()
    }
}

/// `system.posix_acl_access` as acl(5) has it: two named users and two named groups at most.
fn random_acl(dice: &mut Dice) -> Vec<u8> {
    const NOBODY: u32 = u32::MAX;
    let mut entries = vec![(0x01_u16, dice.permission(), NOBODY)];
    let named = |tag, ids: &'static [u32], dice: &mut Dice| {
        let chosen = ids.iter().filter(|_| dice.below(3) == 0);
        let ids: Vec<u32> = chosen.copied().collect();
        ids.into_iter()
            .map(|id| (tag, dice.permission(), id))
            .collect::<Vec<_>>()
    };
    entries.extend(named(0x02, UIDS, dice));
    entries.push((0x04, dice.permission(), NOBODY));
    entries.extend(named(0x08, GIDS, dice));
    entries.push((0x10, dice.permission(), NOBODY));
    entries.push((0x20, dice.permission(), NOBODY));
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permission, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(u16::from(permission).to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

/// Owner, mode, and for one in two an ACL; of directories, every other one is open to all.
fn protect(path: &Path, dice: &mut Dice) {
    if path.is_dir() && dice.below(2) == 0 {
        return;
    }
    chown(path, Some(dice.one(UIDS)), Some(dice.one(GIDS))).unwrap();
    fs::set_permissions(path, Permissions::from_mode(dice.below(0o1000).into())).unwrap();
    if dice.below(2) == 0 {
        let acl = random_acl(dice);
        setxattr(path, "system.posix_acl_access", &acl, XattrFlags::empty()).unwrap();
    }
}

/// A directory that is gone with its content when the test ends, however it ends.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("nothing is left behind");
    }
}

/// Says that a test did not run; in CI that is a failure.
fn skip(why: &str) {
    const NAME: &str = "decide::kernel::judgement_of_access_is_the_kernels";
    println!("SKIPPED: {NAME}: {why}");
    if let Some(list) = std::env::var_os("CHARON_TEST_SKIPS") {
        use std::io::Write;
        let mut list = fs::File::options()
            .append(true)
            .create(true)
            .open(list)
            .unwrap();
        writeln!(list, "{NAME}: {why}").unwrap();
    }
    assert!(std::env::var_os("CI").is_none(), "skipped in CI: {why}");
}

fn has_acls(directory: &Path) -> bool {
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, id) in [
        (1_u16, u32::MAX),
        (2, 1),
        (4, u32::MAX),
        (0x10, u32::MAX),
        (0x20, u32::MAX),
    ] {
        acl.extend(tag.to_le_bytes());
        acl.extend(7_u16.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    let probe = directory.join("probe");
    fs::write(&probe, "").unwrap();
    setxattr(&probe, "system.posix_acl_access", &acl, XattrFlags::empty()).is_ok()
}

/// What a command wants of a path, worked out once more: of a device reading and writing, of a directory at least
/// searching, of files and FIFOs anything, and of the last three what the first group has that gets so much.
fn wanted(path: &PathFacts) -> Access {
    let Found::Node(node) = &path.found else {
        panic!("{path:?}")
    };
    let is_enough = |bits: Permission| match node.kind {
        Kind::Directory => bits.allows(Permission::SEARCH),
        _ => bits != Permission::NONE,
    };
    let mut entries = vec![(node.gid, node.mode.group())];
    if let Some(acl) = &node.acl {
        let mut named = acl.groups.clone();
        named.sort_by_key(|(gid, _)| *gid);
        entries = [vec![(node.gid, acl.group)], named].concat();
        for (_, entry) in &mut entries {
            *entry = entry.masked_by(acl.mask);
        }
    }
    entries.retain(|(gid, entry)| gid.raw() != 0 && is_enough(*entry));
    let bits = match (node.kind, entries.first()) {
        (Kind::Socket, _) => Permission::WRITE,
        (Kind::CharacterDevice, _) => Permission::READ.and(Permission::WRITE),
        (_, Some((_, entry))) => *entry,
        (Kind::Directory, None) => Permission::SEARCH,
        (_, None) => Permission::READ,
    };
    let words = [
        (Permission::READ, Access::READ_OK),
        (Permission::WRITE, Access::WRITE_OK),
        (Permission::SEARCH, Access::EXEC_OK),
    ];
    let words = words.into_iter().filter(|(bit, _)| bits.allows(*bit));
    words.fold(Access::empty(), |all, (_, word)| all | word)
}

/// One path and how to find out whether it can be used.
struct Sample {
    path: PathBuf,
    kind: Kind,
    wanted: Access,
}

impl Sample {
    fn can_be_used(&self) -> bool {
        let denied = |error: &std::io::Error| match error.kind() {
            ErrorKind::PermissionDenied => false,
            _ => panic!("{}: {error}", self.path.display()),
        };
        let yes = |()| true;
        let used = match self.kind {
            Kind::Socket => UnixStream::connect(&self.path).map(drop),
            Kind::CharacterDevice => {
                let mut open = fs::File::options();
                open.read(true).write(true).open(&self.path).map(drop)
            }
            _ => accessat(CWD, &self.path, self.wanted, AtFlags::empty()).map_err(Into::into),
        };
        used.map_or_else(|error| denied(&error), yes)
    }
}

/// Whether the kernel lets this identity use each path. Its ids are those of one thread (credentials(7)), which
/// ends with them.
fn kernel_says(uid: u32, gid: u32, groups: &[u32], samples: &[Sample]) -> Vec<bool> {
    let groups: Vec<Gid> = groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            set_thread_groups(&groups).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            samples.iter().map(Sample::can_be_used).collect()
        });
        thread.join().unwrap()
    })
}

/// A start by this identity itself, or root's start for it, with one path in the world.
fn start(
    facts: &Facts,
    path: &PathFacts,
    is_root: bool,
    uid: u32,
    gid: u32,
    groups: &[u32],
) -> World {
    let world = world().allow_gid_0().with(|world| {
        world.facts.paths = vec![path.clone()];
        world.facts.namespace = facts.namespace.clone();
        world.request.sockets = Sockets::Paths(vec![path.path.clone()]);
    });
    if is_root {
        let spec = groups
            .iter()
            .fold(world.user(&format!("{uid}:{gid}")), |world, gid| {
                world.group(&gid.to_string())
            });
        spec.with(|world| world.request.inherit_groups = false)
    } else {
        world.non_root(uid, gid, groups)
    }
}

/// What must be so if the judgement is right: open as it is, or opened by one more group, or by none of those.
enum Claim {
    Open,
    OpenedBy(u32),
    OpenedByNone,
    Nothing,
}

fn claim(world: &World) -> Claim {
    let plan = world.plan();
    match &plan.grants[0].verdict {
        Verdict::Open(_) => return Claim::Open,
        Verdict::Granted { gid, .. } => return Claim::OpenedBy(gid.raw()),
        Verdict::Closed => {}
    }
    let mut claims = plan.findings.iter().filter_map(|finding| match finding {
        Finding::GroupMissing { gid, .. } => Some(Claim::OpenedBy(gid.raw())),
        Finding::GidZeroWouldHelp(_) => Some(Claim::OpenedBy(0)),
        Finding::GroupHasNothing { .. } => Some(Claim::OpenedByNone),
        Finding::NotSearchable { .. } | Finding::Redirectable { .. } => Some(Claim::Nothing),
        _ => None,
    });
    claims.next().expect("a closed path has a finding")
}

/// Sockets and all that can be granted behind directories, each protected at random, and somebody who listens.
struct Scene {
    facts: Facts,
    samples: Vec<Sample>,
    listeners: Vec<UnixListener>,
}

impl Scene {
    fn set(scratch: &Path, dice: &mut Dice) -> Self {
        let (mut sockets, mut grants, mut listeners) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..SOCKETS + GRANTS {
            let directory = scratch.join(format!("d{number}"));
            fs::create_dir(&directory).unwrap();
            fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
            let path = directory.join("docker.sock");
            let is_socket = number < SOCKETS;
            if is_socket {
                let listener = UnixListener::bind(&path).unwrap();
                listener.set_nonblocking(true).unwrap();
                listeners.push(listener);
                sockets.push(path.clone());
            } else {
                make_any(&path, number);
                grants.push(Pattern::new(path.as_os_str()).unwrap());
            }
            protect(&path, dice);
            protect(&directory, dice);
        }
        let mut request = world().request;
        request.sockets = Sockets::Paths(sockets);
        request.grants = grants;
        let facts = observe(&request).unwrap();
        let samples = facts.paths.iter().map(|facts| Sample {
            path: facts.path.clone(),
            kind: kind_of(facts),
            wanted: wanted(facts),
        });
        Self {
            samples: samples.collect(),
            facts,
            listeners,
        }
    }

    /// What the kernel says of each path: to these groups, and to these and one more.
    fn kernel_says(&self, uid: u32, gid: u32, groups: &[u32]) -> BTreeMap<Option<u32>, Vec<bool>> {
        let more = [None].into_iter().chain(GIDS.iter().copied().map(Some));
        let says = more.map(|more| {
            let groups: Vec<u32> = groups.iter().copied().chain(more).collect();
            let says = kernel_says(uid, gid, &groups, &self.samples);
            for listener in &self.listeners {
                while listener.accept().is_ok() {}
            }
            (more, says)
        });
        says.collect()
    }
}

/// A device like /dev/null, a directory, a file or a FIFO.
fn make_any(path: &Path, number: usize) {
    let mode = rustix::fs::Mode::from_bits_retain(0o600);
    let make = |kind, device| rustix::fs::mknodat(CWD, path, kind, mode, device).unwrap();
    match number % 4 {
        0 => make(
            FileType::CharacterDevice,
            fs::metadata("/dev/null").unwrap().rdev(),
        ),
        1 => fs::create_dir(path).unwrap(),
        2 => fs::write(path, "").unwrap(),
        _ => make(FileType::Fifo, 0),
    }
}

fn kind_of(path: &PathFacts) -> Kind {
    match &path.found {
        Found::Node(node) => node.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn judgement_of_access_is_the_kernels() {
    if !geteuid().is_root() {
        return skip("it takes root to be someone else");
    }
    let root = std::env::temp_dir().join(format!("charon-init-kernel.{}", std::process::id()));
    fs::create_dir(&root).unwrap();
    let scratch = Scratch(root);
    fs::set_permissions(&scratch.0, Permissions::from_mode(0o755)).unwrap();
    if !has_acls(&scratch.0) {
        return skip("the temporary directory is on a file system without ACLs");
    }
    let device = scratch.0.join("device");
    make_any(&device, 0);
    if fs::File::open(&device).is_err() {
        return skip("the temporary directory is on a file system without devices");
    }
    let dice = &mut Dice(TestRunner::deterministic());
    let scene = Scene::set(&scratch.0, dice);
    let (mut compared, mut open, mut opened) = (0, 0, 0);
    let mut opened_kinds = Vec::new();
    for _ in 0..IDENTITIES {
        let (uid, gid) = (dice.one(&UIDS[1..]), dice.one(GIDS));
        let groups = GIDS.iter().copied().filter(|_| dice.below(3) == 0);
        let groups: Vec<u32> = groups.collect();
        let says = scene.kernel_says(uid, gid, &groups);
        for (index, path) in scene.facts.paths.iter().enumerate() {
            let says = |more| says[&more][index];
            for is_root in [false, true] {
                let world = start(&scene.facts, path, is_root, uid, gid, &groups);
                let claim = claim(&world);
                let is_right = match claim {
                    Claim::Open => says(None),
                    Claim::OpenedBy(gid) => !says(None) && says(Some(gid)),
                    Claim::OpenedByNone => !says(None) && !GIDS.iter().any(|gid| says(Some(*gid))),
                    Claim::Nothing => !says(None),
                };
                let who = format!("{uid}:{gid} {groups:?}, root start: {is_root}");
                assert!(is_right, "{who}\n{path:?}\n{:?}", world.plan().grants);
                compared += 1;
                open += usize::from(says(None));
                if matches!(claim, Claim::OpenedBy(_)) {
                    opened += 1;
                    opened_kinds.push(kind_of(path));
                }
            }
        }
    }
    println!("{compared} judgements compared: {open} open, {opened} opened by one more group");
    for kind in [
        Kind::Socket,
        Kind::CharacterDevice,
        Kind::Directory,
        Kind::File,
        Kind::Fifo,
    ] {
        let count = opened_kinds
            .iter()
            .filter(|opened| **opened == kind)
            .count();
        println!("of those {count}: {kind:?}");
        assert!(count >= 20, "{kind:?}");
    }
    assert!(compared >= 2000 && open >= 500 && opened >= 100);
}
