//! What is to be owned and the identity → the trees that change hands, or a refusal (contract 11).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::capability::{CapSet, Capability};
use crate::decide::access::redirections;
use crate::decide::identity::Person;
use crate::decide::start::Start;
use crate::facts::{Facts, Found, Node, OwnFacts, OwnFound, OwnPath};
use crate::ownership::{FileId, Ownership};
use crate::plan::{Planned, Step};
use crate::refusal::{Finding, OwnFinding, OwnGuard, Refusal};
use crate::request::{OwnPolicy, Request};

/// Judge every path; a step for each tree that is walked.
pub(super) fn judge(
    request: &Request,
    facts: &Facts,
    start: &Start,
    owner: &Person,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Planned>, Refusal> {
    let mut trees: Vec<Tree> = Vec::new();
    // A check changes nothing.
    if request.is_check() {
        return Ok(Vec::new());
    }
    for asked in &facts.own.paths {
        match &asked.found {
            OwnFound::Nothing(found) => findings.push(not_there(asked, found)),
            OwnFound::There { node, .. } if !start.is_root => {
                findings.extend(not_ours_to_give(asked, node, owner));
            }
            OwnFound::There {
                absolute,
                resolved,
                id,
                node,
            } => {
                let tree = Tree {
                    asked,
                    absolute,
                    resolved,
                    id: *id,
                    node,
                };
                tree.refuse_system(&facts.own)?;
                tree.refuse_redirectable(&trees)?;
                if !trees.iter().any(|known| known.resolved == resolved) {
                    trees.push(tree);
                }
            }
        }
    }
    Ok(steps(request, &trees, owner, findings))
}

/// What a root process must have for these steps.
pub(super) fn needed_capabilities(steps: &[Planned]) -> CapSet {
    let needed = (!steps.is_empty()).then_some(Capability::CHOWN);
    needed.into_iter().collect()
}

fn steps(
    request: &Request,
    trees: &[Tree],
    owner: &Person,
    findings: &mut Vec<Finding>,
) -> Vec<Planned> {
    let mut steps = Vec::new();
    for tree in trees {
        let is_right = tree.node.uid == owner.uid && tree.node.gid == owner.gid;
        match request.own_policy {
            OwnPolicy::OnRootMismatch if is_right => {
                findings.push(Finding::Own(OwnFinding::RootMatches {
                    path: tree.asked.path.clone(),
                }));
            }
            OwnPolicy::Always | OwnPolicy::OnRootMismatch => steps.push(tree.step(owner)),
        }
    }
    steps
}

fn not_there(asked: &OwnPath, found: &Found) -> Finding {
    let path = asked.path.clone();
    Finding::Own(match found {
        Found::Blocked { at, errno, .. } => OwnFinding::Blocked {
            path,
            at: at.clone(),
            errno: *errno,
        },
        Found::Missing | Found::Unmatched | Found::Node(_) => OwnFinding::Missing { path },
    })
}

/// Only root gives files away. Where the root of the tree is the process's own already, there is nothing to say.
#[cold]
fn not_ours_to_give(asked: &OwnPath, node: &Node, owner: &Person) -> Option<Finding> {
    let is_right = node.uid == owner.uid && node.gid == owner.gid;
    let finding = || OwnFinding::NotRoot {
        path: asked.path.clone(),
        uid: node.uid,
        gid: node.gid,
    };
    (!is_right).then(|| Finding::Own(finding()))
}

/// A path that is there.
struct Tree<'a> {
    asked: &'a OwnPath,
    absolute: &'a Path,
    resolved: &'a Path,
    id: FileId,
    node: &'a Node,
}

impl Tree<'_> {
    /// Whoever owns what root executes, reads or looks names up in, is root.
    #[cold]
    fn refuse_system(&self, facts: &OwnFacts) -> Result<(), Refusal> {
        let by_name = [self.absolute, self.resolved]
            .into_iter()
            .find_map(system_directory);
        let by_place = || {
            let mut places = facts.system.iter();
            places.find(|place| overlap(self.resolved, place)).cloned()
        };
        if let Some(at) = by_name.or_else(by_place) {
            return Err(self.refusal(at, OwnGuard::System));
        }
        match &facts.our_directory {
            // A binary in `/` would make every path lie in its directory; `/` itself is refused anyway.
            Some(ours) if ours != Path::new("/") && overlap(self.resolved, ours) => {
                Err(self.refusal(ours.clone(), OwnGuard::OurBinary))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whoever may redirect the path could have us give away any tree. A directory inside a tree that is given away
    /// itself does not count, as long as no link leads on from it: rename(2) stays within a mount, so what could be put
    /// in its place is in that tree by then, or is a mount, which root alone can make.
    #[cold]
    fn refuse_redirectable(&self, trees: &[Tree]) -> Result<(), Refusal> {
        let is_given = |path: &Path| trees.iter().any(|tree| path.starts_with(tree.resolved));
        let mut counting = redirections(self.node)
            .filter(|point| !(point.is_directory() && is_given(&point.path)));
        match counting.next() {
            Some(point) => {
                let guard = OwnGuard::Redirectable {
                    uid: point.uid,
                    mode: point.mode,
                };
                Err(self.refusal(point.path.clone(), guard))
            }
            None => Ok(()),
        }
    }

    fn refusal(&self, at: PathBuf, guard: OwnGuard) -> Refusal {
        Refusal::NotToBeOwned {
            path: self.asked.path.clone(),
            at,
            guard,
        }
    }

    fn step(&self, owner: &Person) -> Planned {
        Planned {
            step: Step::Own(Ownership {
                path: self.resolved.to_owned(),
                root: self.id,
                uid: owner.uid,
                gid: owner.gid,
                counted: None,
            }),
            reason: "asked for with --own",
        }
    }
}

/// The system's directory that `path` is, contains or lies in, by its name.
fn system_directory(path: &Path) -> Option<PathBuf> {
    let mut names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        Component::RootDir | Component::CurDir | Component::ParentDir | Component::Prefix(_) => {
            None
        }
    });
    let Some(first) = names.next() else {
        return Some(PathBuf::from("/"));
    };
    let is_whole = ["etc", "usr", "bin", "sbin", "proc", "sys"]
        .map(OsStr::new)
        .contains(&first);
    let is_library = first.as_bytes().starts_with(b"lib");
    // What lies in /dev may be a file system of its own, such as /dev/shm.
    let is_devices = first == "dev" && names.next().is_none();
    (is_whole || is_library || is_devices).then(|| Path::new("/").join(first))
}

fn overlap(path: &Path, place: &Path) -> bool {
    path.starts_with(place) || place.starts_with(path)
}
