//! What is there and who wants it → the rows of contract 5 that are about permissions, one by one.

use std::ops::ControlFlow;

use crate::decide::access::{Goal, Reach, Who, redirectable};
use crate::decide::asker::Asker;
use crate::decide::grants::{Judgement, closed};
use crate::facts::{Meant, Node, PathFacts};
use crate::ids::Gid;
use crate::permission::{Acl, Permission};
use crate::plan::{Class, Grant, Through, Verdict};
use crate::refusal::{Finding, GidZeroPath, Refusal};

/// A path that leads somewhere, and who wants to go there.
pub(super) struct Case<'a> {
    facts: &'a PathFacts,
    node: &'a Node,
    goal: Goal<'a>,
    asker: &'a Asker<'a>,
    who: Who<'a>,
}

impl<'a> Case<'a> {
    pub(super) fn new(facts: &'a PathFacts, node: &'a Node, asker: &'a Asker<'a>) -> Self {
        let who = asker.who();
        Self {
            facts,
            node,
            goal: Goal::of(facts.meant, node),
            asker,
            who,
        }
    }

    /// Row: the only way in is GID 0, however the identity would get there.
    pub(super) fn gid_zero(&self) -> Result<ControlFlow<Judgement>, Refusal> {
        let has_zero = self.asker.groups.contains(&Gid::ROOT);
        if !self.needs_gid_zero(has_zero) {
            return Ok(ControlFlow::Continue(()));
        }
        let would_be_granted =
            self.asker.may_be_granted && (self.asker.allow_gid_0 || !self.asker.is_check);
        if !would_be_granted && !has_zero {
            return Ok(ControlFlow::Break(closed(
                self.facts,
                Finding::GidZeroWouldHelp(self.zero_path()),
            )));
        }
        if !self.asker.allow_gid_0 {
            return Err(Refusal::GidZeroPath(self.zero_path()));
        }
        let accepted = Finding::GidZeroAccepted {
            path: self.facts.path.clone(),
            meant: self.facts.meant,
            meaning: self.asker.meaning(),
        };
        if has_zero {
            let (class, gids) = match self.goal.reach(&self.who) {
                Reach::Arrives(class, gids) => (class, gids),
                Reach::ShutOut | Reach::Stopped(_) => (Class::Group(Gid::ROOT), vec![Gid::ROOT]),
            };
            return Ok(ControlFlow::Break(self.opened(class, gids, vec![accepted])));
        }
        let in_acl = |acl: &Acl| acl.groups.iter().any(|(gid, _)| gid.is_root());
        let through = match &self.node.acl {
            Some(acl) if !self.node.gid.is_root() && in_acl(acl) => Through::AclEntry,
            Some(_) | None => Through::OwningGroup,
        };
        Ok(ControlFlow::Break(self.redirected().unwrap_or_else(|| {
            self.granted(Gid::ROOT, through, vec![accepted])
        })))
    }

    fn needs_gid_zero(&self, has_zero: bool) -> bool {
        let rootless = self.who.without(Gid::ROOT);
        if self.goal.lets_in(&rootless) || !self.goal.lets_in(&rootless.with(Gid::ROOT)) {
            return false;
        }
        // A process that is not root goes through what it has: a group that it lacks is no other way.
        if has_zero && !self.asker.may_be_granted {
            return true;
        }
        let mut candidates = self.candidates();
        !self.kernel_lets_us_in()
            && !candidates.any(|(gid, _)| self.goal.lets_in(&rootless.with(gid)))
    }

    /// The groups of a process that is not root may hold more than this namespace can name (Podman's keep-groups): then
    /// the kernel was asked. What it says of us says nothing of an identity that a dry run plans.
    fn kernel_lets_us_in(&self) -> bool {
        !self.asker.may_be_granted
            && self.who.overflow.is_some()
            && self
                .node
                .allowed_to_us
                .is_some_and(|allowed| allowed.allows(self.goal.wanted))
    }

    /// Row: already reachable, by owner, by the other bits, or by a group that the identity has anyway.
    pub(super) fn open(&self) -> Option<Judgement> {
        let mode = self.node.mode;
        // Whoever writes to an engine is root; a device that all may use is one that all are meant to use.
        let is_engine = matches!(self.facts.meant, Meant::EngineSocket(_));
        let findings = (is_engine && mode.other().allows(Permission::WRITE))
            .then(|| Finding::WorldWritable {
                path: self.facts.path.clone(),
                mode,
            })
            .into_iter()
            .collect();
        match self.goal.reach(&self.who) {
            Reach::Arrives(class, gids) if gids.contains(&Gid::ROOT) => {
                let (class, gids) = self.rather_without_zero(class, gids);
                Some(self.opened(class, gids, findings))
            }
            Reach::Arrives(class, gids) => Some(self.opened(class, gids, findings)),
            Reach::ShutOut | Reach::Stopped(_) if self.kernel_lets_us_in() => {
                Some(self.opened(Class::Unnamed, Vec::new(), findings))
            }
            Reach::ShutOut | Reach::Stopped(_) => None,
        }
    }

    /// GID 0 that is held is not what a path is reached through where another group that is held opens it as well.
    #[cold]
    fn rather_without_zero(&self, class: Class, gids: Vec<Gid>) -> (Class, Vec<Gid>) {
        match self.goal.reach(&self.who.without(Gid::ROOT)) {
            Reach::Arrives(class, gids) => (class, gids),
            Reach::ShutOut | Reach::Stopped(_) => (class, gids),
        }
    }

    /// The rows below: redirectable, useless, unsearchable, unmapped, granted.
    pub(super) fn grant(&self) -> Judgement {
        if self.asker.may_be_granted
            && let Some(judgement) = self.redirected()
        {
            return judgement;
        }
        let path = || self.facts.path.clone();
        let winner = self
            .candidates()
            .find(|(gid, _)| self.goal.lets_in(&self.who.with(*gid)));
        let Some((gid, through)) = winner else {
            return closed(self.facts, self.why_no_group_helps());
        };
        if self.who.overflow == Some(gid) {
            return closed(
                self.facts,
                Finding::Unmapped {
                    path: path(),
                    meant: self.facts.meant,
                    gid,
                },
            );
        }
        if !self.asker.may_be_granted {
            let Asker {
                uid, gid: own_gid, ..
            } = *self.asker;
            return closed(
                self.facts,
                Finding::GroupMissing {
                    path: path(),
                    gid,
                    uid,
                    own_gid,
                },
            );
        }
        self.granted(gid, through, Vec::new())
    }

    /// The groups that a grant may take, best first: the owning one, then the named ones of the ACL, lowest first.
    fn candidates(&self) -> impl Iterator<Item = (Gid, Through)> + use<'_> {
        let mut named: Vec<Gid> = self
            .node
            .acl
            .iter()
            .flat_map(|acl| &acl.groups)
            .map(|(gid, _)| *gid)
            .collect();
        named.sort_unstable();
        std::iter::once((self.node.gid, Through::OwningGroup))
            .chain(named.into_iter().map(|gid| (gid, Through::AclEntry)))
            .filter(|(gid, _)| !gid.is_root())
    }

    /// Either the node gives no group anything, or a directory keeps out whom the node would let in.
    pub(super) fn why_no_group_helps(&self) -> Finding {
        let path = self.facts.path.clone();
        let zero = (Gid::ROOT, Through::OwningGroup);
        let with_group = self
            .candidates()
            .chain([zero])
            .map(|(gid, _)| self.who.with(gid));
        let stopped_at = std::iter::once(self.who).chain(with_group).find_map(|who| {
            match self.goal.reach(&who) {
                Reach::Stopped(directory) => Some(directory),
                Reach::ShutOut | Reach::Arrives(..) => None,
            }
        });
        match stopped_at {
            Some(directory) => Finding::NotSearchable {
                path,
                meant: self.facts.meant,
                directory: directory.path.clone(),
                uid: directory.uid,
                gid: directory.gid,
                mode: directory.mode,
            },
            None => Finding::GroupHasNothing {
                path,
                meant: self.facts.meant,
                wanted: self.goal.wanted,
                gid: self.node.gid,
                mode: self.node.mode,
                has_acl: self.node.acl.is_some(),
            },
        }
    }

    /// A grant on a path that the identity could redirect would open whatever it points it at.
    fn redirected(&self) -> Option<Judgement> {
        let at = redirectable(self.node)?;
        let finding = Finding::Redirectable {
            path: self.facts.path.clone(),
            at: at.path.clone(),
            uid: at.uid,
            mode: at.mode,
        };
        Some(closed(self.facts, finding))
    }

    fn opened(&self, class: Class, gids: Vec<Gid>, findings: Vec<Finding>) -> Judgement {
        let grant = Grant {
            path: self.facts.path.clone(),
            meant: self.facts.meant,
            verdict: Verdict::Open(class),
            gids,
        };
        Judgement { grant, findings }
    }

    fn granted(&self, gid: Gid, through: Through, findings: Vec<Finding>) -> Judgement {
        let mut gids = match self.goal.reach(&self.who.with(gid)) {
            Reach::Arrives(_, gids) => gids,
            Reach::ShutOut | Reach::Stopped(_) => Vec::new(),
        };
        if !gids.contains(&gid) {
            gids.push(gid);
            gids.sort_unstable();
        }
        let verdict = Verdict::Granted {
            gid,
            through,
            name: None,
        };
        Judgement {
            grant: Grant {
                path: self.facts.path.clone(),
                meant: self.facts.meant,
                verdict,
                gids,
            },
            findings,
        }
    }

    fn zero_path(&self) -> GidZeroPath {
        GidZeroPath {
            path: self.facts.path.clone(),
            meant: self.facts.meant,
            uid: self.node.uid,
            gid: self.node.gid,
            mode: self.node.mode,
            meaning: self.asker.meaning(),
        }
    }
}
