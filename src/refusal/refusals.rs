//! A refusal → its sentence, with every remedy that works.

use std::ffi::OsStr;
use std::path::Path;

use crate::account::UserRef;
use crate::capability::{CapSet, Capability};
use crate::ids::Uid;
use crate::refusal::about_ownership::not_to_be_owned;
use crate::refusal::gid_zero::{gid_zero_identity, gid_zero_path};
use crate::refusal::{Elevation, Message, Refusal, quoted};
use crate::request::DockerHostFault;

impl Refusal {
    /// What to tell the operator.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::GidZeroPath(path) => gid_zero_path(path),
            Self::GidZeroIdentity { source } => gid_zero_identity(source),
            Self::RootUser { user } => root_user(user),
            Self::RootNumber => Message {
                thing: "--uid (PUID)".to_owned(),
                remedies: vec!["give another number, or leave it out".to_owned()],
                ..root_user(&UserRef::Uid(Uid::ROOT))
            },
            Self::UnknownUser { name } => unknown_user(name),
            Self::UnknownGroup { name } => unknown_group(name),
            Self::UidWithoutGroup { uid } => Message {
                code: "uid-without-group",
                thing: format!("uid {uid}"),
                what: "it has no account and no group was given".to_owned(),
                why: "without one the command would stay in gid 0 (root)".to_owned(),
                remedies: vec![format!("name the group: --user {uid}:GID")],
            },
            Self::NumberOutOfRange { source, number } => Message {
                code: "number-out-of-range",
                thing: source.clone(),
                what: format!("{} is no id", quoted(number)),
                why: "ids end at 4294967294; system calls read higher numbers as something else"
                    .to_owned(),
                remedies: vec!["give a smaller number".to_owned()],
            },
            Self::BadGroupName { source, name } => Message {
                code: "bad-group-name",
                thing: source.clone(),
                what: format!("{} is no group name", quoted(name)),
                why: "shadow-utils accepts [a-z_][a-z0-9_-]*, at most 32 bytes".to_owned(),
                remedies: vec![
                    "choose another name".to_owned(),
                    "give the gid alone".to_owned(),
                ],
            },
            Self::BadVariable { name, value, takes } => Message {
                code: "bad-variable",
                thing: (*name).to_owned(),
                what: format!("{} is not understood", quoted(value)),
                why: format!("it takes {takes}"),
                remedies: vec!["correct it".to_owned(), "unset it".to_owned()],
            },
            Self::BadDockerHost { value, fault } => bad_docker_host(value, *fault),
            Self::UnknownCapability { source, name } => Message {
                code: "unknown-capability",
                thing: source.clone(),
                what: format!("{} is no capability", quoted(name)),
                why: "capabilities(7) does not list it".to_owned(),
                remedies: vec!["use a name such as net_bind_service".to_owned()],
            },
            Self::KeepLeadsToRoot { capability } => keep_leads_to_root(*capability),
            Self::MissingCapabilities { missing } => missing_capabilities(*missing),
            Self::BoundingSetWouldStay => bounding_set_would_stay(),
            Self::SetgroupsDenied => setgroups_denied(),
            Self::NotMapped { id } => not_mapped(id),
            Self::CommandNeedsCapabilities {
                path,
                dropped,
                withheld,
            } => command_needs_capabilities(path, *dropped, *withheld),
            Self::NotToBeOwned { path, at, guard } => not_to_be_owned(path, at, *guard),
            Self::SocketOutOfReach { finding } => Message {
                code: "socket-out-of-reach",
                ..with_prefix(finding.message(), "required, but ")
            },
            Self::Elevated { how } => elevated(*how),
        }
    }
}

fn with_prefix(message: Message, prefix: &str) -> Message {
    let mut remedies = message.remedies;
    remedies
        .push("start without it: leave out --require-socket (CHARON_DOCKER_REQUIRED)".to_owned());
    Message {
        what: format!("{prefix}{}", message.what),
        remedies,
        ..message
    }
}

fn root_user(user: &UserRef) -> Message {
    let thing = match user {
        UserRef::Name(name) => format!("user {}", quoted(name)),
        UserRef::Uid(uid) => format!("uid {uid}"),
    };
    Message {
        code: "root-user",
        thing,
        what: "it is root".to_owned(),
        why: "the command is never executed as uid 0".to_owned(),
        remedies: vec!["name another user with --user (CHARON_INIT_USER)".to_owned()],
    }
}

fn unknown_user(name: &OsStr) -> Message {
    Message {
        code: "unknown-user",
        thing: format!("user {}", quoted(name)),
        what: "there is no such account".to_owned(),
        why: "no usable line of /etc/passwd has that name".to_owned(),
        remedies: vec![
            "create it in the image".to_owned(),
            "name another with --user (CHARON_INIT_USER)".to_owned(),
            "give numbers: --user UID:GID".to_owned(),
        ],
    }
}

fn unknown_group(name: &OsStr) -> Message {
    Message {
        code: "unknown-group",
        thing: format!("group {}", quoted(name)),
        what: "there is no such group".to_owned(),
        why: "no usable line of /etc/group has that name".to_owned(),
        remedies: vec![
            "create it in the image".to_owned(),
            "give its number".to_owned(),
        ],
    }
}

fn bad_docker_host(value: &OsStr, fault: DockerHostFault) -> Message {
    let why = match fault {
        DockerHostFault::NoScheme => "it has no scheme",
        DockerHostFault::NoPath => "unix:// is not followed by a path",
        DockerHostFault::UnknownScheme => "no engine is reached by that scheme",
    };
    Message {
        code: "bad-docker-host",
        thing: "DOCKER_HOST".to_owned(),
        what: format!("{} is not understood", quoted(value)),
        why: why.to_owned(),
        remedies: vec![
            "use unix:///PATH or one of tcp, ssh, fd, http, https".to_owned(),
            "name the socket with --socket".to_owned(),
            "unset it".to_owned(),
        ],
    }
}

fn keep_leads_to_root(capability: Capability) -> Message {
    Message {
        code: "keep-leads-to-root",
        thing: format!("--keep-cap {capability}"),
        what: "it is not kept for anyone".to_owned(),
        why: "that capability alone leads back to root".to_owned(),
        remedies: vec!["leave it out (CHARON_INIT_KEEP_CAPS)".to_owned()],
    }
}

fn missing_capabilities(missing: CapSet) -> Message {
    let names: Vec<String> = missing
        .iter()
        .map(|capability| format!("CAP_{}", capability.to_string().to_uppercase()))
        .collect();
    Message {
        code: "missing-capabilities",
        thing: "root".to_owned(),
        what: format!("lacks {}", names.join(" and ")),
        why: without(missing).to_owned(),
        remedies: vec![
            format!("add it: {} (compose cap_add)", engine_flags(missing)),
            "start as the user from the beginning: --user UID:GID with --group-add".to_owned(),
        ],
    }
}

fn without(missing: CapSet) -> &'static str {
    if missing == CapSet::from_iter([Capability::CHOWN]) {
        "without that, root cannot give files away (--own)"
    } else {
        "without that, root cannot become another user"
    }
}

fn bounding_set_would_stay() -> Message {
    Message {
        code: "bounding-set-would-stay",
        thing: "--allow-new-privs".to_owned(),
        what: "the bounding set cannot be dropped, for want of CAP_SETPCAP".to_owned(),
        why: "with new privileges allowed, a file with capabilities could use what is left in it"
            .to_owned(),
        remedies: vec![
            "add it: --cap-add SETPCAP (compose cap_add)".to_owned(),
            "leave out --allow-new-privs (CHARON_INIT_ALLOW_NEW_PRIVS)".to_owned(),
        ],
    }
}

fn setgroups_denied() -> Message {
    Message {
        code: "setgroups-denied",
        thing: "setgroups(2)".to_owned(),
        what: "this user namespace denies it".to_owned(),
        why: "/proc/self/setgroups says deny and the supplementary groups would have to change"
            .to_owned(),
        remedies: vec![
            "map the groups with newgidmap(1), as rootless engines do with /etc/subgid".to_owned(),
            "start as the user from the beginning".to_owned(),
        ],
    }
}

fn not_mapped(id: &str) -> Message {
    Message {
        code: "not-mapped",
        thing: id.to_owned(),
        what: "it does not exist in this user namespace".to_owned(),
        why: "the namespace's id map has no line for it".to_owned(),
        remedies: vec![
            "choose an id that is mapped (/proc/self/uid_map, /proc/self/gid_map)".to_owned(),
            "give the engine a larger range in /etc/subuid and /etc/subgid".to_owned(),
        ],
    }
}

fn elevated(how: Elevation) -> Message {
    let (what, remedy) = match how {
        Elevation::SetId(mode) => (
            format!("it is installed with a set-id bit, mode {mode}"),
            "take the bit away: chmod 0755",
        ),
        Elevation::FileCapabilities => (
            "it is installed with file capabilities".to_owned(),
            "take them away: setcap -r",
        ),
        Elevation::IdsDiffer => (
            "real, effective, saved and filesystem ids differ".to_owned(),
            "start it with one uid and one gid, as an engine does",
        ),
    };
    Message {
        code: "elevated",
        thing: "charon-init".to_owned(),
        what,
        why: "run by anyone, it would hand out root".to_owned(),
        remedies: vec![remedy.to_owned()],
    }
}

fn command_needs_capabilities(path: &Path, dropped: CapSet, withheld: CapSet) -> Message {
    let mut remedies = Vec::new();
    if !dropped.is_empty() {
        let flags: Vec<String> = dropped
            .iter()
            .map(|capability| format!("--keep-cap {capability}"))
            .collect();
        remedies.push(format!(
            "keep them: {} (CHARON_INIT_KEEP_CAPS={dropped})",
            flags.join(" ")
        ));
    }
    if !withheld.is_empty() {
        let flags = engine_flags(withheld);
        remedies.push(format!(
            "have the runtime give them: {flags}, and --keep-cap {withheld}"
        ));
    }
    Message {
        code: "command-needs-capabilities",
        thing: quoted(path),
        what: format!("it carries file capabilities that it would not get: {}", dropped.union(withheld)),
        why: "the kernel refuses to execute such a file when the bounding set lacks them (capabilities(7))".to_owned(),
        remedies: vec![remedies.join(", and ")],
    }
}

/// `--cap-add SETUID --cap-add SETGID`: what `docker run` and `podman run` take.
fn engine_flags(capabilities: CapSet) -> String {
    let flags: Vec<String> = capabilities
        .iter()
        .map(|capability| format!("--cap-add {}", capability.to_string().to_uppercase()))
        .collect();
    flags.join(" ")
}
