//! What every test room needs: the binary under test, scratch directories, and skipping out loud.
#![allow(dead_code, reason = "each test binary uses some of it")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// The binary under test: `$CHARON_INIT_BIN`, or else the one that cargo has just built.
pub(crate) fn charon_init() -> PathBuf {
    match std::env::var_os("CHARON_INIT_BIN") {
        Some(path) => fs::canonicalize(path).expect("CHARON_INIT_BIN names a file"),
        None => option_env!("CARGO_BIN_EXE_charon-init")
            .map(PathBuf::from)
            .expect("cargo names it to the tests of its own package alone"),
    }
}

/// The top of the repository, from the tests of any package in it.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|directory| directory.join("tests/common").is_dir())
        .expect("the tests lie in the repository")
}

/// The number that stands between `before` and `after` in README.md, wherever its lines break.
pub(crate) fn figure(before: &str, after: &str) -> usize {
    let readme = fs::read_to_string(repository().join("README.md")).expect("it is there");
    let page = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, rest) = page.split_once(before).expect(before);
    let (number, _) = rest.split_once(after).expect(after);
    number.replace(',', "").parse().expect(number)
}

/// Says that `test` cannot run here, for `tests/run` to count; a failure where CI would let it pass unseen.
pub(crate) fn skip(test: &str, why: &str) {
    println!("SKIPPED: {test}: {why}");
    if let Some(path) = std::env::var_os("CHARON_TEST_SKIPS") {
        let mut list = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("CHARON_TEST_SKIPS can be written");
        writeln!(list, "{test}: {why}").expect("CHARON_TEST_SKIPS can be written");
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{test} was skipped under CI: {why}"
    );
}

/// A directory that goes when this value goes.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("charon-init-test-{}-{number}", process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("the temporary directory can be written");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            println!("{} stays: {error}", self.0.display());
        }
    }
}
