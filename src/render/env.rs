//! group_add → a line for an env file.

use crate::ids::Gid;

/// One variable holds one gid: the first, which is the first socket's. Empty where nothing is to be added.
pub(super) fn line(group_add: &[Gid]) -> String {
    match group_add.first() {
        Some(gid) => format!("DOCKER_SOCK_GID={gid}\n"),
        None => "DOCKER_SOCK_GID=\n".to_owned(),
    }
}
