//! The judged path → a descriptor of its root, component by component; or it has moved.

use std::os::fd::OwnedFd;
use std::path::Component;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::{Errno, retry_on_intr};

use crate::failure::{Cause, Failure};
use crate::ownership::{FileId, Ownership};

/// Why there is none.
pub(super) enum Closed {
    /// The path does not lead to the file that was judged.
    Moved(Failure),
    /// We may not look.
    Denied(Errno),
}

/// What was judged had no symbolic link on its way, so one that is there now is another way.
pub(super) fn open(ownership: &Ownership) -> Result<OwnedFd, Closed> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let step = |errno| match errno {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP => moved(ownership),
        errno => Closed::Denied(errno),
    };
    let mut file =
        retry_on_intr(|| openat(CWD, c"/", flags, Mode::empty())).map_err(Closed::Denied)?;
    for component in ownership.path.components() {
        if let Component::Normal(name) = component {
            file = retry_on_intr(|| openat(&file, name, flags, Mode::empty())).map_err(step)?;
        }
    }
    let stat = fstat(&file).map_err(Closed::Denied)?;
    let found = FileId {
        device: stat.st_dev,
        inode: stat.st_ino,
    };
    if found == ownership.root {
        Ok(file)
    } else {
        Err(moved(ownership))
    }
}

fn moved(ownership: &Ownership) -> Closed {
    Closed::Moved(Failure {
        step: "give it to the identity".to_owned(),
        path: Some(ownership.path.clone()),
        cause: Cause::Moved,
    })
}
