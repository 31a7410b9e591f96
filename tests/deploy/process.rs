//! A container's process → who it is and what power it has, as the host's /proc says.

use std::fs;

/// The lines of its status that say so.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Process {
    uids: String,
    gids: String,
    groups: String,
    /// Inheritable, permitted, effective, bounding, ambient.
    capabilities: [String; 5],
    no_new_privileges: String,
}

impl Process {
    /// The one with this pid on the host.
    pub(crate) fn of(pid: &str) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let words: Vec<&str> = line.unwrap().split_whitespace().collect();
            words.join(" ")
        };
        Self {
            uids: field("Uid:"),
            gids: field("Gid:"),
            groups: field("Groups:"),
            capabilities: ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"].map(field),
            no_new_privileges: field("NoNewPrivs:"),
        }
    }

    /// uid and gid 1000, these groups and no others, no capability, not even for a file to give back.
    pub(crate) fn without_power(groups: &[u32]) -> Self {
        Self::without_power_as(1000, groups)
    }

    /// The same with that number for uid and gid.
    pub(crate) fn without_power_as(id: u32, groups: &[u32]) -> Self {
        let mut groups = groups.to_vec();
        groups.sort_unstable();
        let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
        Self {
            uids: format!("{id} {id} {id} {id}"),
            gids: format!("{id} {id} {id} {id}"),
            groups: groups.join(" "),
            capabilities: [const { "0000000000000000" }; 5].map(str::to_owned),
            no_new_privileges: "1".to_owned(),
        }
    }
}
