//! `probe.c` → a static program, built once per run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program that looks at what it became.
pub(crate) fn probe() -> &'static Path {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privileged/probe.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probe");
        let status = Command::new("cc")
            .args(["-static", "-Wall", "-Werror", "-o"])
            .args([&program, &source])
            .status();
        assert!(status.expect("a C compiler is installed").success());
        program
    })
}
