//! What is meant to be at a path, and what is there → the permission that the identity needs.

use crate::facts::{Kind, Meant, Node};
use crate::ids::Gid;
use crate::permission::Permission;

/// What a command wants of `node`: the least that makes it of use, and of directories, files and FIFOs all that the
/// group has which would be granted.
///
/// GID 0 would not be: a directory `root:root 0775` is open to everyone who has to pass it, and not refused because
/// root's group may write it.
pub(super) fn wanted(meant: Meant, node: &Node) -> Permission {
    let least = least(meant, node.kind);
    match node.kind {
        Kind::Socket | Kind::CharacterDevice | Kind::BlockDevice => least,
        Kind::Directory => group_entry(node, |entry| entry.allows(least)).unwrap_or(least),
        // A FIFO may be for writers alone, a program only be executed.
        Kind::File | Kind::Fifo | Kind::SymbolicLink => {
            group_entry(node, |entry| entry != Permission::NONE).unwrap_or(least)
        }
    }
}

fn least(meant: Meant, kind: Kind) -> Permission {
    match (meant, kind) {
        // connect(2): unix(7).
        (Meant::EngineSocket(_), _) | (Meant::Anything, Kind::Socket) => Permission::WRITE,
        (Meant::Anything, Kind::CharacterDevice | Kind::BlockDevice) => {
            Permission::READ.and(Permission::WRITE)
        }
        (Meant::Anything, Kind::Directory) => Permission::SEARCH,
        (Meant::Anything, Kind::File | Kind::Fifo | Kind::SymbolicLink) => Permission::READ,
    }
}

/// What the first group gets that gets anything of use: the owning one, then the named ones of the ACL, lowest first.
#[cold]
fn group_entry(node: &Node, is_of_use: impl Fn(Permission) -> bool) -> Option<Permission> {
    let Some(acl) = &node.acl else {
        return Some(node.mode.group()).filter(|entry| !node.gid.is_root() && is_of_use(*entry));
    };
    let of_use = |gid: Gid, entry: Permission| {
        let entry = entry.masked_by(acl.mask);
        (!gid.is_root() && is_of_use(entry)).then_some((gid, entry))
    };
    let named = acl.groups.iter();
    let named = || named.filter_map(|(gid, entry)| of_use(*gid, *entry));
    of_use(node.gid, acl.group)
        .or_else(|| named().min_by_key(|(gid, _)| *gid))
        .map(|(_, entry)| entry)
}
