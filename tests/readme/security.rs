//! The classes of vulnerabilities that the page says are met, and what it says is fuzzed → each has a test that is there.

use std::collections::BTreeSet;
use std::fs;

use crate::common::figure;
use crate::page::rows;
use crate::stage::repository;

/// The names and files of a cell such as "[`NAME`](FILE), [`NAME`](FILE)".
fn tests_of(cell: &str) -> Vec<(&str, &str)> {
    let links = cell.split(", ").map(|link| {
        let inner = link.strip_prefix("[`")?.strip_suffix(')')?;
        inner.split_once("`](")
    });
    let tests: Option<Vec<_>> = links.collect();
    tests.unwrap_or_else(|| panic!("not a list of tests: {cell}"))
}

/// Whether `name` is a test of `source`, not a function that happens to be called so.
fn is_test(name: &str, source: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let declared = format!("fn {name}(");
    lines
        .windows(2)
        .any(|two| two[0] == "#[test]" && two[1].starts_with(&declared))
}

#[test]
fn every_class_names_tests_that_are_there() {
    let mut classes = BTreeSet::new();
    for row in rows("| class | where it was seen | how it is met here | test |") {
        let [class, seen, met, tests] = &row[..] else {
            panic!("{row:?}");
        };
        assert!(!seen.is_empty() && !met.is_empty(), "{class}");
        assert!(classes.insert(class.clone()), "{class} twice");
        for (name, file) in tests_of(tests) {
            let is_ours = ["tests/", "examples/charon-server/tests/"];
            assert!(is_ours.iter().any(|top| file.starts_with(top)), "{file}");
            let source = fs::read_to_string(repository().join(file)).expect(file);
            assert!(is_test(name, &source), "{class}: no test {name} in {file}");
        }
    }
}

/// cargo-fuzz has a program per target; that those are all targets is tested where the targets are.
#[test]
fn every_fuzzing_target_has_its_row() {
    let programs = fs::read_dir(repository().join("tests/fuzz/fuzz_targets")).unwrap();
    let name = |program: fs::DirEntry| program.file_name().into_string().unwrap();
    let programs: BTreeSet<String> = programs
        .map(|program| name(program.unwrap()).replace(".rs", ""))
        .collect();
    let (mut told, mut in_all) = (BTreeSet::new(), 0);
    for row in rows("| fuzzing target | what comes in | executions | seconds of CPU | crashes |") {
        let [target, _, executions, seconds, crashes] = &row[..] else {
            panic!("{row:?}");
        };
        let number = |cell: &str| -> usize { cell.replace(',', "").parse().expect(cell) };
        assert!(number(executions) > 100_000 && crashes == "0", "{row:?}");
        in_all += number(seconds);
        let is_new = told.insert(target.trim_matches('`').to_owned());
        assert!(is_new, "{target} twice");
    }
    assert_eq!(told, programs);
    assert_eq!(
        in_all,
        figure("same way every time. In ", " seconds of CPU")
    );
    assert!(in_all >= 60 * 60, "an hour");
}

#[test]
fn a_test_is_told_from_what_is_none() {
    let source =
        "#[test]\nfn there() {}\n  #[test]\n  fn inside(world in any()) {}\nfn other() {}\n";
    for (name, expected) in [
        ("there", true),
        ("inside", true),
        ("other", false),
        ("ther", false),
        ("gone", false),
    ] {
        assert_eq!(is_test(name, source), expected, "{name}");
    }
}
