//! Trees to be owned, and whose they are.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::world::{Start, World};

/// No path at all.
pub(crate) const NOTHING: [PathBuf; 0] = [];

/// A start that owns /data as 1000:`gid`.
pub(crate) fn owning<'w>(world: &'w World, gid: u32, words: &[&str]) -> Start<'w> {
    let user = format!("1000:{gid}");
    let own = ["--user", &user, "--no-socket", "--own", "/data"];
    world.start(own.iter().chain(words).copied())
}

/// Owner and group, of a link itself.
pub(crate) fn owner(path: impl AsRef<Path>) -> (u32, u32) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}

/// Every path below, the root included, that does not belong to `expected`.
pub(crate) fn others(root: &Path, expected: (u32, u32)) -> Vec<PathBuf> {
    let mut others = Vec::new();
    if owner(root) != expected {
        others.push(root.to_owned());
    }
    if fs::symlink_metadata(root).unwrap().is_dir() {
        for entry in fs::read_dir(root).unwrap() {
            others.extend(self::others(&entry.unwrap().path(), expected));
        }
    }
    others
}

/// `count` directories with `files` files each, of `uid`.
pub(crate) fn plant(root: &Path, count: usize, files: usize, uid: u32) {
    for directory in 0..count {
        let directory = root.join(format!("d{directory}"));
        fs::create_dir(&directory).unwrap();
        for file in 0..files {
            let file = directory.join(format!("f{file}"));
            fs::write(&file, "").unwrap();
            lchown(&file, Some(uid), Some(uid)).unwrap();
        }
        lchown(&directory, Some(uid), Some(uid)).unwrap();
    }
    lchown(root, Some(uid), Some(uid)).unwrap();
}

/// One entry of every type, of several owners; returns how many, the root included.
pub(crate) fn one_of_each(root: &Path) -> usize {
    fs::create_dir_all(root.join("sub/deep/er")).unwrap();
    fs::write(root.join("file"), "x").unwrap();
    fs::write(root.join("sub/deep/er/file"), "x").unwrap();
    fs::write(root.join("x".repeat(255)), "x").unwrap();
    symlink("/etc/passwd", root.join("link")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    let run = |words: &[&str]| {
        let mut command = std::process::Command::new(words[0]);
        assert!(command.args(&words[1..]).status().unwrap().success());
    };
    run(&["mkfifo", root.join("fifo").to_str().unwrap()]);
    drop(std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap());
    lchown(root.join("sub/deep"), Some(4242), Some(4243)).unwrap();
    lchown(root.join("link"), Some(4242), Some(4243)).unwrap();
    11
}
