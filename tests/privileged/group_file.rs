//! `act::group_file` on real files: what is kept, what is refused, what a leftover does.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use charon_init::act::group_file::{Lock, ReplaceError, lock, replace_all};
use charon_init::facts::Access;
use charon_init::failure::{Cause, Failure};
use charon_init::ids::{Gid, Uid};
use charon_init::plan::FileEdit;
use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::common::{Scratch, skip};
use crate::probe::probe;

const OLD: &[u8] = b"root:x:0:\n";
const NEW: &[u8] = b"root:x:0:\ndocker:!charon-init:988:charon\n";

fn replace(lock: &Lock, edit: &FileEdit) -> Result<(), ReplaceError> {
    replace_all(lock, &[edit]).map_err(|(_, error)| error)
}

/// A directory that stands for /etc, with a group file in it.
struct Etc(Scratch);

impl Etc {
    fn new() -> Self {
        let etc = Self(Scratch::new());
        fs::write(etc.group(), OLD).unwrap();
        fs::set_permissions(etc.group(), Permissions::from_mode(0o644)).unwrap();
        etc
    }

    fn group(&self) -> PathBuf {
        self.0.path().join("group")
    }

    fn beside(&self) -> PathBuf {
        self.0.path().join(".group.charon-init")
    }

    fn lock_file(&self) -> PathBuf {
        self.0.path().join(".pwd.lock")
    }

    fn lock(&self) -> Lock {
        lock(self.0.path(), Duration::from_secs(5)).unwrap()
    }

    fn edit(&self) -> FileEdit {
        FileEdit {
            path: self.group(),
            old: OLD.to_vec(),
            new: NEW.to_vec(),
            changes: Vec::new(),
        }
    }

    fn replace(&self) -> Result<(), ReplaceError> {
        replace(&self.lock(), &self.edit())
    }

    /// What is there besides the group file and the lock file.
    fn litter(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name != "group" && name != ".pwd.lock")
            .collect()
    }
}

fn moved(etc: &Etc) -> ReplaceError {
    ReplaceError::Failed(Failure {
        step: "replace the file".into(),
        path: Some(etc.group()),
        cause: Cause::Moved,
    })
}

fn is_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip(test, "needs root");
    }
    is_root
}

#[test]
fn the_file_says_what_the_edit_says_and_nothing_stays_beside() {
    let etc = Etc::new();
    assert_eq!(etc.replace(), Ok(()));
    assert_eq!(fs::read(etc.group()).unwrap(), NEW);
    assert_eq!(etc.litter(), Vec::<String>::new());
}

#[test]
fn the_lock_file_is_closed_to_everyone_else() {
    let etc = Etc::new();
    drop(etc.lock());
    let mode = fs::metadata(etc.lock_file()).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

#[test]
fn mode_owner_and_group_are_kept() {
    if !is_root("mode_owner_and_group_are_kept") {
        return;
    }
    for (mode, uid, gid) in [
        (0o644, 0, 0),
        (0o640, 0, 42),
        (0o600, 7, 9),
        (0o4755, 0, 0),
        (0, 1, 1),
    ] {
        let etc = Etc::new();
        chown(etc.group(), Some(uid), Some(gid)).unwrap();
        fs::set_permissions(etc.group(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(etc.replace(), Ok(()));
        let now = fs::metadata(etc.group()).unwrap();
        assert_eq!(
            (now.mode() & 0o7777, now.uid(), now.gid()),
            (mode, uid, gid)
        );
    }
}

#[test]
fn extended_attributes_are_kept() {
    if !is_root("extended_attributes_are_kept") {
        return;
    }
    let etc = Etc::new();
    let attributes = [
        ("user.note", &b"a\0b"[..]),
        ("user.empty", b""),
        ("trusted.origin", b"image"),
    ];
    for (name, value) in attributes {
        setxattr(etc.group(), name, value, XattrFlags::empty()).unwrap();
    }
    assert_eq!(etc.replace(), Ok(()));
    for (name, value) in attributes {
        let mut found = [0; 64];
        let length = getxattr(etc.group(), name, &mut found[..]).unwrap();
        assert_eq!(&found[..length], value, "{name}");
    }
}

#[test]
fn the_access_acl_is_kept() {
    if !is_root("the_access_acl_is_kept") {
        return;
    }
    let etc = Etc::new();
    fs::set_permissions(etc.group(), Permissions::from_mode(0o640)).unwrap();
    setfacl(&["-m", "u:7:r,g:9:rw,m:rw"], &etc.group());
    let before = getfacl(&etc.group());
    assert_eq!(etc.replace(), Ok(()));
    assert_eq!(fs::read(etc.group()).unwrap(), NEW);
    assert_eq!(getfacl(&etc.group()), before);
}

#[test]
fn a_default_acl_of_the_directory_opens_nothing() {
    if !is_root("a_default_acl_of_the_directory_opens_nothing") {
        return;
    }
    let etc = Etc::new();
    fs::set_permissions(etc.group(), Permissions::from_mode(0o640)).unwrap();
    let before = getfacl(&etc.group());
    setfacl(&["-d", "-m", "u:1000:rwx"], etc.0.path());
    assert_eq!(etc.replace(), Ok(()));
    assert_eq!(getfacl(&etc.group()), before);
}

pub(crate) fn setfacl(arguments: &[&str], path: &std::path::Path) {
    let status = Command::new("setfacl").args(arguments).arg(path).status();
    assert!(status.expect("the package acl is installed").success());
}

fn getfacl(path: &std::path::Path) -> String {
    let output = Command::new("getfacl")
        .args(["-n", "-c"])
        .arg(path)
        .output();
    String::from_utf8(output.expect("the package acl is installed").stdout).unwrap()
}

#[test]
fn what_was_not_decided_on_is_not_overwritten() {
    let contents: [&[u8]; 4] = [b"", b"root:x:0:", b"root:x:0:\nx:x:5:\n", b"root:x:1:\n"];
    for content in contents {
        let etc = Etc::new();
        fs::write(etc.group(), content).unwrap();
        assert_eq!(etc.replace(), Err(moved(&etc)));
        assert_eq!(fs::read(etc.group()).unwrap(), content);
        assert_eq!(etc.litter(), Vec::<String>::new());
    }
}

#[test]
fn a_file_of_another_directory_is_not_touched() {
    let etc = Etc::new();
    let other = Etc::new();
    let error = replace(&etc.lock(), &other.edit());
    assert!(matches!(
        error,
        Err(ReplaceError::Failed(Failure {
            cause: Cause::Moved,
            ..
        }))
    ));
    assert_eq!(fs::read(other.group()).unwrap(), OLD);
}

#[test]
fn a_missing_file_is_left_alone() {
    let etc = Etc::new();
    fs::remove_file(etc.group()).unwrap();
    assert_eq!(etc.replace(), Err(ReplaceError::LeftAlone(Access::Missing)));
    assert!(!etc.group().exists());
}

#[test]
fn a_symbolic_link_is_left_alone() {
    let etc = Etc::new();
    let target = etc.0.path().join("target");
    fs::rename(etc.group(), &target).unwrap();
    symlink("target", etc.group()).unwrap();
    assert_eq!(
        etc.replace(),
        Err(ReplaceError::LeftAlone(Access::SymbolicLink))
    );
    assert_eq!(fs::read(target).unwrap(), OLD);
}

/// Nobody whom the lock would stop.
#[test]
fn a_file_over_which_another_was_mounted_meanwhile_is_left_alone() {
    struct Mounted(PathBuf);
    impl Drop for Mounted {
        fn drop(&mut self) {
            let status = Command::new("umount").arg(&self.0).status();
            println!("umount: {status:?}");
        }
    }
    if !is_root("a_file_over_which_another_was_mounted_meanwhile_is_left_alone") {
        return;
    }
    let etc = Etc::new();
    let lock = etc.lock();
    let mount = Command::new("mount")
        .args(["--bind", "--"])
        .args([etc.group(), etc.group()])
        .status();
    assert!(mount.unwrap().success());
    let mounted = Mounted(etc.group());
    let replaced = replace(&lock, &etc.edit());
    assert_eq!(replaced, Err(ReplaceError::LeftAlone(Access::MountPoint)));
    assert_eq!(etc.litter(), Vec::<String>::new(), "nothing in vain");
    drop(mounted);
    assert_eq!(fs::read(etc.group()).unwrap(), OLD);
}

#[test]
fn what_is_no_file_is_left_alone_and_not_waited_for() {
    let etc = Etc::new();
    fs::remove_file(etc.group()).unwrap();
    fs::create_dir(etc.group()).unwrap();
    assert_eq!(
        etc.replace(),
        Err(ReplaceError::LeftAlone(Access::NotAFile))
    );
    fs::remove_dir(etc.group()).unwrap();
    let mkfifo = Command::new("mkfifo").arg(etc.group()).status().unwrap();
    assert!(mkfifo.success());
    assert_eq!(
        etc.replace(),
        Err(ReplaceError::LeftAlone(Access::NotAFile))
    );
}

#[test]
fn an_owner_that_no_namespace_maps_is_not_replaced_by_nobody() {
    if !is_root("an_owner_that_no_namespace_maps_is_not_replaced_by_nobody") {
        return;
    }
    let etc = Etc::new();
    chown(etc.group(), Some(65534), Some(0)).unwrap();
    let (uid, gid) = (Uid::new(65534).unwrap(), Gid::ROOT);
    let foreign = ReplaceError::LeftAlone(Access::ForeignOwner { uid, gid });
    assert_eq!(etc.replace(), Err(foreign));
    assert_eq!(etc.litter(), Vec::<String>::new());
}

#[test]
fn a_leftover_of_a_killed_start_is_no_obstacle() {
    let etc = Etc::new();
    fs::write(etc.beside(), "half a fi").unwrap();
    assert_eq!(etc.replace(), Ok(()));
    assert_eq!(fs::read(etc.group()).unwrap(), NEW);
    assert_eq!(etc.litter(), Vec::<String>::new());
}

#[test]
fn a_planted_link_beside_is_removed_and_not_written_through() {
    let etc = Etc::new();
    let victim = etc.0.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink("victim", etc.beside()).unwrap();
    assert_eq!(etc.replace(), Ok(()));
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert_eq!(fs::read(etc.group()).unwrap(), NEW);
    assert_eq!(etc.litter(), ["victim"]);
}

#[test]
fn a_missing_directory_is_left_alone() {
    let error = lock("/nonexistent/etc".as_ref(), Duration::ZERO).map(drop);
    assert_eq!(error, Err(ReplaceError::LeftAlone(Access::Missing)));
}

#[test]
fn a_lock_file_that_is_no_file_is_not_locked() {
    let makers: [fn(&std::path::Path); 3] = [
        |path| symlink("group", path).unwrap(),
        |path| fs::create_dir(path).unwrap(),
        |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
    ];
    for make in makers {
        let etc = Etc::new();
        make(&etc.lock_file());
        let error = lock(etc.0.path(), Duration::ZERO).map(drop);
        assert_eq!(error, Err(ReplaceError::LeftAlone(Access::Denied)));
    }
}

/// Another process holds the lock: a process never waits for itself, and flock(1) takes another kind.
#[test]
fn a_lock_that_somebody_holds_is_waited_for_within_the_bound() {
    let etc = Etc::new();
    drop(etc.lock());
    let mut holder = Command::new(probe())
        .arg("lock")
        .arg(etc.lock_file())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(holder.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");

    let bound = Duration::from_millis(200);
    let start = Instant::now();
    let outcome = lock(etc.0.path(), bound).map(drop);
    let waited = start.elapsed();
    assert_eq!(outcome, Err(ReplaceError::LeftAlone(Access::Locked)));
    assert!(waited >= bound && waited < bound * 10, "{waited:?}");

    drop(holder.stdin.take());
    assert!(lock(etc.0.path(), Duration::from_secs(5)).is_ok());
    assert!(holder.wait().unwrap().success());
}

#[test]
fn the_lock_is_held_through_the_edit_and_given_back_with_its_value() {
    let etc = Etc::new();
    let is_free = || {
        let mut probe = Command::new(probe());
        probe.arg("trylock").arg(etc.lock_file());
        probe.status().unwrap().success()
    };
    let held = etc.lock();
    assert!(!is_free(), "held");
    assert_eq!(replace(&held, &etc.edit()), Ok(()));
    assert!(!is_free(), "still held after an edit");
    drop(held);
    assert!(is_free(), "given back");
}
