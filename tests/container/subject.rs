//! The static binary and a probe on the local images → the images under test, built once; what a probe has seen.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::common::{Scratch, skip};
use crate::engine::{self, Engine, LABEL, Ran, Started};
use crate::second_engine::SecondEngine;

/// Where every image looks for its engine.
pub(crate) const SOCKET: &str = "/var/run/docker.sock";

/// The command of most tests: what am I, and does the engine answer?
pub(crate) const PROBE: [&str; 2] = ["/probe", SOCKET];

/// The engine and the images under test.
pub(crate) struct Subject {
    pub(crate) docker: Engine,
    pub(crate) busybox: String,
    group_file: String,
    debian: OnceLock<String>,
    second: OnceLock<SecondEngine>,
}

/// The subject; `None` where there is no engine, which is then said in the name of the running test.
pub(crate) fn subject() -> Option<&'static Subject> {
    static SUBJECT: OnceLock<Result<Subject, String>> = OnceLock::new();
    match SUBJECT.get_or_init(Subject::prepare) {
        Ok(subject) => Some(subject),
        Err(why) => {
            skip(std::thread::current().name().unwrap_or("container"), why);
            None
        }
    }
}

impl Subject {
    fn prepare() -> Result<Self, String> {
        let docker = Engine::docker();
        if docker.call(&["info"]).code != 0 {
            return Err("no Docker engine".to_owned());
        }
        if Ran::of(Command::new("id").arg("-u")).stdout != "0\n" {
            return Err("not root, who alone may start a second engine".to_owned());
        }
        for image in ["busybox", "debian", "rust"] {
            let image = format!("charon-init-test/{image}");
            if docker.call(&["image", "inspect", &image]).code != 0 {
                return Err(format!("no image {image}: tests/images/build makes it"));
            }
        }
        if !static_binary().exists() {
            return Err("no static binary: examples/build-static makes it".to_owned());
        }
        docker.remove_orphans();
        remove_images_of_other_binaries(&docker);
        let busybox = build(&docker, "charon-init-test/busybox");
        let cat = docker.run(&["--entrypoint=cat"], &busybox, &["/etc/group"]);
        Ok(Self {
            group_file: cat.ran.out(),
            docker,
            busybox,
            debian: OnceLock::new(),
            second: OnceLock::new(),
        })
    }

    /// A start of the busybox image with these options of `docker run`.
    pub(crate) fn start(&self, options: &[&str], command: &[&str]) -> Started {
        self.docker.run(options, &self.busybox, command)
    }

    /// The same, where only what it did matters.
    pub(crate) fn ran(&self, options: &[&str], command: &[&str]) -> Ran {
        self.start(options, command).ran
    }

    /// The same image on a Debian tree, which has gshadow and shadow-utils.
    pub(crate) fn debian(&self) -> &str {
        self.debian
            .get_or_init(|| build(&self.docker, "charon-init-test/debian"))
    }

    /// The busybox image after a shell command: other accounts, say.
    pub(crate) fn after(&self, change: &str) -> String {
        let scratch = Scratch::new();
        let dockerfile = format!("FROM {}\nRUN {change}\n", self.busybox);
        build_in(&self.docker, scratch.path(), &dockerfile)
    }

    /// /etc/group as the busybox image has it.
    pub(crate) fn group_file(&self) -> String {
        self.group_file.clone()
    }

    /// The engine whose sockets have whatever group a test wants.
    pub(crate) fn second(&self) -> &SecondEngine {
        self.second
            .get_or_init(|| SecondEngine::start("plain", &[]))
    }
}

/// The option that mounts the socket of the machine's own engine.
pub(crate) fn real_socket() -> String {
    engine::mounted(&engine::first_socket())
}

/// The static binary: it alone runs in every image.
fn static_binary() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/static/charon-init")
}

/// Tells the images of this binary from those of the one before.
fn version_label() -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(&std::fs::read(static_binary()).expect("read the binary"));
    format!("charon-init-test.binary={:016x}", hasher.finish())
}

/// The labels of an image under test, as options of `docker build`.
pub(crate) fn labels() -> [String; 2] {
    [LABEL.to_owned(), version_label()].map(|label| format!("--label={label}"))
}

/// Images of earlier binaries, with the compiler's layers, would fill the disk.
fn remove_images_of_other_binaries(docker: &Engine) {
    let ids = |labels: &[&str]| -> BTreeSet<String> {
        let filters = labels.iter().map(|label| format!("--filter=label={label}"));
        let mut list = docker.command(&["images", "--quiet", "--no-trunc"]);
        let ids = Ran::of(list.args(filters)).out();
        ids.lines().map(ToOwned::to_owned).collect()
    };
    let current = ids(&[LABEL, &version_label()]);
    for id in ids(&[LABEL]).difference(&current) {
        docker.call(&["image", "rm", "--force", id]);
    }
}

/// `probe.c`, compiled once per run.
pub(crate) fn probe() -> &'static Path {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/container/probe.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("container-probe");
        let compiled = Ran::of(
            Command::new("cc")
                .args(["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
                .args([&program, &source]),
        );
        compiled.out();
        program
    })
}

/// `/ported` is a program with a file capability: Caddy's case.
fn build(docker: &Engine, base: &str) -> String {
    let scratch = Scratch::new();
    let context = scratch.path();
    std::fs::copy(static_binary(), context.join("charon-init")).expect("copy the binary");
    std::fs::copy(probe(), context.join("probe")).expect("copy the probe");
    let dockerfile = format!(
        "FROM {base}\nCOPY charon-init probe /\nRUN cp /probe /ported && /probe setcap /ported\n\
         ENTRYPOINT [\"/charon-init\"]\n"
    );
    build_in(docker, context, &dockerfile)
}

/// The image's id. Nothing changed: the engine's cache has it.
fn build_in(docker: &Engine, context: &Path, dockerfile: &str) -> String {
    std::fs::write(context.join("Dockerfile"), dockerfile).expect("write the Dockerfile");
    let context = context.to_str().expect("a temporary path");
    let mut build = docker.command(&["build", "--quiet", "--force-rm", "--network", "none"]);
    build
        .args(labels())
        .arg(context)
        .env("DOCKER_BUILDKIT", "0");
    Ran::of(&mut build).out().trim().to_owned()
}

/// The privileges of a process, as /proc/self/status shows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Process {
    /// Real, effective, saved, filesystem.
    pub(crate) uids: [u32; 4],
    pub(crate) gids: [u32; 4],
    pub(crate) groups: Vec<u32>,
    /// Inheritable, permitted, effective, bounding, ambient.
    pub(crate) capabilities: [u64; 5],
    pub(crate) no_new_privileges: bool,
}

impl Process {
    /// uid and gid `id`, these groups, and no power at all.
    pub(crate) fn without_power(id: u32, groups: &[u32]) -> Self {
        Self {
            uids: [id; 4],
            gids: [id; 4],
            groups: groups.to_vec(),
            capabilities: [0; 5],
            no_new_privileges: true,
        }
    }
}

/// What the probe printed.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) process: Process,
    /// The engine's answer to a ping, or why there was none.
    pub(crate) ping: String,
    /// The names of the engine's containers, running or about to.
    pub(crate) containers: Vec<String>,
}

/// The engine's answer to a ping.
pub(crate) const PONG: &str = "HTTP/1.0 200 OK: OK";

/// The same without an answer.
pub(crate) const DENIED: &str = "Permission denied";

#[track_caller]
pub(crate) fn seen(ran: &Ran) -> Seen {
    let field = |name: &str| {
        let mut lines = ran.stdout.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    let numbers = |name: &str| -> Vec<u32> {
        let words = field(name).unwrap_or_else(|| panic!("no {name}: {ran:?}"));
        words
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect()
    };
    let set = |name: &str| u64::from_str_radix(field(name).unwrap().trim(), 16).unwrap();
    let capabilities = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(set);
    let process = Process {
        uids: numbers("Uid").try_into().unwrap(),
        gids: numbers("Gid").try_into().unwrap(),
        groups: numbers("Groups"),
        capabilities,
        no_new_privileges: numbers("NoNewPrivs") == [1],
    };
    Seen {
        process,
        ping: field("ping").unwrap_or_default().trim().to_owned(),
        containers: field("containers").map(names).unwrap_or_default(),
    }
}

fn names(answer: &str) -> Vec<String> {
    let (_, body) = answer.split_once("OK: ").expect("a list of containers");
    let list: Value = serde_json::from_str(body).expect("JSON");
    let list = list.as_array().expect("a list");
    let name = |container: &Value| container["Names"][0].as_str().expect("a name").to_owned();
    list.iter().map(name).collect()
}
