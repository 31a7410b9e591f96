//! The root → down and up again, batch by batch: a stack, not recursion, so that the depth of a tree is bounded by us.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, RawDir, openat};
use rustix::io::{Errno, retry_on_intr};

use crate::ownership::Tally;
use crate::sweep::Progress;
use crate::sweep::hand::Taken;
use crate::sweep::kernel;
use crate::sweep::level::{Level, Place};
use crate::sweep::names::Names;
use crate::sweep::team::Team;

/// As much of a directory as is read at once. The names of its directories are kept until they were walked: this bounds
/// the memory of a level.
const BATCH: usize = 32 * 1024;

/// A walk and where it stands.
pub(super) struct Walk<'a> {
    team: Team<'a>,
    /// The directories that are open, one below the other.
    levels: Vec<Level>,
    /// How many there may be.
    deepest: usize,
    tally: Tally,
    progress: Progress<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(team: Team<'a>, progress: Progress<'a>) -> Self {
        Self {
            team,
            levels: Vec::new(),
            deepest: kernel::levels(),
            tally: Tally::default(),
            progress,
        }
    }

    pub(super) fn from(mut self, root: &OwnedFd) -> Tally {
        self.tally.seen = 1;
        let taken = self.team.hand.take_open(root.as_fd());
        match taken.and_then(|taken| enter(root, taken)) {
            Ok(Ok(directory)) => self.levels.push(Level::new(directory, CString::default())),
            Ok(Err(taken)) => self.note(taken, c""),
            Err(errno) => self.note(Taken::Refused(errno), c""),
        }
        let mut buffer = vec![MaybeUninit::uninit(); BATCH];
        while let Some(level) = self.levels.last_mut() {
            if let Some(name) = level.waiting.take() {
                self.descend(name);
            } else if level.is_read {
                self.ascend();
            } else {
                self.read(&mut buffer);
                (self.progress)(&self.tally);
            }
        }
        self.tally
    }

    /// Takes the next batch of the lowest directory; the directories in it wait until the buffer is free.
    fn read(&mut self, buffer: &mut [MaybeUninit<u8>]) {
        let Some(level) = self.levels.last_mut() else {
            return;
        };
        let (names, refused) = batch(level, buffer, &mut self.tally);
        let outcomes = self.team.take(level.directory.as_fd(), &names);
        if let Some(errno) = refused {
            self.note(Taken::Refused(errno), c"");
        }
        for outcome in outcomes {
            self.tally.changed = self.tally.changed.saturating_add(outcome.changed);
            for (name, taken) in outcome.events {
                self.note(taken, &name);
            }
        }
    }

    fn descend(&mut self, name: CString) {
        let Some(level) = self.levels.last() else {
            return;
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let opened = if self.levels.len() < self.deepest {
            let kernel = self.team.hand.kernel;
            kernel.open(level.directory.as_fd(), &name, flags)
        } else {
            Err(Errno::MFILE)
        };
        match opened {
            Ok(directory) => self.levels.push(Level::new(directory, name)),
            Err(errno) => self.note(Taken::Refused(errno), &name),
        }
    }

    fn ascend(&mut self) {
        let Some(level) = self.levels.last() else {
            return;
        };
        let taken = self.team.hand.leave(level.directory.as_fd());
        self.note(taken, c"");
        self.levels.pop();
    }

    /// Counts what became of the entry `name` of the lowest directory; of that itself without a name. What vanished or
    /// changed its type since it was read is no error, and a mount is another tree.
    fn note(&mut self, taken: Taken, name: &CStr) {
        let path = || {
            let (here, above) = match self.levels.split_last() {
                Some((level, above)) => (level.name.as_c_str(), above),
                None => (c"", self.levels.as_slice()),
            };
            let place = Place {
                root: &self.team.hand.ownership.path,
                above,
                names: [here, name],
            };
            place.path()
        };
        let tally = &mut self.tally;
        match taken {
            Taken::Right
            | Taken::Refused(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE) => (),
            Taken::Changed => tally.changed = tally.changed.saturating_add(1),
            Taken::HardLink => tally.hard_links.note(path),
            // It was something else when its name was read.
            Taken::Directory => {
                if let Some(level) = self.levels.last_mut() {
                    level.waiting.add(name);
                }
            }
            Taken::Refused(Errno::XDEV) => tally.mounts.note(path),
            Taken::Refused(Errno::MFILE | Errno::NFILE) => tally.too_deep.note(path),
            Taken::Refused(errno) => tally.note_failure(errno.raw_os_error(), path),
        }
    }
}

/// Reads a batch: the names of what is no directory; the directories wait in the level.
fn batch(
    level: &mut Level,
    buffer: &mut [MaybeUninit<u8>],
    tally: &mut Tally,
) -> (Names, Option<Errno>) {
    let mut names = Names::default();
    let mut entries = RawDir::new(&level.directory, buffer);
    loop {
        match entries.next() {
            None => level.is_read = true,
            Some(Err(Errno::INTR)) => continue,
            Some(Err(errno)) => {
                level.is_read = true;
                return (names, Some(errno));
            }
            Some(Ok(entry)) => {
                let name = entry.file_name();
                let is_directory = entry.file_type() == FileType::Directory;
                if name != c"." && name != c".." {
                    tally.seen = tally.seen.saturating_add(1);
                    let kind = if is_directory {
                        &mut level.waiting
                    } else {
                        &mut names
                    };
                    kind.add(name);
                }
            }
        }
        if level.is_read || entries.is_buffer_empty() {
            return (names, None);
        }
    }
}

/// The root was opened to be judged; to read it takes another descriptor of the same directory.
fn enter(root: &OwnedFd, taken: Taken) -> Result<Result<OwnedFd, Taken>, Errno> {
    if taken != Taken::Directory {
        return Ok(Err(taken));
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    retry_on_intr(|| openat(root, c".", flags, Mode::empty())).map(Ok)
}
