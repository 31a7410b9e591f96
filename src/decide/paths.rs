//! Every path and the identity → what becomes of each, and the groups that the identity ends up with.
//!
//! A group granted for one path counts for all. It can also take access away (mode 0606), from a path before it as well
//! as from one after it; so what is said of each path is compared with the groups that come out in the end.

use std::collections::BTreeMap;

use crate::decide::asker::Asker;
use crate::decide::grants::{Judgement, judge, judge_again};
use crate::facts::PathFacts;
use crate::plan::Verdict;
use crate::refusal::Refusal;

/// Judge every path in order. A path that the groups of the others shut is out of reach and asks for no group itself.
pub(super) fn judge_all(paths: &[PathFacts], asker: &mut Asker) -> Result<Vec<Judgement>, Refusal> {
    let groups = asker.groups.clone();
    let mut shut = BTreeMap::new();
    loop {
        asker.groups.clone_from(&groups);
        let judgements = judge_each(paths, &shut, asker)?;
        let known = shut.len();
        let again = paths.iter().zip(&judgements).enumerate();
        shut.extend(again.filter_map(|(index, (path, judgement))| {
            judge_again(path, judgement, asker).map(|judgement| (index, judgement))
        }));
        if shut.len() == known {
            return Ok(judgements);
        }
    }
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
