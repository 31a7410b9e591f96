//! The classes of vulnerabilities that the page says are met → each has a test that is there.

use std::collections::BTreeSet;
use std::fs;

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
