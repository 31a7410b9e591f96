//! Steps and verdicts → the words for them, the same in the dry run and in the log.

use std::fmt::Display;

use crate::ids::Uid;
use crate::ownership::Ownership;
use crate::plan::{
    Class, Command, Connection, FileEdit, Grant, Planned, Step, Supervision, Target, Through,
    Verdict,
};
use crate::refusal::{Message, quoted};
use crate::request::{Forward, Init};

/// A step: what it changes, into what, and why.
pub(super) fn step(planned: &Planned) -> Message {
    let (code, thing, what) = match &planned.step {
        Step::EditFile(edit) => ("edit-file", quoted(&edit.path), change_count(edit)),
        Step::Own(ownership) => ("own", quoted(&ownership.path), own(ownership)),
        Step::DropBoundingSet(set) => (
            "drop-bounding-set",
            "bounding set".into(),
            format!("drop {set}"),
        ),
        Step::SetGroups(gids) => (
            "set-groups",
            "supplementary groups".into(),
            format!("set to {}", list(gids)),
        ),
        Step::SetGid(gid) => ("set-gid", "gid".into(), format!("set to {gid}")),
        Step::SetUid {
            uid,
            keep_permitted,
        } => ("set-uid", "uid".into(), new_uid(*uid, *keep_permitted)),
        Step::SetCapabilities(kept) => (
            "set-capabilities",
            "capabilities".into(),
            format!("keep {kept}"),
        ),
        Step::SetNoNewPrivileges => ("set-no-new-privileges", "no_new_privs".into(), "set".into()),
        Step::SetUmask(mask) => ("set-umask", "umask".into(), format!("set to {mask}")),
        Step::Verify(_) => (
            "verify",
            "process".into(),
            "read everything back, then try to become root again".into(),
        ),
        Step::Execute(command) => ("execute", command_name(command), "execute".into()),
        Step::Supervise(supervision) => (
            "supervise",
            command_name(&supervision.command),
            supervise(supervision),
        ),
        Step::Connect(connection) => ("connect", targets(connection), connect(connection)),
    };
    Message {
        code,
        thing,
        what,
        why: planned.reason.to_owned(),
        remedies: Vec::new(),
    }
}

fn own(ownership: &Ownership) -> String {
    let Ownership { uid, gid, .. } = ownership;
    format!("give it to {uid}:{gid}, with all below it")
}

fn targets(connection: &Connection) -> String {
    let targets: Vec<String> = connection.targets.iter().map(target).collect();
    targets.join(", ")
}

fn connect(connection: &Connection) -> String {
    let bound = connection.timeout.as_millis();
    format!("connect, GET /_ping, GET /version, within {bound} ms")
}

fn change_count(edit: &FileEdit) -> String {
    match edit.changes.len() {
        1 => "change 1 line".to_owned(),
        count => format!("change {count} lines"),
    }
}

fn new_uid(uid: Uid, keep_permitted: bool) -> String {
    let kept = if keep_permitted {
        ", keeping the permitted capabilities"
    } else {
        ""
    };
    format!("set to {uid}{kept}")
}

fn supervise(supervision: &Supervision) -> String {
    let Init { forward, grace } = supervision.init;
    let place = if supervision.is_pid_1 {
        "PID 1"
    } else {
        "a subreaper"
    };
    let receiver = match forward {
        Forward::Child => "the command",
        Forward::Group => "its process group",
    };
    let rest = if grace.is_zero() {
        String::new()
    } else {
        format!(", end what is left within {} ms", grace.as_millis())
    };
    format!("start it and stay as {place}, forward signals to {receiver}, reap{rest}")
}

pub(super) fn target(target: &Target) -> String {
    quoted(target.endpoint.to_string())
}

fn command_name(command: &Command) -> String {
    quoted(command.argv.first().cloned().unwrap_or_default())
}

/// What became of a path.
pub(super) fn grant(grant: &Grant) -> Message {
    let (code, what, why) = match &grant.verdict {
        Verdict::Open(class) => (
            "open",
            format!("open {}", way_in(*class)),
            "no grant needed",
        ),
        Verdict::Granted { gid, through, name } => (
            "granted",
            match name {
                Some(name) => format!("granted through gid {gid} ({name})"),
                None => format!("granted through gid {gid}"),
            },
            match through {
                Through::OwningGroup => "its owning group",
                Through::AclEntry => "a named group of its ACL",
            },
        ),
        Verdict::Closed => (
            "closed",
            "out of reach".to_owned(),
            "a finding says what is in the way",
        ),
    };
    Message {
        code,
        thing: quoted(&grant.path),
        what,
        why: why.to_owned(),
        remedies: Vec::new(),
    }
}

fn way_in(class: Class) -> String {
    match class {
        Class::Owner => "to its owner".to_owned(),
        Class::NamedUser => "to a named user of its ACL".to_owned(),
        Class::Group(gid) => format!("to gid {gid}"),
        Class::Other => "to everyone".to_owned(),
        Class::Unnamed => {
            "to the process, through a group that this user namespace cannot name".to_owned()
        }
    }
}

/// Numbers, separated by commas; `none` for no number.
pub(super) fn list<T: Display>(numbers: &[T]) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    let texts: Vec<String> = numbers.iter().map(T::to_string).collect();
    texts.join(",")
}
