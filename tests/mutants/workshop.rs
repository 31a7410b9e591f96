//! A copy of the repository → mutants in it, built and tested one after the other.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::repository;
use crate::mutant::Mutant;

/// Where mutants are made: a copy, with a build of its own that is kept for the next time.
pub(crate) struct Workshop {
    copy: PathBuf,
    build: PathBuf,
}

/// What became of a mutant.
pub(crate) enum Verdict {
    /// The named test failed.
    Killed,
    /// It passed: nobody notices that the guard is gone.
    Alive,
    /// It could not be built or tested.
    NoMutant(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed => f.write_str("killed"),
            Self::Alive => f.write_str("ALIVE"),
            Self::NoMutant(why) => write!(f, "NO MUTANT ({why})"),
        }
    }
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let folder = repository().join("target/mutants");
        let workshop = Self {
            copy: folder.join("copy"),
            build: folder.join("build"),
        };
        if workshop.copy.exists() {
            fs::remove_dir_all(&workshop.copy).unwrap();
        }
        for name in [
            "src",
            "tests",
            "examples",
            "Cargo.toml",
            "Cargo.lock",
            "README.md",
        ] {
            copy(&repository().join(name), &workshop.copy.join(name));
        }
        workshop
    }

    /// Makes `mutant`, runs its test, and unmakes it.
    pub(crate) fn judge(&self, mutant: &Mutant) -> Verdict {
        let changed = mutant.changed(&self.copy);
        for (file, text) in &changed {
            fs::write(self.copy.join(file), text).unwrap();
        }
        let ran = self.run(&mutant.target, &[&mutant.test]);
        for file in changed.keys() {
            fs::copy(repository().join(file), self.copy.join(file)).unwrap();
        }
        let stdout = String::from_utf8_lossy(&ran.stdout);
        let stderr = String::from_utf8_lossy(&ran.stderr);
        // What it is called where it is more than a name: `module::test ... FAILED`.
        let failed = format!("test {} ... FAILED", mutant.test);
        let passed = format!("test {} ... ok", mutant.test);
        if stdout.contains(&failed) {
            Verdict::Killed
        } else if stdout.contains(&passed) {
            Verdict::Alive
        } else if ran.status.code() == Some(124) {
            Verdict::Killed
        } else {
            let error = stderr.lines().find(|line| line.starts_with("error"));
            Verdict::NoMutant(error.unwrap_or("the test did not run").to_owned())
        }
    }

    /// Builds `target` and runs these tests of it, within three minutes.
    pub(crate) fn run(&self, target: &str, tests: &[&str]) -> Output {
        let which = if target == "lib" {
            vec!["--lib"]
        } else {
            vec!["--test", target]
        };
        Command::new("timeout")
            .args(["-k", "5", "180", "cargo", "test", "--quiet", "--locked"])
            .args(which)
            .args(["--", "--exact", "--format=pretty"])
            .args(tests)
            .current_dir(&self.copy)
            .env("CARGO_TARGET_DIR", &self.build)
            // One crate changes, again and again.
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env_remove("CHARON_INIT_BIN")
            .env_remove("CHARON_TEST_LONG")
            // Of the sweep of faults one kind of start is enough.
            .env("CHARON_FAULTS", "a kept capability")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// A file or a folder, as it is; modification times are those of the copy, so that cargo builds what changed.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if from.exists() {
        fs::copy(from, to).unwrap();
    }
}
