//! Refusals and findings → what they are about, what is so, why, and what to do.
//!
//! The only place with those sentences. A *refusal* stops the start before anything was changed (exit 78); a
//! *finding* is something that the operator should know and that does not stop it.

mod about_numbers;
mod about_ownership;
mod about_path;
mod about_start;
mod finding;
mod findings;
mod gid_zero;
mod own;
mod refusals;
mod why;

pub use crate::message::{Message, quoted};
pub use finding::{Finding, Taken};
pub use gid_zero::{GidZeroMeaning, GidZeroPath, GidZeroSource};
pub use own::{OwnFinding, OwnGuard};
pub use why::{Elevation, Refusal};

/// A refusal, with what was found on the way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// What else the operator should know.
    pub findings: Vec<Finding>,
}
