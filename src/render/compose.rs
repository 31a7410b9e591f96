//! group_add → an override file for the compose tool: `compose -f compose.yaml -f compose.override.yaml`.

use crate::ids::Gid;
use crate::render::yaml;

/// A service that only adds the groups. With nothing to add the service says nothing: `group_add: []` would take away
/// what the base file adds, for docker-compose 1.29 replaces the list.
pub(super) fn override_file(service: &str, group_add: &[Gid]) -> String {
    let service = yaml::string(service);
    if group_add.is_empty() {
        return format!("services:\n  {service}: {{}}\n");
    }
    let gids: Vec<String> = group_add.iter().map(|gid| format!("\"{gid}\"")).collect();
    format!(
        "services:\n  {service}:\n    group_add: [{}]\n",
        gids.join(", ")
    )
}
