//! group_add → lines for the `[Container]` section of a quadlet (podman-systemd.unit(5)).

use crate::ids::Gid;

/// One line for each gid.
pub(super) fn lines(group_add: &[Gid]) -> String {
    let lines: Vec<String> = group_add
        .iter()
        .map(|gid| format!("GroupAdd={gid}\n"))
        .collect();
    lines.concat()
}
