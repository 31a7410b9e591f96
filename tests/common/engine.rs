//! Container engines → what their containers did; a container, a network and a socket go with their values.
#![allow(dead_code, reason = "each test binary uses some of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Every container, image and engine of the tests carries it, with this worktree as its value.
pub(crate) const LABEL: &str = concat!("charon-init-test=", env!("CARGO_MANIFEST_DIR"));

/// What a program did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output();
        Self::from(output.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Its standard output; anything but success is the test's failure.
    #[track_caller]
    pub(crate) fn out(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Does standard error say each of `words`? One message has them all.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        let has_all = |line: &str| words.iter().all(|word| line.contains(word));
        assert!(
            self.stderr.lines().any(has_all),
            "no message with {words:?} in:\n{}",
            self.stderr
        );
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A client with what it needs before its command and, where the machine wants it, after `run`.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    client: Vec<String>,
    run_options: Vec<String>,
}

impl Engine {
    pub(crate) fn new(client: &[&str], run_options: &[&str]) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            client: owned(client),
            run_options: owned(run_options),
        }
    }

    /// The machine's own Docker engine.
    pub(crate) fn docker() -> Self {
        Self::new(&["docker"], &[])
    }

    /// Remove the containers of test programs that were killed. Those of a running one are its own affair.
    pub(crate) fn remove_orphans(&self) {
        let filter = format!("label={LABEL}");
        let format = "{{.Names}}";
        let all = self.call(&["ps", "--all", "--filter", &filter, "--format", format]);
        let is_orphan = |name: &&str| {
            let process = name.split('-').nth(3).unwrap_or_default();
            !Path::new("/proc").join(process).exists()
        };
        for name in all.out().lines().filter(is_orphan) {
            self.call(&["rm", "--force", "--volumes", name]);
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.arg("300").args(&self.client).args(arguments);
        command
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// `run OPTIONS IMAGE COMMAND` to its end. No network: the engines are reached through files.
    pub(crate) fn run(&self, options: &[&str], image: &str, command: &[&str]) -> Started {
        let container = self.container();
        let arguments = container.run_arguments(options, image, command);
        let ran = self.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        Started { ran, container }
    }

    /// The same in the background, until `sh -c COMMAND` has said that it is ready.
    pub(crate) fn run_ready(&self, options: &[&str], image: &str) -> Container {
        let options = [&["--detach"], options].concat();
        let command = ["sh", "-c", "echo ready; exec sleep 600"];
        let started = self.run(&options, image, &command);
        started.ran.out();
        started.container.wait_until_ready(1);
        started.container
    }

    fn container(&self) -> Container {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Container {
            engine: self.clone(),
            name: format!("charon-init-test-{}-{number}", std::process::id()),
        }
    }
}

/// A container, which goes when this value goes.
#[derive(Debug)]
pub(crate) struct Container {
    engine: Engine,
    pub(crate) name: String,
}

impl Container {
    fn run_arguments(&self, options: &[&str], image: &str, command: &[&str]) -> Vec<String> {
        let own = [
            "run",
            "--name",
            &self.name,
            "--label",
            LABEL,
            "--network",
            "none",
        ];
        let fixed = own.iter().map(ToString::to_string);
        let rest = options.iter().chain([&image]).chain(command);
        fixed
            .chain(self.engine.run_options.iter().cloned())
            .chain(rest.map(ToString::to_string))
            .collect()
    }

    pub(crate) fn exec(&self, options: &[&str], command: &[&str]) -> Ran {
        let arguments = [&["exec"], options, &[&self.name], command].concat();
        self.engine.call(&arguments)
    }

    /// A stopped container's second life, in the foreground.
    pub(crate) fn start_again(&self) -> Ran {
        self.engine.call(&["start", "--attach", &self.name])
    }

    /// `docker restart`, until the command is there once more; `times` counts its lives.
    pub(crate) fn restart(&self, times: usize) {
        let ran = self.engine.call(&["restart", "--time", "0", &self.name]);
        ran.out();
        self.wait_until_ready(times);
    }

    /// All that its lives have written to standard error.
    pub(crate) fn log(&self) -> Ran {
        self.engine.call(&["logs", &self.name])
    }

    /// A file of it, whether it runs or not; the engine reads what nobody in the image may.
    pub(crate) fn file(&self, path: &str) -> String {
        let copy = format!("docker cp {}:{path} - | tar -xO", self.name);
        Ran::of(Command::new("sh").args(["-c", &copy])).out()
    }

    fn wait_until_ready(&self, times: usize) {
        let is_late = deadline(Duration::from_secs(30));
        loop {
            let log = self.log();
            if log.stdout.matches("ready").count() >= times {
                return;
            }
            assert!(!is_late(), "{} is not ready: {log:?}", self.name);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let ran = self
            .engine
            .call(&["rm", "--force", "--volumes", &self.name]);
        if ran.code != 0 {
            println!("{} stays: {}", self.name, ran.stderr);
        }
    }
}

/// A container that has run, and what it did.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) ran: Ran,
    pub(crate) container: Container,
}

/// A client's mount of `path` where an engine's socket is looked for.
pub(crate) fn mounted(path: &Path) -> String {
    format!("--volume={}:/var/run/docker.sock", path.display())
}

/// Is it later than `limit` from now?
pub(crate) fn deadline(limit: Duration) -> impl Fn() -> bool {
    let start = Instant::now();
    move || start.elapsed() > limit
}

/// Where the machine's own engine listens.
pub(crate) fn first_socket() -> PathBuf {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    PathBuf::from(
        host.strip_prefix("unix://")
            .unwrap_or("/var/run/docker.sock"),
    )
}
