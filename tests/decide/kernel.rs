//! The judgement of access beside the kernel's own: random sockets behind random directories, connected to by random
//! identities. Needs root and a file system with ACLs; writes below one temporary directory only.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use charon_init::facts::{Facts, PathFacts};
use charon_init::observe::observe;
use charon_init::plan::Verdict;
use charon_init::refusal::Finding;
use charon_init::request::Sockets;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rustix::fs::{XattrFlags, setxattr};
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::world::{World, world};

const UIDS: &[u32] = &[0, 6001, 6002, 6003];
const GIDS: &[u32] = &[0, 7001, 7002, 7003];
const SOCKETS: usize = 90;
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

/// Whether the kernel lets this identity connect to each path. Its ids are those of one thread (credentials(7)), which
/// ends with them.
fn kernel_says(uid: u32, gid: u32, groups: &[u32], paths: &[PathBuf]) -> Vec<bool> {
    let groups: Vec<Gid> = groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    let connects = move |path: &PathBuf| match UnixStream::connect(path) {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => false,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            set_thread_groups(&groups).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            paths.iter().map(connects).collect()
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

/// Sockets behind directories, each protected at random, and somebody who listens.
struct Scene {
    facts: Facts,
    paths: Vec<PathBuf>,
    listeners: Vec<UnixListener>,
}

impl Scene {
    fn set(scratch: &Path, dice: &mut Dice) -> Self {
        let (mut paths, mut listeners) = (Vec::new(), Vec::new());
        for number in 0..SOCKETS {
            let directory = scratch.join(format!("d{number}"));
            fs::create_dir(&directory).unwrap();
            fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
            let path = directory.join("docker.sock");
            let listener = UnixListener::bind(&path).unwrap();
            listener.set_nonblocking(true).unwrap();
            protect(&path, dice);
            protect(&directory, dice);
            listeners.push(listener);
            paths.push(path);
        }
        let mut request = world().request;
        request.sockets = Sockets::Paths(paths.clone());
        let facts = observe(&request).unwrap();
        Self {
            facts,
            paths,
            listeners,
        }
    }

    /// What the kernel says of each path: to these groups, and to these and one more.
    fn kernel_says(&self, uid: u32, gid: u32, groups: &[u32]) -> BTreeMap<Option<u32>, Vec<bool>> {
        let more = [None].into_iter().chain(GIDS.iter().copied().map(Some));
        let says = more.map(|more| {
            let groups: Vec<u32> = groups.iter().copied().chain(more).collect();
            let says = kernel_says(uid, gid, &groups, &self.paths);
            for listener in &self.listeners {
                while listener.accept().is_ok() {}
            }
            (more, says)
        });
        says.collect()
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
    let dice = &mut Dice(TestRunner::deterministic());
    let scene = Scene::set(&scratch.0, dice);
    let (mut compared, mut open, mut opened) = (0, 0, 0);
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
                opened += usize::from(matches!(claim, Claim::OpenedBy(_)));
            }
        }
    }
    println!("{compared} judgements compared: {open} open, {opened} opened by one more group");
    assert!(compared >= 2000 && open >= 500 && opened >= 100);
}
