//! Every path and the identity → what becomes of each, and the groups that the identity ends up with.
//!
//! A group granted for one path counts for all. It can also take access away (mode 0606), from a path before it as well
//! as from one after it; so what is said of each path is compared with the groups that come out in the end.

use crate::decide::asker::Asker;
use crate::decide::grants::{Judgement, judge, judge_again};
use crate::facts::PathFacts;
use crate::ids::Gid;
use crate::plan::Verdict;
use crate::refusal::Refusal;

/// Judge every path. One that the groups of others shut is judged after them: it may need a group for itself then, or
/// GID 0, or be out of reach.
pub(super) fn judge_all(paths: &[PathFacts], asker: &mut Asker) -> Result<Vec<Judgement>, Refusal> {
    let groups = asker.groups.clone();
    let mut are_last = vec![false; paths.len()];
    loop {
        asker.groups.clone_from(&groups);
        let mut judgements = judge_each(paths, &are_last, asker)?;
        let shut: Vec<Option<Judgement>> = paths
            .iter()
            .zip(&judgements)
            .map(|(path, judgement)| judge_again(path, judgement, asker))
            .collect();
        let mut is_news = false;
        for (is_last, shut) in are_last.iter_mut().zip(&shut) {
            is_news |= shut.is_some() && !*is_last;
            *is_last |= shut.is_some();
        }
        if !is_news {
            for (judgement, shut) in judgements.iter_mut().zip(shut) {
                if let Some(shut) = shut {
                    *judgement = shut;
                }
            }
            // Least power: a group that was granted for one of these alone opens nothing.
            let gids = judgements.iter().flat_map(|one| &one.grant.gids);
            let mut open: Vec<Gid> = gids.copied().collect();
            open.sort_unstable();
            let is_in = |sorted: &[Gid], gid: &Gid| sorted.binary_search(gid).is_ok();
            asker
                .groups
                .retain(|gid| is_in(&groups, gid) || is_in(&open, gid));
            return Ok(judgements);
        }
    }
}

/// Judge every path, those that are last after the others, and those that are out of reach again for as long as there
/// are more groups than before.
fn judge_each(
    paths: &[PathFacts],
    are_last: &[bool],
    asker: &mut Asker,
) -> Result<Vec<Judgement>, Refusal> {
    let mut judgements: Vec<Option<Judgement>> = vec![None; paths.len()];
    loop {
        let known = asker.groups.len();
        for turn in [false, true] {
            for ((path, judgement), is_last) in paths.iter().zip(&mut judgements).zip(are_last) {
                let is_closed = |judgement: &Judgement| judgement.grant.verdict == Verdict::Closed;
                if *is_last != turn || !judgement.as_ref().is_none_or(is_closed) {
                    continue;
                }
                let new = judge(path, asker)?;
                if let Verdict::Granted { gid, .. } = new.grant.verdict {
                    asker.join(gid);
                }
                *judgement = Some(new);
            }
        }
        if asker.groups.len() == known {
            return Ok(judgements.into_iter().flatten().collect());
        }
    }
}
