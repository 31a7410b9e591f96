//! Permissions and an identity → which class lets it in: acl(5)'s algorithm, as the kernel runs it.

use crate::decide::wanted::wanted;
use crate::facts::{Meant, Node, Waypoint};
use crate::ids::{Gid, Uid};
use crate::permission::{Acl, Mode, Permission};
use crate::plan::Class;

/// Who asks: ids and groups as the kernel compares them. Cheap to vary: nothing is copied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'a> {
    /// Filesystem uid; `None` where it stands for an unmapped one and matches no owner.
    pub(super) uid: Option<Uid>,
    /// Filesystem gid and supplementary groups, sorted; `None` for none at all.
    pub(super) groups: Option<&'a [Gid]>,
    /// The gid that stands for every unmapped one, where this user namespace has such: membership cannot be told.
    pub(super) overflow: Option<Gid>,
    /// One more group.
    pub(super) added: Option<Gid>,
    /// Not this group, nor GID 0 where that is left out as well.
    pub(super) removed: Option<Gid>,
    pub(super) is_without_zero: bool,
}

impl Who<'_> {
    /// The same, with `gid` as well.
    pub(super) fn with(self, gid: Gid) -> Self {
        Self {
            added: Some(gid),
            removed: self.removed.filter(|removed| *removed != gid),
            is_without_zero: self.is_without_zero && !gid.is_root(),
            overflow: self.overflow.filter(|overflow| *overflow != gid),
            ..self
        }
    }

    /// The same, without `gid`.
    pub(super) fn without(self, gid: Gid) -> Self {
        let added = self.added.filter(|added| *added != gid);
        if gid.is_root() {
            Self {
                added,
                is_without_zero: true,
                ..self
            }
        } else {
            Self {
                added,
                removed: Some(gid),
                ..self
            }
        }
    }

    /// The same, in no group.
    fn alone(self) -> Self {
        Self {
            groups: None,
            added: None,
            ..self
        }
    }

    fn is_in(&self, gid: Gid) -> bool {
        let is_left_out = self.removed == Some(gid) || (self.is_without_zero && gid.is_root());
        self.overflow != Some(gid)
            && !is_left_out
            && (self.added == Some(gid)
                || self
                    .groups
                    .is_some_and(|groups| groups.binary_search(&gid).is_ok()))
    }
}

/// What the kernel looks at in an inode.
#[derive(Clone, Copy)]
pub(super) struct Guard<'a> {
    uid: Uid,
    gid: Gid,
    mode: Mode,
    acl: Option<&'a Acl>,
}

impl<'a> From<&'a Node> for Guard<'a> {
    fn from(node: &'a Node) -> Self {
        Self {
            uid: node.uid,
            gid: node.gid,
            mode: node.mode,
            acl: node.acl.as_ref(),
        }
    }
}

impl<'a> From<&'a Waypoint> for Guard<'a> {
    fn from(waypoint: &'a Waypoint) -> Self {
        Self {
            uid: waypoint.uid,
            gid: waypoint.gid,
            mode: waypoint.mode,
            acl: waypoint.acl.as_ref(),
        }
    }
}

impl Guard<'_> {
    /// The class that gives `who` what is `wanted`; `None` when it is kept out. The first class that matches decides,
    /// so a membership can take access away (mode 0606).
    pub(super) fn opens(self, who: &Who, wanted: Permission) -> Option<Class> {
        if who.uid == Some(self.uid) {
            return self.mode.owner().allows(wanted).then_some(Class::Owner);
        }
        // The kernel reads the ACL only where the mask, which the group bits show, leaves something
        // (fs/namei.c, acl_permission_check).
        match self.acl {
            Some(acl) if self.mode.group() != Permission::NONE => self.acl_opens(acl, who, wanted),
            Some(_) | None if who.is_in(self.gid) => self
                .mode
                .group()
                .allows(wanted)
                .then_some(Class::Group(self.gid)),
            Some(_) | None => self.mode.other().allows(wanted).then_some(Class::Other),
        }
    }

    /// posix_acl_permission: the named user, else any group that gives all, else nothing for a member, else other.
    #[cold]
    fn acl_opens(self, acl: &Acl, who: &Who, wanted: Permission) -> Option<Class> {
        let named_user = acl.users.iter().find(|(uid, _)| who.uid == Some(*uid));
        if let Some((_, permission)) = named_user {
            return permission
                .masked_by(acl.mask)
                .allows(wanted)
                .then_some(Class::NamedUser);
        }
        let owning = (self.gid, acl.group);
        let mut matching = std::iter::once(&owning)
            .chain(&acl.groups)
            .filter(|(gid, _)| who.is_in(*gid))
            .peekable();
        if matching.peek().is_none() {
            return acl.other.allows(wanted).then_some(Class::Other);
        }
        matching
            .find(|(_, permission)| permission.masked_by(acl.mask).allows(wanted))
            .map(|(gid, _)| Class::Group(*gid))
    }

    /// The group that `who` is let in by, if it would be kept out without any group, or without this one.
    fn needed_group(self, who: &Who, wanted: Permission) -> Option<Gid> {
        let is_shut = |who: &Who| self.opens(who, wanted).is_none();
        match self.opens(who, wanted)? {
            Class::Group(gid) if is_shut(&who.alone()) || is_shut(&who.without(gid)) => Some(gid),
            Class::Group(_) | Class::Owner | Class::NamedUser | Class::Other | Class::Unnamed => {
                None
            }
        }
    }
}

/// How far somebody gets on the way to a node.
pub(super) enum Reach<'a> {
    /// All the way: the class that opens the node itself, and every group that was needed.
    Arrives(Class, Vec<Gid>),
    /// The node itself keeps it out.
    ShutOut,
    /// The node would let it in, but this directory cannot be searched.
    Stopped(&'a Waypoint),
}

/// A node, and what is wanted of it.
#[derive(Clone, Copy)]
pub(super) struct Goal<'a> {
    pub(super) node: &'a Node,
    pub(super) wanted: Permission,
}

impl<'a> Goal<'a> {
    pub(super) fn of(meant: Meant, node: &'a Node) -> Self {
        let wanted = wanted(meant, node);
        Self { node, wanted }
    }

    /// Does `who` get what is wanted?
    pub(super) fn lets_in(self, who: &Who) -> bool {
        self.entry(who).is_ok()
    }

    /// The class that opens the node; else the directory that cannot be searched, or `None` for the node itself.
    fn entry(self, who: &Who) -> Result<Class, Option<&'a Waypoint>> {
        let class = Guard::from(self.node).opens(who, self.wanted).ok_or(None)?;
        let is_shut = |directory: &&Waypoint| {
            let class = Guard::from(*directory).opens(who, Permission::SEARCH);
            class.is_none()
        };
        let shut = self.directories().find(is_shut);
        shut.map_or(Ok(class), |directory| Err(Some(directory)))
    }

    fn directories(self) -> impl Iterator<Item = &'a Waypoint> {
        let way = self.node.way.iter();
        way.filter(|waypoint| waypoint.is_directory())
    }

    /// How far `who` gets.
    pub(super) fn reach(self, who: &Who) -> Reach<'a> {
        let Self { node, wanted } = self;
        let class = match self.entry(who) {
            Ok(class) => class,
            Err(Some(directory)) => return Reach::Stopped(directory),
            Err(None) => return Reach::ShutOut,
        };
        let own = Guard::from(node).needed_group(who, wanted);
        let mut gids: Vec<Gid> = own.into_iter().collect();
        gids.extend(
            self.directories().filter_map(|directory| {
                Guard::from(directory).needed_group(who, Permission::SEARCH)
            }),
        );
        gids.sort_unstable();
        gids.dedup();
        Reach::Arrives(class, gids)
    }
}

/// The first directory or link on the way that someone other than root owns or may write: whoever may could point the
/// path at another file. A sticky directory does not count when its entry belongs to root, who alone can rename it.
pub(super) fn redirectable(node: &Node) -> Option<&Waypoint> {
    redirections(node).next()
}

/// All of them, from the root on.
pub(super) fn redirections(node: &Node) -> impl Iterator<Item = &Waypoint> {
    let entry_owners = node
        .way
        .iter()
        .skip(1)
        .map(|waypoint| waypoint.uid)
        .chain(std::iter::once(node.uid));
    node.way
        .iter()
        .zip(entry_owners)
        .filter_map(|(waypoint, entry_owner)| {
            let held_by_sticky = waypoint.mode.is_sticky() && entry_owner.is_root();
            let writable =
                waypoint.is_directory() && writable_by_others(waypoint) && !held_by_sticky;
            (!waypoint.uid.is_root() || writable).then_some(waypoint)
        })
}

/// May anyone but uid 0 write it? Group bits count whatever the group: its members are not root.
fn writable_by_others(waypoint: &Waypoint) -> bool {
    match &waypoint.acl {
        None => waypoint.mode.lets_others_write(),
        Some(acl) => {
            let masked =
                |permission: Permission| permission.masked_by(acl.mask).allows(Permission::WRITE);
            acl.other.allows(Permission::WRITE)
                || masked(acl.group)
                || acl.groups.iter().any(|(_, permission)| masked(*permission))
                || acl
                    .users
                    .iter()
                    .any(|(uid, permission)| !uid.is_root() && masked(*permission))
        }
    }
}
