//! The import law of the architecture and the limits of the style card, checked on the source text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::wildcard_imports
)]

mod law;
mod source;
mod text;

use std::fs;
use std::path::Path;

use law::*;
use source::Source;

fn sources() -> Vec<Source> {
    fn gather(directory: &Path, below: &str, sources: &mut Vec<Source>) {
        let mut entries: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                gather(&entry.path(), &format!("{path}/"), sources);
            } else {
                sources.push(Source::new(
                    &path,
                    &fs::read_to_string(entry.path()).unwrap(),
                ));
            }
        }
    }
    let mut sources = Vec::new();
    gather(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut sources,
    );
    sources
}

#[test]
fn every_room_keeps_to_itself() {
    let faults: Vec<String> = sources().iter().flat_map(Source::faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_is_known() {
    for source in sources() {
        let is_libs = ["lib", "main", "check", "edits", "own", "report"].contains(&source.room());
        assert!(is_libs || source.may_import().is_some(), "{}", source.path);
    }
}

#[test]
fn files_are_no_longer_than_the_limit() {
    let sources = sources();
    let long = sources
        .iter()
        .filter(|source| source.product().lines().count() > MAX_FILE);
    let long: Vec<&str> = long.map(|source| source.path.as_str()).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn functions_are_no_longer_than_the_limit() {
    let functions: Vec<(String, usize)> = sources().iter().flat_map(Source::functions).collect();
    assert!(
        functions.len() > 100,
        "they are found at all: {}",
        functions.len()
    );
    let long = functions
        .into_iter()
        .filter(|(_, length)| *length > MAX_FUNCTION);
    let long: Vec<String> = long.map(|(name, _)| name).collect();
    assert_eq!(long, LONG_FUNCTIONS);
}

/// The faults of a text that would stand in `path`.
fn faults(path: &str, code: &str) -> Vec<String> {
    Source::new(path, &format!("//! Sample.\n{code}\n")).faults()
}

#[test]
fn foreign_import_is_found_however_it_is_written() {
    for (path, code, fault) in [
        (
            "parse/word.rs",
            "use crate::plan::Step;",
            "it imports crate::plan::Step, and plan is no room for parse",
        ),
        (
            "observe/etc.rs",
            "use crate::{facts::{Access, Facts}, refusal::*};",
            "it imports crate::refusal::*, and refusal is no room for observe",
        ),
        (
            "act/mod.rs",
            "fn f() { crate::decide::decide(); }",
            "it imports crate::decide::decide, and decide is no room for act",
        ),
        (
            "render/text.rs",
            "use super::super::parse;",
            "it imports super::super::parse, and parse is no room for render",
        ),
        (
            "facts.rs",
            "use crate::plan as steps;",
            "it imports crate::plan, and plan is no room for facts",
        ),
        (
            "ids.rs",
            "use super::message::quoted;",
            "it imports super::message::quoted, and message is no room for ids",
        ),
        (
            "decide/mod.rs",
            "use std::{ffi::OsStr, fs, io};",
            "it is pure and names std::fs: std::fs",
        ),
        (
            "decide/mod.rs",
            "fn f() { rustix::process::getuid(); }",
            "it is pure and names rustix: rustix::process::getuid",
        ),
    ] {
        assert_eq!(faults(path, code), [format!("{path}: {fault}")]);
    }
}

#[test]
fn forbidden_word_is_found_where_it_is_code() {
    for (path, code, fault) in [
        ("ids.rs", "unsafe fn f() {}", "it says unsafe fn"),
        ("cli/mod.rs", "let x = y.unwrap();", "it says .unwrap("),
        ("lib.rs", "let _ = x();", "it says let _ ="),
        ("act/mod.rs", "x().ok();", "it says .ok();"),
        (
            "render/mod.rs",
            "path.exists()",
            "it is pure and asks .exists()",
        ),
        (
            "lib.rs",
            "fs::write(path)",
            "it changes the world: fs::write",
        ),
        ("observe/mod.rs", "x.write_all(b)", "it writes: .write_all("),
    ] {
        assert_eq!(faults(path, code), [format!("{path}: {fault}")], "{code}");
    }
    for code in [
        "// unsafe: .unwrap()",
        "let text = \"crate::plan::Step .unwrap( \\\" unsafe\";",
        "let text = r#\"use crate::plan::Step; \"unsafe\"\"#;",
        "let quote = '\"'; let other = '\\''; f::<'a>(); // std::fs",
        "#[cfg(test)]\nmod tests {\n    use crate::plan::Step;\n}",
        "use crate::ids::Uid; use super::line; use self::number;",
    ] {
        assert_eq!(faults("parse/word.rs", code), [""; 0], "{code}");
    }
    let nameless = Source::new("ids.rs", "use std::fmt;\n").faults();
    assert_eq!(
        nameless,
        ["ids.rs: its first line does not say what it does"]
    );
}

#[test]
fn function_is_measured_from_its_name_to_its_end() {
    let body = "    let x = 1;\n".repeat(61);
    let text =
        format!("//! Sample.\nimpl X {{\n    pub(super) const fn f<T>() {{\n{body}    }}\n}}\n");
    let functions = Source::new("ids.rs", &text).functions();
    assert_eq!(functions, [("ids.rs: f".to_owned(), 63)]);
}
