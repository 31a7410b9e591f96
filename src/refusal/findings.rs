//! A finding → its level and its sentence.

use std::io;
use std::path::Path;

use crate::facts::Kind;
use crate::ids::{Gid, Uid};
use crate::permission::Mode;
use crate::refusal::about_start::{
    bounding_set_stays, default_user_missing, file_left_alone, gid_zero_held, no_proc,
    not_the_user, overflow_group_dropped, sensitive_group,
};
use crate::refusal::gid_zero::gid_zero_remedies;
use crate::refusal::{Finding, GidZeroPath, Message, quoted};

/// What the absence of a socket means to the operator.
const NO_DISCOVERY: &str = "Docker discovery will be unavailable";

impl Finding {
    /// What to tell the operator.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NotMounted { path } => not_mounted(path),
            Self::DirectoryInstead { path } => directory_instead(path),
            Self::NotASocket { path, kind } => not_a_socket(path, *kind),
            Self::Blocked {
                path,
                at,
                errno,
                directory,
                missing,
            } => blocked(path, at, *errno, *directory, *missing),
            Self::WorldWritable { path, mode } => world_writable(path, *mode),
            Self::Redirectable {
                path,
                at,
                uid,
                mode,
            } => redirectable(path, at, *uid, *mode),
            Self::GroupHasNothing {
                path,
                gid,
                mode,
                has_acl,
            } => group_has_nothing(path, *gid, *mode, *has_acl),
            Self::NotSearchable {
                path,
                directory,
                uid,
                gid,
                mode,
            } => not_searchable(path, directory, *uid, *gid, *mode),
            Self::Unmapped { path, gid } => unmapped(path, *gid),
            Self::GidZeroAccepted { path, meaning } => Message {
                code: "gid-0-accepted",
                thing: quoted(path),
                what: "reached through gid 0 (root), as allowed".to_owned(),
                why: meaning.risk(),
                remedies: vec!["give the socket another group on the host to avoid it".to_owned()],
            },
            Self::GroupMissing {
                path,
                gid,
                uid,
                own_gid,
            } => group_missing(path, *gid, *uid, *own_gid),
            Self::GidZeroWouldHelp(found) => gid_zero_would_help(found),
            Self::GidZeroHeld => gid_zero_held(),
            Self::NotTheUser { spec, uid, gid } => not_the_user(spec, *uid, *gid),
            Self::DefaultUserMissing { name, uid, gid } => default_user_missing(name, *uid, *gid),
            Self::FileLeftAlone { path, access } => file_left_alone(path, *access),
            Self::SensitiveGroup { name, gid } => sensitive_group(name, *gid),
            Self::OverflowGroupDropped { gid } => overflow_group_dropped(*gid),
            Self::BoundingSetStays { left } => bounding_set_stays(*left),
            Self::KeepWithheld { capability } => Message {
                code: "keep-withheld",
                thing: format!("--keep-cap {capability}"),
                what: "the runtime withheld it, so it cannot be kept".to_owned(),
                why: "it is not in our bounding and permitted sets".to_owned(),
                remedies: vec![format!(
                    "--cap-add {} (compose cap_add)",
                    capability.to_string().to_uppercase()
                )],
            },
            Self::NoProc => no_proc(),
            Self::EngineElsewhere { docker_host } => Message {
                code: "engine-elsewhere",
                thing: "DOCKER_HOST".to_owned(),
                what: format!("{}: no socket is needed", quoted(docker_host)),
                why: "the engine is reached without one".to_owned(),
                remedies: Vec::new(),
            },
        }
    }
}

fn not_mounted(path: &Path) -> Message {
    Message {
        code: "not-mounted",
        thing: quoted(path),
        what: "not found".to_owned(),
        why: format!("the engine socket is not mounted; {NO_DISCOVERY}"),
        remedies: vec![
            format!("mount it: -v {0}:{0}", quoted(path).trim_matches('\'')),
            "say that none is needed: CHARON_DOCKER_ENABLED=false".to_owned(),
        ],
    }
}

fn directory_instead(path: &Path) -> Message {
    Message {
        code: "directory-instead",
        thing: quoted(path),
        what: "a directory, not a socket".to_owned(),
        why: format!(
            "the host path did not exist when the container was created, so the engine made a directory; {NO_DISCOVERY}"
        ),
        remedies: vec!["remove the directory on the host, start the engine there, and create the container again".to_owned()],
    }
}

fn not_a_socket(path: &Path, kind: Kind) -> Message {
    Message {
        code: "not-a-socket",
        thing: quoted(path),
        what: format!("{}, not a socket", kind_name(kind)),
        why: NO_DISCOVERY.to_owned(),
        remedies: vec![
            "mount the engine's socket there".to_owned(),
            "name the socket with --socket".to_owned(),
        ],
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "a directory",
        Kind::SymbolicLink => "a symbolic link",
        Kind::Socket => "a socket",
        Kind::File => "a regular file",
        Kind::CharacterDevice => "a character device",
        Kind::BlockDevice => "a block device",
        Kind::Fifo => "a FIFO",
    }
}

fn blocked(
    path: &Path,
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
    remedies.push("make every directory on the way searchable (chmod a+x)".to_owned());
    Message {
        code: "blocked",
        thing: quoted(path),
        what,
        why: format!("whether it is there cannot be told; {NO_DISCOVERY}"),
        remedies,
    }
}

/// Contract 6: this remedy stands verbatim on stderr.
fn group_add_hint(gid: Gid) -> String {
    format!("Use docker compose group_add: [\"{gid}\"] or run with --group-add {gid}")
}

fn world_writable(path: &Path, mode: Mode) -> Message {
    Message {
        code: "world-writable",
        thing: quoted(path),
        what: format!("writable by everyone, mode {mode}"),
        why: "every process that sees the socket is root on the host".to_owned(),
        remedies: vec!["chmod 0660 on the host, and charon-init will grant its group".to_owned()],
    }
}

fn redirectable(path: &Path, at: &Path, uid: Uid, mode: Mode) -> Message {
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

fn group_has_nothing(path: &Path, gid: Gid, mode: Mode, has_acl: bool) -> Message {
    let acl = if has_acl { " with its ACL" } else { "" };
    Message {
        code: "group-has-nothing",
        thing: quoted(path),
        what: format!(
            "membership of its group, gid {gid}, would not help: mode {mode}{acl} gives it no way in"
        ),
        why: format!("the group needs write permission; {NO_DISCOVERY}"),
        remedies: vec!["chmod g+rw on the host".to_owned()],
    }
}

fn not_searchable(path: &Path, directory: &Path, uid: Uid, gid: Gid, mode: Mode) -> Message {
    Message {
        code: "not-searchable",
        thing: quoted(path),
        what: format!(
            "out of reach: directory {} (owner uid {uid}, gid {gid}, mode {mode}) cannot be searched by the identity",
            quoted(directory)
        ),
        why: format!("the socket's group does not open it either; {NO_DISCOVERY}"),
        remedies: vec![
            "chmod a+x on that directory".to_owned(),
            "mount the socket somewhere else".to_owned(),
        ],
    }
}

fn unmapped(path: &Path, gid: Gid) -> Message {
    Message {
        code: "unmapped",
        thing: quoted(path),
        what: format!("its group is not mapped in this user namespace and shows as the overflow gid {gid}"),
        why: "it cannot be granted from inside: setgroups would silently give nogroup".to_owned(),
        remedies: vec![
            "rootless Podman: --group-add keep-groups with --user or --userns=keep-id, which needs no drop".to_owned(),
            "Docker with userns-remap: --userns=host with --user UID:GID and --group-add of its gid on the host".to_owned(),
            "rootless Docker: mount the rootless engine's own socket, $XDG_RUNTIME_DIR/docker.sock".to_owned(),
        ],
    }
}

fn group_missing(path: &Path, gid: Gid, uid: Uid, own_gid: Gid) -> Message {
    Message {
        code: "group-missing",
        thing: quoted(path),
        what: format!("not accessible by the current process (uid={uid} gid={own_gid})"),
        why: format!("its groups do not include gid {gid}, and a non-root start cannot add it"),
        remedies: vec![group_add_hint(gid)],
    }
}

fn gid_zero_would_help(found: &GidZeroPath) -> Message {
    let GidZeroPath {
        path,
        uid,
        gid,
        mode,
        meaning,
    } = found;
    let mut remedies = gid_zero_remedies(*gid);
    if let Some(first) = remedies.first_mut() {
        first.push_str(" and start as root or with group 0");
    }
    Message {
        code: "gid-0-would-help",
        thing: quoted(path),
        what: format!(
            "not accessible: the only way in is gid 0 (root); owner uid {uid}, group gid {gid}, mode {mode}"
        ),
        why: format!("warning: {}", meaning.risk()),
        remedies,
    }
}
