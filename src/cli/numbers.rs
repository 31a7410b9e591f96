//! The numbers that were asked for → checked ones.

use std::os::unix::ffi::OsStrExt;

use super::Fault;
use super::environment::Asked;
use super::options::{self, Opt};
use crate::ids::{Gid, Uid};
use crate::parse::mask::mask;
use crate::parse::spec::id;
use crate::permission::Umask;

impl Asked<'_> {
    /// `--uid`. That 0 is refused is policy, and not said here.
    pub(super) fn uid(&self) -> Result<Option<Uid>, Fault> {
        self.id(&options::UID, Uid::new)
    }

    /// `--gid`.
    pub(super) fn gid(&self) -> Result<Option<Gid>, Fault> {
        self.id(&options::GID, Gid::new)
    }

    fn id<T>(&self, option: &Opt, new: impl Fn(u32) -> Option<T>) -> Result<Option<T>, Fault> {
        let Some(given) = self.single(option) else {
            return Ok(None);
        };
        match id(given.value.as_bytes(), new) {
            Ok(Some(id)) => Ok(Some(id)),
            Ok(None) => Err(given.malformed("a number, such as 1000")),
            Err(fault) => Err(given.bad_spec(fault, "a number")),
        }
    }

    /// `--umask`.
    pub(super) fn mask(&self) -> Result<Option<Umask>, Fault> {
        let Some(given) = self.single(&options::UMASK) else {
            return Ok(None);
        };
        match mask(given.value.as_bytes()) {
            Some(found) => Ok(Some(found)),
            None => Err(given.malformed("octal digits up to 0777, such as 022")),
        }
    }
}
