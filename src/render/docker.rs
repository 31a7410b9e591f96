//! group_add → options of `docker run` and `podman run`, on one line: `docker run $(… -f docker) IMAGE`.

use crate::ids::Gid;

/// Nothing at all where nothing is to be added.
pub(super) fn options(group_add: &[Gid]) -> String {
    let options: Vec<String> = group_add
        .iter()
        .map(|gid| format!("--group-add {gid}"))
        .collect();
    if options.is_empty() {
        String::new()
    } else {
        options.join(" ") + "\n"
    }
}
