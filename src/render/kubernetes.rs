//! Plan → a pod spec fragment that starts the container as the planned identity right away.
//!
//! A strategic merge (`kubectl patch`, Kustomize) finds the container by its name and replaces lists as a whole. So
//! `supplementalGroups` is there only when it adds something: an empty one would take away what the pod has.

use crate::capability::CapSet;
use crate::ids::Gid;
use crate::plan::{Plan, Step};
use crate::render::yaml;

/// The fragment for the container called `service`.
pub(super) fn fragment(service: &str, plan: &Plan) -> String {
    format!(
        "spec:
  securityContext:
{groups}    runAsUser: {uid}
    runAsGroup: {gid}
    runAsNonRoot: true
  containers:
    - name: {container}
      securityContext:
        allowPrivilegeEscalation: {escalation}
        capabilities:
          drop: [\"ALL\"]
          add: [{capabilities}]
",
        groups = supplemental_groups(&plan.group_add),
        uid = plan.identity.uid,
        gid = plan.identity.gid,
        container = yaml::string(service),
        escalation = !ends_without_new_privileges(plan),
        capabilities = names(kept(plan)),
    )
}

fn supplemental_groups(gids: &[Gid]) -> String {
    if gids.is_empty() {
        return String::new();
    }
    let gids: Vec<String> = gids.iter().map(Gid::to_string).collect();
    format!("    supplementalGroups: [{}]\n", gids.join(", "))
}

/// Will no_new_privs be set when COMMAND runs?
fn ends_without_new_privileges(plan: &Plan) -> bool {
    plan.steps.iter().any(|planned| match &planned.step {
        Step::SetNoNewPrivileges => true,
        Step::Verify(expected) => expected.no_new_privileges,
        Step::EditFile(_)
        | Step::Own(_)
        | Step::DropBoundingSet(_)
        | Step::SetGroups(_)
        | Step::SetGid(_)
        | Step::SetUid { .. }
        | Step::SetCapabilities(_)
        | Step::SetUmask(_)
        | Step::Execute(_)
        | Step::Supervise(_)
        | Step::Connect(_) => false,
    })
}

/// What COMMAND keeps.
fn kept(plan: &Plan) -> CapSet {
    plan.steps
        .iter()
        .find_map(|planned| match &planned.step {
            Step::SetCapabilities(kept) => Some(*kept),
            Step::EditFile(_)
            | Step::Own(_)
            | Step::DropBoundingSet(_)
            | Step::SetGroups(_)
            | Step::SetGid(_)
            | Step::SetUid { .. }
            | Step::SetNoNewPrivileges
            | Step::SetUmask(_)
            | Step::Verify(_)
            | Step::Execute(_)
            | Step::Supervise(_)
            | Step::Connect(_) => None,
        })
        .unwrap_or_default()
}

/// As Kubernetes spells them: in upper case without `CAP_`.
fn names(capabilities: CapSet) -> String {
    let names: Vec<String> = capabilities
        .iter()
        .map(|capability| format!("\"{}\"", capability.to_string().to_uppercase()))
        .collect();
    names.join(", ")
}
