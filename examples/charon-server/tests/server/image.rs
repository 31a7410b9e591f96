//! The image: two static files and no account, on the machine's engine.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::json;

use crate::common::{Scratch, repository, skip};
use crate::engine::{Engine, LABEL, deadline, first_socket, mounted};
use crate::stub::Socket;
use crate::world::{Answer, BUSYBOX, Container, LIST, PATIENCE, has_image};

const PUBLISHED: &str = "--publish=127.0.0.1::8080";

/// An image, for as long as a test wants it.
pub(crate) struct Image(String);

/// The image of an example, for all tests that want it at a time.
pub(crate) struct Shared {
    /// The folder of its Dockerfile.
    example: &'static str,
    /// Which of the local images takes the place of a registry's.
    base: Option<&'static str>,
    image: Mutex<Weak<Image>>,
}

pub(crate) static SERVER: Shared = Shared::of("charon-server", None);

impl Shared {
    pub(crate) const fn of(example: &'static str, base: Option<&'static str>) -> Self {
        Self {
            example,
            base,
            image: Mutex::new(Weak::new()),
        }
    }

    /// The one that another test is using, or a new one. `None` where there is nothing to make it of.
    pub(crate) fn get(&self, test: &str) -> Option<Arc<Image>> {
        let file = repository().join("target/static/charon-server");
        if !has_image(test, self.base.unwrap_or(BUSYBOX)) {
            return None;
        }
        if !file.exists() {
            skip(test, "needs examples/build-static --server");
            return None;
        }
        let mut shared = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        Some(shared.upgrade().unwrap_or_else(|| {
            let image = Arc::new(self.build());
            *shared = Arc::downgrade(&image);
            image
        }))
    }

    fn build(&self) -> Image {
        let example = self.example;
        let name = format!("charon-init-test-{}-{example}", std::process::id());
        let top = repository().to_str().unwrap();
        let file = format!("{top}/examples/{example}/Dockerfile");
        let fixed = ["--quiet", "--label", LABEL, "--file", &file, "--tag", &name];
        let base = self
            .base
            .map(|base| format!("--build-arg=BASE_IMAGE={base}"));
        let base: Vec<&str> = base.iter().map(String::as_str).collect();
        let build = [&["build", "--network=none"], &fixed[..], &base, &[top]].concat();
        Engine::docker().call(&build).out();
        Image(name)
    }
}

impl Image {
    pub(crate) fn run(&self, options: &[&str]) -> Container {
        self.run_command(options, &[])
    }

    pub(crate) fn run_command(&self, options: &[&str], command: &[&str]) -> Container {
        Container::of(
            &[&[PUBLISHED], options].concat(),
            &[&[&*self.0], command].concat(),
        )
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let ran = Engine::docker().call(&["image", "rm", "--force", &self.0]);
        if ran.code != 0 {
            println!("{} stays: {}", self.0, ran.stderr);
        }
    }
}

pub(crate) fn list(container: &Container) -> Answer {
    Answer::of(&container.server(), "GET", LIST)
}

/// A field of its process's status, on the host.
fn status(container: &Container, field: &str) -> String {
    status_of(&container.inspect("{{.State.Pid}}"), field)
}

pub(crate) fn status_of(pid: &str, field: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let words: Vec<&str> = line.unwrap().split_whitespace().collect();
    words.join(" ")
}

#[test]
fn the_image_lists_containers_as_a_user_with_the_sockets_group_and_ends_on_term() {
    let test = "the_image_lists_containers_as_a_user_with_the_sockets_group_and_ends_on_term";
    let Some(image) = SERVER.get(test) else {
        return;
    };
    let gid = fs::metadata(first_socket()).unwrap().gid();
    let hardened = [
        "--read-only",
        "--security-opt=no-new-privileges",
        "--cap-drop=ALL",
        "--cap-add=SETUID",
        "--cap-add=SETGID",
        "--cap-add=SETPCAP",
    ];
    let socket = mounted(&first_socket());
    for options in [&[][..], &hardened] {
        let container = image.run(&[&[&*socket], options].concat());
        let answer = list(&container);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains(&container.name), "{answer:?}");
        assert_eq!(status(&container, "Uid:"), "1000 1000 1000 1000");
        let mut groups = [gid, 1000];
        groups.sort_unstable();
        assert_eq!(
            status(&container, "Groups:"),
            format!("{} {}", groups[0], groups[1])
        );
        assert_eq!(status(&container, "CapEff:"), "0000000000000000");
        let stop = Engine::docker().call(&["stop", "--time", "60", &container.name]);
        stop.out();
        assert_eq!(container.inspect("{{.State.ExitCode}}"), "0");
    }
}

#[test]
fn the_image_without_a_socket_says_so() {
    let Some(image) = SERVER.get("the_image_without_a_socket_says_so") else {
        return;
    };
    let details = list(&image.run(&[])).details();
    assert!(
        details.starts_with("'/var/run/docker.sock': not found; "),
        "{details}"
    );
    // What an engine makes of a host path that is not there.
    let scratch = Scratch::new();
    let directory = mounted(&scratch.path().join("docker.sock"));
    let details = list(&image.run(&[&directory])).details();
    assert!(details.contains("a directory, not a socket"), "{details}");
}

#[test]
fn the_image_is_as_healthy_as_its_engine() {
    let Some(image) = SERVER.get("the_image_is_as_healthy_as_its_engine") else {
        return;
    };
    let often = ["--health-interval=1s", "--health-retries=1"];
    let stale = Socket::stale().owned_by(4711, 0o660);
    for (socket, expected, said) in [
        (first_socket(), "healthy", "reached Docker Engine"),
        (stale.path(), "unhealthy", "nobody listens on it"),
    ] {
        let container = image.run(&[&often[..], &[&mounted(&socket)]].concat());
        let health = || container.inspect("{{.State.Health.Status}}");
        let is_late = deadline(PATIENCE);
        while health() != expected {
            let log = container.inspect("{{json .State.Health}}");
            assert!(!is_late(), "not {expected}: {log}");
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        let log = container.inspect("{{json .State.Health.Log}}");
        assert!(log.contains(said), "{log}");
    }
}

/// What the panel says is what helps.
#[test]
fn the_image_started_as_a_user_names_the_group_add_that_helps() {
    let Some(image) = SERVER.get("the_image_started_as_a_user_names_the_group_add_that_helps")
    else {
        return;
    };
    let engine = Socket::listing("[]").owned_by(4711, 0o660);
    let socket = mounted(&engine.path());
    let user = ["--user=1000:1000", &socket];
    let details = list(&image.run(&user)).details();
    assert!(
        details.contains("compose group_add: [\"4711\"]"),
        "{details}"
    );
    let (_, option) = details.split_once("--group-add ").unwrap();
    let gid: String = option.chars().take_while(char::is_ascii_digit).collect();
    let helped = image.run(&[&user[..], &["--group-add", &gid]].concat());
    list(&helped).is(200, &json!([]));
}

/// EPERM comes from where owner and mode know nothing of it.
#[test]
fn a_connection_that_a_security_module_denies_is_503() {
    let Some(image) = SERVER.get("a_connection_that_a_security_module_denies_is_503") else {
        return;
    };
    let engine = Socket::listing("[]").owned_by(4711, 0o660);
    let scratch = Scratch::new();
    let profile = scratch.path().join("seccomp.json");
    let denied = json!([{"names": ["connect"], "action": "SCMP_ACT_ERRNO"}]);
    let text = json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": denied});
    fs::write(&profile, text.to_string()).unwrap();
    let option = format!("--security-opt=seccomp={}", profile.display());
    let details = list(&image.run(&[&option, &mounted(&engine.path())])).details();
    assert!(details.contains("Operation not permitted"), "{details}");
    assert!(details.contains("seccomp"), "{details}");
    assert!(engine.requests.lock().unwrap().is_empty());
}
