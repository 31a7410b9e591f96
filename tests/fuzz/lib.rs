//! The targets, for cargo-fuzz.

#[path = "../decide/arbitrary.rs"]
mod arbitrary;
#[path = "../decide/arbitrary_files.rs"]
mod arbitrary_files;
#[path = "../decide/arbitrary_paths.rs"]
mod arbitrary_paths;
mod editor;
mod http;
mod letter;
mod process;
pub mod targets;
#[path = "../decide/world.rs"]
#[allow(dead_code)]
mod world;

/// The target called `name`.
#[must_use]
pub fn by_name(name: &str) -> targets::Target {
    let mut targets = targets::TARGETS.iter();
    targets.find(|(known, _)| *known == name).expect("a target").1
}
