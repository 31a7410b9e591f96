//! One granted path and an identity → open, granted, out of reach or refused: the table of contract 5.

use std::ops::ControlFlow;

use crate::decide::access::Goal;
use crate::decide::asker::Asker;
use crate::decide::case::Case;
use crate::facts::{Found, Kind, Meant, Node, PathFacts};
use crate::plan::{Class, Grant, Verdict};
use crate::refusal::{Finding, Refusal};

/// What became of a path, and what the operator should know of it.
#[derive(Clone)]
pub(super) struct Judgement {
    pub(super) grant: Grant,
    pub(super) findings: Vec<Finding>,
}

/// Judge one path for `asker`.
pub(super) fn judge(facts: &PathFacts, asker: &Asker) -> Result<Judgement, Refusal> {
    let path = || facts.path.clone();
    let node = match &facts.found {
        Found::Missing => {
            let finding = match facts.meant {
                Meant::EngineSocket(_) => Finding::NotMounted { path: path() },
                Meant::Anything => Finding::GrantNotFound { path: path() },
            };
            return Ok(closed(facts, finding));
        }
        Found::Unmatched => {
            let finding = Finding::GlobMatchesNothing { path: path() };
            return Ok(closed(facts, finding));
        }
        Found::Blocked {
            at,
            errno,
            directory,
        } => {
            let finding = Finding::Blocked {
                path: path(),
                meant: facts.meant,
                at: at.clone(),
                errno: *errno,
                directory: directory
                    .as_ref()
                    .map(|found| (found.uid, found.gid, found.mode)),
                missing: directory
                    .as_ref()
                    .and_then(|found| asker.lacks_to_search(found)),
            };
            return Ok(closed(facts, finding));
        }
        Found::Node(node) => node,
    };
    if let Some(finding) = something_else(facts, node) {
        return Ok(closed(facts, finding));
    }
    let case = Case::new(facts, node, asker);
    match case.gid_zero()? {
        ControlFlow::Break(judgement) => Ok(judgement),
        ControlFlow::Continue(()) => Ok(case.open().unwrap_or_else(|| case.grant())),
    }
}

/// What stands where a socket is meant.
fn something_else(facts: &PathFacts, node: &Node) -> Option<Finding> {
    let path = || facts.path.clone();
    match (facts.meant, node.kind) {
        (Meant::EngineSocket(_), Kind::Directory) => {
            Some(Finding::DirectoryInstead { path: path() })
        }
        (
            Meant::EngineSocket(_),
            kind @ (Kind::SymbolicLink
            | Kind::File
            | Kind::CharacterDevice
            | Kind::BlockDevice
            | Kind::Fifo),
        ) => Some(Finding::NotASocket { path: path(), kind }),
        (Meant::EngineSocket(_), Kind::Socket) | (Meant::Anything, _) => None,
    }
}

/// The judgement of a path that a group granted for another one has shut; `None` where it is as open as it was.
pub(super) fn judge_again(
    facts: &PathFacts,
    judgement: &Judgement,
    asker: &Asker,
) -> Option<Judgement> {
    let Found::Node(node) = &facts.found else {
        return None;
    };
    let is_shut = match judgement.grant.verdict {
        Verdict::Closed | Verdict::Open(Class::Unnamed) => false,
        Verdict::Open(_) | Verdict::Granted { .. } => {
            !Goal::of(facts.meant, node).lets_in(&asker.who())
        }
    };
    let finding = || Case::new(facts, node, asker).why_no_group_helps();
    is_shut.then(|| closed(facts, finding()))
}

pub(super) fn closed(facts: &PathFacts, finding: Finding) -> Judgement {
    let grant = Grant {
        path: facts.path.clone(),
        meant: facts.meant,
        verdict: Verdict::Closed,
        gids: Vec::new(),
    };
    Judgement {
        grant,
        findings: vec![finding],
    }
}
