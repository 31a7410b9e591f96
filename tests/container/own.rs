//! Contract 11 on real volumes: a database's volume changes hands before the database starts.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Scratch, skip};
use crate::engine::Ran;
use crate::subject::{Subject, labels, subject};

/// A named volume, which goes when this value goes.
struct Volume<'s> {
    subject: &'s Subject,
    name: String,
}

impl<'s> Volume<'s> {
    /// With a file and a directory in it, all of 4242:4242.
    fn of_another_user(subject: &'s Subject, test: &str) -> Self {
        let name = format!("charon-init-own-{}-{test}", std::process::id());
        let mount = format!("--volume={name}:/data");
        let plant = "mkdir /data/base; touch /data/base/file; chmod 700 /data /data/base; chown -R 4242:4242 /data";
        let options = ["--rm", "--entrypoint=sh", &mount];
        subject.start(&options, &["-c", plant]).ran.out();
        Self { subject, name }
    }

    fn at(&self, path: &str) -> String {
        format!("--volume={}:{path}", self.name)
    }

    /// Owner and group of everything in it.
    fn owners(&self) -> String {
        let look = "stat -c %u:%g /data /data/base /data/base/file";
        let options = ["--rm", "--entrypoint=sh", &self.at("/data")];
        self.subject.start(&options, &["-c", look]).ran.out()
    }
}

impl Drop for Volume<'_> {
    fn drop(&mut self) {
        self.subject
            .docker
            .call(&["volume", "rm", "--force", &self.name]);
    }
}

#[test]
fn a_volume_of_another_user_belongs_to_the_identity() {
    let Some(subject) = subject() else { return };
    let volume = Volume::of_another_user(subject, "given");
    let start = || {
        subject.ran(
            &[&volume.at("/data"), "--env=CHARON_INIT_OWN=/data"],
            &["sh", "-c", "touch /data/mine"],
        )
    };
    let ran = start();
    ran.says(&["'/data': given to 1000:1000, 3 of 3 entries changed"]);
    ran.out();
    assert_eq!(volume.owners(), "1000:1000\n1000:1000\n1000:1000\n");
    let ran = start();
    ran.says(&["'/data': given to 1000:1000, 0 of 4 entries changed"]);
    ran.out();
}

#[test]
fn a_read_only_volume_is_told_and_the_command_starts() {
    let Some(subject) = subject() else { return };
    let volume = Volume::of_another_user(subject, "read-only");
    let ran = subject.ran(
        &[&(volume.at("/data") + ":ro")],
        &["--own", "/data", "id", "-u"],
    );
    ran.says(&[
        "owners stay, Read-only file system",
        ": 3, the first '/data/base/file'",
        "mount it without :ro",
    ]);
    assert_eq!(ran.out(), "1000\n");
}

#[test]
fn without_capabilities_the_line_says_which_to_add() {
    let Some(subject) = subject() else { return };
    let volume = Volume::of_another_user(subject, "capabilities");
    let with = |added: &[&str]| {
        let mount = volume.at("/data");
        let options = [&["--cap-drop=ALL", mount.as_str()], added].concat();
        subject.ran(&options, &["--own", "/data", "true"])
    };
    let drop = ["--cap-add=SETUID", "--cap-add=SETGID"];
    let ran = with(&drop);
    assert_eq!(ran.code, 78);
    ran.says(&["root: lacks CAP_CHOWN", "add it: --cap-add CHOWN"]);
    let ran = with(&[&drop[..], &["--cap-add=CHOWN"]].concat());
    ran.says(&["Permission denied", "--cap-add DAC_READ_SEARCH"]);
    assert_eq!(volume.owners(), "4242:4242\n4242:4242\n4242:4242\n");
    with(&[&drop[..], &["--cap-add=CHOWN", "--cap-add=DAC_READ_SEARCH"]].concat()).out();
    assert_eq!(volume.owners(), "1000:1000\n1000:1000\n1000:1000\n");
}

/// The official image in small: the account, the place of its data, and an entrypoint that needs it to be its own.
const POSTGRES: &str = "\
RUN echo 'postgres:x:70:70::/var/lib/postgresql:/bin/sh' >>/etc/passwd && echo 'postgres:x:70:' >>/etc/group && \
    mkdir -p /var/lib/postgresql/data && \
    printf '%s\\n' '#!/bin/sh' 'umask 077; echo 17 >/var/lib/postgresql/data/PG_VERSION || exit' \
      'stat -c %u:%g /var/lib/postgresql/data; id -u; echo \"$@\"' >/bin/docker-entrypoint.sh && \
    chmod 755 /bin/docker-entrypoint.sh
";

#[test]
fn the_example_of_a_database_starts_twice_on_its_volume() {
    const NAME: &str = "the_example_of_a_database_starts_twice_on_its_volume";
    let Some(subject) = subject() else { return };
    if !Command::new("docker-compose")
        .arg("version")
        .output()
        .is_ok_and(|ran| ran.status.success())
    {
        return skip(NAME, "needs docker-compose");
    }
    let scratch = Scratch::new();
    let build = |dockerfile: &str| {
        fs::write(scratch.path().join("Dockerfile"), dockerfile).unwrap();
        let mut build = Command::new("docker");
        build.env("DOCKER_BUILDKIT", "0").args([
            "build",
            "--quiet",
            "--force-rm",
            "--network=none",
        ]);
        build.args(labels()).arg(scratch.path());
        Ran::of(&mut build).out().trim().to_owned()
    };
    let base = build(&format!("FROM {}\n{POSTGRES}", subject.busybox));
    let override_file = scratch.path().join("override.yaml");
    fs::write(
        &override_file,
        format!(
            "services:\n  database:\n    network_mode: none\n    build:\n      args:\n        BASE_IMAGE: {base}\n        CHARON_INIT_IMAGE: {}\n",
            subject.busybox
        ),
    )
    .unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/postgres-like/compose.yaml");
    let project = format!("charon-init-own-{}", std::process::id());
    let compose = |words: &[&str]| {
        let mut compose = Command::new("docker-compose");
        compose
            .env("DOCKER_BUILDKIT", "0")
            .args(["--no-ansi", "-p", &project, "-f"]);
        compose
            .arg(&example)
            .arg("-f")
            .arg(&override_file)
            .args(words);
        Ran::of(&mut compose)
    };
    let up = || {
        compose(&[
            "up",
            "--build",
            "--no-color",
            "--exit-code-from",
            "database",
        ])
    };
    let (first, second) = (up(), up());
    compose(&["down", "--volumes", "--rmi", "all"]).out();
    let said = [
        "database_1  | 70:70\n",
        "database_1  | 70\n",
        "database_1  | postgres\n",
    ];
    for ran in [&first, &second] {
        assert_eq!(ran.code, 0, "{ran:?}");
        for line in said {
            assert!(ran.stdout.contains(line), "{line:?} in {ran:?}");
        }
    }
    assert!(
        first
            .stdout
            .contains("given to 70:70, 1 of 1 entries changed"),
        "{first:?}"
    );
    assert!(
        second
            .stdout
            .contains("left as it is: its root belongs to the identity"),
        "{second:?}"
    );
}
