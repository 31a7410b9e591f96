//! A plan with edits → the same plan, carried out under the lock; or one without them, where a file cannot be replaced.
//!
//! What a plan edits was read before the lock was held. So the account files are read again under it and judged again:
//! of fifty containers that start at once on one /etc/group, none loses a line. A file that turns out to be
//! untouchable becomes a fact, and the decision is made once more, on what the files say then: what cannot be written
//! is in the process only, and the rest is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::act::group_file::{self, ReplaceError};
use crate::facts::{Access, Accounts, Facts};
use crate::observe::Look;
use crate::plan::{FileEdit, Plan};
use crate::request::Request;
use crate::{End, decide, observe};

/// As long as lckpwdf(3) waits.
const BOUND: Duration = Duration::from_secs(15);

/// Carry out the edits that `request` needs; the plan that holds afterwards.
#[cold]
pub(crate) fn carry_out(request: &Request, facts: &mut Facts) -> Result<Plan, End> {
    let lock = match group_file::lock(Path::new("/etc"), BOUND) {
        Ok(lock) => lock,
        Err(ReplaceError::LeftAlone(access)) => {
            facts.accounts.group.access = access;
            facts.accounts.passwd.access = access;
            return Ok(decide::decide(request, facts)?);
        }
        Err(ReplaceError::Failed(failure)) => return Err(failure.into()),
    };
    let mut left_alone: Vec<(PathBuf, Access)> = Vec::new();
    loop {
        facts.accounts = observe::accounts(request, &facts.process, Look::Close)?;
        for (path, access) in &left_alone {
            mark(&mut facts.accounts, path, *access);
        }
        let plan = decide::decide(request, facts)?;
        let edits: Vec<&FileEdit> = plan.edits().collect();
        if edits.is_empty() {
            return Ok(plan);
        }
        match group_file::replace_all(&lock, &edits) {
            Ok(()) => return Ok(plan),
            Err((_, ReplaceError::Failed(failure))) => return Err(failure.into()),
            // No plan edits what is marked: with each round there is one file less.
            Err((edit, ReplaceError::LeftAlone(access))) => {
                left_alone.push((edit.path.clone(), access));
            }
        }
    }
}

/// What the attempt to replace a file has shown.
fn mark(accounts: &mut Accounts, path: &Path, access: Access) {
    match &mut accounts.gshadow {
        _ if path.ends_with("passwd") => accounts.passwd.access = access,
        Some(gshadow) if path.ends_with("gshadow") => gshadow.access = access,
        Some(_) | None => accounts.group.access = access,
    }
}
