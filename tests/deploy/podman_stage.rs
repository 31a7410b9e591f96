//! Two Podman engines of the tests' own, root's and a user's → their clients, and sockets with any group.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::common::{Scratch, repository};
use crate::engine::{Engine, Ran, deadline};
use crate::process::Process;
use crate::project::PATIENCE;

/// The user's uid and gid.
pub(crate) const USER: u32 = 4242;
/// A group of the host that the user is in.
pub(crate) const GROUP: u32 = 4390;
/// What the examples call the server's image.
pub(crate) const IMAGE: &str = "localhost/charon-server";
const ROOTS_SOCKET: &str = "run/podman/podman.sock";
const USERS_SOCKET: &str = "run/user/4242/podman/podman.sock";

/// Everything in it ends with this value.
pub(crate) struct Stage {
    script: Child,
    directory: Scratch,
    /// Of the first process in it.
    pub(crate) pid: String,
}

impl Stage {
    /// Both engines have this image of the machine's Docker under the name that the examples use.
    pub(crate) fn start(image: &str) -> Self {
        let directory = Scratch::new();
        let script = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child"])
            .arg(repository().join("tests/deploy/podman-stage"))
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare is installed");
        let pid = only_child(script.id());
        let stage = Self {
            script,
            directory,
            pid,
        };
        let is_late = deadline(PATIENCE);
        for socket in [ROOTS_SOCKET, USERS_SOCKET] {
            while UnixStream::connect(stage.path(socket)).is_err() {
                assert!(!is_late(), "no engine listens on {socket}");
                sleep(Duration::from_millis(50));
            }
        }
        stage.load(image);
        stage
    }

    fn load(&self, image: &str) {
        let archive = self.directory.path().join("image.tar");
        let path = archive.to_str().unwrap();
        Engine::docker().call(&["save", "-o", path, image]).out();
        fs::set_permissions(&archive, Permissions::from_mode(0o644)).unwrap();
        for podman in [self.roots(), self.users()] {
            podman.call(&["load", "--quiet", "--input", path]).out();
            podman.call(&["tag", image, IMAGE]).out();
        }
    }

    /// As the stage's processes see it.
    fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/{inside}", self.pid))
    }

    /// As `SocketGroup=` and `SocketMode=0660` of podman.socket would make the socket of root's engine.
    pub(crate) fn set_group(&self, gid: u32) {
        let socket = self.path(ROOTS_SOCKET);
        chown(&socket, None, Some(gid)).unwrap();
        fs::set_permissions(socket, Permissions::from_mode(0o660)).unwrap();
    }

    /// A client of root's engine.
    pub(crate) fn roots(&self) -> Engine {
        self.client(&["podman"])
    }

    /// A client of the user's engine, run as the user with its group.
    pub(crate) fn users(&self) -> Engine {
        let groups = format!("--groups={USER},{GROUP}");
        let user = USER.to_string();
        let identity = ["setpriv", "--reuid", &user, "--regid", &user, &groups];
        let environment = [
            "env",
            "HOME=/run/home",
            "XDG_RUNTIME_DIR=/run/user/4242",
            "podman",
        ];
        self.client(&[&identity[..], &environment].concat())
    }

    fn client(&self, command: &[&str]) -> Engine {
        let enter = ["nsenter", "--target", &self.pid, "--mount", "--net"];
        let enter = [&enter[..], &["--pid", "--wd=/"], command].concat();
        Engine::new(&enter, &[])
    }

    /// The process of a container.
    pub(crate) fn process(&self, podman: &Engine, container: &str) -> Process {
        let format = "{{.State.Pid}}";
        let pid = podman.call(&["inspect", "--format", format, container]);
        Process::of(&format!("{}/root/proc/{}", self.pid, pid.out().trim()))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        if let Err(error) = self.script.wait() {
            println!("the stage stays: {error}");
        }
    }
}

/// The program that `unshare --fork` started.
fn only_child(parent: u32) -> String {
    let is_late = deadline(PATIENCE);
    loop {
        let found = Ran::of(Command::new("pgrep").args(["--parent", &parent.to_string()]));
        if found.code == 0 {
            return found.stdout.trim().to_owned();
        }
        assert!(!is_late(), "unshare starts nothing");
        sleep(Duration::from_millis(20));
    }
}
