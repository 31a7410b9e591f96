//! What `--own` could not or must not do → its sentences.

use std::io;
use std::path::Path;

use crate::ids::{Gid, Uid};
use crate::ownership::Sightings;
use crate::refusal::{Message, OwnFinding, OwnGuard, quoted};

/// errno(3): numbers that [`io::ErrorKind`] does not tell apart.
const EPERM: i32 = 1;
const EACCES: i32 = 13;

/// As much of a path as is told: one that is too deep is longer than a log line should be.
const SHOWN: usize = 200;

impl OwnFinding {
    /// What to tell the operator.
    pub(super) fn message(&self) -> Message {
        match self {
            Self::Missing { path } => missing(path),
            Self::Blocked { path, at, errno } => blocked(path, at, *errno),
            Self::NotRoot { path, uid, gid } => not_root(path, *uid, *gid),
            Self::RootMatches { path } => Message {
                code: "own-root-matches",
                thing: quoted(path),
                what: "left as it is: its root belongs to the identity".to_owned(),
                why: "the policy is on-root-mismatch".to_owned(),
                remedies: Vec::new(),
            },
            Self::HardLinks { path, found } => hard_links(path, found),
            Self::TooDeep { path, found } => too_deep(path, found),
            Self::Mounts { path, found } => Message {
                code: "own-mounts",
                thing: quoted(path),
                what: format!("mounts below it are not entered: {}", told(found)),
                why: "what is mounted there is another tree".to_owned(),
                remedies: vec!["name it too: --own (CHARON_INIT_OWN)".to_owned()],
            },
            Self::Refused { path, errno, found } => refused(path, *errno, found),
        }
    }
}

pub(super) fn not_to_be_owned(path: &Path, at: &Path, guard: OwnGuard) -> Message {
    let (why, remedies) = match guard {
        OwnGuard::System => (
            format!(
                "it is, contains or lies in {}, and who owns that is root",
                quoted(at)
            ),
            vec!["name a directory of the application's, such as /data".to_owned()],
        ),
        OwnGuard::OurBinary => (
            format!(
                "it is, contains or lies in {}, where charon-init itself is",
                quoted(at)
            ),
            vec!["name a directory of the application's, such as /data".to_owned()],
        ),
        OwnGuard::Redirectable { uid, mode } => (
            format!(
                "{} (owner uid {uid}, mode {mode}) is not root's alone, so it could lead to another tree at the next start",
                quoted(at)
            ),
            vec![
                format!("name {} itself", quoted(at)),
                "mount it below a directory that is root's, such as /data".to_owned(),
            ],
        ),
    };
    Message {
        code: "not-to-be-owned",
        thing: format!("--own {}", quoted(path)),
        what: "it is not given away".to_owned(),
        why,
        remedies,
    }
}

fn missing(path: &Path) -> Message {
    Message {
        code: "own-missing",
        thing: quoted(path),
        what: "not found, so there is nothing to own".to_owned(),
        why: "nothing is mounted there, and the image has no such path".to_owned(),
        remedies: vec![
            format!("mount it: -v NAME:{}", quoted(path).trim_matches('\'')),
            "leave out --own (CHARON_INIT_OWN)".to_owned(),
        ],
    }
}

fn blocked(path: &Path, at: &Path, errno: i32) -> Message {
    let error = io::Error::from_raw_os_error(errno);
    Message {
        code: "own-blocked",
        thing: quoted(path),
        what: format!("its owner stays: {error} at {}", quoted(at)),
        why: "what is there could not be looked at".to_owned(),
        remedies: vec![
            "add the right to look: --cap-add DAC_READ_SEARCH (compose cap_add)".to_owned(),
        ],
    }
}

fn not_root(path: &Path, uid: Uid, gid: Gid) -> Message {
    Message {
        code: "own-not-root",
        thing: quoted(path),
        what: format!("its owner stays uid {uid} gid {gid}"),
        why: "the start is not by root, and only root gives files away".to_owned(),
        remedies: vec![
            "start the container as root".to_owned(),
            "give it an owner from outside (on Kubernetes: fsGroup)".to_owned(),
        ],
    }
}

fn hard_links(path: &Path, found: &Sightings) -> Message {
    Message {
        code: "own-hard-links",
        thing: quoted(path),
        what: format!(
            "files with more than one link keep their owner: {}",
            told(found)
        ),
        why: "another link may be outside, and would change hands too".to_owned(),
        remedies: vec!["replace each by a copy: cp FILE COPY && mv COPY FILE".to_owned()],
    }
}

fn too_deep(path: &Path, found: &Sightings) -> Message {
    Message {
        code: "own-too-deep",
        thing: quoted(path),
        what: format!("directories this deep are not entered: {}", told(found)),
        why:
            "each level takes a descriptor; 1000 are walked, or what the limit of open files leaves"
                .to_owned(),
        remedies: vec![
            "raise the limit: --ulimit nofile=4096".to_owned(),
            "give them an owner by hand: chown -R".to_owned(),
        ],
    }
}

fn refused(path: &Path, errno: i32, found: &Sightings) -> Message {
    let error = io::Error::from_raw_os_error(errno);
    let anything = Message {
        code: "own-failed",
        thing: quoted(path),
        what: format!("owners stay, {error}: {}", told(found)),
        why: "the file system refused the new owner".to_owned(),
        remedies: vec!["look into the kernel's log: dmesg".to_owned()],
    };
    match (errno, error.kind()) {
        (EPERM, _) => Message {
            code: "own-not-permitted",
            why: "an NFS server that squashes root, an immutable file, or an owner that this user namespace does not map".to_owned(),
            remedies: vec!["give them an owner on the server or the host".to_owned()],
            ..anything
        },
        (EACCES, _) => Message {
            code: "own-unreadable",
            why: "root may not look into directories of others without a capability".to_owned(),
            remedies: vec!["add it: --cap-add DAC_READ_SEARCH (compose cap_add)".to_owned()],
            ..anything
        },
        (_, io::ErrorKind::ReadOnlyFilesystem) => Message {
            code: "own-read-only",
            why: "the file system or the mount is read-only".to_owned(),
            remedies: vec!["mount it without :ro".to_owned()],
            ..anything
        },
        (_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => Message {
            code: "own-no-space",
            why: "a new owner can take space: on overlay file systems the whole file is copied".to_owned(),
            remedies: vec!["make room".to_owned(), "mount a volume there".to_owned()],
            ..anything
        },
        (_, _) => anything,
    }
}

/// `3, the first '/data/file'`.
fn told(found: &Sightings) -> String {
    let path = quoted(&found.first);
    let count = found.count;
    if path.chars().count() <= SHOWN {
        return format!("{count}, the first {path}");
    }
    let start: String = path.chars().take(SHOWN).collect();
    format!("{count}, the first {start}…'")
}
