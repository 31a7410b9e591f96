//! What the binary is made of → printed by the page's own commands.

use std::fs;

use serde_json::Value;

use crate::common::{Scratch, repository};
use crate::page::{filled_in, snippet};
use crate::stage::{has, shell, skip};

#[test]
fn the_sbom() {
    if !has("auditable2cdx") || !has("cargo-auditable") {
        return skip("the_sbom", "no cargo-auditable");
    }
    let scratch = Scratch::new();
    let file = scratch.path().join("sbom");
    let commands = filled_in(
        &snippet("the_sbom"),
        &[("charon-init.cdx.json", file.to_str().unwrap())],
    );
    shell(&commands, repository()).succeeded();
    let sbom: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    assert_eq!(sbom["metadata"]["component"]["name"], "charon-init");
}
