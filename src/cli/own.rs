//! What `--own` and `--own-policy` ask for.

use std::path::PathBuf;

use super::Fault;
use super::environment::{Asked, Given};
use super::options;
use super::typed::{choice, words};
use crate::request::OwnPolicy;

/// `--own-policy`: when is a tree walked?
const POLICIES: [(&str, OwnPolicy); 2] = [
    ("always", OwnPolicy::Always),
    ("on-root-mismatch", OwnPolicy::OnRootMismatch),
];

impl Asked<'_> {
    pub(super) fn own(&self) -> Result<Vec<PathBuf>, Fault> {
        let read = |given: Given| {
            if given.value.is_empty() {
                return Err(given.malformed("a path"));
            }
            Ok(PathBuf::from(given.value))
        };
        let given = self.list(&options::OWN);
        given.into_iter().map(read).collect()
    }

    /// A policy is nothing without a path.
    pub(super) fn own_policy(&self, default: OwnPolicy) -> Result<OwnPolicy, Fault> {
        let policy = match self.single(&options::OWN_POLICY) {
            None => default,
            Some(given) => {
                choice(&POLICIES, &given.value).ok_or_else(|| given.malformed(&words(&POLICIES)))?
            }
        };
        let is_idle = self.list(&options::OWN).is_empty();
        if is_idle && self.typed.is_given(&options::OWN_POLICY) {
            let message = "--own-policy: it means nothing here; there is nothing to own; add --own";
            return Err(Fault::Usage(message.to_owned()));
        }
        Ok(policy)
    }
}
