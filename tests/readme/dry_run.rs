//! The dry runs → what they print is used as the page says.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::image::{Images, RUN, SOCKET, compose, compose_up, obstacle, served};
use crate::page::{filled_in, snippet};
use crate::stage::{Scratch, repository, shell, skip, static_charon_init};

#[test]
fn the_dry_run_on_the_host() {
    if !static_charon_init().exists() {
        return skip("the_dry_run_on_the_host", "no static binary");
    }
    let outcome = shell(&snippet("the_dry_run_on_the_host"), repository()).succeeded();
    assert!(
        outcome
            .stdout
            .contains("identity:\n  1000: uid 1000, gid 1000")
            || outcome.stdout.contains("uid 1000, gid 1000, groups"),
        "{outcome:?}"
    );
    let last = outcome.stdout.lines().last();
    assert!(
        last.is_some_and(|line| line.starts_with("group_add: [")),
        "{outcome:?}"
    );
}

/// Both files, made in `folder` by the commands of the page.
fn dry_run_into(folder: &Path, image: &str) {
    let commands = filled_in(
        &snippet("the_dry_run_fills_compose"),
        &[RUN, ("your-image", image)],
    );
    shell(&commands, folder).succeeded();
}

#[test]
fn the_dry_run_fills_compose() {
    const NAME: &str = "the_dry_run_fills_compose";
    let Some(compose) = compose() else {
        return skip(NAME, "no docker compose");
    };
    if let Some(why) = obstacle() {
        return skip(NAME, &why);
    }
    let images = Images::get();
    let scratch = Scratch::new();
    let folder = scratch.path();
    assert!(snippet("the_dry_run_fills_compose").contains("> compose.override.yaml\n"));
    dry_run_into(folder, &images.finished);
    let gid = fs::metadata(SOCKET).unwrap().gid();
    assert_eq!(
        fs::read_to_string(folder.join("compose.override.yaml")).unwrap(),
        format!("services:\n  charon:\n    group_add: [\"{gid}\"]\n")
    );
    let file = filled_in(
        &snippet("the_compose_file"),
        &[(
            "image: your-image\n",
            "image: your-image\n    user: \"1000:1000\"\n",
        )],
    );
    let outcome = served(compose_up(compose, folder, &file, &images.finished));
    assert!(!outcome.stdout.contains("granted"), "{outcome:?}");
}

#[test]
fn the_compose_file_that_reads_env() {
    const NAME: &str = "the_compose_file_that_reads_env";
    let Some(compose) = compose() else {
        return skip(NAME, "no docker compose");
    };
    if let Some(why) = obstacle() {
        return skip(NAME, &why);
    }
    let images = Images::get();
    let scratch = Scratch::new();
    let folder = scratch.path();
    dry_run_into(folder, &images.finished);
    fs::remove_file(folder.join("compose.override.yaml")).unwrap();
    let gid = fs::metadata(SOCKET).unwrap().gid();
    assert_eq!(
        fs::read_to_string(folder.join(".env")).unwrap(),
        format!("DOCKER_SOCK_GID={gid}\n")
    );
    let file = snippet("the_compose_file_that_reads_env");
    served(compose_up(compose, folder, &file, &images.finished));
}

#[test]
fn the_dry_run_gives_flags() {
    if let Some(why) = obstacle() {
        return skip("the_dry_run_gives_flags", &why);
    }
    let images = Images::get();
    let start = filled_in(
        &snippet("the_dry_run_gives_flags"),
        &[RUN, ("your-image", &images.finished)],
    );
    served(shell(&start, repository()).succeeded());
    // Without those flags it says which are missing, in words that the page sends the reader to.
    let without = format!(
        "docker run --rm --network none --user 1000:1000 -v {SOCKET}:{SOCKET} {}",
        images.finished
    );
    let gid = fs::metadata(SOCKET).unwrap().gid();
    shell(&without, repository()).says(&format!(
        "Use docker compose group_add: [\"{gid}\"] or run with --group-add {gid}"
    ));
}
