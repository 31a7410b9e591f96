//! The fuzzing targets, briefly and the same way every time: their corpus, then changes to it from a fixed seed. And
//! the account files once more against the C library's own reader.
#![allow(
    clippy::cmp_owned,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::manual_assert,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::similar_names,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::wildcard_imports,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on should stop"
)]

#[path = "../decide/arbitrary.rs"]
mod arbitrary;
#[path = "../decide/arbitrary_files.rs"]
mod arbitrary_files;
#[path = "../decide/arbitrary_paths.rs"]
mod arbitrary_paths;
#[path = "../common/mod.rs"]
mod common;
mod differential;
mod editor;
mod generate;
mod http;
mod letter;
mod process;
mod targets;
#[path = "../decide/world.rs"]
#[allow(dead_code, reason = "the tests of decide use all of it")]
mod world;

use std::fs;
use std::io::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use generate::{HTTP, Random, WORDS};
use targets::TARGETS;

/// Executions per target; a world is some hundred times the work of a line.
fn executions(target: &str) -> u64 {
    let long = if std::env::var_os("CHARON_TEST_LONG").is_some() {
        20
    } else {
        1
    };
    long * match target {
        "decide" => 2_000,
        "group_editor" => 5_000,
        _ => 20_000,
    }
}

pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_target_holds_for_its_corpus_and_for_changes_to_it() {
    let mut told = Vec::new();
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name}");
        let count = executions(name);
        let words = if name == "http" { HTTP } else { WORDS };
        let generated = (0..count).map(|number| Random(number << 20).input(words, &corpus));
        for bytes in corpus.iter().cloned().chain(generated) {
            if catch_unwind(|| target(&bytes)).is_err() {
                panic!("{name}: {:?}", String::from_utf8_lossy(&bytes));
            }
        }
        told.push(format!("{name} {count}"));
    }
    // Past the capture of the test harness: the numbers are part of the result.
    let told = format!("fuzzing targets, executions: {}\n", told.join(", "));
    std::io::stderr().write_all(told.as_bytes()).unwrap();
}

/// cargo-fuzz has one program per target and knows no list.
#[test]
fn every_target_has_its_program_and_its_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let names = |sub: &str| -> Vec<String> {
        let entries = fs::read_dir(folder.join(sub)).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<_> = entries
            .map(name)
            .map(|name| name.replace(".rs", ""))
            .collect();
        names.sort();
        names
    };
    let mut known: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(names("fuzz_targets"), known);
    assert_eq!(names("corpus"), known);
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!(
            "name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\""
        )));
        let program = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("by_name(\"{name}\")")), "{name}");
    }
}
