//! A program in C of this folder → a static binary, built once per run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The program that looks at what it became.
pub(crate) fn probe() -> PathBuf {
    build("probe.c")
}

/// `source`, which is in this folder, as a program.
pub(crate) fn build(source: &str) -> PathBuf {
    static BUILT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    let mut built = BUILT
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let name = source.trim_end_matches(".c");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !built.contains(&program) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privileged");
        let status = Command::new("cc")
            .args(["-static", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([&program, &folder.join(source)])
            .status();
        assert!(status.expect("a C compiler is installed").success());
        built.push(program.clone());
    }
    program
}
