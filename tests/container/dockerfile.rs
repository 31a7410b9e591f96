//! The Dockerfile at the top: every stage, with both builders, on local images in place of the registry's.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::skip;
use crate::engine::Ran;
use crate::subject::{PONG, Process, SOCKET, Subject, labels, probe, seen, subject};

/// A client and the builder that it is to use.
struct Builder {
    client: PathBuf,
    buildkit: &'static str,
}

/// The builder that comes with every engine. It builds all stages up to the one that is asked for.
fn classic() -> Builder {
    Builder {
        client: PathBuf::from("docker"),
        buildkit: "0",
    }
}

/// BuildKit, with the first client that needs no plug-in for it: those of version 23 and later want buildx.
fn buildkit() -> Option<Builder> {
    let path = std::env::var_os("PATH").unwrap();
    let clients = std::env::split_paths(&path).map(|directory| directory.join("docker"));
    let takes_buildkit = |client: &PathBuf| {
        let help = Command::new(client)
            .env("DOCKER_BUILDKIT", "1")
            .args(["build", "--help"])
            .output();
        help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--secret"))
    };
    let client = clients.into_iter().find(takes_buildkit);
    if client.is_none() {
        let test = std::thread::current();
        skip(
            test.name().unwrap_or("dockerfile"),
            "no docker client with BuildKit",
        );
    }
    Some(Builder {
        client: client?,
        buildkit: "1",
    })
}

impl Builder {
    /// The image of a stage.
    fn build(&self, target: &str) -> String {
        let mut build = Command::new(&self.client);
        build
            .env("DOCKER_BUILDKIT", self.buildkit)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["build", "--quiet", "--force-rm", "--network", "none"])
            .args(labels())
            .args(["--target", target])
            .args(["--build-arg", "RUST_IMAGE=charon-init-test/rust"])
            .args(["--build-arg", "CHARON_IMAGE=charon-init-test/busybox"])
            .arg(".");
        let built = Ran::of(&mut build);
        assert_eq!(built.code, 0, "{target}: {built:?}");
        built.stdout.trim().to_owned()
    }
}

fn config(subject: &Subject, image: &str) -> Value {
    let inspect = ["image", "inspect", "--format", "{{json .Config}}", image];
    serde_json::from_str(&subject.docker.call(&inspect).out()).unwrap()
}

fn assert_holds_only_the_init(subject: &Subject, image: &str) {
    let version = subject.docker.run(&[], image, &["--version"]);
    let expected = concat!("charon-init ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(version.ran.out(), expected);
    assert_eq!(
        config(subject, image)["Entrypoint"],
        json!(["/charon-init"])
    );
    let export = format!("docker export {} | tar -t", version.container.name);
    let files = Ran::of(Command::new("sh").args(["-c", &export])).out();
    // The rest is what the engine puts into every container.
    let is_the_engines = |file: &&str| {
        let engines = [".dockerenv", "dev/", "etc/", "proc/", "sys/"];
        !engines.iter().any(|engines| file.starts_with(engines))
    };
    assert_eq!(
        files.lines().filter(is_the_engines).collect::<Vec<_>>(),
        ["charon-init"]
    );
}

#[test]
fn the_prebuilt_stage_holds_the_binary_of_the_host_with_the_classic_builder() {
    let Some(subject) = subject() else { return };
    assert_holds_only_the_init(subject, &classic().build("prebuilt"));
}

#[test]
fn the_prebuilt_stage_holds_the_binary_of_the_host_with_buildkit() {
    let Some(subject) = subject() else { return };
    let Some(buildkit) = buildkit() else { return };
    assert_holds_only_the_init(subject, &buildkit.build("prebuilt"));
}

#[test]
fn the_other_stages_compile_the_init_and_put_it_before_charon() {
    let Some(subject) = subject() else { return };
    assert_other_stages(subject, &classic());
}

/// It compiles all over again: minutes.
#[test]
fn the_other_stages_do_so_with_buildkit_too() {
    if std::env::var_os("CHARON_TEST_LONG").is_none() {
        return;
    }
    let Some(subject) = subject() else { return };
    let Some(buildkit) = buildkit() else { return };
    assert_other_stages(subject, &buildkit);
}

fn assert_other_stages(subject: &Subject, builder: &Builder) {
    // By itself it is of no use, but it has labels, by which it will be found and removed.
    builder.build("build");
    assert_holds_only_the_init(subject, &builder.build("init"));
    let charon = builder.build("charon");
    let config = config(subject, &charon);
    assert_eq!(config["Entrypoint"], json!(["/charon-init"]));
    assert_eq!(config["Cmd"], json!(["/docker-entrypoint.sh"]));
    assert_eq!(config["User"], "root");
    let env = config["Env"].as_array().unwrap();
    for variable in [
        "CHARON_INIT_KEEP_CAPS=net_bind_service",
        "CHARON_INIT_OWN=/app/data:/config",
        "CHARON_INIT_INIT=true",
    ] {
        assert!(env.contains(&json!(variable)), "{env:?}");
    }

    let scratch = crate::common::Scratch::new();
    let script = scratch.path().join("entrypoint");
    std::fs::write(&script, format!("#!/bin/sh\nexec /probe {SOCKET}\n")).unwrap();
    Ran::of(Command::new("chmod").args(["755", script.to_str().unwrap()])).out();
    let probe = format!("--volume={}:/probe:ro", probe().display());
    let script = format!("--volume={}:/docker-entrypoint.sh:ro", script.display());
    let socket = subject.second().socket(4330).mounted();
    // No command: Charon's own entrypoint is the one that runs.
    let ran = subject
        .docker
        .run(&[&probe, &script, &socket], &charon, &[])
        .ran;
    let seen = seen(&ran);
    let process = Process {
        capabilities: [1 << 10; 5],
        ..Process::without_power(1000, &[1000, 4330])
    };
    assert_eq!(seen.process, process);
    assert_eq!((ran.code, seen.ping.as_str()), (0, PONG));
}
