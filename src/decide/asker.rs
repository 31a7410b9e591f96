//! The identity so far → how the kernel would see it, and what GID 0 means to it.

use crate::decide::access::{Guard, Who};
use crate::facts::{UserNamespace, Waypoint};
use crate::ids::{Gid, Uid};
use crate::permission::Permission;
use crate::refusal::GidZeroMeaning;

/// The identity that asks, and what it may be given.
pub(super) struct Asker<'a> {
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    /// All groups so far, sorted: a grant for one path counts for the next.
    pub(super) groups: Vec<Gid>,
    /// Can groups be added? Not for a process that is not root.
    pub(super) may_be_granted: bool,
    pub(super) allow_gid_0: bool,
    /// Is this a check, which tells what a start would refuse as what keeps the identity out?
    pub(super) is_check: bool,
    pub(super) namespace: &'a UserNamespace,
}

impl Asker<'_> {
    pub(super) fn join(&mut self, gid: Gid) {
        if let Err(place) = self.groups.binary_search(&gid) {
            self.groups.insert(place, gid);
        }
    }

    pub(super) fn who(&self) -> Who<'_> {
        let namespace = self.namespace;
        let unmapped_uid = !namespace.uid_map.is_identity() && self.uid == namespace.overflow_uid;
        Who {
            uid: (!unmapped_uid).then_some(self.uid),
            groups: Some(&self.groups),
            overflow: namespace.hides_groups().then_some(namespace.overflow_gid),
            added: None,
            removed: None,
            is_without_zero: false,
        }
    }

    /// The group that would let a process search `directory` that cannot be given it.
    #[cold]
    pub(super) fn lacks_to_search(&self, directory: &Waypoint) -> Option<Gid> {
        let gid = directory.gid;
        let opens = Guard::from(directory)
            .opens(&self.who().with(gid), Permission::SEARCH)
            .is_some();
        let is_news = !self.groups.contains(&gid) && !gid.is_root();
        (opens && is_news && !self.may_be_granted).then_some(gid)
    }

    pub(super) fn meaning(&self) -> GidZeroMeaning {
        let map = &self.namespace.gid_map;
        match map.outside(0) {
            _ if map.is_identity() => GidZeroMeaning::Host,
            Some(outside) => GidZeroMeaning::Mapped(outside),
            None => GidZeroMeaning::Unmapped,
        }
    }
}
