//! A compose file of the examples → a running project, and what its server answers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::common::repository;
use crate::engine::{Engine, Ran, deadline};
use crate::process::Process;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
pub(crate) const LIST: &str = "/api/v1/docker/containers";

/// Where the examples are.
pub(crate) fn example(file: &str) -> PathBuf {
    repository().join("examples/compose").join(file)
}

/// A project, which is taken down when this value goes.
pub(crate) struct Project {
    name: String,
    file: PathBuf,
    variables: Vec<(String, String)>,
}

impl Project {
    /// Of this file, with these variables and no others.
    pub(crate) fn of(file: &Path, variables: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        // Any free port of the host.
        let port = ("CHARON_PORT".to_owned(), "0".to_owned());
        Self {
            name: format!("charon-init-deploy-{}-{number}", std::process::id()),
            file: file.to_owned(),
            variables: variables.iter().map(owned).chain([port]).collect(),
        }
    }

    /// The same, started.
    pub(crate) fn up(file: &Path, variables: &[(&str, &str)]) -> Self {
        let project = Self::of(file, variables);
        project.call(&["up", "--detach", "--no-build"]).out();
        project
    }

    /// The compose tool: the plugin, or as in Debian 12 a program of its own.
    pub(crate) fn call(&self, arguments: &[&str]) -> Ran {
        let has_plugin = Engine::docker().call(&["compose", "version"]).code == 0;
        let (program, first) = if has_plugin {
            ("docker", &["compose"][..])
        } else {
            ("docker-compose", &[][..])
        };
        let mut command = Command::new(program);
        command.args(first).args(["--project-name", &self.name]);
        command.arg("--file").arg(&self.file).args(arguments);
        command.env_clear();
        for kept in ["PATH", "HOME", "DOCKER_HOST"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ran::of(&mut command)
    }

    /// The container of this service, whether it runs or not.
    pub(crate) fn container(&self, service: &str) -> String {
        let project = format!("label=com.docker.compose.project={}", self.name);
        let service = format!("label=com.docker.compose.service={service}");
        let found = ["ps", "--all", "--quiet", "--no-trunc", "--filter"];
        let ran = Engine::docker().call(&[&found[..], &[&project, "--filter", &service]].concat());
        ran.out().trim().to_owned()
    }

    pub(crate) fn inspect(&self, service: &str, format: &str) -> String {
        let container = self.container(service);
        let ran = Engine::docker().call(&["inspect", "--format", format, &container]);
        ran.out().trim().to_owned()
    }

    pub(crate) fn process(&self, service: &str) -> Process {
        Process::of(&self.inspect(service, "{{.State.Pid}}"))
    }

    /// `docker exec` of the health check's command.
    pub(crate) fn check(&self, service: &str) -> Ran {
        let container = self.container(service);
        Engine::docker().call(&["exec", &container, "/charon-init", "--check"])
    }

    pub(crate) fn log(&self, service: &str) -> String {
        let ran = Engine::docker().call(&["logs", &self.container(service)]);
        ran.stdout + &ran.stderr
    }

    /// What the server says to a GET, as soon as it listens.
    pub(crate) fn get(&self, target: &str) -> Answer {
        let is_late = deadline(PATIENCE);
        loop {
            // Docker's proxy takes connections before the server does, and closes them.
            let port = Engine::docker().call(&["port", &self.container("charon"), "8080/tcp"]);
            let address = port.stdout.lines().next().unwrap_or_default();
            if let Some(answer) = Answer::of(address, "GET", target) {
                return answer;
            }
            assert!(!is_late(), "no answer: {}", self.log("charon"));
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let ran = self.call(&["down", "--timeout", "1", "--volumes"]);
        if ran.code != 0 {
            println!("{} stays: {}", self.name, ran.stderr);
        }
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// `None` when nobody answers there yet.
    pub(crate) fn of(address: &str, method: &str, target: &str) -> Option<Self> {
        let mut stream = TcpStream::connect(address).ok()?;
        // HTTP/1.0: no chunks.
        let request = format!("{method} {target} HTTP/1.0\r\nHost: test\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some(Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            body: body.to_owned(),
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Does a list of containers name this one?
    #[track_caller]
    pub(crate) fn lists(&self, container: &str) {
        assert_eq!(self.status, 200, "{self:?}");
        let list = self.json();
        let is_it = |one: &Value| one["id"].as_str() == container.get(..12);
        let found = list.as_array().unwrap().iter().any(is_it);
        assert!(found, "{container} is not in {list}");
    }
}
