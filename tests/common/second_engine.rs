//! A Docker engine of the tests' own → sockets with whatever group a test wants; the machine's engine is left alone.
#![allow(dead_code, reason = "each test binary uses some of it")]

use std::os::unix::fs::chown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Scratch, repository};
use crate::engine::{Engine, Ran, deadline};

/// How many sockets an engine listens on. Each test takes one of its own: their groups differ.
const SOCKETS: usize = 80;

/// The running engine.
pub(crate) struct SecondEngine {
    /// The script ends when this program does: nothing else holds the other end of its standard input.
    script: Child,
    directory: PathBuf,
    taken: AtomicUsize,
}

impl SecondEngine {
    /// Start it with more arguments for dockerd; `name` tells the engines of one test program apart.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let name = format!("charon-init-test-{}-{name}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).expect("the temporary directory can be written");
        let script = repository().join("tests/common/second-engine");
        let script = Command::new("unshare")
            .args(["--mount", "--net"])
            .arg(script)
            .arg(&directory)
            .arg(SOCKETS.to_string())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("unshare is installed");
        let engine = Self {
            script,
            directory,
            taken: AtomicUsize::new(0),
        };
        engine.wait_until_it_listens();
        engine
    }

    /// Stop it, sockets, containers and all; one that is started with the same name listens on the same paths.
    pub(crate) fn stop(mut self) {
        drop(self.script.stdin.take());
        self.script.wait().expect("the script was started");
    }

    /// A socket that no other test has, with this group.
    pub(crate) fn socket(&self, gid: u32) -> Socket {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        assert!(number < SOCKETS, "more sockets are needed");
        let socket = Socket(self.path(number));
        socket.set_group(gid);
        socket
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Engine {
        Engine::new(&["docker", "--host", &self.host()], &[])
    }

    /// Where a client finds it.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.path(0).display())
    }

    /// The pid of its daemon, which tells its network namespace.
    pub(crate) fn pid(&self) -> String {
        let file = std::fs::read_to_string(self.directory.join("pid"));
        file.expect("it runs").trim().to_owned()
    }

    fn path(&self, number: usize) -> PathBuf {
        self.directory.join(format!("{number}.sock"))
    }

    fn wait_until_it_listens(&self) {
        let is_late = deadline(Duration::from_mins(1));
        while (0..SOCKETS).any(|number| UnixStream::connect(self.path(number)).is_err()) {
            let log = std::fs::read_to_string(self.directory.join("log"));
            assert!(!is_late(), "the second engine does not listen: {log:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// One of its sockets.
pub(crate) struct Socket(pub(crate) PathBuf);

impl Socket {
    pub(crate) fn set_group(&self, gid: u32) {
        chown(&self.0, None, Some(gid)).expect("the socket is ours");
    }

    /// The option that mounts it.
    pub(crate) fn mounted(&self) -> String {
        crate::engine::mounted(&self.0)
    }
}

/// An engine that can be restarted without its directory: it listens in one that stays.
pub(crate) struct RestartingEngine {
    engine: Option<SecondEngine>,
    directory: Scratch,
    gid: u32,
}

impl RestartingEngine {
    /// Its socket has this group, each time anew.
    pub(crate) fn start(gid: u32) -> Self {
        let mut restarting = Self {
            engine: None,
            directory: Scratch::new(),
            gid,
        };
        restarting.restart();
        restarting
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory().join("docker.sock")
    }

    pub(crate) fn restart(&mut self) {
        self.stop();
        let host = format!("unix://{}", self.socket().display());
        self.engine = Some(SecondEngine::start("restarting", &["--host", &host]));
        let is_late = deadline(Duration::from_mins(1));
        while UnixStream::connect(self.socket()).is_err() {
            assert!(!is_late(), "the engine does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        chown(self.socket(), None, Some(self.gid)).expect("the socket is ours");
    }

    pub(crate) fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
    }

    /// Sends dockerd a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let engine = self.engine.as_ref().expect("it runs");
        let pid = std::fs::read_to_string(engine.directory.join("pid")).expect("it has started");
        Ran::of(Command::new("kill").args([signal, pid.trim()])).out();
    }
}
