//! examples/quickstart → with Docker, without it, and without root.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::image::SOCKET;
use crate::page::snippet;
use crate::stage::{self, Scratch, command, is_root, repository, run, shell, skip};

#[test]
fn the_two_commands() {
    let lines: Vec<String> = snippet("the_two_commands")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines, ["examples/quickstart", "tests/run"]);

    // The second one runs this test, so it cannot be run by it; CI runs that very command.
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(ci.lines().any(|line| line == "run tests/run"));

    if let Some(why) = crate::image::obstacle() {
        return skip("the_two_commands", &why);
    }
    let gid = fs::metadata(SOCKET).unwrap().gid();
    let mut groups = [gid, 1000];
    groups.sort_unstable();
    let outcome = shell(&lines[0], repository())
        .succeeded()
        .says(&format!(
            "uid=1000 gid=1000 groups={},{}\n",
            groups[0], groups[1]
        ))
        .says(&format!("granted through gid {gid} (docker)"))
        .says("read everything back, then try to become root again");
    // Our own container is among those that it lists.
    let listed = outcome
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("  charon-init-quickstart-"));
    let number = listed.expect(&outcome.stdout).split(' ').next().unwrap();
    let left = shell(
        &format!(
            "docker ps -aq -f name=charon-init-quickstart-{number}; docker images -q charon-init-quickstart-{number}"
        ),
        repository(),
    );
    assert_eq!(left.succeeded().stdout, "", "it cleans up after itself");
}

#[test]
fn quickstart_without_an_engine() {
    if !is_root() {
        return skip("quickstart_without_an_engine", "needs root");
    }
    let mut outcome =
        run(command("examples/quickstart", repository()).env("DOCKER_HOST", "tcp://127.0.0.1:9"))
            .succeeded()
            .says("no Docker engine answers here: the same in a throw-away namespace");
    for line in snippet("quickstart_without_an_engine").lines() {
        outcome = outcome.says(&format!("{line}\n"));
    }
}

/// A user has a range of ids from /etc/subuid, which newuidmap gives out. The build is left out: it is the same one.
#[test]
fn quickstart_without_an_engine_and_without_root() {
    const SCRIPT: &str = r#"
        mount -t tmpfs tmpfs "$1/etc"
        cp -a /etc/. "$1/etc"
        mount --bind "$1/etc" /etc
        echo 'joe:x:4242:4242::/tmp:/bin/sh' >>/etc/passwd
        echo 'joe:x:4242:' >>/etc/group
        echo 'joe:200000:65536' | tee -a /etc/subuid >>/etc/subgid
        cd /
        as_joe() { DOCKER_HOST=tcp://127.0.0.1:9 setpriv --reuid 4242 --regid 4242 --clear-groups "$1/examples/quickstart"; }
        as_joe "$1"
        sed -i /joe/d /etc/subuid
        ! as_joe "$1"
    "#;
    const NAME: &str = "quickstart_without_an_engine_and_without_root";
    if !is_root() || !stage::has("newuidmap") || !stage::has("cc") {
        return skip(NAME, "needs root, newuidmap and cc");
    }
    let scratch = Scratch::new();
    let clone = scratch.path();
    shell(
        &format!(
            "cp -r examples {0} && mkdir -p {0}/target/static {0}/etc && cp target/static/charon-init {0}/target/static
             printf '#!/bin/sh\\n' >{0}/examples/build-static && chown -R 4242:4242 {0}",
            clone.display()
        ),
        repository(),
    )
    .succeeded();
    run(command("unshare", clone)
        .args(["--mount", "sh", "-ec", SCRIPT, "sh"])
        .arg(clone))
    .succeeded()
    .says("uid=1000 gid=1000 groups=988,1000\n/var/run/docker.sock answers: HTTP/1.0 200 OK\n")
    .says("without root the stand-in needs newuidmap (uidmap) and a line in /etc/subuid");
}
