//! What `--own` is to make the identity's, and what it must not touch.

use std::path::PathBuf;

use crate::facts::{Found, Node};
use crate::ownership::FileId;

/// Looked at only where something is to be owned.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OwnFacts {
    /// The paths, in the order in which they were asked for.
    pub paths: Vec<OwnPath>,
    /// Where /etc, /usr and their like really are.
    pub system: Vec<PathBuf>,
    /// Where our own binary is; `None` where /proc is missing.
    pub our_directory: Option<PathBuf>,
}

/// One path that is to be the identity's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnPath {
    /// As it was asked for.
    pub path: PathBuf,
    /// What is there.
    pub found: OwnFound,
}

/// What the walk to such a path came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OwnFound {
    /// Nothing that could be owned: it is missing, or the walk was stopped.
    Nothing(Found),
    /// It is there.
    There {
        /// The same, made absolute; links are still in it.
        absolute: PathBuf,
        /// Where it really is: absolute, without links.
        resolved: PathBuf,
        /// Which file that is.
        id: FileId,
        /// What it is, and the way to it.
        node: Node,
    },
}
