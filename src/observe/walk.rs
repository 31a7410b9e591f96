//! A path → what it leads to, component by component (path_resolution(7)).
//!
//! Every directory and symbolic link on the way is looked at through the descriptor that the next step starts from, so
//! what is judged is what was walked, whoever renames meanwhile. Where only root can rename, a name does as well.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FileType, Stat, stat};
use rustix::io::Errno;

use crate::facts::{Found, Kind, Node, Waypoint};
use crate::failure::Failure;
use crate::ids::{Gid, Uid};
use crate::observe::attribute::acl_of;
use crate::observe::place::Place;
use crate::observe::stop::Stop;
use crate::ownership::FileId;
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
    /// The last directory of `way`.
    directory: Place,
    way: Vec<Waypoint>,
    /// The names still to walk, the next one at the end.
    pending: Vec<OsString>,
    links: u32,
    /// Could only root put another file into the directory, and those above it?
    is_firm: bool,
    end: Option<End>,
}

/// What a walk ended on: the path without links, and which file it was that was judged.
pub(super) type End = (PathBuf, FileId);

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
            directory: Place::Named,
            way,
            pending: components(&absolute).collect(),
            links: 0,
            is_firm: self.root_waypoint.is_roots_alone(),
            end: None,
        };
        let found = match self.walk_from(&mut position) {
            Ok(node) => Found::Node(node),
            Err(stop) if matches!(stop.errno, Errno::NOENT | Errno::NOTDIR) => Found::Missing,
            Err(stop) => Found::Blocked {
                at: stop.at,
                errno: stop.errno.raw_os_error(),
                directory: stop.directory.map(|directory| *directory),
            },
        };
        Ok((found, position.end))
    }

    fn walk_from(&self, position: &mut Position) -> Result<Node, Stop> {
        while let Some(name) = position.pending.pop() {
            let here = self.here(position);
            if name == ".." && is_next_to_root(&here.path) && !position.pending.is_empty() {
                position.way.push(self.root_waypoint.clone());
                position.directory = Place::Named;
                continue;
            }
            let path = if name == ".." {
                here.path.parent().unwrap_or(Path::new("/")).to_owned()
            } else {
                joined(&here.path, &name)
            };
            let (place, about) = match position.directory.find(&name, &path, position.is_firm) {
                // Not about the name: the directory cannot be searched.
                Err(Errno::ACCESS) => return Err(Stop::at_directory(here.clone())),
                found => found.map_err(|errno| Stop::new(path.clone(), errno))?,
            };
            let (kind, waypoint) = look_at(&place, &about, path)?;
            match kind {
                Kind::SymbolicLink => self.follow(position, &place, waypoint)?,
                Kind::Directory if !position.pending.is_empty() => {
                    position.is_firm &= waypoint.is_roots_alone();
                    position.way.push(waypoint);
                    position.directory = place;
                }
                Kind::Socket
                | Kind::File
                | Kind::CharacterDevice
                | Kind::BlockDevice
                | Kind::Fifo
                    if !position.pending.is_empty() =>
                {
                    return Err(Stop::new(waypoint.path, Errno::NOTDIR));
                }
                Kind::Directory
                | Kind::Socket
                | Kind::File
                | Kind::CharacterDevice
                | Kind::BlockDevice
                | Kind::Fifo => {
                    return Ok(self.arrive(position, &name, waypoint, &about));
                }
            }
        }
        // Only `/` itself, or a path that comes back to a directory that was walked.
        let last = position
            .way
            .pop()
            .unwrap_or_else(|| self.root_waypoint.clone());
        let about = position.directory.stat(&last.path);
        let about = about.map_err(|errno| Stop::new(last.path.clone(), errno))?;
        Ok(self.arrive(position, OsStr::new("."), last, &about))
    }

    /// The directory that the walk stands in.
    fn here<'a>(&'a self, position: &'a Position) -> &'a Waypoint {
        let mut walked = position.way.iter().rev();
        let here = walked.find(|waypoint| waypoint.is_directory());
        here.unwrap_or(&self.root_waypoint)
    }

    fn follow(
        &self,
        position: &mut Position,
        link: &Place,
        waypoint: Waypoint,
    ) -> Result<(), Stop> {
        let stop = |errno| Stop::new(waypoint.path.clone(), errno);
        position.links = position.links.saturating_add(1);
        if position.links > MAX_LINKS {
            return Err(stop(Errno::LOOP));
        }
        let target = link.target(&waypoint.path).map_err(stop)?;
        let target = Path::new(OsStr::from_bytes(target.as_bytes()));
        // The target is looked up in a directory that is on the way once more, with an entry of its own.
        let start = if target.is_absolute() {
            position.directory = Place::Named;
            &self.root_waypoint
        } else {
            self.here(position)
        };
        let start = start.clone();
        position.way.extend([waypoint, start]);
        position.pending.extend(components(target));
        Ok(())
    }

    fn arrive(&self, position: &mut Position, name: &OsStr, end: Waypoint, about: &Stat) -> Node {
        let directory = &position.directory;
        let allows = |access| directory.allows(name, &end.path, access);
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
        let id = FileId {
            device: about.st_dev,
            inode: about.st_ino,
        };
        position.end = Some((end.path, id));
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

/// Is `..` of it the root directory, which was judged and needs no descriptor? For the kernel it is, by this path.
fn is_next_to_root(directory: &Path) -> bool {
    let parent = directory.parent();
    parent.is_none_or(|parent| parent.parent().is_none())
}

/// The names of a path, the last one first; `.` and repeated slashes are none.
fn components(path: &Path) -> impl Iterator<Item = OsString> {
    let names = path.as_os_str().as_bytes().rsplit(|byte| *byte == b'/');
    names
        .filter(|name| !name.is_empty() && *name != b".")
        .map(|name| OsStr::from_bytes(name).to_owned())
}

/// As [`Path::join`], which asks for memory twice.
fn joined(directory: &Path, name: &OsStr) -> PathBuf {
    let length = directory.as_os_str().len().saturating_add(name.len());
    let mut path = PathBuf::with_capacity(length.saturating_add(1));
    path.push(directory);
    path.push(name);
    path
}

fn look_at(place: &Place, about: &Stat, path: PathBuf) -> Result<(Kind, Waypoint), Stop> {
    let acl = match kind(about) {
        Kind::SymbolicLink => None,
        Kind::Directory
        | Kind::Socket
        | Kind::File
        | Kind::CharacterDevice
        | Kind::BlockDevice
        | Kind::Fifo => {
            let acl = place.acl(&path);
            acl.map_err(|errno| Stop::new(path.clone(), errno))?
        }
    };
    judged(about, acl, path)
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
