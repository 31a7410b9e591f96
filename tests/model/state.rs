//! The starting states: ids and capabilities in full, everything else in pairs.

use std::collections::BTreeSet;

/// What of the five a root start may hold (capabilities(7)), by number.
pub(crate) const CAPABILITIES: [(&str, u32); 5] = [
    ("CHOWN", 0),
    ("DAC_OVERRIDE", 1),
    ("SETGID", 6),
    ("SETUID", 7),
    ("SETPCAP", 8),
];
pub(crate) const NET_BIND_SERVICE: u64 = 1 << 10;

/// One factor after the other, each with the values that it takes.
const FACTORS: [&[&str]; 8] = [
    &["0", "1"],
    &[
        "none",
        "noroot",
        "no_setuid_fixup",
        "keep_caps_locked",
        "no_cap_ambient_raise",
        "all_locked",
    ],
    &["none", "deny", "shifted", "few-uids", "few-gids", "one"],
    &[
        "none",
        "openat2",
        "close_range",
        "no_new_privs",
        "bounding_drop",
        "keepcaps",
        "ambient",
        "prctl",
    ],
    &["proc", "no-proc"],
    &["nothing", "keep", "withheld", "new-privs"],
    &["plain", "inherited", "asked", "right"],
    &["no-socket", "socket"],
];

/// A starting state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) is_root: bool,
    /// Those of [`CAPABILITIES`] that the runtime gave.
    pub(crate) given: u64,
    pub(crate) no_new_privs: bool,
    pub(crate) securebits: &'static str,
    pub(crate) namespace: &'static str,
    /// What a seccomp profile hides.
    pub(crate) filter: &'static str,
    pub(crate) has_proc: bool,
    pub(crate) power: &'static str,
    pub(crate) groups: &'static str,
    pub(crate) has_socket: bool,
}

impl State {
    /// Both ids, all subsets of the capabilities, and for each of these every pair of values of two other factors.
    pub(crate) fn all() -> Vec<Self> {
        let rows = pairwise();
        let subset = |mask: u32| {
            let members = (0..).zip(CAPABILITIES);
            members
                .filter(|(bit, _)| mask >> bit & 1 == 1)
                .fold(0u64, |set, (_, (_, number))| set | 1 << number)
        };
        let mut states = Vec::new();
        for is_root in [true, false] {
            for given in (0..1 << CAPABILITIES.len()).map(subset) {
                states.extend(rows.iter().map(|row| Self::of(is_root, given, row)));
            }
        }
        states
    }

    fn of(is_root: bool, given: u64, row: &Row) -> Self {
        let value = |factor: usize| FACTORS[factor][row[factor]];
        Self {
            is_root,
            given,
            no_new_privs: value(0) == "1",
            securebits: value(1),
            namespace: value(2),
            filter: value(3),
            has_proc: value(4) == "proc",
            power: value(5),
            groups: value(6),
            has_socket: value(7) == "socket",
        }
    }

    /// All capabilities that the state starts with.
    pub(crate) fn capabilities(&self) -> u64 {
        let asked_for = if self.power == "keep" {
            NET_BIND_SERVICE
        } else {
            0
        };
        self.given | asked_for
    }

    pub(crate) fn securebits(&self) -> u32 {
        match self.securebits {
            "none" => 0,
            "noroot" => 1,
            "no_setuid_fixup" => 1 << 2,
            "keep_caps_locked" => 1 << 5,
            "no_cap_ambient_raise" => 1 << 6,
            // As a jail does that means it: each bit with its lock, and the flag for keeping locked in its absence.
            "all_locked" => 0b1110_1111,
            other => panic!("{other}"),
        }
    }

    /// uid, gid and supplementary groups, as the namespace shows them where it maps them.
    pub(crate) fn ids(&self) -> (u32, u32, &'static [u32]) {
        let (uid, gid) = if self.is_root { (0, 0) } else { (1000, 1000) };
        match self.groups {
            "inherited" => (uid, gid, &[0, 4, 27, 4000]),
            "right" => (uid, 1000, &[44, 1000]),
            _ => (uid, gid, &[]),
        }
    }

    fn arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec!["--socket", "/run/docker.sock"];
        if !self.has_socket {
            arguments = vec!["--no-socket"];
        }
        match self.power {
            "keep" | "withheld" => arguments.extend(["--keep-cap", "net_bind_service"]),
            "new-privs" => arguments.push("--allow-new-privs"),
            _ => (),
        }
        if self.groups == "asked" {
            arguments.extend(["--group", "4000"]);
        }
        arguments.push("/bin/states");
        arguments
    }

    /// The line of `states.c`.
    pub(crate) fn line(&self, name: usize) -> String {
        let (uid, gid, groups) = self.ids();
        let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
        let groups = if groups.is_empty() {
            "-".to_owned()
        } else {
            groups.join(",")
        };
        format!(
            "{name} {uid} {gid} {groups} {:x} {} {:x} {} {} {} {}\n",
            self.capabilities(),
            u8::from(self.no_new_privs),
            self.securebits(),
            self.namespace,
            self.filter,
            u8::from(self.has_proc),
            self.arguments().join(" "),
        )
    }
}

type Row = [usize; FACTORS.len()];

/// Rows in which every pair of values of two factors occurs: greedily, each row the one of many that has most new pairs.
fn pairwise() -> Vec<Row> {
    let mut missing = BTreeSet::new();
    for (first, values) in FACTORS.iter().enumerate() {
        for (second, others) in FACTORS.iter().enumerate().skip(first + 1) {
            for value in 0..values.len() {
                missing.extend((0..others.len()).map(|other| (first, value, second, other)));
            }
        }
    }
    let pairs = |row: &Row| {
        let mut pairs = Vec::new();
        for first in 0..row.len() {
            pairs.extend(
                (first + 1..row.len()).map(|second| (first, row[first], second, row[second])),
            );
        }
        pairs
    };
    let mut rows = Vec::new();
    let mut random = Random(1);
    while let Some((first, value, second, other)) = missing.first().copied() {
        let candidate = |random: &mut Random| {
            let mut row: Row = std::array::from_fn(|factor| random.below(FACTORS[factor].len()));
            (row[first], row[second]) = (value, other);
            row
        };
        let candidates: Vec<Row> = (0..400).map(|_| candidate(&mut random)).collect();
        let news = |row: &&Row| {
            pairs(row)
                .iter()
                .filter(|pair| missing.contains(pair))
                .count()
        };
        let best = *candidates.iter().max_by_key(news).unwrap();
        for pair in pairs(&best) {
            missing.remove(&pair);
        }
        rows.push(best);
    }
    rows
}

/// The same numbers in every run (Numerical Recipes' generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}
