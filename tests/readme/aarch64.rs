//! The other architecture → built here, and run by qemu where it is installed.

use std::fs;

use crate::stage::{Outcome, has, repository, shell, skip};

/// ELF's number for aarch64, EM_AARCH64 of elf(5), where its header has it.
const MACHINE: ([u8; 2], std::ops::Range<usize>) = ([0xb7, 0], 18..20);

#[test]
fn the_build_for_aarch64() {
    if std::env::var_os("CHARON_TEST_LONG").is_none() {
        println!("std is built along, which takes minutes: CHARON_TEST_LONG=1");
        return;
    }
    if !cfg!(target_arch = "x86_64") || !has("apt-get") {
        return skip("the_build_for_aarch64", "needs Debian on x86_64");
    }
    shell("examples/build-static --aarch64", repository()).succeeded();
    let program = repository().join("target/static/aarch64/charon-init");
    let bytes = fs::read(&program).unwrap();
    assert_eq!(bytes[MACHINE.1], MACHINE.0);
    if !has("qemu-aarch64-static") {
        println!("built, and not run: no qemu-user-static");
        return;
    }
    let script = format!(
        "qemu-aarch64-static {0} --version; qemu-aarch64-static {0} --no-socket --dry-run --user 1000:1000",
        program.display()
    );
    let Outcome { stdout, .. } = shell(&script, repository()).succeeded();
    assert!(stdout.starts_with("charon-init "), "{stdout}");
    assert!(stdout.contains("uid 1000, gid 1000"), "{stdout}");
}
