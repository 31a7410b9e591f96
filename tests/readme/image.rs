//! The snippets that make an image and start it → built from local images and run on the machine's Docker.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};

use crate::page::{filled_in, snippet};
use crate::stage::{
    Outcome, Scratch, has, repository, shell, skip, static_charon_init, unique_name,
};

/// Where the snippets mount the engine's socket from.
pub(crate) const SOCKET: &str = "/var/run/docker.sock";
/// tests/images/build makes it.
const BUSYBOX: &str = "charon-init-test/busybox";
/// What the server of these tests does needs no network, and not every machine has a bridge.
pub(crate) const RUN: (&str, &str) = ("docker run", "docker run --network none");

/// Why nothing can be run on a real Docker here.
pub(crate) fn obstacle() -> Option<String> {
    if !has("docker") || shell("docker info", repository()).code != Some(0) {
        return Some("no Docker engine answers".to_owned());
    }
    match fs::metadata(SOCKET) {
        Err(error) => return Some(format!("{SOCKET}: {error}")),
        Ok(socket) if socket.gid() == 0 => {
            return Some(format!("{SOCKET} belongs to gid 0, which is refused"));
        }
        Ok(_) => {}
    }
    if !static_charon_init().exists() {
        return Some("no static binary; examples/build-static makes it".to_owned());
    }
    if shell(&format!("docker image inspect {BUSYBOX}"), repository()).code != Some(0) {
        return Some(format!("no image {BUSYBOX}; tests/images/build makes it"));
    }
    (!has("cc")).then(|| "no C compiler for the client".to_owned())
}

/// The images of the snippets, for as long as a test wants them.
pub(crate) struct Images {
    /// `charon-init` in the README.
    pub(crate) init: String,
    /// A server that needs the socket, with a user charon.
    server: String,
    /// `your-image` with charon-init in front.
    pub(crate) finished: String,
}

impl Images {
    /// Those that another test is using, or new ones.
    pub(crate) fn get() -> Arc<Self> {
        static SHARED: Mutex<Weak<Images>> = Mutex::new(Weak::new());
        // A test that failed while it built them leaves nothing half done behind this lock.
        let mut shared = SHARED
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let images = Arc::new(Self::build());
            *shared = Arc::downgrade(&images);
            images
        })
    }

    fn build() -> Self {
        let name = unique_name();
        let images = Self {
            init: format!("{name}-init"),
            server: format!("{name}-server"),
            finished: format!("{name}-finished"),
        };
        // The binary is there already, and is not made anew while other tests use it.
        let commands = snippet("the_image_to_copy_from");
        let tag = format!("-t {} ", images.init);
        let build = filled_in(
            &commands,
            &[("examples/build-static\n", ""), ("-t charon-init ", &tag)],
        );
        shell(&build, repository()).succeeded();
        images.build_server();
        images.build_finished();
        images
    }

    fn build_server(&self) {
        let scratch = Scratch::new();
        let folder = scratch.path();
        let server =
            "#!/bin/sh\nid\necho \"arguments: $*\"\nexec /containers /var/run/docker.sock\n";
        fs::write(folder.join("your-server"), server).unwrap();
        fs::set_permissions(folder.join("your-server"), Permissions::from_mode(0o755)).unwrap();
        let dockerfile = format!("FROM {BUSYBOX}\nCOPY containers your-server /\n");
        fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
        let client = repository().join("examples/quickstart.d/containers.c");
        shell(
            &format!(
                "cc -O -static -Wall -Wextra -Werror -o containers {} && docker build -t {} .",
                client.display(),
                self.server
            ),
            folder,
        )
        .succeeded();
    }

    fn build_finished(&self) {
        let scratch = Scratch::new();
        let from = format!("--from={} ", self.init);
        let dockerfile = filled_in(
            &snippet("the_dockerfile"),
            &[("--from=charon-init ", &from)],
        );
        fs::write(scratch.path().join("Dockerfile"), dockerfile).unwrap();
        let build = format!(
            "docker build --build-arg IMAGE={} -t {} .",
            self.server, self.finished
        );
        shell(&build, scratch.path()).succeeded();
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        for image in [&self.finished, &self.server, &self.init] {
            // A test that failed earlier may have left one unbuilt.
            let outcome = shell(&format!("docker image rm -f {image}"), repository());
            println!("{}{}", outcome.stdout, outcome.stderr);
        }
    }
}

/// The server ran as uid 1000 with the socket's group, and the engine answered it.
#[track_caller]
pub(crate) fn served(outcome: Outcome) -> Outcome {
    let gid = fs::metadata(SOCKET).unwrap().gid();
    let mut groups = [gid.to_string(), "1000".to_owned()];
    groups.sort_by_key(|gid| gid.parse::<u32>().unwrap());
    outcome
        .says(&format!("uid=1000 gid=1000 groups={}", groups.join(",")))
        .says("/var/run/docker.sock answers: HTTP/1.0 200 OK")
}

/// `docker compose` as a plugin or, as in Debian 12, a program of its own.
pub(crate) fn compose() -> Option<&'static str> {
    if shell("docker compose version", repository()).code == Some(0) {
        Some("docker compose")
    } else {
        has("docker-compose").then_some("docker-compose")
    }
}

/// Starts the compose file `text` in `folder`, with what lies beside it, and removes all of it again.
pub(crate) fn compose_up(compose: &str, folder: &Path, text: &str, image: &str) -> Outcome {
    let network = format!("image: {image}\n    network_mode: none\n");
    let file = filled_in(text, &[("image: your-image\n", &network)]);
    fs::write(folder.join("compose.yaml"), file).unwrap();
    let project = unique_name();
    shell(&format!("{compose} config -q"), folder).succeeded();
    let outcome = shell(&format!("{compose} -p {project} up --no-color"), folder);
    shell(&format!("{compose} -p {project} down"), folder).succeeded();
    outcome
}

#[test]
fn the_image_to_copy_from() {
    if let Some(why) = obstacle() {
        return skip("the_image_to_copy_from", &why);
    }
    let first = snippet("the_image_to_copy_from");
    assert!(first.starts_with("examples/build-static\n"));
    let images = Images::get();
    let start = format!("docker run --rm --network none {} --version", images.init);
    let version = concat!("charon-init ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(shell(&start, repository()).succeeded().stdout, version);
}

#[test]
fn the_dockerfile() {
    if let Some(why) = obstacle() {
        return skip("the_dockerfile", &why);
    }
    // Images::get has built it from snippet("the_dockerfile").
    let images = Images::get();
    let start = format!(
        "docker run --rm --network none -v {SOCKET}:{SOCKET} {}",
        images.finished
    );
    served(shell(&start, repository()).succeeded())
        .says("uid=1000(charon)")
        .says("arguments: --port 8080\n");
    // What follows the image's name may be an option of ours.
    shell(&format!("{start} --dry-run -f env"), repository())
        .succeeded()
        .says("DOCKER_SOCK_GID=");
    // An init of the engine's goes in front of it.
    served(shell(&start.replace("--rm", "--rm --init"), repository()).succeeded());
    // And `:ro` changes nothing about what the API answers.
    let read_only = start.replace(&format!(":{SOCKET}"), &format!(":{SOCKET}:ro"));
    served(shell(&read_only, repository()).succeeded());
}

#[test]
fn the_compose_file() {
    let Some(compose) = compose() else {
        return skip("the_compose_file", "no docker compose");
    };
    if let Some(why) = obstacle() {
        return skip("the_compose_file", &why);
    }
    let scratch = Scratch::new();
    let file = snippet("the_compose_file");
    served(compose_up(
        compose,
        scratch.path(),
        &file,
        &Images::get().finished,
    ));
}

#[test]
fn the_hardened_start() {
    if let Some(why) = obstacle() {
        return skip("the_hardened_start", &why);
    }
    let images = Images::get();
    let start = filled_in(
        &snippet("the_hardened_start"),
        &[RUN, ("your-image", &images.finished)],
    );
    let outcome = served(shell(&start, repository()).succeeded());
    assert!(!outcome.stderr.contains("bounding set"), "{outcome:?}");
    // "all that a start needs and nothing else": each one that is left out is missed.
    for (capability, message) in [
        ("SETUID", "root: lacks CAP_SETUID"),
        ("SETGID", "root: lacks CAP_SETGID"),
        ("SETPCAP", "bounding set: it stays as the runtime gave it"),
    ] {
        let without = filled_in(&start, &[(&format!("--cap-add {capability} "), "")]);
        shell(&without, repository()).says(message);
    }
}
