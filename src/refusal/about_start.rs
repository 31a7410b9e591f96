//! Findings about the start itself → their sentences.

use std::ffi::OsStr;
use std::path::Path;

use crate::account::{GroupRef, UserRef, UserSpec};
use crate::capability::CapSet;
use crate::facts::Access;
use crate::ids::{Gid, Uid};
use crate::refusal::{Message, quoted};

pub(super) fn gid_zero_held() -> Message {
    Message {
        code: "gid-0-held",
        thing: "gid 0 (root)".to_owned(),
        what: "the process is in root's group and needs it for no granted path".to_owned(),
        why: "a non-root start keeps the groups that the runtime gave, as OpenShift does"
            .to_owned(),
        remedies: vec!["give another group: --user UID:GID".to_owned()],
    }
}

pub(super) fn not_the_user(spec: &UserSpec, uid: Uid, gid: Gid) -> Message {
    Message {
        code: "not-the-user",
        thing: format!("--user {}", spec_text(spec)),
        what: format!("the start is not by root, so the process stays uid {uid} gid {gid}"),
        why: "only root can become another user".to_owned(),
        remedies: vec![
            "start the container as root".to_owned(),
            format!("name that user: --user {uid}:{gid} (CHARON_INIT_USER)"),
        ],
    }
}

fn spec_text(spec: &UserSpec) -> String {
    let user = match &spec.user {
        UserRef::Name(name) => quoted(name),
        UserRef::Uid(uid) => uid.to_string(),
    };
    match &spec.group {
        None => user,
        Some(GroupRef::Name(name)) => format!("{user}:{}", quoted(name)),
        Some(GroupRef::Gid(gid)) => format!("{user}:{gid}"),
    }
}

pub(super) fn default_user_missing(name: &OsStr, uid: Uid, gid: Gid) -> Message {
    Message {
        code: "default-user-missing",
        thing: format!("user {}", quoted(name)),
        what: format!("there is no such account here; uid {uid} gid {gid} is assumed"),
        why: "a dry run also works where the image's accounts are not".to_owned(),
        remedies: vec!["name the user of the image: --user UID:GID".to_owned()],
    }
}

pub(super) fn file_left_alone(path: &Path, access: Access) -> Message {
    let why = match access {
        Access::Replaceable => "it need not be edited".to_owned(),
        Access::Missing => "it does not exist".to_owned(),
        Access::SymbolicLink => "it is a symbolic link".to_owned(),
        Access::NotAFile => "it is not a regular file".to_owned(),
        Access::MountPoint => "it is a mount point of its own and cannot be replaced".to_owned(),
        Access::ReadOnly => "it is on a read-only file system".to_owned(),
        Access::ForeignOwner { uid, gid } => {
            format!("its owner, uid {uid} gid {gid}, could not be restored")
        }
        Access::Locked => "another program holds the lock /etc/.pwd.lock".to_owned(),
        Access::Denied => "we may not write it".to_owned(),
    };
    let lost = if path.ends_with("passwd") {
        "numbers"
    } else {
        "groups"
    };
    Message {
        code: "file-left-alone",
        thing: quoted(path),
        what: format!("left alone: the {lost} are in the process only"),
        why: format!("{why}; 'docker exec -u' and id(1) by name will not show them"),
        remedies: vec!["nothing need be done for the command itself".to_owned()],
    }
}

pub(super) fn sensitive_group(name: &str, gid: Gid) -> Message {
    Message {
        code: "sensitive-group",
        thing: format!("gid {gid} ({name})"),
        what: "the host's gid means something else in this image".to_owned(),
        why: format!(
            "the command can now open what the image's group {} may open",
            quoted(name)
        ),
        remedies: vec![
            "give the socket or device a gid on the host that the image does not use".to_owned(),
            "choose another --gid (PGID), where that asked for it".to_owned(),
        ],
    }
}

pub(super) fn overflow_group_dropped(gid: Gid) -> Message {
    Message {
        code: "overflow-group-dropped",
        thing: format!("gid {gid}"),
        what: "groups that this user namespace cannot name are lost in the drop".to_owned(),
        why: "it is the overflow gid, which stands for every unmapped group (Podman's keep-groups)"
            .to_owned(),
        remedies: vec![
            "start as the user from the beginning: --user, with --group-add keep-groups".to_owned(),
        ],
    }
}

pub(super) fn bounding_set_stays(left: CapSet) -> Message {
    Message {
        code: "bounding-set-stays",
        thing: "bounding set".to_owned(),
        what: format!("it stays as the runtime gave it ({left})"),
        why: "root without CAP_SETPCAP cannot drop it; no_new_privs keeps it out of reach"
            .to_owned(),
        remedies: vec!["--cap-add SETPCAP (compose cap_add)".to_owned()],
    }
}

pub(super) fn no_proc() -> Message {
    Message {
        code: "no-proc",
        thing: "'/proc'".to_owned(),
        what: "not mounted".to_owned(),
        why: "the user namespace and our own file's mode could not be verified".to_owned(),
        remedies: vec!["mount it: engines do by themselves".to_owned()],
    }
}
