//! Making a tree belong to the identity: what a step is to do, and what came of it.

use std::path::PathBuf;

use crate::ids::{Gid, Uid};

/// A tree, and whose it is to be (contract 11).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ownership {
    /// Its root: absolute, and free of symbolic links when it was judged.
    pub path: PathBuf,
    /// The file that was judged there: another one in its place is left alone.
    pub root: FileId,
    /// The owner to be.
    pub uid: Uid,
    /// The group to be.
    pub gid: Gid,
    /// What a dry run counted; `None` in a start.
    pub counted: Option<Counted>,
}

/// What a start would find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// Entries, the root included.
    pub entries: u64,
    /// Those that would change hands.
    pub differ: u64,
    /// Those that could not be looked at.
    pub unread: u64,
}

/// Which file it is, whatever it is called (inode(7)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

/// What a walk through a tree came to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Entries that were looked at, the root included.
    pub seen: u64,
    /// Entries that were given to the identity; in a count, those that would be.
    pub changed: u64,
    /// Files with more than one link: they may be in use outside.
    pub hard_links: Sightings,
    /// Directories that lie too deep.
    pub too_deep: Sightings,
    /// Mounts of their own, which were not entered.
    pub mounts: Sightings,
    /// What the kernel refused, by error number.
    pub failures: Vec<(i32, Sightings)>,
}

/// How often something was met, and where first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sightings {
    /// How often.
    pub count: u64,
    /// Where first; empty where never.
    pub first: PathBuf,
}

impl Sightings {
    /// Once more; the path is asked for only the first time.
    pub fn note(&mut self, path: impl FnOnce() -> PathBuf) {
        if self.count == 0 {
            self.first = path();
        }
        self.count = self.count.saturating_add(1);
    }
}

impl Tally {
    /// The kernel refused, with this error number.
    pub fn note_failure(&mut self, errno: i32, path: impl FnOnce() -> PathBuf) {
        let known = self.failures.iter_mut().find(|(known, _)| *known == errno);
        if let Some((_, sightings)) = known {
            sightings.note(path);
            return;
        }
        let mut sightings = Sightings::default();
        sightings.note(path);
        self.failures.push((errno, sightings));
    }
}
