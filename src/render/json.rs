//! Outcome → one JSON object on one line; `version` changes when a key goes or changes its meaning.

mod steps;

use std::ffi::OsStr;
use std::path::Path;

use serde::Serialize;

use crate::ids::Gid;
use crate::plan::{Class, Grant, Identity, Plan, Through, Verdict};
use crate::refusal::{Finding, Message, Refused};
use crate::render::escape;
use steps::StepView;

/// The whole document (contract 7).
pub(super) fn document(outcome: Result<&Plan, &Refused>) -> String {
    match outcome {
        Ok(plan) => line(&Document::of_plan(plan)),
        Err(refused) => line(&Document::of_refused(refused)),
    }
}

/// `value` on a line of its own. The views are structs of text, numbers and lists: none of them can fail to serialise.
#[cold]
pub(super) fn line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    escape::json(&json) + "\n"
}

#[derive(Serialize)]
struct Document {
    version: u8,
    outcome: &'static str,
    identity: Option<IdentityView>,
    group_add: Vec<String>,
    grants: Vec<GrantView>,
    steps: Vec<StepView>,
    findings: Vec<MessageView>,
    refusal: Option<MessageView>,
}

impl Document {
    fn of_plan(plan: &Plan) -> Self {
        Self {
            version: 1,
            outcome: "proceed",
            identity: Some(IdentityView::new(&plan.identity)),
            group_add: plan.group_add.iter().map(Gid::to_string).collect(),
            grants: plan.grants.iter().map(GrantView::new).collect(),
            steps: plan.steps.iter().map(StepView::new).collect(),
            findings: findings(&plan.findings),
            refusal: None,
        }
    }

    fn of_refused(refused: &Refused) -> Self {
        Self {
            version: 1,
            outcome: "refuse",
            identity: None,
            group_add: Vec::new(),
            grants: Vec::new(),
            steps: Vec::new(),
            findings: findings(&refused.findings),
            refusal: Some(MessageView::new(refused.refusal.message())),
        }
    }
}

fn findings(findings: &[Finding]) -> Vec<MessageView> {
    findings
        .iter()
        .map(|finding| MessageView::new(finding.message()))
        .collect()
}

#[derive(Serialize)]
pub(super) struct IdentityView {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
    name: Option<String>,
    home: String,
}

impl IdentityView {
    pub(super) fn new(identity: &Identity) -> Self {
        Self {
            uid: identity.uid.raw(),
            gid: identity.gid.raw(),
            groups: numbers(&identity.groups),
            name: identity.name.as_deref().map(text),
            home: text(&identity.home),
        }
    }
}

#[derive(Serialize)]
struct GrantView {
    path: String,
    #[serde(flatten)]
    verdict: VerdictView,
    gids: Vec<u32>,
}

#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
enum VerdictView {
    Open {
        class: &'static str,
        gid: Option<u32>,
    },
    Granted {
        gid: u32,
        through: &'static str,
        name: Option<String>,
    },
    Closed,
}

impl GrantView {
    fn new(grant: &Grant) -> Self {
        Self {
            path: path(&grant.path),
            verdict: VerdictView::new(&grant.verdict),
            gids: numbers(&grant.gids),
        }
    }
}

impl VerdictView {
    fn new(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Open(class) => {
                let (class, gid) = match class {
                    Class::Owner => ("owner", None),
                    Class::NamedUser => ("named_user", None),
                    Class::Group(gid) => ("group", Some(gid.raw())),
                    Class::Other => ("other", None),
                    Class::Unnamed => ("unnamed", None),
                };
                Self::Open { class, gid }
            }
            Verdict::Granted { gid, through, name } => Self::Granted {
                gid: gid.raw(),
                through: match through {
                    Through::OwningGroup => "owning_group",
                    Through::AclEntry => "acl_entry",
                },
                name: name.clone(),
            },
            Verdict::Closed => Self::Closed,
        }
    }
}

#[derive(Serialize)]
pub(super) struct MessageView {
    code: &'static str,
    thing: String,
    what: String,
    why: String,
    remedies: Vec<String>,
    message: String,
}

impl MessageView {
    pub(super) fn new(parts: Message) -> Self {
        let message = parts.to_string();
        let Message {
            code,
            thing,
            what,
            why,
            remedies,
        } = parts;
        Self {
            code,
            thing,
            what,
            why,
            remedies,
            message,
        }
    }
}

fn numbers(gids: &[Gid]) -> Vec<u32> {
    gids.iter().map(|gid| gid.raw()).collect()
}

fn path(path: &Path) -> String {
    text(path.as_os_str())
}

/// JSON has no bytes: what is not UTF-8 becomes U+FFFD.
fn text(bytes: &OsStr) -> String {
    bytes.to_string_lossy().into_owned()
}
