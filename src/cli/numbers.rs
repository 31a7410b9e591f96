//! The numbers that were asked for → checked ones.

use std::os::unix::ffi::OsStrExt;

use super::Fault;
use super::environment::Asked;
use super::options;
use crate::parse::mask::mask;
use crate::permission::Umask;

impl Asked<'_> {
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
