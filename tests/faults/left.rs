//! What a start leaves in its world: names, content, owners and modes; and the tree that it may have been given.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::Path;

use crate::world::World;

/// Everything that a next start could find different: names, content, owners and modes.
pub(crate) fn left(world: &World) -> Vec<String> {
    let mut left = Vec::new();
    for directory in ["etc", "data", "run", "outside"] {
        look(&world.path(directory), &mut left);
    }
    left
}

/// Who owns what must never change hands, or may not be anybody's but root's and the identity's.
pub(crate) fn stray_owner(world: &World, identity: (u32, u32)) -> Option<String> {
    let owner = |path: &Path| {
        let about = fs::symlink_metadata(path).unwrap();
        (about.uid(), about.gid())
    };
    for name in [
        "data",
        "data/file",
        "data/sub",
        "data/sub/file",
        "data/link",
        "data/hard",
    ] {
        let owner = owner(&world.path(name));
        let is_hard = name == "data/hard" && owner != (0, 0);
        if is_hard || ![(0, 0), identity].contains(&owner) {
            return Some(format!("{name} belongs to {owner:?}"));
        }
    }
    (owner(&world.path("outside/file")) != (0, 0)).then(|| "outside/file".to_owned())
}

/// A tree with one of each that matters: a file, a directory with one, a link out of it, and a second link to outside.
pub(crate) fn plant(world: &World) {
    let data = world.path("data");
    if !data.join("sub").exists() {
        fs::create_dir_all(data.join("sub")).unwrap();
        fs::create_dir_all(world.path("outside")).unwrap();
        fs::write(world.path("outside/file"), "").unwrap();
        fs::write(world.path("outside/hard"), "").unwrap();
        fs::write(data.join("file"), "").unwrap();
        fs::write(data.join("sub/file"), "").unwrap();
        fs::hard_link(world.path("outside/hard"), data.join("hard")).unwrap();
        symlink("/outside/file", data.join("link")).unwrap();
    }
    for name in ["", "file", "sub", "sub/file", "hard", "link"] {
        lchown(data.join(name), Some(0), Some(0)).unwrap();
    }
}

fn look(path: &Path, left: &mut Vec<String>) {
    let Ok(about) = fs::symlink_metadata(path) else {
        return;
    };
    let content = if about.is_file() {
        fs::read_to_string(path).unwrap()
    } else {
        String::new()
    };
    let (uid, gid, mode) = (about.uid(), about.gid(), about.mode());
    left.push(format!("{} {uid} {gid} {mode:o} {content}", path.display()));
    if about.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in &paths {
            look(path, left);
        }
    }
}
