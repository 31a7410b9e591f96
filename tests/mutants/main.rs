//! Guards that are taken away, one at a time → the test that notices.
//!
//! The mutants are data: each `*.mutants` file says what is replaced by what, and which test has to fail then. That they
//! still apply is tested always; whether the tests fail is for `tests/mutants/run`, which takes minutes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
mod mutant;
mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::time::Instant;

use common::{figure, repository};
use mutant::{Mutant, all};
use workshop::{Verdict, Workshop};

/// Issue "Proof": at least so many.
const AT_LEAST: usize = 25;

/// A mutant of code that has changed since would prove nothing, and neither would a test that is not there.
#[test]
fn every_mutant_applies_and_names_a_test_that_is_there() {
    let mutants = all();
    assert!(mutants.len() >= AT_LEAST, "{}", mutants.len());
    let told = figure("(tests/mutants): ", " guards");
    assert!(
        mutants.len() >= told,
        "{}; README.md says {told}",
        mutants.len()
    );
    let mut titles = BTreeSet::new();
    for mutant in &mutants {
        assert!(titles.insert(&mutant.title), "{} twice", mutant.title);
        let changed = mutant.changed(repository());
        assert!(!changed.is_empty(), "{}", mutant.title);
        assert!(is_there(mutant), "{}: {}", mutant.title, mutant.test);
    }
}

fn is_there(mutant: &Mutant) -> bool {
    let mut module: Vec<_> = mutant.test.split("::").collect();
    let name = module.pop().unwrap();
    let candidates = if mutant.target == "lib" {
        let path: Vec<_> = module.into_iter().filter(|part| *part != "tests").collect();
        let path = path.join("/");
        vec![format!("src/{path}.rs"), format!("src/{path}/mod.rs")]
    } else {
        let file = if module.is_empty() {
            "main".to_owned()
        } else {
            module.join("/")
        };
        vec![format!("tests/{}/{file}.rs", mutant.target)]
    };
    let texts = candidates
        .iter()
        .map(|path| fs::read_to_string(repository().join(path)));
    let declared = format!("fn {name}() {{");
    texts
        .filter_map(Result::ok)
        .any(|text| text.contains(&declared))
}

#[test]
fn every_mutant_is_killed_by_the_test_that_is_named() {
    if std::env::var_os("CHARON_TEST_LONG").is_none() {
        println!(
            "every_mutant_is_killed_by_the_test_that_is_named: takes minutes, see tests/mutants/run"
        );
        return;
    }
    let only = std::env::var("CHARON_MUTANT").unwrap_or_default();
    let mut mutants = all();
    mutants.retain(|mutant| mutant.title.contains(&only));
    let start = Instant::now();
    let workshop = Workshop::new();
    sound(&workshop, &mutants);
    let mut alive = Vec::new();
    for mutant in &mutants {
        let begin = Instant::now();
        let verdict = workshop.judge(mutant);
        tell(&format!(
            "{:4} s  {verdict}  {}  <- {} {}\n",
            begin.elapsed().as_secs(),
            mutant.title,
            mutant.target,
            mutant.test
        ));
        if !matches!(verdict, Verdict::Killed) {
            alive.push(format!("{verdict}: {}", mutant.title));
        }
    }
    tell(&format!(
        "mutants: {} of {} killed, {} s\n",
        mutants.len() - alive.len(),
        mutants.len(),
        start.elapsed().as_secs()
    ));
    assert!(alive.is_empty(), "{}", alive.join("\n"));
}

/// A test that fails without any mutant would kill them all.
fn sound(workshop: &Workshop, mutants: &[Mutant]) {
    let mut tests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for mutant in mutants {
        tests
            .entry(&mutant.target)
            .or_default()
            .insert(&mutant.test);
    }
    for (target, tests) in tests {
        let ran = workshop.run(target, &tests.into_iter().collect::<Vec<_>>());
        assert!(ran.status.success(), "without a mutant: {ran:?}");
    }
}

/// Past the capture of the test harness: the table is the result.
fn tell(line: &str) {
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
