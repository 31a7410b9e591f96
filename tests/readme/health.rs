//! The health check of the page → an image that has it, on the machine's Docker.

use std::fs;
use std::time::{Duration, Instant};

use crate::image::{Images, SOCKET, obstacle};
use crate::page::snippet;
use crate::stage::{Scratch, repository, shell, skip, unique_name};

/// `your-image` with the page's health check, asked every second, and a server that only waits.
struct Checked {
    image: String,
    container: String,
    /// Kept: it is made of this one.
    images: std::sync::Arc<Images>,
}

impl Checked {
    fn start(options: &str) -> Self {
        let images = Images::get();
        let checked = Self {
            image: unique_name(),
            container: unique_name(),
            images,
        };
        let scratch = Scratch::new();
        let check = snippet("the_health_check")
            .replace("HEALTHCHECK ", "HEALTHCHECK --interval=1s --retries=1 ");
        let dockerfile = format!(
            "FROM {}\n{check}CMD [\"sleep\", \"600\"]\n",
            checked.images.finished
        );
        fs::write(scratch.path().join("Dockerfile"), dockerfile).unwrap();
        let script = format!(
            "docker build -t {} . && docker run -d --network none --name {} {options} {}",
            checked.image, checked.container, checked.image
        );
        shell(&script, scratch.path()).succeeded();
        checked
    }

    /// The first status that is one, and what the check said.
    fn status(&self) -> (String, String) {
        let start = Instant::now();
        let script = format!(
            "docker inspect -f '{{{{.State.Health.Status}}}} {{{{with .State.Health.Log}}}}{{{{(index . 0).Output}}}}{{{{end}}}}' {}",
            self.container
        );
        loop {
            let found = shell(&script, repository()).succeeded().stdout;
            let (status, said) = found.split_once(' ').unwrap();
            if status != "starting" {
                return (status.to_owned(), said.trim_end().to_owned());
            }
            assert!(start.elapsed() < Duration::from_mins(1), "{found}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        let (container, image) = (&self.container, &self.image);
        let script = format!("docker rm -f {container}; docker image rm -f {image}");
        let outcome = shell(&script, repository());
        println!("{}{}", outcome.stdout, outcome.stderr);
    }
}

#[test]
fn the_health_check() {
    if let Some(why) = obstacle() {
        return skip("the_health_check", &why);
    }
    // Checked::start has it from snippet("the_health_check").
    let (status, said) = Checked::start(&format!("-v {SOCKET}:{SOCKET}")).status();
    assert_eq!(status, "healthy", "{said}");
    let (status, said) = Checked::start("").status();
    assert_eq!(status, "unhealthy");
    assert!(
        said.starts_with("'/var/run/docker.sock': not found; "),
        "{said}"
    );
}

/// The numbers are those of the engine that answers.
#[test]
fn the_check_says() {
    if let Some(why) = obstacle() {
        return skip("the_check_says", &why);
    }
    let line = snippet("the_check_says");
    let (before, after) = line.split_once("20.10.24 (API 1.41)").unwrap();
    let version = "docker version -f '{{.Server.Version}} (API {{.Server.APIVersion}})'";
    let version = shell(version, repository()).succeeded().stdout;
    let images = Images::get();
    let start = format!(
        "docker run --rm --network none -v {SOCKET}:{SOCKET} {} --check",
        images.finished
    );
    let said = shell(&start, repository()).succeeded().stdout;
    assert_eq!(said, format!("{before}{}{after}", version.trim_end()));
}
