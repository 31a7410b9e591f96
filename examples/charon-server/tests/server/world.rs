//! A server process with settings of its own, what it answers, and the containers that it is to find.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::common::{Scratch, skip};
use crate::engine::{Engine, LABEL, deadline};

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);
pub(crate) const LIST: &str = "/api/v1/docker/containers";
/// tests/images/build makes it.
pub(crate) const BUSYBOX: &str = "charon-init-test/busybox";

/// What runs the server, and where.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// Its lines on standard error.
    pub(crate) log: Arc<Mutex<String>>,
    _scratch: Option<Scratch>,
}

/// The program under test.
pub(crate) fn program() -> PathBuf {
    match std::env::var_os("CHARON_SERVER_BIN") {
        Some(path) => fs::canonicalize(path).expect("CHARON_SERVER_BIN names a file"),
        None => PathBuf::from(env!("CARGO_BIN_EXE_charon-server")),
    }
}

/// `command` in an environment with nothing but `variables`.
pub(crate) fn with_environment(command: &mut Command, variables: &[(&str, &str)]) {
    command.env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.envs(variables.iter().copied());
}

impl Server {
    /// Listening on a port of its own.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(program()), variables, None)
    }

    /// The local engine is what listens on `socket`.
    pub(crate) fn on(socket: &Path) -> Self {
        Self::start(&[("DOCKER_HOST", &unix(socket))])
    }

    /// As `setpriv OPTIONS` makes it, in a mount namespace where /run is empty but for `socket` as
    /// /run/docker.sock. For root only.
    pub(crate) fn alone(
        socket: Option<&Path>,
        setpriv: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        const SET_UP: &str = r#"
            program=$1
            shift
            mount -t tmpfs -o mode=755 tmpfs /run
            if [ -n "$SOCKET" ]; then
                touch /run/docker.sock
                mount --bind "$SOCKET" /run/docker.sock
            fi
            unset SOCKET
            exec setpriv "$@" "$program"
        "#;
        // Where it was built may be closed to others than root.
        let scratch = Scratch::new();
        let copy = scratch.path().join("charon-server");
        fs::copy(program(), &copy).unwrap();
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-ec", SET_UP, "sh"])
            .arg(copy)
            .args(setpriv);
        let socket = socket.map(|path| path.to_str().unwrap());
        let variables = [&[("SOCKET", socket.unwrap_or_default())], variables].concat();
        Self::spawn(command, &variables, Some(scratch))
    }

    fn spawn(mut command: Command, variables: &[(&str, &str)], scratch: Option<Scratch>) -> Self {
        with_environment(&mut command, &[("CHARON_LISTEN", "127.0.0.1:0")]);
        let mut child = command
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let address = listening(&mut lines);
        let log = Arc::new(Mutex::new(String::new()));
        let copy = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = copy.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self {
            child,
            address,
            log,
            _scratch: scratch,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target)
    }

    pub(crate) fn ask(&self, method: &str, target: &str) -> Answer {
        Answer::of(&self.address, method, target)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        let path = format!("/proc/{}/fd", self.pid());
        fs::read_dir(path).unwrap().count()
    }

    /// Until it has no more than `number` open: it closes a connection after we have seen its last byte.
    #[track_caller]
    pub(crate) fn settles_at(&self, number: usize) {
        let is_late = deadline(PATIENCE);
        while self.descriptors() > number {
            assert!(!is_late(), "{} of {number}", self.descriptors());
            sleep(Duration::from_millis(50));
        }
    }

    /// `kill -SIGNAL`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let kill = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address in the line that it writes when it listens.
fn listening(lines: &mut BufReader<ChildStderr>) -> String {
    let mut before = String::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the server did not start: {before}");
        if let Some((_, address)) = line.split_once("listening on http://") {
            return address.trim_end().to_owned();
        }
        before.push_str(&line);
    }
}

pub(crate) fn unix(socket: &Path) -> String {
    format!("unix://{}", socket.display())
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn of(address: &str, method: &str, target: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        Self::read(stream)
    }

    /// What is left in `stream`.
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no status: {text:?}")),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and body, whole.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.json()), (status, body));
    }

    /// The details of a 503 whose body is as published.
    #[track_caller]
    pub(crate) fn details(&self) -> String {
        let details = self.json()["details"].as_str().unwrap().to_owned();
        let body = serde_json::json!({"error": "Docker daemon unavailable", "details": details});
        self.is(503, &body);
        details
    }

    #[track_caller]
    pub(crate) fn is_500(&self) {
        self.is(
            500,
            &serde_json::json!({"error": "Failed to list containers"}),
        );
    }
}

/// Why containers cannot be started here; the test is skipped then.
pub(crate) fn has_engine(test: &str) -> bool {
    has_image(test, BUSYBOX)
}

/// The same for another of the images that tests/images/build makes.
pub(crate) fn has_image(test: &str, image: &str) -> bool {
    let ran = Engine::docker().call(&["image", "inspect", image]);
    if ran.code != 0 {
        skip(
            test,
            &format!("needs Docker and tests/images/build: {image}"),
        );
    }
    ran.code == 0
}

/// Only root makes namespaces and drops root.
pub(crate) fn is_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip(test, "needs root");
    }
    is_root
}

/// A running container on the engine's bridge, which goes when this value goes.
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) id: String,
}

impl Container {
    /// One that sleeps.
    pub(crate) fn run(options: &[&str]) -> Self {
        Self::of(options, &[BUSYBOX, "sleep", "600"])
    }

    /// One of this image with its command.
    pub(crate) fn of(options: &[&str], command: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("charon-init-test-{}-server-{number}", std::process::id());
        let fixed = ["run", "--detach", "--name", &name, "--label", LABEL];
        let ran = Engine::docker().call(&[&fixed, options, command].concat());
        // The name is removed even where the start failed.
        let container = Self {
            name,
            id: ran.stdout.trim().to_owned(),
        };
        ran.out();
        container
    }

    /// Where its port 8080 is published, as soon as a server answers there.
    pub(crate) fn server(&self) -> String {
        self.published("8080/tcp")
    }

    /// The same for another port.
    pub(crate) fn published(&self, port: &str) -> String {
        let ran = Engine::docker().call(&["port", &self.name, port]);
        let address = ran.out().trim().to_owned();
        let is_late = deadline(PATIENCE);
        while !is_answering(&address) {
            let log = Engine::docker().call(&["logs", &self.name]);
            assert!(!is_late(), "no answer from {address}: {log:?}");
            sleep(Duration::from_millis(50));
        }
        address
    }

    pub(crate) fn inspect(&self, format: &str) -> String {
        let ran = Engine::docker().call(&["inspect", "--format", format, &self.name]);
        ran.out().trim().to_owned()
    }
}

/// Docker's proxy takes connections before the server does, and closes them.
fn is_answering(address: &str) -> bool {
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        stream
            .write_all(b"GET /api/v1/health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    });
    asked.is_ok_and(|text| text.starts_with("HTTP/1.1 200"))
}

impl Drop for Container {
    fn drop(&mut self) {
        let ran = Engine::docker().call(&["rm", "--force", "--volumes", &self.name]);
        if ran.code != 0 {
            println!("{} stays: {}", self.name, ran.stderr);
        }
    }
}
