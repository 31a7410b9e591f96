//! The text of a `*.mutants` file → mutants, and a mutant → changed sources.
//!
//! A block is `# title`, then `src/FILE` with lines that go (`-`) and lines that come in their place (`+`), and last
//! `= TARGET TEST`: the test of that target which has to fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::repository;

/// One guard that is taken away.
#[derive(Default, Debug)]
pub(crate) struct Mutant {
    pub(crate) title: String,
    changes: Vec<Change>,
    pub(crate) target: String,
    pub(crate) test: String,
}

/// Lines of a file, and what takes their place.
#[derive(Default, Debug)]
struct Change {
    file: PathBuf,
    old: String,
    new: String,
}

/// All of them, file by file.
pub(crate) fn all() -> Vec<Mutant> {
    let folder = repository().join("tests/mutants");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "mutants")
    });
    files.sort();
    let blocks = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.split("\n\n").map(Mutant::read).collect::<Vec<_>>()
    };
    files.iter().flat_map(blocks).collect()
}

impl Mutant {
    fn read(block: &str) -> Self {
        let mut mutant = Self::default();
        let mut file = PathBuf::new();
        // A line that goes begins a new change, unless it follows on one.
        let mut is_after_old = false;
        for line in block.lines() {
            let (sign, rest) = line.split_at(1);
            match sign {
                "#" => rest.trim().clone_into(&mut mutant.title),
                "-" => {
                    if !is_after_old {
                        mutant.changes.push(Change {
                            file: file.clone(),
                            ..Change::default()
                        });
                    }
                    add(&mut mutant.last().old, rest);
                }
                "+" => add(&mut mutant.last().new, rest),
                "=" => {
                    let (target, test) = rest.trim().split_once(' ').unwrap();
                    (mutant.target, mutant.test) = (target.to_owned(), test.to_owned());
                }
                _ => file = PathBuf::from(line),
            }
            is_after_old = sign == "-";
        }
        mutant
    }

    fn last(&mut self) -> &mut Change {
        self.changes.last_mut().expect("a line goes first")
    }

    /// The files that change, and their new text; panics where the old text is not there exactly once.
    pub(crate) fn changed(&self, root: &Path) -> BTreeMap<&Path, String> {
        let mut changed = BTreeMap::new();
        for Change { file, old, new } in &self.changes {
            let text = changed
                .entry(file.as_path())
                .or_insert_with(|| fs::read_to_string(root.join(file)).unwrap());
            let count = text.matches(old.as_str()).count();
            assert_eq!(count, 1, "{}: {} has\n{old}", self.title, file.display());
            *text = text.replace(old.as_str(), new);
        }
        changed
    }
}

fn add(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
