//! The static binary → what it was made of, and whether anybody who makes it again gets the same bytes.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/python.rs"]
mod python;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use common::{Scratch, repository, skip};
use python::python;

/// The one that is shipped.
fn static_binary(test: &str) -> Option<PathBuf> {
    let binary = repository().join("target/static/charon-init");
    if binary.exists() {
        return Some(binary);
    }
    skip(test, "examples/build-static was not run");
    None
}

/// What the program prints; its failure is the test's.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(repository())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The SBOM of the binary, as the tool that reads it out of the file prints it.
fn sbom(test: &str) -> Option<String> {
    let binary = static_binary(test)?;
    if Command::new("auditable2cdx").output().is_err() {
        skip(
            test,
            "no auditable2cdx: cargo install cargo-auditable auditable2cdx",
        );
        return None;
    }
    Some(printed("auditable2cdx", &[binary.to_str().unwrap()]))
}

/// `name version` of each crate that a line of the text names with these two words first.
fn crates(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next()?;
            let version = words.next()?.strip_prefix('v')?;
            Some(format!("{name} {version}"))
        })
        .collect()
}

/// The same of an SBOM's components, which are what the application depends on.
fn components(sbom: &Value) -> BTreeSet<String> {
    let components = sbom["components"].as_array().unwrap();
    components
        .iter()
        .map(|one| format!("{} {}", one["name"], one["version"]).replace('"', ""))
        .collect()
}

/// The crates of a build with these arguments, as cargo counts them, less the workspace's own.
fn tree(package: &str) -> BTreeSet<String> {
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    let text = printed(
        "cargo",
        &[
            "tree",
            "--locked",
            "--no-default-features",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--target",
            &target,
            "--package",
            package,
        ],
    );
    let mut crates = crates(&text);
    crates.retain(|one| !one.starts_with("charon-"));
    crates
}

#[test]
fn the_binary_lists_every_crate_that_it_was_made_of() {
    let Some(sbom) = sbom("the_binary_lists_every_crate_that_it_was_made_of") else {
        return;
    };
    let sbom: Value = serde_json::from_str(&sbom).unwrap();
    assert_eq!(sbom["metadata"]["component"]["name"], "charon-init");
    let listed = components(&sbom);
    let made_of = tree("charon-init");
    assert!(made_of.contains(&format!("rustix {}", version_in_lock("rustix"))));
    let missing: Vec<_> = made_of.difference(&listed).collect();
    assert!(missing.is_empty(), "not listed: {missing:?}");
    // The tool unites the features of a workspace, so it may list a crate too many; of the server's own, none.
    let too_many: Vec<_> = listed.difference(&made_of).collect();
    println!("{} crates; listed besides: {too_many:?}", made_of.len());
    for server in ["axum", "bollard", "tokio", "proptest"] {
        let prefix = format!("{server} ");
        assert!(
            !listed.iter().any(|one| one.starts_with(&prefix)),
            "{server}"
        );
    }
}

/// The version of a crate in Cargo.lock.
fn version_in_lock(name: &str) -> String {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let (_, rest) = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn the_sbom_is_valid_by_the_schema_of_cyclonedx() {
    const NAME: &str = "the_sbom_is_valid_by_the_schema_of_cyclonedx";
    let (Some(sbom), Some(python)) = (sbom(NAME), python(NAME)) else {
        return;
    };
    assert!(python.is_cyclonedx(&sbom));
    // The schema is asked: it does not take a component without a name.
    assert!(!python.is_cyclonedx(&sbom.replacen("\"name\":", "\"nom\":", 1)));
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_build_in_another_folder_gives_the_same_bytes() {
    const NAME: &str = "a_build_in_another_folder_gives_the_same_bytes";
    let Some(binary) = static_binary(NAME) else {
        return;
    };
    let scratch = Scratch::new();
    let folder = scratch.path().join("a folder of another name");
    fs::create_dir(&folder).unwrap();
    for entry in ["Cargo.toml", "Cargo.lock", "src", "examples"] {
        copy(&repository().join(entry), &folder);
    }
    let mut build = Command::new(folder.join("examples/build-static"));
    // What cargo tells its tests is no part of anybody's environment.
    build.env_clear();
    for name in [
        "PATH",
        "HOME",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "CARGO_NET_OFFLINE",
        "CHARON_INIT_TOOLCHAIN",
    ] {
        if let Some(value) = env::var_os(name) {
            build.env(name, value);
        }
    }
    // The toolchain is the same, and then lies outside of the folder; to fetch it again would prove no more.
    let toolchain = repository().join("target/toolchain");
    if env::var_os("CHARON_INIT_TOOLCHAIN").is_none() && toolchain.exists() {
        build.env("CHARON_INIT_TOOLCHAIN", toolchain);
    }
    let output = build.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let again = fs::read(folder.join("target/static/charon-init")).unwrap();
    let first = fs::read(&binary).unwrap();
    println!("{} bytes", first.len());
    assert!(again == first, "{} and {} bytes", first.len(), again.len());
    // And nothing in them says where that was.
    for place in [&folder, repository()] {
        let place = place.to_str().unwrap().as_bytes();
        let found = first.windows(place.len()).any(|bytes| bytes == place);
        assert!(!found, "the binary names the folder that it was built in");
    }
}
