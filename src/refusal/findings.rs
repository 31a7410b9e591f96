//! A finding → its level and its sentence.

use std::path::Path;

use crate::facts::Kind;
use crate::ids::{Gid, Uid};
use crate::permission::Mode;
use crate::refusal::about_numbers::{not_the_numbers, number_taken};
use crate::refusal::about_path::{
    blocked, glob_matches_nothing, grant_not_found, group_has_nothing, not_searchable,
    redirectable, the_thing, unmapped,
};
use crate::refusal::about_start::{
    bounding_set_stays, default_user_missing, file_left_alone, gid_zero_held, no_proc,
    not_the_user, overflow_group_dropped, sensitive_group,
};
use crate::refusal::gid_zero::gid_zero_remedies;
use crate::refusal::{Finding, GidZeroPath, Message, quoted};

/// What the absence of a socket means to the operator.
pub(super) const NO_DISCOVERY: &str = "Docker discovery will be unavailable";

impl Finding {
    /// What to tell the operator.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NotMounted { path } => not_mounted(path),
            Self::DirectoryInstead { path } => directory_instead(path),
            Self::NotASocket { path, kind } => not_a_socket(path, *kind),
            Self::GrantNotFound { path } => grant_not_found(path),
            Self::GlobMatchesNothing { path } => glob_matches_nothing(path),
            Self::Blocked {
                path,
                meant,
                at,
                errno,
                directory,
                missing,
            } => blocked(path, *meant, at, *errno, *directory, *missing),
            Self::WorldWritable { path, mode } => world_writable(path, *mode),
            Self::Redirectable {
                path,
                at,
                uid,
                mode,
            } => redirectable(path, at, *uid, *mode),
            Self::GroupHasNothing {
                path,
                meant,
                wanted,
                gid,
                mode,
                has_acl,
            } => group_has_nothing(path, (*meant, *wanted), *gid, *mode, *has_acl),
            Self::NotSearchable {
                path,
                meant,
                directory,
                uid,
                gid,
                mode,
            } => not_searchable(path, *meant, directory, (*uid, *gid, *mode)),
            Self::Unmapped { path, meant, gid } => unmapped(path, *meant, *gid),
            Self::GidZeroAccepted {
                path,
                meant,
                meaning,
            } => Message {
                code: "gid-0-accepted",
                thing: quoted(path),
                what: "reached through gid 0 (root), as allowed".to_owned(),
                why: meaning.risk(),
                remedies: vec![format!(
                    "give {} another group on the host to avoid it",
                    the_thing(*meant)
                )],
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
            Self::NotTheNumbers { uid, gid, own } => not_the_numbers(*uid, *gid, *own),
            Self::NumberTaken(taken) => number_taken(taken),
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
            Self::Own(finding) => finding.message(),
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

/// Contract 6: this remedy stands verbatim on stderr.
pub(super) fn group_add_hint(gid: Gid) -> String {
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
        meant,
        uid,
        gid,
        mode,
        meaning,
    } = found;
    let mut remedies = gid_zero_remedies(*meant, *gid);
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
