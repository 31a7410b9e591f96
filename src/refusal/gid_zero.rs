//! GID 0: what it is, where it comes from, and every way around it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::facts::Meant;
use crate::ids::{Gid, Uid};
use crate::permission::Mode;
use crate::refusal::{Message, quoted};

/// GID 0 as the only way to a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GidZeroPath {
    /// The path.
    pub path: PathBuf,
    /// What is meant to be there.
    pub meant: Meant,
    /// Its owner.
    pub uid: Uid,
    /// Its group: 0, or another one where GID 0 opens a directory or stands in the ACL.
    pub gid: Gid,
    /// Its mode.
    pub mode: Mode,
    /// What GID 0 is here.
    pub meaning: GidZeroMeaning,
}

/// What GID 0 of this user namespace is on the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GidZeroMeaning {
    /// Root's group of the host.
    Host,
    /// This gid of the namespace's parent.
    Mapped(u32),
    /// Nothing outside.
    Unmapped,
}

/// Where an identity's GID 0 comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GidZeroSource {
    /// `--user NAME:0` or `--user NAME:root`.
    Spec,
    /// The account's line in /etc/passwd.
    PrimaryGroup {
        /// The account.
        name: OsString,
    },
    /// A line with gid 0 in /etc/group lists the account.
    Membership {
        /// The account.
        name: OsString,
        /// The group's name.
        group: String,
    },
    /// `--group`.
    ExtraGroup,
    /// `--gid`.
    Number,
}

/// The switch that acknowledges GID 0, as variable and flag.
const ACKNOWLEDGE: &str = "acknowledge it with ALLOW_DOCKER_SOCK_GID_0=true (--allow-gid-0)";

pub(super) fn gid_zero_path(found: &GidZeroPath) -> Message {
    let GidZeroPath {
        path,
        meant,
        uid,
        gid,
        mode,
        meaning,
    } = found;
    Message {
        code: "gid-0-path",
        thing: quoted(path),
        what: format!(
            "the only way in is gid 0 (root); owner uid {uid}, group gid {gid}, mode {mode}"
        ),
        why: meaning.risk(),
        remedies: gid_zero_remedies(*meant, *gid),
    }
}

/// The remedies of contract 5, all of them, for a path whose group is `gid`.
pub(super) fn gid_zero_remedies(meant: Meant, gid: Gid) -> Vec<String> {
    match meant {
        Meant::EngineSocket(_) => engine_remedies(gid),
        Meant::Anything => grant_remedies(gid),
    }
}

fn grant_remedies(gid: Gid) -> Vec<String> {
    let regroup = if gid.is_root() {
        "give it another group on the host (chgrp GROUP, or GROUP= in a rule of udev(7))"
    } else {
        "open it, and every directory on the way, to its group on the host"
    };
    vec![
        ACKNOWLEDGE.to_owned(),
        regroup.to_owned(),
        "run without it: leave out that --grant (CHARON_INIT_GRANT)".to_owned(),
    ]
}

fn engine_remedies(gid: Gid) -> Vec<String> {
    let regroup = if gid.is_root() {
        "give the socket another group on the host"
    } else {
        "open it, and every directory on the way, to its group on the host"
    };
    vec![
        ACKNOWLEDGE.to_owned(),
        format!("{regroup} (chgrp docker, chmod 0660)"),
        "reach the engine through a socket proxy (DOCKER_HOST=tcp://HOST:2375) or as a remote server in the application"
            .to_owned(),
        "run without Docker (CHARON_DOCKER_ENABLED=false)".to_owned(),
    ]
}

impl GidZeroMeaning {
    /// What joining GID 0 means here.
    #[must_use]
    pub fn risk(self) -> String {
        match self {
            Self::Host => {
                "joining gid 0 here is joining root's group of the host: every file that this group may read or write \
                 is open to the command"
                    .to_owned()
            }
            Self::Mapped(outside) => format!(
                "gid 0 of this user namespace is gid {outside} of the host: joining it opens every file of that group, \
                 and root's group of this container, to the command"
            ),
            Self::Unmapped => {
                "gid 0 is not mapped in this user namespace: joining it cannot work and hides a broken set-up".to_owned()
            }
        }
    }
}

pub(super) fn gid_zero_identity(source: &GidZeroSource) -> Message {
    let (thing, what, remedy) = match source {
        GidZeroSource::Spec => (
            "--user".to_owned(),
            "its group is gid 0 (root)".to_owned(),
            "name another group: --user USER:GROUP",
        ),
        GidZeroSource::PrimaryGroup { name } => (
            format!("user {}", quoted(name)),
            "its primary group in /etc/passwd is gid 0 (root)".to_owned(),
            "give the account a group of its own in the image",
        ),
        GidZeroSource::Membership { name, group } => (
            format!("user {}", quoted(name)),
            format!("/etc/group lists it in group {} with gid 0", quoted(group)),
            "take it out of that group in the image",
        ),
        GidZeroSource::ExtraGroup => (
            "--group".to_owned(),
            "it asks for gid 0 (root)".to_owned(),
            "leave that group out",
        ),
        GidZeroSource::Number => (
            "--gid (PGID)".to_owned(),
            "it asks for gid 0 (root)".to_owned(),
            "give another number",
        ),
    };
    Message {
        code: "gid-0-identity",
        thing,
        what,
        why: "the command would be in root's group".to_owned(),
        remedies: vec![remedy.to_owned(), ACKNOWLEDGE.to_owned()],
    }
}
