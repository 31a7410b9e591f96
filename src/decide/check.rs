//! A check → as whom it asks, and whom (contract 8).

use crate::decide::grants::Judgement;
use crate::decide::groups::drop_overflow;
use crate::decide::identity::Person;
use crate::facts::{Facts, FirstProcess, Found, IdSet, Meant};
use crate::parse::docker_host::endpoint;
use crate::plan::{Connection, Endpoint, Planned, Step, Target};
use crate::refusal::Finding;
use crate::request::{Mode, Request, Sockets};

/// The identity that the server has is that of PID 1, with every group that it lacks: what a start would give it is no
/// help to a process that runs. Is it? With `docker run --init`, `--pid=host` and in a pod with shareProcessNamespace it
/// is the process in its place; where even that is somebody else, the planned identity stands for the server.
pub(super) fn take_pid_1s_identity(
    facts: &Facts,
    person: &mut Person,
    findings: &mut Vec<Finding>,
) -> bool {
    let Some(server) = &facts.pid_1 else {
        return false;
    };
    if !is_the_server(server, person) {
        return false;
    }
    person.gid = server.gid.effective;
    person.groups.clone_from(&server.groups);
    person.groups.push(person.gid);
    // A check must not be better off than what a start can have.
    drop_overflow(&mut person.groups, facts, findings);
    true
}

fn is_the_server(server: &FirstProcess, person: &Person) -> bool {
    server.is_of_our_container
        && server.uid == IdSet::all(person.uid)
        && server.gid == IdSet::all(server.gid.effective)
        && !person.uid.is_root()
}

/// The step that ends a check in place of a command.
pub(super) fn connection(
    request: &Request,
    facts: &Facts,
    judgements: &[Judgement],
) -> Option<Planned> {
    let Mode::Check { timeout, .. } = request.mode else {
        return None;
    };
    let step = Step::Connect(Connection {
        targets: targets(request, facts, judgements),
        timeout,
    });
    Some(Planned {
        step,
        reason: "only an answer shows that the engine can be reached",
    })
}

/// Each socket that was named, and of the usual places the one that exists.
#[cold]
fn targets(request: &Request, facts: &Facts, judgements: &[Judgement]) -> Vec<Target> {
    let all = facts
        .paths
        .iter()
        .zip(judgements)
        .filter(|(path, _)| matches!(path.meant, Meant::EngineSocket(_)));
    let target = |judgement: &Judgement| Target {
        endpoint: Endpoint::Socket(judgement.grant.path.clone()),
        finding: judgement
            .findings
            .iter()
            .find(|finding| finding.is_out_of_reach())
            .cloned(),
    };
    match &request.sockets {
        Sockets::Ignored => Vec::new(),
        Sockets::NotNeeded { docker_host } => vec![Target {
            endpoint: endpoint(docker_host),
            finding: None,
        }],
        Sockets::Paths(_) => all.map(|(_, judgement)| target(judgement)).collect(),
        Sockets::Search => {
            let exists = all
                .clone()
                .find(|(path, _)| matches!(path.found, Found::Node(_)));
            let found = exists.or_else(|| all.clone().next());
            found
                .map(|(_, judgement)| target(judgement))
                .into_iter()
                .collect()
        }
    }
}
