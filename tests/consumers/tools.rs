//! Text for a consumer → what the consumer made of it, or an explained skip.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{Scratch, skip};
use crate::python::{Python, python};

/// Is there such a program in PATH?
pub(crate) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// The program's standard output; its failure is the test's.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{stderr}",
        output.status
    );
    String::from_utf8(output.stdout).expect("text")
}

/// The compose tool, and a python3 to read what it prints.
pub(crate) struct Compose(Python);

pub(crate) fn compose(test: &str) -> Option<Compose> {
    if is_there("docker-compose") {
        return python(test).map(Compose);
    }
    skip(test, "no docker-compose");
    None
}

impl Compose {
    /// `docker-compose -f BASE -f OVERRIDE config`, as a value.
    pub(crate) fn config(
        &self,
        base: &Value,
        override_file: &str,
        env_file: Option<&str>,
    ) -> Value {
        let scratch = Scratch::new();
        let write = |name: &str, text: &str| {
            let path = scratch.path().join(name);
            std::fs::write(&path, text).expect("write a compose file");
            path.to_str().expect("a temporary path").to_owned()
        };
        // JSON is YAML.
        let base = write("base.yaml", &base.to_string());
        let override_file = write("override.yaml", override_file);
        let env_file = write("env", env_file.unwrap_or_default());
        let files = ["--env-file", &env_file, "-f", &base, "-f", &override_file];
        self.0
            .yaml(&run("docker-compose", &[&files[..], &["config"]].concat()))
    }
}

/// An engine's command line.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Docker,
    Podman,
}

/// An engine with an image of nothing but busybox; the image goes when this value goes.
pub(crate) struct Running {
    engine: Engine,
    image: String,
}

/// The engine, where it can run containers here.
pub(crate) fn engine(test: &str, engine: Engine) -> Option<Running> {
    let program = engine.program();
    let info = Command::new(program).arg("info").output();
    if !info.is_ok_and(|output| output.status.success()) {
        skip(test, &format!("no {program} that answers"));
        return None;
    }
    let Some(busybox) = static_busybox() else {
        skip(test, "no static busybox");
        return None;
    };
    Some(Running::import(engine, &busybox))
}

fn static_busybox() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let busybox = std::env::split_paths(&path)
        .map(|directory| directory.join("busybox"))
        .find(|file| file.is_file())?;
    // A program that names no interpreter needs no library of the image.
    let bytes = std::fs::read(&busybox).ok()?;
    let interpreter = b"/ld-";
    let is_dynamic = bytes
        .windows(interpreter.len())
        .take(4096)
        .any(|window| window == interpreter);
    (!is_dynamic).then_some(busybox)
}

impl Engine {
    fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// What it takes to run a container where CAP_SYS_RESOURCE is missing and both cgroup versions are mounted: Podman
    /// raises limits above ours by default, and its crun refuses such cgroups.
    fn workarounds(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Docker => (&[], &[]),
            Self::Podman if is_there("runc") => (
                &["--runtime", "runc"],
                &[
                    "--ulimit",
                    "nofile=1024:1024",
                    "--ulimit",
                    "nproc=1024:1024",
                ],
            ),
            Self::Podman => (
                &[],
                &[
                    "--ulimit",
                    "nofile=1024:1024",
                    "--ulimit",
                    "nproc=1024:1024",
                ],
            ),
        }
    }
}

impl Running {
    fn import(engine: Engine, busybox: &Path) -> Self {
        let scratch = Scratch::new();
        let root = scratch.path().join("root");
        std::fs::create_dir_all(root.join("bin")).expect("make a root directory");
        std::fs::copy(busybox, root.join("bin/busybox")).expect("copy busybox");
        let archive = scratch.path().join("root.tar");
        let archive = archive.to_str().expect("a temporary path");
        run(
            "tar",
            &[
                "-C",
                root.to_str().expect("a temporary path"),
                "-cf",
                archive,
                "bin",
            ],
        );
        let image = format!("charon-init-consumers:{}", std::process::id());
        run(engine.program(), &["import", archive, &image]);
        Self { engine, image }
    }

    /// `run OPTIONS IMAGE id -G`: the groups inside, sorted.
    pub(crate) fn id(&self, options: &[&str]) -> Vec<u32> {
        let (global, local) = self.engine.workarounds();
        let run_it = ["run", "--rm", "--network", "none"];
        let command = [&self.image, "/bin/busybox", "id", "-G"];
        let arguments = [global, &run_it, local, options, &command].concat();
        let output = run(self.engine.program(), &arguments);
        let mut groups: Vec<u32> = output
            .split_whitespace()
            .map(|gid| gid.parse().expect("a gid"))
            .collect();
        groups.sort_unstable();
        groups
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let removed = Command::new(self.engine.program())
            .args(["rmi", &self.image])
            .output();
        if !removed.is_ok_and(|output| output.status.success()) {
            println!("{} stays", self.image);
        }
    }
}
