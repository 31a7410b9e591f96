//! One line of `states.c` → what a process is, and what came of a state.

use std::collections::BTreeSet;

/// A process, as its `/proc/self/status` tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Report {
    pub(crate) uid: [u32; 4],
    pub(crate) gid: [u32; 4],
    pub(crate) groups: BTreeSet<u32>,
    /// Inheritable, permitted, effective, bounding, ambient.
    pub(crate) capabilities: [u64; 5],
    pub(crate) no_new_privs: bool,
}

impl Report {
    /// `None` where it is not a whole report.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.split(';').filter_map(|line| line.split_once(':'));
            lines.find_map(|(key, value)| (key == name).then_some(value))
        };
        let numbers = |name: &str| -> Option<Vec<u32>> {
            let words = field(name)?.split_whitespace();
            words.map(|word| word.parse().ok()).collect()
        };
        let set = |name: &str| u64::from_str_radix(field(name)?.trim(), 16).ok();
        Some(Self {
            uid: numbers("Uid")?.try_into().ok()?,
            gid: numbers("Gid")?.try_into().ok()?,
            groups: numbers("Groups")?.into_iter().collect(),
            capabilities: [
                set("CapInh")?,
                set("CapPrm")?,
                set("CapEff")?,
                set("CapBnd")?,
                set("CapAmb")?,
            ],
            no_new_privs: numbers("NoNewPrivs")? == [1],
        })
    }

    pub(crate) fn permitted(&self) -> u64 {
        self.capabilities[1]
    }

    pub(crate) fn effective(&self) -> u64 {
        self.capabilities[2]
    }

    pub(crate) fn bounding(&self) -> u64 {
        self.capabilities[3]
    }
}

/// What came of a state.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The process that starts so, as it reports itself; or why it could not start.
    pub(crate) start: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// To /etc/group; `else` where anything else was done to it.
    pub(crate) appended: String,
}

impl Outcome {
    /// A line, and the number of its state.
    pub(crate) fn read(line: &str) -> (usize, Self) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, start, code, stdout, stderr, appended] = fields[..] else {
            panic!("{line}");
        };
        let outcome = Self {
            start: start.to_owned(),
            code: code.parse().unwrap(),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            appended: appended.to_owned(),
        };
        (name.parse().unwrap(), outcome)
    }
}
