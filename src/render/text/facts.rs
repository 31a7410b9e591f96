//! Facts → lines for a person: what is so, without judging it.

use std::fmt::Display;
use std::io;
use std::path::Path;

use crate::capability::CapSet;
use crate::facts::{
    CommandFacts, Executable, Facts, Found, IdSet, Kind, Node, OwnFound, OwnPath, PathFacts,
    Process, UserNamespace, Waypoint,
};
use crate::ids::IdMap;
use crate::permission::{Acl, Permission};
use crate::refusal::quoted;
use crate::render::words::list;

/// The process, the namespace where it is not the initial one, every path, and the command's own capabilities.
pub(super) fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = process(&facts.process);
    lines.extend(namespace(&facts.namespace));
    lines.extend(facts.paths.iter().flat_map(path));
    lines.extend(facts.own.paths.iter().flat_map(own));
    lines.extend(facts.command.as_ref().and_then(command));
    lines
}

fn process(process: &Process) -> Vec<String> {
    let capabilities = &process.capabilities;
    let mut lines = vec![
        format!(
            "process: uid {}, gid {}, groups {}",
            ids(&process.uid),
            ids(&process.gid),
            list(&process.groups)
        ),
        format!(
            "capabilities: effective {}, bounding {}",
            set(capabilities.effective),
            set(capabilities.bounding)
        ),
    ];
    if process.no_new_privileges {
        lines.push("no_new_privs: set".to_owned());
    }
    lines.extend(executable(process.executable));
    lines
}

/// One number where all four are the same.
fn ids<T: Copy + PartialEq + Display>(ids: &IdSet<T>) -> String {
    if *ids == IdSet::all(ids.real) {
        return ids.real.to_string();
    }
    format!(
        "{} (effective {}, saved {}, filesystem {})",
        ids.real, ids.effective, ids.saved, ids.filesystem
    )
}

/// All 41 names would say less than `all`.
fn set(set: CapSet) -> String {
    if CapSet::all().without(set).is_empty() {
        "all".to_owned()
    } else {
        set.to_string()
    }
}

fn executable(executable: Executable) -> Option<String> {
    let what = match executable {
        Executable::Plain => return None,
        Executable::SetId(mode) => format!("set-id, mode {mode}"),
        Executable::FileCapabilities => "with file capabilities".to_owned(),
        Executable::Unknown => "could not be looked at".to_owned(),
    };
    Some(format!("our executable: {what}"))
}

fn namespace(namespace: &UserNamespace) -> Vec<String> {
    if !namespace.is_known {
        return vec!["user namespace: unknown, /proc is not mounted".to_owned()];
    }
    let mut lines = Vec::new();
    if !(namespace.uid_map.is_identity() && namespace.gid_map.is_identity()) {
        lines.push(format!(
            "user namespace: uids {}; gids {}; overflow uid {}, overflow gid {}",
            map(&namespace.uid_map),
            map(&namespace.gid_map),
            namespace.overflow_uid,
            namespace.overflow_gid
        ));
    }
    if namespace.setgroups_denied {
        lines.push("user namespace: setgroups is denied".to_owned());
    }
    lines
}

/// `first outside..` for each line of the map, inside first.
fn map(map: &IdMap) -> String {
    let extents = map.0.iter().map(|extent| {
        format!(
            "{} is {} outside ({} ids)",
            extent.inside, extent.outside, extent.count
        )
    });
    let extents: Vec<String> = extents.collect();
    if extents.is_empty() {
        "not mapped".to_owned()
    } else {
        extents.join(", ")
    }
}

fn path(facts: &PathFacts) -> Vec<String> {
    what_is_there(&facts.path, &facts.found)
}

fn own(facts: &OwnPath) -> Vec<String> {
    match &facts.found {
        OwnFound::Nothing(nothing) => what_is_there(&facts.path, nothing),
        OwnFound::There { node, .. } => found(&quoted(&facts.path), node),
    }
}

fn what_is_there(path: &Path, there: &Found) -> Vec<String> {
    let path = quoted(path);
    match there {
        Found::Missing => vec![format!("{path}: not found")],
        Found::Unmatched => vec![format!("{path}: nothing is called so")],
        Found::Blocked { at, errno, .. } => vec![format!(
            "{path}: could not be looked at, {} at {}",
            io::Error::from_raw_os_error(*errno),
            quoted(at)
        )],
        Found::Node(node) => found(&path, node),
    }
}

fn found(path: &str, node: &Node) -> Vec<String> {
    let mut lines = vec![format!(
        "{path}: {}, owner uid {}, group gid {}, mode {}",
        kind(node.kind),
        node.uid,
        node.gid,
        node.mode
    )];
    lines.extend(
        node.acl
            .as_ref()
            .map(|acl| format!("  acl {}", entries(acl))),
    );
    lines.extend(
        node.way
            .iter()
            .map(|point| format!("  by {}", waypoint(point))),
    );
    lines.extend(
        node.allowed_to_us
            .map(|allowed| format!("  this process is allowed {}", bits(allowed))),
    );
    lines
}

fn waypoint(point: &Waypoint) -> String {
    let acl = point.acl.as_ref();
    let acl = acl.map_or_else(String::new, |acl| format!(", acl {}", entries(acl)));
    format!(
        "{}: {}, owner uid {}, group gid {}, mode {}{acl}",
        quoted(&point.path),
        kind(point.kind),
        point.uid,
        point.gid,
        point.mode
    )
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "directory",
        Kind::SymbolicLink => "symbolic link",
        Kind::Socket => "socket",
        Kind::File => "regular file",
        Kind::CharacterDevice => "character device",
        Kind::BlockDevice => "block device",
        Kind::Fifo => "fifo",
    }
}

/// The short text form of acl(5), with numbers.
fn entries(acl: &Acl) -> String {
    let mut entries = vec![format!("u::{}", bits(acl.owner))];
    let users = acl.users.iter();
    entries.extend(users.map(|(uid, permission)| format!("u:{uid}:{}", bits(*permission))));
    entries.push(format!("g::{}", bits(acl.group)));
    let groups = acl.groups.iter();
    entries.extend(groups.map(|(gid, permission)| format!("g:{gid}:{}", bits(*permission))));
    entries.push(format!("m::{}", bits(acl.mask)));
    entries.push(format!("o::{}", bits(acl.other)));
    entries.join(",")
}

fn bits(permission: Permission) -> String {
    let letters = [
        (Permission::READ, 'r'),
        (Permission::WRITE, 'w'),
        (Permission::SEARCH, 'x'),
    ];
    letters
        .iter()
        .map(|(wanted, letter)| {
            if permission.allows(*wanted) {
                *letter
            } else {
                '-'
            }
        })
        .collect()
}

/// Only what is unusual about it.
fn command(facts: &CommandFacts) -> Option<String> {
    let capabilities = facts.file_capabilities.as_ref()?;
    let effective = if capabilities.effective {
        "effective"
    } else {
        "not effective"
    };
    Some(format!(
        "{}: file capabilities {}, {effective}",
        quoted(&capabilities.path),
        capabilities.permitted
    ))
}
