//! Where snippets run: a shell in a clean environment, a throw-away namespace, the machine's Docker.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) use crate::common::{Scratch, charon_init, skip};

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The one that goes into images.
pub(crate) fn static_charon_init() -> PathBuf {
    repository().join("target/static/charon-init")
}

/// Nobody else's, for images and compose projects.
pub(crate) fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("charon-init-readme-{}-{number}", std::process::id())
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// It, when the code was 0.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "no {text:?} in\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// `program` in a clean environment: cargo gives its tests variables that a user's shell does not have.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    const KEPT: &[&str] = &[
        "CARGO_HOME",
        "CHARON_INIT_TOOLCHAIN",
        "DOCKER_HOST",
        "HOME",
        "PATH",
        "RUSTUP_HOME",
        "TMPDIR",
    ];
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| KEPT.iter().any(|kept| name == kept)));
    command
}

pub(crate) fn run(command: &mut Command) -> Outcome {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
        .into()
}

/// `script` as a user would paste it.
pub(crate) fn shell(script: &str, folder: &Path) -> Outcome {
    run(command("bash", folder).args(["-euo", "pipefail", "-c", script]))
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) fn has(program: &str) -> bool {
    shell(&format!("command -v {program}"), repository()).code == Some(0)
}

/// A throw-away namespace: /etc with root and charon (1000:1000), a stand-in socket of gid 988 at /var/run/docker.sock.
pub(crate) struct Namespace {
    scratch: Scratch,
    /// Connections wait in its queue; nobody accepts them.
    _engine: UnixListener,
}

impl Namespace {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let socket = scratch.path().join("socket");
        let engine = UnixListener::bind(&socket).unwrap();
        chown(&socket, Some(0), Some(988)).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
        std::os::unix::fs::symlink(charon_init(), scratch.path().join("charon-init")).unwrap();
        Self {
            scratch,
            _engine: engine,
        }
    }

    /// `script` in it as root, with charon-init in PATH. Each call finds it as new.
    pub(crate) fn run(&self, script: &str) -> Outcome {
        const SET_UP: &str = r#"
            mount -t tmpfs -o mode=755 tmpfs /run
            touch /run/docker.sock
            mount --bind "$SCRATCH/socket" /run/docker.sock
            mkdir -m 755 /run/etc
            printf '%s\n' root:x:0:0:root:/root:/bin/sh charon:x:1000:1000::/home/charon:/bin/sh >/run/etc/passwd
            printf '%s\n' root:x:0:root charon:x:1000: >/run/etc/group
            mount --bind /run/etc /etc
        "#;
        let path = format!(
            "{}:/usr/sbin:/usr/bin:/sbin:/bin",
            self.scratch.path().display()
        );
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-ec",
            ])
            .arg(format!("{SET_UP}\n{script}"))
            .env_clear()
            .env("PATH", path)
            .env("HOME", "/root")
            .env("USER", "root")
            .env("SCRATCH", self.scratch.path())
            .current_dir("/");
        run(&mut command)
    }
}
