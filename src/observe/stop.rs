//! An error on the way → where the walk ended, and why.

use std::path::PathBuf;

use rustix::io::Errno;

use crate::facts::Waypoint;

/// Why a walk ended before its end.
pub(super) struct Stop {
    /// Where.
    pub(super) at: PathBuf,
    /// What the kernel said there.
    pub(super) errno: Errno,
    /// The directory at `at`, where it is one that cannot be searched.
    pub(super) directory: Option<Box<Waypoint>>,
}

impl Stop {
    pub(super) fn new(at: PathBuf, errno: Errno) -> Self {
        Self {
            at,
            errno,
            directory: None,
        }
    }

    pub(super) fn at_directory(directory: Waypoint) -> Self {
        Self {
            at: directory.path.clone(),
            errno: Errno::ACCESS,
            directory: Some(Box::new(directory)),
        }
    }
}
