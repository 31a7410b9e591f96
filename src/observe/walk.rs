//! A path → what it leads to, component by component, on descriptors (path_resolution(7), openat(2) O_PATH).
//!
//! Every directory and symbolic link on the way is looked at through the descriptor that the next step starts from, so
//! what is judged is what was walked, whoever renames meanwhile. An ACL is read by name where only root can rename.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{Access, FileType, Stat, fstat, readlinkat, stat};
use rustix::io::Errno;

use crate::facts::{Found, Kind, Node, Waypoint};
use crate::failure::Failure;
use crate::ids::{Gid, Uid};
use crate::observe::attribute::{acl, acl_of};
use crate::observe::directory::Directory;
use crate::observe::stop::Stop;
use crate::permission::{Acl, Mode, Permission};

/// As many symbolic links as the kernel follows (path_resolution(7)).
const MAX_LINKS: u32 = 40;

/// As many directories and links as `/var/run/docker.sock` passes, and a few more.
const USUAL_WAY: usize = 8;

/// Walks from the root directory.
pub(super) struct Walker {
    root_waypoint: Waypoint,
    /// Also ask the kernel what we may do to what we find.
    ask_kernel: bool,
}

/// Where a walk stands.
struct Position {
    directory: Directory,
    path: PathBuf,
    way: Vec<Waypoint>,
    pending: VecDeque<OsString>,
    links: u32,
    /// Could only root have put another file at `path`?
    is_firm: bool,
    end: Option<End>,
}

impl Position {
    /// Is `..` the root directory, which was judged and needs no descriptor? For the kernel it is, by this path.
    fn is_next_to_root(&self) -> bool {
        self.path
            .parent()
            .is_none_or(|parent| parent.parent().is_none())
    }

    fn return_to_root(&mut self) {
        self.directory = Directory::Root;
        self.path = PathBuf::from("/");
    }
}

/// What a walk ended on: the path without links, and the descriptor that was judged.
pub(super) type End = (PathBuf, Rc<OwnedFd>);

impl Walker {
    pub(super) fn from_root(ask_kernel: bool) -> Result<Self, Failure> {
        let failed = |errno| Failure::errno("look at the root directory", errno).at("/");
        let path = PathBuf::from("/");
        let about = stat(c"/").map_err(failed)?;
        let acl = acl_of(&path).map_err(failed)?;
        let (_, root_waypoint) = judged(&about, acl, path).map_err(|stop| failed(stop.errno))?;
        Ok(Self {
            root_waypoint,
            ask_kernel,
        })
    }

    /// Walk to `path`; a relative one starts in the working directory.
    pub(super) fn walk(&mut self, path: &Path) -> Result<Found, Failure> {
        Ok(self.walk_to_end(path)?.0)
    }

    /// The same, and what it ended on.
    pub(super) fn walk_to_end(&mut self, path: &Path) -> Result<(Found, Option<End>), Failure> {
        let absolute = if path.is_absolute() {
            Cow::Borrowed(path)
        } else {
            let absolute = std::path::absolute(path);
            absolute
                .map(Cow::Owned)
                .map_err(|error| Failure::errno("find the working directory", error))?
        };
        let mut way = Vec::with_capacity(USUAL_WAY);
        way.push(self.root_waypoint.clone());
        let mut position = Position {
            directory: Directory::Root,
            path: PathBuf::from("/"),
            way,
            pending: components(&absolute),
            links: 0,
            is_firm: self.root_waypoint.is_roots_alone(),
            end: None,
        };
        let found = match self.walk_from(&mut position) {
            Ok(node) => Found::Node(node),
            Err(Stop {
                errno: Errno::NOENT | Errno::NOTDIR,
                ..
            }) => Found::Missing,
            Err(stop) => Found::Blocked {
                at: stop.at,
                errno: stop.errno.raw_os_error(),
                directory: stop.directory.map(|directory| *directory),
            },
        };
        Ok((found, position.end))
    }

    fn walk_from(&self, position: &mut Position) -> Result<Node, Stop> {
        while let Some(name) = position.pending.pop_front() {
            if name == ".." && position.is_next_to_root() && !position.pending.is_empty() {
                position.way.push(self.root_waypoint.clone());
                position.return_to_root();
                continue;
            }
            let path = if name == ".." {
                position.path.parent().unwrap_or(Path::new("/")).to_owned()
            } else {
                position.path.join(&name)
            };
            let stop = |errno| Stop::new(path.clone(), errno);
            let opened = match position.directory.open(&name) {
                // Not about the name: the directory cannot be searched.
                Err(Errno::ACCESS) => return Err(Stop::at_directory(self.here(position))),
                opened => opened.map_err(stop)?,
            };
            let (kind, waypoint) = look_at(&opened, path.clone(), position.is_firm)?;
            match kind {
                Kind::SymbolicLink => self.follow(position, &opened, waypoint)?,
                Kind::Directory if !position.pending.is_empty() => {
                    position.is_firm &= waypoint.is_roots_alone();
                    position.way.push(waypoint);
                    position.directory = Directory::Opened(Rc::new(opened));
                    position.path = path;
                }
                Kind::Socket
                | Kind::File
                | Kind::CharacterDevice
                | Kind::BlockDevice
                | Kind::Fifo
                    if !position.pending.is_empty() =>
                {
                    return Err(stop(Errno::NOTDIR));
                }
                Kind::Directory
                | Kind::Socket
                | Kind::File
                | Kind::CharacterDevice
                | Kind::BlockDevice
                | Kind::Fifo => {
                    position.end = Some((path, Rc::new(opened)));
                    return Ok(self.arrive(position, &name, waypoint));
                }
            }
        }
        // Only `/` itself, or a path that comes back to a directory that was walked.
        let last = position
            .way
            .pop()
            .unwrap_or_else(|| self.root_waypoint.clone());
        let directory = position.directory.descriptor();
        let directory = directory.map_err(|errno| Stop::new(last.path.clone(), errno))?;
        position.end = Some((last.path.clone(), directory));
        Ok(self.arrive(position, OsStr::new("."), last))
    }

    /// The directory that the walk stands in.
    fn here(&self, position: &Position) -> Waypoint {
        let mut walked = position.way.iter().rev();
        let here = walked.find(|waypoint| waypoint.is_directory());
        here.unwrap_or(&self.root_waypoint).clone()
    }

    fn follow(
        &self,
        position: &mut Position,
        link: &OwnedFd,
        waypoint: Waypoint,
    ) -> Result<(), Stop> {
        let stop = |errno| Stop::new(waypoint.path.clone(), errno);
        position.links = position.links.saturating_add(1);
        if position.links > MAX_LINKS {
            return Err(stop(Errno::LOOP));
        }
        let target = readlinkat(link, c"", Vec::new()).map_err(stop)?;
        let target = Path::new(OsStr::from_bytes(target.as_bytes()));
        // The target is looked up in a directory that is on the way once more, with an entry of its own.
        let start = if target.is_absolute() {
            position.return_to_root();
            self.root_waypoint.clone()
        } else {
            self.here(position)
        };
        position.way.extend([waypoint, start]);
        let mut pending = components(target);
        pending.append(&mut position.pending);
        position.pending = pending;
        Ok(())
    }

    fn arrive(&self, position: &mut Position, name: &OsStr, end: Waypoint) -> Node {
        let directory = &position.directory;
        let allows = |access| directory.allows(name, access);
        let allowed = || {
            [
                (Access::READ_OK, Permission::READ),
                (Access::WRITE_OK, Permission::WRITE),
                (Access::EXEC_OK, Permission::SEARCH),
            ]
            .into_iter()
            .filter(|(access, _)| allows(*access))
            .fold(Permission::NONE, |all, (_, permission)| all.and(permission))
        };
        let allowed_to_us = self.ask_kernel.then(allowed);
        Node {
            kind: end.kind,
            uid: end.uid,
            gid: end.gid,
            mode: end.mode,
            acl: end.acl,
            allowed_to_us,
            way: std::mem::take(&mut position.way),
        }
    }
}

/// The names still to walk; `.` and repeated slashes are none.
fn components(path: &Path) -> VecDeque<OsString> {
    let names = path.as_os_str().as_bytes().split(|byte| *byte == b'/');
    names
        .filter(|name| !name.is_empty() && *name != b".")
        .map(|name| OsStr::from_bytes(name).to_owned())
        .collect()
}

fn look_at(file: &OwnedFd, path: PathBuf, is_firm: bool) -> Result<(Kind, Waypoint), Stop> {
    let stop = |errno| Stop::new(path.clone(), errno);
    let about = fstat(file).map_err(stop)?;
    let acl = match kind(&about) {
        Kind::SymbolicLink => None,
        Kind::Directory
        | Kind::Socket
        | Kind::File
        | Kind::CharacterDevice
        | Kind::BlockDevice
        | Kind::Fifo => acl(file, &path, is_firm).map_err(stop)?,
    };
    judged(&about, acl, path)
}

fn judged(stat: &Stat, acl: Option<Acl>, path: PathBuf) -> Result<(Kind, Waypoint), Stop> {
    let stop = |errno| Stop::new(path.clone(), errno);
    let kind = kind(stat);
    let (Some(uid), Some(gid)) = (Uid::new(stat.st_uid), Gid::new(stat.st_gid)) else {
        return Err(stop(Errno::OVERFLOW));
    };
    let mode = Mode::from_st_mode(stat.st_mode);
    Ok((
        kind,
        Waypoint {
            path,
            kind,
            uid,
            gid,
            mode,
            acl,
        },
    ))
}

fn kind(stat: &Stat) -> Kind {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::SymbolicLink,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice => Kind::CharacterDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Fifo => Kind::Fifo,
        FileType::RegularFile | FileType::Unknown => Kind::File,
    }
}
