//! A starting state → what the contract allows to come of it. Written from contract 3, 5, 6 and 10, not from `decide`.

use std::collections::BTreeSet;

use crate::report::Report;
use crate::state::{NET_BIND_SERVICE, State};

/// The gid that stands for one that is not mapped.
const OVERFLOW: u32 = 65534;
const REFUSED: i32 = 78;
const FAILED: i32 = 71;

/// What may come of a state.
#[derive(Debug)]
pub(crate) enum Expected {
    /// COMMAND runs, and this is what it is.
    Runs(Report),
    /// It ends with one of these codes and says the word that goes with it.
    Ends(Vec<(i32, &'static str)>),
}

/// What must come of `state`; `start` is what its process is before us.
pub(crate) fn expected(state: &State, start: &Report) -> Expected {
    // Without /proc prctl(2) is asked what we are; without either nothing can be decided.
    if !state.has_proc && state.filter == "prctl" {
        return Expected::Ends(vec![(FAILED, "read our own credentials")]);
    }
    let planned = if start.uid[0] == 0 {
        root(state, start)
    } else {
        another(state, start)
    };
    let mut obstacles = obstacles_of_the_kernel(state, start, &planned);
    if start.uid[0] == 0 {
        obstacles.extend(obstacles_of_root(state, start, &planned));
    }
    // A refusal comes before anything was changed, so that a failure is not what is met first.
    if obstacles.iter().any(|(code, _)| *code == REFUSED) {
        obstacles.retain(|(code, _)| *code == REFUSED);
    }
    if obstacles.is_empty() {
        Expected::Runs(planned)
    } else {
        Expected::Ends(obstacles)
    }
}

fn may_get_new_privileges(state: &State) -> bool {
    state.power == "new-privs"
}

fn kept(state: &State, start: &Report) -> u64 {
    let asked = if ["keep", "withheld"].contains(&state.power) {
        NET_BIND_SERVICE
    } else {
        0
    };
    asked & start.permitted() & start.bounding()
}

fn has(start: &Report, number: u32) -> bool {
    start.effective() >> number & 1 == 1
}

/// Contract 6: the account's gid, the groups that list it, what the runtime added, what was asked for and the socket's.
fn root(state: &State, start: &Report) -> Report {
    let mut groups = BTreeSet::from([1000, 44]);
    // adm names root as a member, so an engine gave it to root by itself.
    let mut inherited: BTreeSet<u32> = start.groups.iter().copied().collect();
    inherited.remove(&0);
    inherited.remove(&4);
    if state.namespace != "none" || !state.has_proc {
        inherited.remove(&OVERFLOW);
    }
    groups.extend(inherited);
    if state.groups == "asked" {
        groups.insert(4000);
    }
    // Where root of the host is not root here, somebody else could point the path elsewhere: never granted.
    if state.has_socket && state.namespace != "shifted" && is_mapped_gid(state, 988) {
        groups.insert(988);
    }
    let kept = kept(state, start);
    let bounding = if has(start, 8) {
        kept
    } else {
        start.bounding()
    };
    Report {
        uid: [1000; 4],
        gid: [1000; 4],
        groups,
        capabilities: [kept, kept, kept, bounding, kept],
        no_new_privs: start.no_new_privs || !may_get_new_privileges(state),
    }
}

/// Contract 6: whoever is not root stays who it is and loses what is left to lose.
fn another(state: &State, start: &Report) -> Report {
    let kept = kept(state, start);
    Report {
        capabilities: [kept, kept, kept, start.bounding(), kept],
        no_new_privs: start.no_new_privs || !may_get_new_privileges(state),
        ..start.clone()
    }
}

/// Contract 9: may `line` have been appended to /etc/group? Nothing before a refusal, and nothing by who is not root.
pub(crate) fn may_append(state: &State, start: &Report, code: i32, line: &str) -> bool {
    let is_wanted = match line {
        "docker:!charon-init:988:charon" => state.has_socket && state.namespace != "shifted",
        "host4000:!charon-init:4000:charon" => state.groups == "asked",
        _ => false,
    };
    is_wanted && start.uid[0] == 0 && code != REFUSED
}

fn is_mapped_gid(state: &State, gid: u32) -> bool {
    match state.namespace {
        "few-gids" => gid < 1000,
        "one" => gid == state.ids().1,
        _ => true,
    }
}

fn is_mapped_uid(state: &State) -> bool {
    !["few-uids", "one"].contains(&state.namespace)
}

/// Contract 6: what root lacks for its plan. Without /proc the namespace cannot be looked at, and the kernel says no.
fn obstacles_of_root(state: &State, start: &Report, planned: &Report) -> Vec<(i32, &'static str)> {
    let mut obstacles = Vec::new();
    let groups_change = start.groups != planned.groups;
    let gid_changes = start.gid != planned.gid;
    let known = |refused, failed| {
        if state.has_proc {
            (REFUSED, refused)
        } else {
            (FAILED, failed)
        }
    };
    if !has(start, 7) {
        obstacles.push((REFUSED, "CAP_SETUID"));
    }
    if !has(start, 6) && (groups_change || gid_changes) {
        obstacles.push((REFUSED, "CAP_SETGID"));
    }
    if groups_change && ["deny", "one"].contains(&state.namespace) {
        obstacles.push(known("setgroups", "set the supplementary groups"));
    }
    if !is_mapped_uid(state) {
        obstacles.push(known("uid 1000", "become uid 1000"));
    }
    for gid in &planned.groups {
        if !is_mapped_gid(state, *gid) {
            obstacles.push(known("gid ", "set the supplementary groups"));
        }
    }
    if !is_mapped_gid(state, 1000) && !state.has_proc {
        obstacles.push((FAILED, "become gid 1000"));
    }
    let surplus = start.bounding() & !kept(state, start);
    if surplus != 0 && !has(start, 8) && may_get_new_privileges(state) {
        obstacles.push((REFUSED, "SETPCAP"));
    }
    if surplus != 0 && has(start, 8) && hides(state, "bounding_drop") {
        obstacles.push((FAILED, "from the bounding capability set"));
    }
    let cannot_keep = hides(state, "keepcaps") || state.securebits() & 1 << 5 != 0;
    if planned.permitted() != 0 && cannot_keep {
        obstacles.push((FAILED, "keep capabilities across"));
    }
    obstacles
}

/// Contract 10: what a profile or a securebit hides from anyone.
fn obstacles_of_the_kernel(
    state: &State,
    start: &Report,
    planned: &Report,
) -> Vec<(i32, &'static str)> {
    let mut obstacles = Vec::new();
    if !start.no_new_privs && planned.no_new_privs && hides(state, "no_new_privs") {
        obstacles.push((FAILED, "no_new_privs"));
    }
    let cannot_raise = hides(state, "ambient") || state.securebits() & 1 << 6 != 0;
    // A set that is already so is left alone; without /proc the ambient one cannot be seen to be.
    let [inheritable, permitted, effective, _, ambient] = start.capabilities;
    let is_so = [inheritable, permitted, effective, ambient] == [planned.permitted(); 4];
    let is_known_so = is_so && state.has_proc && start.uid[0] != 0;
    if planned.permitted() != 0 && cannot_raise && !is_known_so {
        obstacles.push((FAILED, "ambient"));
    }
    obstacles
}

fn hides(state: &State, option: &str) -> bool {
    state.filter == option || state.filter == "prctl"
}
