//! Every path and the identity → what becomes of each, and the groups that the identity ends up with.
//!
//! A group granted for one path counts for all. It can also take access away (mode 0606), from a path before it as well
//! as from one after it; so what is said of each path is compared with the groups that come out in the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::decide::asker::Asker;
use crate::decide::grants::{self, Judgement, judge};
use crate::facts::PathFacts;
use crate::ids::Gid;
use crate::plan::Verdict;
use crate::refusal::Refusal;

/// Judge every path. One that the groups of others shut is judged after them: it may need a group for itself then, or
/// GID 0, or be out of reach.
pub(super) fn judge_all(paths: &[PathFacts], asker: &mut Asker) -> Result<Vec<Judgement>, Refusal> {
    let groups = asker.groups.clone();
    let mut last = BTreeSet::new();
    loop {
        asker.groups.clone_from(&groups);
        let mut judgements = judge_each(paths, &last, asker)?;
        let shut: BTreeMap<usize, Judgement> = paths
            .iter()
            .zip(&judgements)
            .enumerate()
            .filter_map(|(index, (path, judgement))| {
                let judgement = grants::judge_again(path, judgement, asker)?;
                Some((index, judgement))
            })
            .collect();
        if shut.keys().all(|index| last.contains(index)) {
            for (index, judgement) in judgements.iter_mut().enumerate() {
                if let Some(shut) = shut.get(&index) {
                    judgement.clone_from(shut);
                }
            }
            // Least power: a group that was granted for one of these alone opens nothing.
            let gids = judgements.iter().flat_map(|one| &one.grant.gids);
            let open: BTreeSet<Gid> = gids.copied().collect();
            asker
                .groups
                .retain(|gid| groups.contains(gid) || open.contains(gid));
            return Ok(judgements);
        }
        last.extend(shut.into_keys());
    }
}

/// Judge every path, those of `last` after the others, and those that are out of reach again for as long as there are
/// more groups than before.
fn judge_each(
    paths: &[PathFacts],
    last: &BTreeSet<usize>,
    asker: &mut Asker,
) -> Result<Vec<Judgement>, Refusal> {
    let mut in_order: Vec<(usize, &PathFacts)> = paths.iter().enumerate().collect();
    in_order.sort_by_key(|(index, _)| last.contains(index));
    let mut judgements: BTreeMap<usize, Judgement> = BTreeMap::new();
    loop {
        let known = asker.groups.len();
        for (index, path) in &in_order {
            let is_closed = |judgement: &Judgement| judgement.grant.verdict == Verdict::Closed;
            if !judgements.get(index).is_none_or(is_closed) {
                continue;
            }
            let judgement = judge(path, asker)?;
            if let Verdict::Granted { gid, .. } = judgement.grant.verdict {
                asker.join(gid);
            }
            judgements.insert(*index, judgement);
        }
        if asker.groups.len() == known {
            return Ok(judgements.into_values().collect());
        }
    }
}
