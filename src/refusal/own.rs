//! What `--own` could not or must not do, as values.

use std::path::{Path, PathBuf};

use crate::ids::{Gid, Uid};
use crate::ownership::{Sightings, Tally};
use crate::permission::Mode;
use crate::refusal::Finding;
use crate::request::LogLevel;

/// Why a path must keep its owner (contract 11).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnGuard {
    /// The system's: who owns it is root.
    System,
    /// Our own binary is there.
    OurBinary,
    /// Someone other than root could point the path at another tree.
    Redirectable {
        /// The owner of what is in the way.
        uid: Uid,
        /// Its mode.
        mode: Mode,
    },
}

/// What the operator should know about a path of `--own`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OwnFinding {
    /// It does not exist.
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A component of it could not be looked at.
    Blocked {
        /// The path.
        path: PathBuf,
        /// The component.
        at: PathBuf,
        /// errno(3).
        errno: i32,
    },
    /// Non-root start: nobody but root gives files away.
    NotRoot {
        /// The path.
        path: PathBuf,
        /// Its owner.
        uid: Uid,
        /// Its group.
        gid: Gid,
    },
    /// `on-root-mismatch`, and its root is the identity's.
    RootMatches {
        /// The path.
        path: PathBuf,
    },
    /// Files with links that may be elsewhere.
    HardLinks {
        /// The path.
        path: PathBuf,
        /// They.
        found: Sightings,
    },
    /// Directories that lie too deep.
    TooDeep {
        /// The path.
        path: PathBuf,
        /// They.
        found: Sightings,
    },
    /// Mounts below it.
    Mounts {
        /// The path.
        path: PathBuf,
        /// They.
        found: Sightings,
    },
    /// The kernel refused.
    Refused {
        /// The path.
        path: PathBuf,
        /// errno(3).
        errno: i32,
        /// Where.
        found: Sightings,
    },
}

impl OwnFinding {
    /// How loud it is.
    pub(super) fn level(&self) -> LogLevel {
        match self {
            Self::RootMatches { .. } | Self::Mounts { .. } => LogLevel::Info,
            Self::Missing { .. }
            | Self::Blocked { .. }
            | Self::NotRoot { .. }
            | Self::HardLinks { .. }
            | Self::TooDeep { .. }
            | Self::Refused { .. } => LogLevel::Warn,
        }
    }

    /// What a walk through `path` came to.
    #[must_use]
    pub fn of(path: &Path, tally: &Tally) -> Vec<Finding> {
        let path = || path.to_owned();
        let mut findings = Vec::new();
        let mut add = |found: &Sightings, finding: fn(PathBuf, Sightings) -> Self| {
            if found.count > 0 {
                findings.push(Finding::Own(finding(path(), found.clone())));
            }
        };
        add(&tally.hard_links, |path, found| Self::HardLinks {
            path,
            found,
        });
        add(&tally.too_deep, |path, found| Self::TooDeep { path, found });
        add(&tally.mounts, |path, found| Self::Mounts { path, found });
        let refused = tally.failures.iter().map(|(errno, found)| Self::Refused {
            path: path(),
            errno: *errno,
            found: found.clone(),
        });
        findings.extend(refused.map(Finding::Own));
        findings
    }
}
