//! Facts and plan → what a person wants to see before a start.

mod facts;

use std::ffi::OsStr;

use crate::facts::Facts;
use crate::ids::Gid;
use crate::ownership::{Counted, Ownership};
use crate::plan::{Command, Expected, Identity, Plan, Planned, Step};
use crate::refusal::{Finding, quoted};
use crate::render::words::list;
use crate::render::{diff, escape, log, words};

/// Sections in the order of the decision; the last line is what the plan replaces.
pub(super) fn document(facts: &Facts, plan: &Plan) -> String {
    let mut document = String::new();
    section(&mut document, "facts", facts::lines(facts));
    section(&mut document, "identity", vec![identity(&plan.identity)]);
    let grants = plan
        .grants
        .iter()
        .map(|grant| words::grant(grant).to_string());
    section(&mut document, "grants", grants.collect());
    let steps = (1usize..).zip(&plan.steps);
    let steps = steps.flat_map(|(number, planned)| step(number, planned));
    section(&mut document, "steps", steps.collect());
    let findings = plan.findings.iter().map(finding);
    section(&mut document, "findings", findings.collect());
    document + &group_add(&plan.group_add)
}

/// A heading and its lines, indented; nothing at all without lines. Escaped here, once for all: no fact or reason can
/// forge another line.
fn section(document: &mut String, heading: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    *document += heading;
    *document += ":\n";
    for line in lines {
        *document += "  ";
        *document += &escape::line(&line);
        *document += "\n";
    }
}

fn identity(identity: &Identity) -> String {
    let name = identity
        .name
        .as_ref()
        .map_or_else(|| "no account".to_owned(), quoted);
    format!(
        "{name}: uid {}, gid {}, groups {}, home {}",
        identity.uid,
        identity.gid,
        list(&identity.groups),
        quoted(&identity.home)
    )
}

/// The step, then what it holds.
fn step(number: usize, planned: &Planned) -> Vec<String> {
    let mut lines = vec![format!("{number}. {}", words::step(planned))];
    let details = details(&planned.step).into_iter();
    lines.extend(details.map(|line| format!("     {line}")));
    lines
}

fn details(step: &Step) -> Vec<String> {
    match step {
        Step::EditFile(edit) => diff::lines(edit),
        Step::Own(ownership) => own(ownership),
        Step::Verify(expected) => verify(expected),
        Step::Execute(command) => execute(command),
        Step::Supervise(supervision) => execute(&supervision.command),
        Step::DropBoundingSet(_)
        | Step::SetGroups(_)
        | Step::SetGid(_)
        | Step::SetUid { .. }
        | Step::SetCapabilities(_)
        | Step::SetNoNewPrivileges
        | Step::SetUmask(_)
        | Step::Connect(_) => Vec::new(),
    }
}

/// What the dry run has counted.
fn own(ownership: &Ownership) -> Vec<String> {
    let count = |counted: &Counted| {
        let unread = match counted.unread {
            0 => String::new(),
            unread => format!(", {unread} could not be looked at"),
        };
        format!(
            "{} of {} entries differ{unread}",
            counted.differ, counted.entries
        )
    };
    ownership.counted.iter().map(count).collect()
}

fn verify(expected: &Expected) -> Vec<String> {
    let sets = expected.capabilities;
    let set = if expected.no_new_privileges {
        "set"
    } else {
        "not set"
    };
    vec![
        format!(
            "uid {}, gid {}, groups {}, no_new_privs {set}",
            expected.uid,
            expected.gid,
            list(&expected.groups)
        ),
        format!(
            "capabilities: inheritable {}, permitted {}, effective {}, bounding {}, ambient {}",
            sets.inheritable, sets.permitted, sets.effective, sets.bounding, sets.ambient
        ),
    ]
}

fn execute(command: &Command) -> Vec<String> {
    let words: Vec<String> = command.argv.iter().map(quoted).collect();
    let files: Vec<String> = command.candidates.iter().map(quoted).collect();
    let mut lines = vec![format!("argv {}", words.join(" "))];
    if !files.is_empty() {
        lines.push(format!("the first of {}", files.join(", ")));
    }
    let set = command.environment.iter();
    lines.extend(set.map(|(name, value)| variable(name, value)));
    lines
}

fn variable(name: &OsStr, value: &OsStr) -> String {
    format!("{}={}", name.to_string_lossy(), quoted(value))
}

fn finding(finding: &Finding) -> String {
    let level = log::level_name(finding.level());
    format!("{level}: {}", finding.message())
}

/// As a compose file has it: for copying.
fn group_add(gids: &[Gid]) -> String {
    let gids: Vec<String> = gids.iter().map(|gid| format!("\"{gid}\"")).collect();
    format!("group_add: [{}]\n", gids.join(", "))
}
