//! /proc → who is left when COMMAND has ended, or is about to.

use std::fs;

use nix::libc;
use nix::unistd::getpgrp;
use rustix::process::{Pid, getpid};

use super::raw::{Target, send};
use crate::parse::stat::stat;

/// Whom to leave out: COMMAND, which was signalled already, or its whole group.
#[derive(Clone, Copy)]
pub(super) enum Except {
    /// Nobody.
    Nobody,
    /// This process.
    Process(Pid),
    /// All of this process group.
    Group(Pid),
}

/// One process.
#[derive(Clone, Copy)]
struct Member {
    pid: Pid,
    parent: u32,
    group: u32,
}

/// Signals all that is left. As PID 1 that is everyone in our PID namespace, elsewhere only our own descendants: with
/// `--pid=host` the others are the host's.
pub(super) fn signal_all(is_pid_1: bool, number: i32, except: Except) {
    if let (true, Except::Nobody) = (is_pid_1, except) {
        return send(Target::Everyone, number);
    }
    let members = members(is_pid_1);
    if number == libc::SIGKILL {
        kill_groups(&members);
    }
    for member in members {
        if !is_excepted(member, except) {
            send(Target::Process(member.pid), number);
        }
    }
}

/// Who forks faster than we read /proc is always gone before its turn comes. The kernel ends a process group as a whole,
/// and lets nobody fork out of it meanwhile. Groups of our descendants are theirs alone, as they are those of sessions
/// and jobs that began below us; only our own we share with who started us.
fn kill_groups(members: &[Member]) {
    let own = u32::try_from(getpgrp().as_raw()).unwrap_or_default();
    let mut groups: Vec<u32> = members.iter().map(|member| member.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups
        .into_iter()
        .filter(|group| *group > 1 && *group != own)
    {
        if let Some(leader) = i32::try_from(group).ok().and_then(Pid::from_raw) {
            send(Target::Group(leader), libc::SIGKILL);
        }
    }
}

fn is_excepted(member: Member, except: Except) -> bool {
    match except {
        Except::Nobody => false,
        Except::Process(pid) => member.pid == pid,
        Except::Group(leader) => {
            Pid::from_raw(i32::try_from(member.group).unwrap_or_default()) == Some(leader)
        }
    }
}

/// Everyone but us, or our descendants.
fn members(is_pid_1: bool) -> Vec<Member> {
    let own = getpid();
    let mut all: Vec<Member> = everyone()
        .into_iter()
        .filter(|member| member.pid != own)
        .collect();
    if is_pid_1 {
        return all;
    }
    let mut ours = vec![number(own)];
    let mut found = Vec::new();
    // Each round finds the children of those found before; the list only gets shorter.
    loop {
        let (children, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|member| ours.contains(&member.parent));
        if children.is_empty() {
            return found;
        }
        ours = children.iter().map(|member| number(member.pid)).collect();
        found.extend(children);
        all = others;
    }
}

fn everyone() -> Vec<Member> {
    let entries = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    entries
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let stat = stat(&fs::read(entry.path().join("stat")).ok()?)?;
            // A zombie too: its other threads may live on, and have children.
            Some(Member {
                pid,
                parent: stat.parent,
                group: stat.group,
            })
        })
        .collect()
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
