//! What a path shows and what came of connecting to it → one diagnosis.

use std::io;

use crate::answer::Answer;
use crate::decide::asker::Asker;
use crate::decide::grants::judge;
use crate::diagnosis::{Cause, Diagnosis, is_of_a_mounted_socket};
use crate::facts::{PathFacts, Process, UserNamespace};
use crate::ids::{Gid, Uid};
use crate::refusal::Finding;
use crate::request::Endpoint;

/// What stands between the process with these ids and the engine at `endpoint`.
///
/// The finding explains a connection that was not made. Where one was made, the kernel has let us in, whatever the
/// permissions seemed to say; then only the answer counts.
#[must_use]
pub fn diagnose(
    endpoint: Endpoint,
    ids: (Uid, Gid),
    finding: Option<&Finding>,
    answer: Option<&Answer>,
) -> Diagnosis {
    let cause = match (answer, finding) {
        (None | Some(Answer::NotConnected { .. }), Some(finding)) => Cause::Path(finding.clone()),
        (None, None) => Cause::Open,
        (Some(Answer::NotConnected { errno }), None) => unexplained(&endpoint, *errno),
        (Some(answer), _) => Cause::Answer(answer.clone()),
    };
    Diagnosis {
        endpoint: Some(endpoint),
        ids: Some(ids),
        cause,
    }
}

/// connect(2) failed, and the path does not show why.
fn unexplained(endpoint: &Endpoint, errno: i32) -> Cause {
    match (endpoint, io::Error::from_raw_os_error(errno).kind()) {
        (Endpoint::Socket(_), io::ErrorKind::PermissionDenied) => Cause::Denied { errno },
        // It went since it was looked at.
        (Endpoint::Socket(path), io::ErrorKind::NotFound) => {
            Cause::Path(Finding::NotMounted { path: path.clone() })
        }
        _ => Cause::Answer(Answer::NotConnected { errno }),
    }
}

/// What keeps a process out of a path as it is: nobody will grant it anything.
#[must_use]
pub fn own_finding(
    process: &Process,
    namespace: &UserNamespace,
    path: &PathFacts,
) -> Option<Finding> {
    let gid = process.gid.effective;
    let mut groups: Vec<Gid> = process.groups.iter().copied().chain([gid]).collect();
    groups.sort_unstable();
    groups.dedup();
    let asker = Asker {
        uid: process.uid.effective,
        gid,
        groups,
        may_be_granted: false,
        // It runs: whether it should have been started with GID 0 is not the question.
        allow_gid_0: true,
        is_check: true,
        namespace,
    };
    let finding = judge(path, &asker)
        .ok()?
        .findings
        .into_iter()
        .find(Finding::is_out_of_reach)?;
    // Permissions are nothing to root, up to what its user namespace maps (user_namespaces(7), CAP_DAC_OVERRIDE).
    let overrides = process.uid.effective.is_root() && !matches!(finding, Finding::Unmapped { .. });
    (!overrides || !is_of_a_mounted_socket(&finding)).then_some(finding)
}
