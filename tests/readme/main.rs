//! README.md → every snippet is run or checked, every table compared with the source, every link followed.
//!
//! A fence names its test: "```sh test=the_dockerfile" is executed by `fn the_dockerfile`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice
)]

mod aarch64;
#[path = "../common/mod.rs"]
mod common;
mod comparison;
mod coverage;
mod devices;
mod dry_run;
mod figures;
mod health;
mod image;
mod numbers;
mod page;
mod parity;
mod quickstart;
mod reference;
mod sbom;
mod security;
mod server;
mod speed;
mod stage;

/// The sources of this test, to find the test that a fence names.
const SOURCES: &[&str] = &[
    include_str!("comparison.rs"),
    include_str!("coverage.rs"),
    include_str!("devices.rs"),
    include_str!("dry_run.rs"),
    include_str!("figures.rs"),
    include_str!("health.rs"),
    include_str!("image.rs"),
    include_str!("numbers.rs"),
    include_str!("quickstart.rs"),
    include_str!("reference.rs"),
    include_str!("sbom.rs"),
    include_str!("server.rs"),
    include_str!("speed.rs"),
];

#[test]
fn every_fence_names_the_test_that_uses_it() {
    let fences = page::fences();
    assert!(!fences.is_empty());
    for fence in &fences {
        let tag = fence.test.as_deref();
        let tag = tag.unwrap_or_else(|| panic!("no test=NAME on the fence with:\n{}", fence.text));
        let used = SOURCES.iter().any(|source| {
            source.contains(&format!("#[test]\nfn {tag}()"))
                && source.contains(&format!("snippet(\"{tag}\")"))
        });
        assert!(used, "no test named {tag} uses the snippet of that name");
        let namesakes = fences
            .iter()
            .filter(|other| other.test == fence.test)
            .count();
        assert_eq!(namesakes, 1, "{tag}: one test cannot vouch for two fences");
    }
}
