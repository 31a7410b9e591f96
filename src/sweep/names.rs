//! Names of entries, one after the other in one piece of memory: a batch's at most, whatever a directory holds.

use std::ffi::{CStr, CString};

/// A list of names.
#[derive(Default)]
pub(super) struct Names {
    /// Each with its NUL.
    bytes: Vec<u8>,
    /// Where the first one is that was not taken.
    next: usize,
    count: usize,
}

/// Some of them, to be looked at by one thread.
#[derive(Clone)]
pub(super) struct Share<'a>(&'a [u8]);

impl Names {
    pub(super) fn add(&mut self, name: &CStr) {
        self.bytes.extend_from_slice(name.to_bytes_with_nul());
        self.count = self.count.saturating_add(1);
    }

    /// How many were added.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes the next one; the memory goes when none is left.
    pub(super) fn take(&mut self) -> Option<CString> {
        let mut rest = Share(self.bytes.get(self.next..).unwrap_or_default());
        let Some(name) = rest.next() else {
            *self = Self::default();
            return None;
        };
        let length = name.to_bytes_with_nul().len();
        self.next = self.next.saturating_add(length);
        Some(name.to_owned())
    }

    pub(super) fn all(&self) -> Share<'_> {
        Share(&self.bytes)
    }

    /// All of them in `number` shares of about the same size; fewer where there are not so many.
    pub(super) fn shares(&self, number: usize) -> Vec<Share<'_>> {
        let least = self.bytes.len() / number.max(1);
        let mut rest = self.bytes.as_slice();
        let mut shares = Vec::new();
        while !rest.is_empty() {
            let after = rest.get(least..).unwrap_or_default();
            let more = after.iter().position(|byte| *byte == 0);
            let end = more.map_or(rest.len(), |more| {
                least.saturating_add(more).saturating_add(1)
            });
            let (share, others) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            shares.push(Share(share));
            rest = others;
        }
        shares
    }
}

impl<'a> Iterator for Share<'a> {
    type Item = &'a CStr;

    fn next(&mut self) -> Option<&'a CStr> {
        let name = CStr::from_bytes_until_nul(self.0).ok()?;
        self.0 = self
            .0
            .get(name.to_bytes_with_nul().len()..)
            .unwrap_or_default();
        Some(name)
    }
}
