//! The identity, the starting process and the request → the steps of the drop, in the order of contract 10.

use crate::capability::{CapSet, Capability};
use crate::decide::command;
use crate::decide::start::Start;
use crate::facts::{Capabilities, CommandFacts, Facts};
use crate::plan::{Command, Expected, Identity, Planned, Step, Supervision};
use crate::refusal::{Finding, Refusal};
use crate::request::Request;

/// What is kept, what goes, and what the kernel must say in the end.
pub(super) struct Drop<'a> {
    request: &'a Request,
    facts: &'a Facts,
    start: &'a Start<'a>,
    identity: &'a Identity,
    /// What the command keeps: asked for, and not withheld by the runtime.
    kept: CapSet,
    /// What leaves the bounding set.
    from_bounding: CapSet,
}

impl<'a> Drop<'a> {
    /// Judge the capabilities; findings are added to `findings`.
    pub(super) fn judge(
        request: &'a Request,
        facts: &'a Facts,
        start: &'a Start,
        identity: &'a Identity,
        also_needed: CapSet,
        findings: &mut Vec<Finding>,
    ) -> Result<Self, Refusal> {
        let has = start.process.capabilities;
        let kept = request
            .keep_capabilities
            .intersection(has.bounding)
            .intersection(has.permitted);
        let withheld = request.keep_capabilities.without(kept);
        findings.extend(
            withheld
                .iter()
                .map(|capability| Finding::KeepWithheld { capability }),
        );
        let mut drop = Self {
            request,
            facts,
            start,
            identity,
            kept,
            from_bounding: CapSet::EMPTY,
        };
        if start.is_root {
            drop.refuse_powerless(also_needed)?;
            drop.refuse_unmapped()?;
            drop.from_bounding = drop.judge_bounding_set(findings)?;
        }
        drop.refuse_command_that_needs_more()?;
        Ok(drop)
    }

    fn bounding_left(&self) -> CapSet {
        self.start
            .process
            .capabilities
            .bounding
            .without(self.from_bounding)
    }

    fn groups_change(&self) -> bool {
        let mut own = self.start.process.groups.clone();
        own.sort_unstable();
        own.dedup();
        own != self.identity.groups
    }

    fn gid_changes(&self) -> bool {
        self.start.process.gid.effective != self.identity.gid
    }

    /// Root without the power to become someone else would fail half-way: refuse before anything was changed.
    fn refuse_powerless(&self, also_needed: CapSet) -> Result<(), Refusal> {
        let needs_setgid = self.groups_change() || self.gid_changes();
        let needed = [
            Some(Capability::SETUID),
            needs_setgid.then_some(Capability::SETGID),
        ];
        let needed: CapSet = needed.into_iter().flatten().collect();
        let missing = needed
            .union(also_needed)
            .without(self.start.process.capabilities.effective);
        if !missing.is_empty() {
            return Err(Refusal::MissingCapabilities { missing });
        }
        if self.groups_change() && self.facts.namespace.setgroups_denied {
            return Err(Refusal::SetgroupsDenied);
        }
        Ok(())
    }

    /// The kernel answers EINVAL for an id that the namespace has no line for.
    fn refuse_unmapped(&self) -> Result<(), Refusal> {
        let namespace = &self.facts.namespace;
        let Identity { uid, groups, .. } = self.identity;
        if !namespace.uid_map.is_mapped(uid.raw()) {
            return Err(Refusal::NotMapped {
                id: format!("uid {uid}"),
            });
        }
        let unmapped = groups
            .iter()
            .find(|gid| !namespace.gid_map.is_mapped(gid.raw()));
        match unmapped {
            Some(gid) => Err(Refusal::NotMapped {
                id: format!("gid {gid}"),
            }),
            None => Ok(()),
        }
    }

    /// Without CAP_SETPCAP the bounding set stays: harmless under no_new_privs, a hole without.
    fn judge_bounding_set(&self, findings: &mut Vec<Finding>) -> Result<CapSet, Refusal> {
        let has = self.start.process.capabilities;
        let surplus = has.bounding.without(self.kept);
        if surplus.is_empty() || has.effective.contains(Capability::SETPCAP) {
            return Ok(surplus);
        }
        if self.request.allow_new_privileges {
            return Err(Refusal::BoundingSetWouldStay);
        }
        findings.push(Finding::BoundingSetStays { left: has.bounding });
        Ok(CapSet::EMPTY)
    }

    /// execve(2) gives EPERM for a file whose effective capabilities the bounding set cannot give.
    fn refuse_command_that_needs_more(&self) -> Result<(), Refusal> {
        let Some(CommandFacts {
            file_capabilities: Some(file),
            ..
        }) = &self.facts.command
        else {
            return Ok(());
        };
        let missing = file.permitted.without(self.bounding_left());
        if !file.effective || missing.is_empty() {
            return Ok(());
        }
        let dropped = missing.intersection(self.start.process.capabilities.bounding);
        let withheld = missing.without(dropped);
        Err(Refusal::CommandNeedsCapabilities {
            path: file.path.clone(),
            dropped,
            withheld,
        })
    }

    /// Adds the steps, in order; a state that is already so has none.
    pub(super) fn steps(&self, steps: &mut Vec<Planned>) {
        if self.start.is_root {
            self.id_steps(steps);
        }
        self.capability_steps(steps);
        if let Some(mask) = self.request.umask {
            let reason = "the files that the command makes are to be as asked for";
            steps.push(planned(Step::SetUmask(mask), reason));
        }
        steps.push(planned(
            Step::Verify(self.expected()),
            "nothing is taken on trust, and there must be no way back",
        ));
        if let Some(command) = &self.facts.command {
            steps.push(self.last_step(command::command(self.request, self.identity, command)));
        }
    }

    fn last_step(&self, command: Command) -> Planned {
        match self.request.init {
            None => planned(
                Step::Execute(command),
                "the command is what this start is for",
            ),
            Some(init) => {
                let is_pid_1 = self.start.process.is_pid_1;
                let step = Step::Supervise(Supervision {
                    command,
                    init,
                    is_pid_1,
                });
                planned(
                    step,
                    "the command is what this start is for, and somebody has to reap",
                )
            }
        }
    }

    fn id_steps(&self, steps: &mut Vec<Planned>) {
        let Identity {
            uid, gid, groups, ..
        } = self.identity;
        if !self.from_bounding.is_empty() {
            let step = Step::DropBoundingSet(self.from_bounding);
            steps.push(planned(
                step,
                "no file that the command executes can give these back",
            ));
        }
        if self.groups_change() {
            steps.push(planned(
                Step::SetGroups(groups.clone()),
                "exactly the identity's groups, before the right to set them goes",
            ));
        }
        if self.gid_changes() {
            steps.push(planned(Step::SetGid(*gid), "the identity's primary group"));
        }
        let step = Step::SetUid {
            uid: *uid,
            keep_permitted: !self.kept.is_empty(),
        };
        steps.push(planned(
            step,
            "the identity's uid; root's capabilities go with root's uid",
        ));
    }

    fn capability_steps(&self, steps: &mut Vec<Planned>) {
        let has = self.start.process.capabilities;
        let is_so = [has.inheritable, has.permitted, has.effective, has.ambient] == [self.kept; 4];
        if self.start.is_root || !is_so {
            let reason = if self.kept.is_empty() {
                "none is kept"
            } else {
                "these alone are kept, as asked for"
            };
            steps.push(planned(Step::SetCapabilities(self.kept), reason));
        }
        if !self.request.allow_new_privileges && !self.start.process.no_new_privileges {
            steps.push(planned(
                Step::SetNoNewPrivileges,
                "set-id and capability-bearing files give the command nothing",
            ));
        }
    }

    fn expected(&self) -> Expected {
        let kept = self.kept;
        let process = &self.start.process;
        Expected {
            uid: self.identity.uid,
            gid: self.identity.gid,
            groups: if self.start.is_root {
                self.identity.groups.clone()
            } else {
                process.groups.clone()
            },
            capabilities: Capabilities {
                inheritable: kept,
                permitted: kept,
                effective: kept,
                ambient: kept,
                bounding: self.bounding_left(),
            },
            no_new_privileges: process.no_new_privileges || !self.request.allow_new_privileges,
        }
    }
}

fn planned(step: Step, reason: &'static str) -> Planned {
    Planned { step, reason }
}
