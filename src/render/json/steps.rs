//! Step → its JSON view: `step`, `reason`, then what this kind of step holds.

use std::time::Duration;

use serde::Serialize;

use super::{numbers, path, text};
use crate::capability::CapSet;
use crate::facts::{Capabilities, Variable};
use crate::ownership::Ownership;
use crate::plan::{Command, Expected, FileEdit, LineChange, Planned, Step, Supervision};
use crate::render::words;
use crate::request::{Forward, Init};

#[derive(Serialize)]
pub(super) struct StepView {
    step: String,
    reason: &'static str,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Details {
    Edit {
        path: String,
        changes: Vec<ChangeView>,
    },
    Own {
        path: String,
        uid: u32,
        gid: u32,
        counted: Option<CountView>,
    },
    Capabilities {
        capabilities: Vec<String>,
    },
    Groups {
        groups: Vec<u32>,
    },
    Gid {
        gid: u32,
    },
    Uid {
        uid: u32,
        keep_permitted: bool,
    },
    Umask {
        umask: String,
    },
    Expected {
        uid: u32,
        gid: u32,
        groups: Vec<u32>,
        capabilities: CapabilitiesView,
        no_new_privileges: bool,
    },
    Command(CommandView),
    Supervision {
        forward: &'static str,
        grace_ms: u64,
        is_pid_1: bool,
        #[serde(flatten)]
        command: CommandView,
    },
    Connection {
        targets: Vec<String>,
        timeout_ms: u64,
    },
    None {},
}

#[derive(Serialize)]
struct CountView {
    entries: u64,
    differ: u64,
    unread: u64,
}

#[derive(Serialize)]
struct CommandView {
    candidates: Vec<String>,
    argv: Vec<String>,
    environment: Vec<VariableView>,
}

#[derive(Serialize)]
struct ChangeView {
    old: Option<String>,
    new: Option<String>,
}

#[derive(Serialize)]
struct CapabilitiesView {
    inheritable: Vec<String>,
    permitted: Vec<String>,
    effective: Vec<String>,
    bounding: Vec<String>,
    ambient: Vec<String>,
}

#[derive(Serialize)]
struct VariableView {
    name: String,
    value: String,
}

impl StepView {
    pub(super) fn new(planned: &Planned) -> Self {
        Self {
            step: words::step(planned).code.replace('-', "_"),
            reason: planned.reason,
            details: Details::new(&planned.step),
        }
    }
}

impl Details {
    fn new(step: &Step) -> Self {
        match step {
            Step::EditFile(edit) => Self::edit(edit),
            Step::Own(ownership) => Self::own(ownership),
            Step::DropBoundingSet(set) | Step::SetCapabilities(set) => Self::Capabilities {
                capabilities: names(*set),
            },
            Step::SetGroups(groups) => Self::Groups {
                groups: numbers(groups),
            },
            Step::SetGid(gid) => Self::Gid { gid: gid.raw() },
            Step::SetUid {
                uid,
                keep_permitted,
            } => Self::Uid {
                uid: uid.raw(),
                keep_permitted: *keep_permitted,
            },
            Step::SetNoNewPrivileges => Self::None {},
            Step::SetUmask(mask) => Self::Umask {
                umask: mask.to_string(),
            },
            Step::Verify(expected) => Self::expected(expected),
            Step::Execute(command) => Self::Command(CommandView::new(command)),
            Step::Supervise(supervision) => Self::supervision(supervision),
            Step::Connect(connection) => Self::Connection {
                targets: connection
                    .targets
                    .iter()
                    .map(|target| target.endpoint.to_string())
                    .collect(),
                timeout_ms: milliseconds(connection.timeout),
            },
        }
    }

    fn edit(edit: &FileEdit) -> Self {
        Self::Edit {
            path: path(&edit.path),
            changes: edit.changes.iter().map(ChangeView::new).collect(),
        }
    }

    fn own(ownership: &Ownership) -> Self {
        Self::Own {
            path: path(&ownership.path),
            uid: ownership.uid.raw(),
            gid: ownership.gid.raw(),
            counted: ownership.counted.map(|counted| CountView {
                entries: counted.entries,
                differ: counted.differ,
                unread: counted.unread,
            }),
        }
    }

    fn expected(expected: &Expected) -> Self {
        Self::Expected {
            uid: expected.uid.raw(),
            gid: expected.gid.raw(),
            groups: numbers(&expected.groups),
            capabilities: CapabilitiesView::new(&expected.capabilities),
            no_new_privileges: expected.no_new_privileges,
        }
    }

    fn supervision(supervision: &Supervision) -> Self {
        let Init { forward, grace } = supervision.init;
        Self::Supervision {
            forward: match forward {
                Forward::Child => "child",
                Forward::Group => "group",
            },
            grace_ms: milliseconds(grace),
            is_pid_1: supervision.is_pid_1,
            command: CommandView::new(&supervision.command),
        }
    }
}

impl CommandView {
    fn new(command: &Command) -> Self {
        Self {
            candidates: command.candidates.iter().map(|file| path(file)).collect(),
            argv: command.argv.iter().map(|word| text(word)).collect(),
            environment: command.environment.iter().map(VariableView::new).collect(),
        }
    }
}

impl ChangeView {
    fn new(change: &LineChange) -> Self {
        let line = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        Self {
            old: change.old.as_ref().map(line),
            new: change.new.as_ref().map(line),
        }
    }
}

impl CapabilitiesView {
    fn new(sets: &Capabilities) -> Self {
        Self {
            inheritable: names(sets.inheritable),
            permitted: names(sets.permitted),
            effective: names(sets.effective),
            bounding: names(sets.bounding),
            ambient: names(sets.ambient),
        }
    }
}

impl VariableView {
    fn new((name, value): &Variable) -> Self {
        Self {
            name: text(name),
            value: text(value),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn names(set: CapSet) -> Vec<String> {
    set.iter()
        .map(|capability| capability.to_string())
        .collect()
}
