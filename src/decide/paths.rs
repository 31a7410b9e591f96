//! Every path and the identity → what becomes of each, and the groups that the identity ends up with.
//!
//! A group granted for one path counts for all. It can also take access away (mode 0606), from a path before it as well
//! as from one after it; so what is said of each path is compared with the groups that come out in the end.

use std::collections::BTreeMap;

use crate::decide::asker::Asker;
use crate::decide::grants::{self, Judgement, is_open_to, judge};
use crate::facts::PathFacts;
use crate::plan::{Class, Verdict};
use crate::refusal::Refusal;

/// Judge every path in order. A path that the groups of the others shut is out of reach and asks for no group itself;
/// one that they open is open.
pub(super) fn judge_all(paths: &[PathFacts], asker: &mut Asker) -> Result<Vec<Judgement>, Refusal> {
    let groups = asker.groups.clone();
    let mut shut = BTreeMap::new();
    loop {
        asker.groups.clone_from(&groups);
        let judgements = judge_each(paths, &shut, asker)?;
        let known = shut.len();
        for (index, (path, judgement)) in paths.iter().zip(&judgements).enumerate() {
            let was_open = match judgement.grant.verdict {
                Verdict::Closed | Verdict::Open(Class::Unnamed) => false,
                Verdict::Open(_) | Verdict::Granted { .. } => true,
            };
            if was_open && !is_open_to(path, asker) {
                shut.extend(grants::shut(path, asker).map(|judgement| (index, judgement)));
            }
        }
        if shut.len() == known {
            return opened_by_others(paths, judgements, asker);
        }
    }
}

/// What was out of reach, and is not any more with the groups that were granted after it.
fn opened_by_others(
    paths: &[PathFacts],
    judgements: Vec<Judgement>,
    asker: &Asker,
) -> Result<Vec<Judgement>, Refusal> {
    let in_the_end = |(path, judgement): (&PathFacts, Judgement)| {
        if judgement.grant.verdict == Verdict::Closed && is_open_to(path, asker) {
            judge(path, asker)
        } else {
            Ok(judgement)
        }
    };
    paths.iter().zip(judgements).map(in_the_end).collect()
}

fn judge_each(
    paths: &[PathFacts],
    shut: &BTreeMap<usize, Judgement>,
    asker: &mut Asker,
) -> Result<Vec<Judgement>, Refusal> {
    let mut judgements = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let judgement = match shut.get(&index) {
            Some(judgement) => judgement.clone(),
            None => judge(path, asker)?,
        };
        if let Verdict::Granted { gid, .. } = judgement.grant.verdict {
            asker.groups.push(gid);
            asker.groups.sort_unstable();
            asker.groups.dedup();
        }
        judgements.push(judgement);
    }
    Ok(judgements)
}
