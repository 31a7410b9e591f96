//! The request and our process → whose start is judged: root's, or that of a process that stays who it is.

use std::borrow::Cow;

use crate::capability::CapSet;
use crate::facts::{Capabilities, Executable, Facts, IdSet, Process};
use crate::ids::{Gid, Uid};
use crate::refusal::{Elevation, Refusal};
use crate::request::{Mode, Request};

/// The process that a decision is made for.
pub(super) struct Start<'a> {
    /// It: ours, or the root process that a dry run stands for.
    pub(super) process: Cow<'a, Process>,
    /// May it become someone else? By effective uid 0; capabilities are judged later.
    pub(super) is_root: bool,
}

impl<'a> Start<'a> {
    /// The start that is meant. A dry run decides for root, never for the caller (contract 7).
    pub(super) fn of(request: &Request, facts: &'a Facts) -> Result<Self, Refusal> {
        let own = &facts.process;
        refuse_elevated(own)?;
        let is_root = own.uid.effective.is_root();
        match request.mode {
            Mode::DryRun { .. } if !is_root => Ok(Self {
                process: Cow::Owned(assumed_root()),
                is_root: true,
            }),
            Mode::DryRun { .. } | Mode::Start { .. } | Mode::Check { .. } => Ok(Self {
                process: Cow::Borrowed(own),
                is_root,
            }),
        }
    }
}

/// Root as an engine starts it: no extra groups, nothing withheld.
fn assumed_root() -> Process {
    let all = CapSet::all();
    Process {
        uid: IdSet::all(Uid::ROOT),
        gid: IdSet::all(Gid::ROOT),
        groups: Vec::new(),
        capabilities: Capabilities {
            permitted: all,
            effective: all,
            bounding: all,
            ..Capabilities::default()
        },
        no_new_privileges: false,
        executable: Executable::Plain,
        is_pid_1: true,
    }
}

/// A binary with a set-id bit or file capabilities would hand root to any user of the container (contract 6).
fn refuse_elevated(process: &Process) -> Result<(), Refusal> {
    let how = match process.executable {
        Executable::SetId(mode) => Elevation::SetId(mode),
        Executable::FileCapabilities => Elevation::FileCapabilities,
        Executable::Plain | Executable::Unknown
            if process.uid != IdSet::all(process.uid.effective)
                || process.gid != IdSet::all(process.gid.effective) =>
        {
            Elevation::IdsDiffer
        }
        Executable::Plain | Executable::Unknown => return Ok(()),
    };
    Err(Refusal::Elevated { how })
}
