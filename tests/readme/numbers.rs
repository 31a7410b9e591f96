//! The section about PUID and PGID, and examples/puid-pgid → built from local images and started by compose.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use crate::image::{Images, compose, obstacle};
use crate::page::{filled_in, snippet};
use crate::stage::{Namespace, Scratch, is_root, repository, shell, skip, unique_name};

const DEBIAN: &str = "charon-init-test/debian";

#[test]
fn the_compose_file_with_numbers() {
    const NAME: &str = "the_compose_file_with_numbers";
    let Some(compose) = compose() else {
        return skip(NAME, "no docker compose");
    };
    if let Some(why) = obstacle() {
        return skip(NAME, &why);
    }
    if shell(&format!("docker image inspect {DEBIAN}"), repository()).code != Some(0) {
        return skip(
            NAME,
            &format!("no image {DEBIAN}; tests/images/build makes it"),
        );
    }
    let example = repository().join("examples/puid-pgid");
    let file = fs::read_to_string(example.join("compose.yaml")).unwrap();
    let shown = snippet("the_compose_file_with_numbers");
    assert!(
        file.contains(&shown),
        "the page shows a part of the example"
    );

    let images = Images::get();
    let scratch = Scratch::new();
    let folder = scratch.path();
    let name = unique_name();
    let dockerfile = fs::read_to_string(example.join("Dockerfile")).unwrap();
    let from = format!("--from={} ", images.init);
    let dockerfile = filled_in(&dockerfile, &[("--from=charon-init ", &from)]);
    fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    let build = format!("docker build --network none --build-arg IMAGE={DEBIAN} -t {name} .");
    shell(&build, folder).succeeded();
    let image = format!("image: {name}\n    network_mode: none\n");
    let file = filled_in(
        &file,
        &[("build: .\n    ", ""), ("image: puid-pgid\n", &image)],
    );
    fs::write(folder.join("compose.yaml"), file).unwrap();
    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    chown(&data, Some(1001), Some(1002)).unwrap();

    let up = format!("{compose} -p {name} up --no-color");
    let first = shell(&up, folder);
    let logs = shell(&format!("{compose} -p {name} up --no-color"), folder);
    shell(&format!("{compose} -p {name} down"), folder).succeeded();
    shell(&format!("docker image rm -f {name}"), folder).succeeded();
    for outcome in [first, logs] {
        outcome
            .succeeded()
            .says("uid=1001(app) gid=1002(app) groups=1002(app)")
            .says("0027")
            .says("-rw-r----- 1 1001 1002");
    }
    let started = fs::metadata(data.join("started")).unwrap();
    assert_eq!((started.uid(), started.gid()), (1001, 1002));
}

#[test]
fn the_numbers_in_the_account_files() {
    const NAME: &str = "the_numbers_in_the_account_files";
    if !is_root() {
        return skip(NAME, "needs root");
    }
    let shown = snippet("the_numbers_in_the_account_files");
    let script =
        "PUID=1001 PGID=1002 charon-init --dry-run --no-socket | grep -E '^ +[-+]([^-+]|$)'";
    let outcome = Namespace::new().run(script).succeeded();
    let lines: Vec<&str> = outcome.stdout.lines().map(str::trim).collect();
    assert_eq!(lines, shown.lines().collect::<Vec<_>>());
}
