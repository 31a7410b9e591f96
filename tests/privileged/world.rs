//! A root directory of its own, and starts of charon-init in it.
//!
//! The directory is an ordinary one; every start gets a new mount namespace and a chroot into it, by util-linux and
//! coreutils, so that nothing but execve(2) stands between the test and the process that it looks at.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::common::{Scratch, charon_init, skip};
use crate::probe::probe;

pub(crate) const PASSWD: &str =
    "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:1000:Charon:/data:/bin/sh\n";
pub(crate) const GROUP: &str = "root:x:0:\nshadow:x:42:\ncharon:x:1000:\n";
pub(crate) const GSHADOW: &str = "root:*::\nshadow:*::\ncharon:!::\n";

/// Where a start looks for COMMAND, unless a test says otherwise.
pub(crate) const PATH: &str = "/usr/bin:/bin";

/// An image as a directory: accounts, a shell, the binary under test and the probe.
pub(crate) struct World {
    scratch: Scratch,
    /// Is the binary under test linked with a C library, and does it ask the name service?
    pub(crate) is_dynamic: bool,
}

impl World {
    /// `None`, and said so, where we are not root or the kernel gives no mount namespace.
    pub(crate) fn new(test: &str) -> Option<Self> {
        Self::with(test, &charon_init())
    }

    /// The same with this binary under test.
    pub(crate) fn with(test: &str, binary: &Path) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skip(test, "needs root");
            return None;
        }
        let may_unshare = Command::new("unshare").args(["--mount", "true"]).status();
        if !may_unshare.is_ok_and(|status| status.success()) {
            skip(test, "needs a mount namespace");
            return None;
        }
        Some(Self::build(binary))
    }

    fn build(binary: &Path) -> Self {
        let world = Self {
            scratch: Scratch::new(),
            is_dynamic: is_dynamic(binary),
        };
        for directory in [
            "bin",
            "data",
            "dev",
            "etc",
            "proc",
            "root",
            "run",
            "tmp",
            "usr/lib",
            "usr/lib64",
            "var",
        ] {
            fs::create_dir_all(world.path(directory)).unwrap();
        }
        fs::set_permissions(world.path("tmp"), Permissions::from_mode(0o1777)).unwrap();
        symlink("../run", world.path("var/run")).unwrap();
        symlink("usr/lib", world.path("lib")).unwrap();
        symlink("usr/lib64", world.path("lib64")).unwrap();
        fs::copy("/bin/busybox", world.path("bin/busybox"))
            .expect("the package busybox-static is installed");
        for name in ["sh", "cat", "env", "id", "true", "pwd"] {
            symlink("busybox", world.path("bin").join(name)).unwrap();
        }
        fs::copy(binary, world.path("charon-init")).unwrap();
        fs::copy(probe(), world.path("bin/probe")).unwrap();
        world.write("etc/passwd", PASSWD, 0o644);
        world.write("etc/group", GROUP, 0o644);
        world.write("etc/gshadow", GSHADOW, 0o640);
        chown(world.path("etc/gshadow"), Some(0), Some(42)).unwrap();
        world
    }

    /// `name`, which is relative or absolute inside, as it is outside.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        let name = name.as_ref();
        self.scratch
            .path()
            .join(name.strip_prefix("/").unwrap_or(name))
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// A socket of root's, for `gid`.
    pub(crate) fn socket(&self, name: &str, gid: u32, mode: u32) {
        drop(UnixListener::bind(self.path(name)).unwrap());
        chown(self.path(name), Some(0), Some(gid)).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// What an edit may leave behind: nothing, once a start has gone through.
    pub(crate) fn litter(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("etc")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("charon-init")).collect()
    }

    /// A start of charon-init with these arguments.
    pub(crate) fn start<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Start<'_> {
        self.run("/charon-init", arguments)
    }

    /// The same without charon-init, to compare with.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Start<'_> {
        let mut words = vec![OsString::from(program)];
        words.extend(arguments.into_iter().map(|word| word.as_ref().to_owned()));
        Start {
            world: self,
            words,
            environment: vec![("PATH".into(), PATH.into())],
            mounts: vec![r#"mount --rbind /proc "$ROOT/proc""#.into()],
            outside: Vec::new(),
            is_alone: false,
        }
    }
}

/// Is it linked with a C library that the world would have to have?
fn is_dynamic(binary: &Path) -> bool {
    let bytes = fs::read(binary).unwrap();
    let head = &bytes[..bytes.len().min(4096)];
    head.windows(4).any(|window| window == b"/ld-")
}

/// A start that is being put together.
pub(crate) struct Start<'w> {
    world: &'w World,
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    /// Shell commands of the namespace's first process.
    mounts: Vec<String>,
    outside: Vec<OsString>,
    /// In a PID namespace of its own.
    is_alone: bool,
}

impl Start<'_> {
    /// Adds or replaces a variable.
    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let name = name.into();
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
        self
    }

    pub(crate) fn without_proc(mut self) -> Self {
        self.mounts.clear();
        self
    }

    /// In a PID namespace of its own: `/proc` lists no other process. PID 1 is the outermost wrapper.
    #[allow(dead_code, reason = "of those that share this file, the faults use it")]
    pub(crate) fn alone(mut self) -> Self {
        self.is_alone = true;
        self.mounts = vec![r#"mount -t proc proc "$ROOT/proc""#.into()];
        self
    }

    /// A shell command in the new mount namespace, where `$ROOT` is the world.
    pub(crate) fn mount(mut self, command: &str) -> Self {
        self.mounts.push(command.to_owned());
        self
    }

    /// The whole world is read-only.
    pub(crate) fn read_only(self) -> Self {
        self.mount(r#"mount --rbind "$ROOT" "$ROOT""#)
            .mount(r#"mount -o remount,bind,ro "$ROOT""#)
    }

    /// A command that executes the rest, between the mounts and the chroot: setpriv, strace, env.
    pub(crate) fn under<S: AsRef<OsStr>>(mut self, wrapper: impl IntoIterator<Item = S>) -> Self {
        self.outside
            .extend(wrapper.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// The command, ready to be spawned: in its own mount namespace, bounded in time.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("timeout");
        command.args([
            "-k",
            "5",
            "60",
            "unshare",
            "--mount",
            "--propagation",
            "private",
        ]);
        if self.is_alone {
            command.args(["--pid", "--fork", "--kill-child"]);
        }
        command.args(self.shell(None));
        command
    }

    /// The same inside a new user namespace, which a process with the supplementary `groups` makes. The caller writes
    /// its maps, and then creates the file `go` in the world.
    pub(crate) fn spawn_in_user_namespace(&self, groups: &str) -> Child {
        let wait = r#"while [ ! -e "$ROOT/go" ]; do sleep 0.01; done"#;
        Command::new("setpriv")
            .args(["--groups", groups, "unshare", "--user", "--mount"])
            .args(["--propagation", "private"])
            .args(self.shell(Some(wait)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// `sh -euc MOUNTS; exec WRAPPERS env -i VARIABLES chroot ROOT WORDS`.
    fn shell(&self, before: Option<&str>) -> Vec<OsString> {
        let root = self.world.scratch.path();
        let mut script = vec![format!("ROOT='{}'", root.display())];
        script.extend(before.map(str::to_owned));
        if self.world.is_dynamic {
            script.push(r#"mount --bind /usr/lib "$ROOT/usr/lib""#.into());
            script
                .push(r#"[ ! -d /usr/lib64 ] || mount --bind /usr/lib64 "$ROOT/usr/lib64""#.into());
        }
        script.extend(self.mounts.iter().cloned());
        script.push(r#"exec "$@""#.into());
        let mut words: Vec<OsString> = ["sh", "-euc"].map(OsString::from).into();
        words.push(script.join("\n").into());
        words.push("sh".into());
        words.extend(self.outside.iter().cloned());
        words.extend(["/usr/bin/env", "-i"].map(OsString::from));
        for (name, value) in &self.environment {
            let mut assignment = name.clone();
            assignment.push("=");
            assignment.push(value);
            words.push(assignment);
        }
        words.push("/usr/sbin/chroot".into());
        words.push(root.into());
        words.extend(self.words.iter().cloned());
        words
    }

    /// Runs it to its end, with nothing on standard input.
    pub(crate) fn end(&self) -> End {
        let output = self.command().stdin(Stdio::null()).output();
        End::from(output.expect("timeout, unshare and chroot are installed"))
    }
}

/// How a start ended.
#[derive(Debug)]
pub(crate) struct End {
    /// The exit code; 128+N for signal N.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for End {
    fn from(output: Output) -> Self {
        let signal = output.status.signal().map(|signal| 128 + signal);
        Self {
            code: output.status.code().or(signal).unwrap(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl End {
    /// The start went through: COMMAND said this.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// One field of a `/proc/PID/status` on standard output, its blanks made single.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        let prefix = format!("{name}:");
        let line = self.stdout.lines().find(|line| line.starts_with(&prefix));
        let line = line.unwrap_or_else(|| panic!("no {name} in {self:?}"));
        let words: Vec<_> = line[prefix.len()..].split_whitespace().collect();
        words.join(" ")
    }
}
