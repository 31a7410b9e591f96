//! Findings about a path that is not reached → their sentences, for an engine's socket and for what `--grant` names.

use std::io;
use std::path::Path;

use crate::facts::Meant;
use crate::ids::{Gid, Uid};
use crate::permission::{Mode, Permission};
use crate::refusal::findings::{NO_DISCOVERY, group_add_hint};
use crate::refusal::{Message, quoted};

const WITHOUT: &str = "start without it: leave out that --grant (CHARON_INIT_GRANT)";

pub(super) fn grant_not_found(path: &Path) -> Message {
    let name = quoted(path);
    let name = name.trim_matches('\'');
    let give = if path.starts_with("/dev") {
        format!("pass the device: --device {name} (compose devices)")
    } else {
        format!("mount it: -v {name}:{name}")
    };
    Message {
        code: "grant-not-found",
        thing: quoted(path),
        what: "not found".to_owned(),
        why: "what --grant names is not in this container, so there is no group to give".to_owned(),
        remedies: vec![give, WITHOUT.to_owned()],
    }
}

pub(super) fn glob_matches_nothing(path: &Path) -> Message {
    let give = if path.starts_with("/dev") {
        "pass the devices: --device (compose devices)"
    } else {
        "mount what it is to match"
    };
    Message {
        code: "glob-matches-nothing",
        thing: quoted(path),
        what: "nothing is called so".to_owned(),
        why: "the pattern of --grant matches no name in this container".to_owned(),
        remedies: vec![give.to_owned(), WITHOUT.to_owned()],
    }
}

pub(super) fn blocked(
    path: &Path,
    meant: Meant,
    at: &Path,
    errno: i32,
    directory: Option<(Uid, Gid, Mode)>,
    missing: Option<Gid>,
) -> Message {
    let error = io::Error::from_raw_os_error(errno);
    let what = match directory {
        Some((uid, gid, mode)) => format!(
            "out of reach: directory {} (owner uid {uid}, gid {gid}, mode {mode}) cannot be searched",
            quoted(at)
        ),
        None => format!("it could not be looked at: {error} at {}", quoted(at)),
    };
    let mut remedies: Vec<String> = missing.map(group_add_hint).into_iter().collect();
    let searchable = match meant {
        Meant::EngineSocket(_) => "make every directory on the way searchable (chmod a+x)",
        // A pattern is looked for in what a directory lists.
        Meant::Anything => "make every directory on the way readable and searchable (chmod a+rx)",
    };
    remedies.push(searchable.to_owned());
    Message {
        code: "blocked",
        thing: quoted(path),
        what,
        why: format!("whether it is there cannot be told{}", so_what(meant)),
        remedies,
    }
}

pub(super) fn redirectable(path: &Path, at: &Path, uid: Uid, mode: Mode) -> Message {
    Message {
        code: "redirectable",
        thing: quoted(path),
        what: format!(
            "not granted, because {} (owner uid {uid}, mode {mode}) is not root's alone",
            quoted(at)
        ),
        why: "whoever may change it could point the path at another file, such as /etc/shadow"
            .to_owned(),
        remedies: vec![
            "mount it below a directory that only root may write, such as /var/run".to_owned(),
            "name the group yourself: --group-add GID on the container".to_owned(),
        ],
    }
}

pub(super) fn group_has_nothing(
    path: &Path,
    (meant, wanted): (Meant, Permission),
    gid: Gid,
    mode: Mode,
    has_acl: bool,
) -> Message {
    let acl = if has_acl { " with its ACL" } else { "" };
    Message {
        code: "group-has-nothing",
        thing: quoted(path),
        what: format!(
            "membership of its group, gid {gid}, would not help: mode {mode}{acl} gives it no way in"
        ),
        why: format!(
            "the group needs {} permission{}",
            needed(wanted),
            so_what(meant)
        ),
        remedies: if has_acl {
            // chmod(1) would change the mask, and a named user's entry wins over every group's (acl(5)).
            let letters = repair(wanted).trim_start_matches("chmod g+");
            vec![format!(
                "give the user an entry of its own on the host: setfacl -m u:UID:{letters}"
            )]
        } else {
            vec![format!("{} on the host", repair(wanted))]
        },
    }
}

pub(super) fn not_searchable(
    path: &Path,
    meant: Meant,
    directory: &Path,
    (uid, gid, mode): (Uid, Gid, Mode),
) -> Message {
    let group = match meant {
        Meant::EngineSocket(_) => "the socket's group",
        Meant::Anything => "its own group",
    };
    Message {
        code: "not-searchable",
        thing: quoted(path),
        what: format!(
            "out of reach: directory {} (owner uid {uid}, gid {gid}, mode {mode}) cannot be searched by the identity",
            quoted(directory)
        ),
        why: format!("{group} does not open it either{}", so_what(meant)),
        remedies: vec![
            "chmod a+x on that directory".to_owned(),
            format!("mount {} somewhere else", the_thing(meant)),
        ],
    }
}

pub(super) fn unmapped(path: &Path, meant: Meant, gid: Gid) -> Message {
    let mut remedies = vec![
        "rootless Podman: --group-add keep-groups with --user or --userns=keep-id, which needs no drop".to_owned(),
        "Docker with userns-remap: --userns=host with --user UID:GID and --group-add of its gid on the host".to_owned(),
    ];
    if meant != Meant::Anything {
        remedies.push(
            "rootless Docker: mount the rootless engine's own socket, $XDG_RUNTIME_DIR/docker.sock"
                .to_owned(),
        );
    }
    Message {
        code: "unmapped",
        thing: quoted(path),
        what: format!(
            "its group is not mapped in this user namespace and shows as the overflow gid {gid}"
        ),
        why: "it cannot be granted from inside: setgroups would silently give nogroup".to_owned(),
        remedies,
    }
}

/// What it comes to when it is out of reach, to end a sentence with.
fn so_what(meant: Meant) -> String {
    match meant {
        Meant::EngineSocket(_) => format!("; {NO_DISCOVERY}"),
        Meant::Anything => String::new(),
    }
}

pub(super) fn the_thing(meant: Meant) -> &'static str {
    match meant {
        Meant::EngineSocket(_) => "the socket",
        Meant::Anything => "it",
    }
}

/// The permissions by name.
fn needed(wanted: Permission) -> String {
    let words = [
        (Permission::READ, "read"),
        (Permission::WRITE, "write"),
        (Permission::SEARCH, "search"),
    ];
    let needed = words.iter().filter(|(bit, _)| wanted.allows(*bit));
    needed
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(" and ")
}

/// The chmod(1) that gives them. Who may write is let read as well, as engines and udev do it; a directory that can be
/// searched and not listed would be of little use.
fn repair(wanted: Permission) -> &'static str {
    if wanted.allows(Permission::WRITE) {
        "chmod g+rw"
    } else if wanted.allows(Permission::SEARCH) {
        "chmod g+rx"
    } else {
        "chmod g+r"
    }
}
