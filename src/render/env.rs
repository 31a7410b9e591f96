//! Plan → a line for an env file.

use crate::facts::Meant;
use crate::ids::Gid;
use crate::plan::{Class, Grant, Plan, Verdict};

/// One variable holds one gid: that of the first socket that is reached through a group. Empty where nothing is to be
/// added.
pub(super) fn line(plan: &Plan) -> String {
    match plan.grants.iter().find_map(socket_gid) {
        Some(gid) => format!("DOCKER_SOCK_GID={gid}\n"),
        None => "DOCKER_SOCK_GID=\n".to_owned(),
    }
}

/// The group of the socket itself, else one that a directory on the way asks for.
fn socket_gid(grant: &Grant) -> Option<Gid> {
    if grant.meant == Meant::Anything {
        return None;
    }
    match grant.verdict {
        Verdict::Granted { gid, .. } => Some(gid),
        Verdict::Open(Class::Group(gid)) if grant.gids.contains(&gid) => Some(gid),
        Verdict::Open(_) | Verdict::Closed => grant.gids.first().copied(),
    }
}
