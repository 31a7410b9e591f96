//! A diagnosis → its sentence. What a path shows is said by its finding; here is what a connection adds.

use std::io;

use super::answers;
use super::{Cause, Diagnosis, is_of_a_mounted_socket};
use crate::answer::Answer;
use crate::message::{Message, quoted};
use crate::refusal::Finding;
use crate::request::Endpoint;

/// What to tell the operator.
pub(super) fn message(diagnosis: &Diagnosis) -> Message {
    match &diagnosis.cause {
        Cause::Open => Message {
            code: "open",
            thing: thing(diagnosis),
            what: format!("nothing is in the way{}", as_whom(diagnosis)),
            why: String::new(),
            remedies: Vec::new(),
        },
        Cause::SwitchedOff => Message {
            code: "switched-off",
            thing: "engine sockets".to_owned(),
            what: "switched off (--no-socket, CHARON_DOCKER_ENABLED=false): nothing to check"
                .to_owned(),
            why: String::new(),
            remedies: Vec::new(),
        },
        Cause::Path(finding) => of_path(diagnosis, finding),
        Cause::Denied { errno } => denied(diagnosis, *errno),
        Cause::Answer(Answer::Engine(engine)) => {
            answers::reached(thing(diagnosis), engine, &as_whom(diagnosis))
        }
        Cause::Answer(answer) => answers::message(thing(diagnosis), is_socket(diagnosis), answer),
        Cause::NotCheckable => not_checkable(diagnosis),
        Cause::Refused(refusal) => refusal.message(),
        Cause::Failed(failure) => failure.message(),
    }
}

/// The words that contract 8 has for a socket that is there and does not open.
fn not_accessible(diagnosis: &Diagnosis) -> String {
    let whom = diagnosis
        .ids
        .map(|(uid, gid)| format!(" (uid={uid} gid={gid})"))
        .unwrap_or_default();
    format!("Local Docker socket mounted but not accessible by current process{whom}")
}

/// The finding's sentence; of a socket that is there and does not open, in the words of contract 8.
fn of_path(diagnosis: &Diagnosis, finding: &Finding) -> Message {
    let message = finding.message();
    if let Finding::GroupMissing { path, gid, .. } = finding {
        return Message {
            code: message.code,
            thing: not_accessible(diagnosis),
            what: quoted(path),
            why: format!("Process groups do not include socket gid {gid}"),
            remedies: vec![format!(
                "run container with matching supplemental group (e.g., --group-add {gid} or compose group_add: [\"{gid}\"])"
            )],
        };
    }
    if !is_of_a_mounted_socket(finding) {
        return message;
    }
    Message {
        thing: not_accessible(diagnosis),
        what: format!("{}: {}", message.thing, message.what),
        ..message
    }
}

fn denied(diagnosis: &Diagnosis, errno: i32) -> Message {
    let error = io::Error::from_raw_os_error(errno);
    Message {
        code: "denied",
        thing: not_accessible(diagnosis),
        what: format!("{}: {error}", thing(diagnosis)),
        why: "owner, mode and ACL would allow it, so that a security module (an SELinux label, an AppArmor profile) or a seccomp filter denies it".to_owned(),
        remedies: vec![
            "SELinux: --security-opt label=disable".to_owned(),
            "AppArmor: --security-opt apparmor=unconfined".to_owned(),
            "seccomp: --security-opt seccomp=unconfined, or a profile that lets connect(2) through"
                .to_owned(),
        ],
    }
}

fn not_checkable(diagnosis: &Diagnosis) -> Message {
    Message {
        code: "not-checkable",
        thing: "DOCKER_HOST".to_owned(),
        what: format!("{} cannot be checked from here", thing(diagnosis)),
        why: "the check speaks plain HTTP over a socket or tcp://HOST:PORT; it has no keys for TLS or ssh".to_owned(),
        remedies: vec![
            "have the application say whether it is well, and give the HEALTHCHECK to it".to_owned(),
            "check nothing: CHARON_DOCKER_ENABLED=false charon-init --check".to_owned(),
        ],
    }
}

fn thing(diagnosis: &Diagnosis) -> String {
    match &diagnosis.endpoint {
        Some(endpoint) => quoted(endpoint.to_string()),
        None => "engine".to_owned(),
    }
}

fn is_socket(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis.endpoint, Some(Endpoint::Socket(_)))
}

fn as_whom(diagnosis: &Diagnosis) -> String {
    diagnosis
        .ids
        .map(|(uid, gid)| format!(" as uid {uid} gid {gid}"))
        .unwrap_or_default()
}
