//! `--init` as a user meets it: a real PID 1 in a PID namespace, a subreaper outside, a terminal, a container.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice
)]

#[path = "../common/mod.rs"]
mod common;

mod containers;
mod early_signals;
mod ending;
mod forwarding;
mod inheritance;
mod reaping;
mod resident;
mod terminal;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use common::{Scratch, charon_init, skip};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where an init runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// PID 1 of a new PID namespace.
    Pid1,
    /// An ordinary process, outside of any new namespace.
    Outside,
}

const PLACES: [Place; 2] = [Place::Pid1, Place::Outside];

/// Only root makes PID namespaces and drops root.
fn is_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip(
            test,
            "only root can make a PID namespace and become somebody else",
        );
    }
    is_root
}

/// A helper program written in C, built once, static.
fn helper(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    BUILT.get_or_init(|| {
        for name in ["probe", "early"] {
            let source = format!("{}/tests/init/{name}.c", env!("CARGO_MANIFEST_DIR"));
            let built = Command::new("gcc")
                .args(["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
                .arg(folder.join(name))
                .arg(source)
                .status();
            assert!(built.expect("gcc is there").success());
        }
    });
    folder.join(name)
}

/// A copy of the probe where every user can execute it.
fn probe_in(scratch: &Scratch) -> String {
    let copy = scratch.path().join("probe");
    fs::copy(helper("probe"), &copy).unwrap();
    copy.into_os_string().into_string().unwrap()
}

/// An init that runs, and what its command says.
struct Running {
    process: Child,
    /// The init, as this namespace numbers it.
    pid: u32,
    lines: Receiver<String>,
}

/// charon-init as `place` with `options` and `command`, as uid 1000.
fn start(place: Place, options: &[&str], command: &[&str]) -> Running {
    start_from(&[], place, options, command)
}

/// As [`start`]; `before` executes it.
fn start_from(before: &[&str], place: Place, options: &[&str], command: &[&str]) -> Running {
    let unshare: &[&str] = match place {
        Place::Pid1 => &["unshare", "-fp", "--mount-proc", "--kill-child"],
        Place::Outside => &[],
    };
    let binary = charon_init().into_os_string().into_string().unwrap();
    let own = [&binary, "--user=1000:1000", "--no-socket"];
    let words = [before, unshare, &own, options, &["--"], command].concat();
    let mut process = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = process.stdout.take().unwrap();
    let (say, lines) = channel();
    spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if say.send(line).is_err() {
                break;
            }
        }
    });
    let pid = match place {
        Place::Outside => process.id(),
        Place::Pid1 => first_child(process.id()),
    };
    Running {
        process,
        pid,
        lines,
    }
}

/// The child of `unshare`, once it is there; its own number when it ended already.
fn first_child(parent: u32) -> u32 {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let read = || {
        fs::read_to_string(&path)
            .ok()?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    };
    eventually(|| read().or_else(|| ended(parent).then_some(parent)))
}

fn ended(pid: u32) -> bool {
    state(pid).is_none_or(|state| state == "Z")
}

/// The state in `/proc/PID/stat`.
fn state(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(") ")?.1[..1].to_owned())
}

/// What `found` finds in the end.
fn eventually<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain");
        sleep(Duration::from_millis(2));
    }
}

impl Running {
    /// The next line that the command says.
    fn line(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("the command says something")
    }

    /// All lines that are left, once everyone who could say something has ended.
    fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    fn wait_until_ready(&self) -> u32 {
        self.line().strip_prefix("ready ").unwrap().parse().unwrap()
    }

    fn signal(&self, number: i32) {
        signal(self.pid, number);
    }

    /// The exit code; 128 and the signal that ended the init itself.
    fn code(&mut self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        let status = eventually(|| self.process.try_wait().unwrap());
        status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap())
    }

    /// A line of the init's `/proc/PID/status`.
    fn status(&self, field: &str) -> String {
        status(self.pid, field)
    }

    fn end(self) {
        drop(self);
    }
}

impl Drop for Running {
    /// Nobody stays behind, also when a test failed.
    fn drop(&mut self) {
        let left = descendants(self.process.id());
        for pid in left.into_iter().chain([self.process.id()]) {
            signal(pid, 9);
        }
        self.process.wait().unwrap();
    }
}

fn descendants(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    let children = children
        .split_whitespace()
        .map(|child| child.parse().unwrap());
    children
        .flat_map(|child| [descendants(child), vec![child]].concat())
        .collect()
}

fn status(pid: u32, field: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{field} in {status}"))
        .trim()
        .to_owned()
}

/// Every number, real-time signals too; 0 only asks.
fn signal(pid: u32, number: i32) -> bool {
    let command = format!("kill -{number} {pid} 2>/dev/null");
    Command::new("dash")
        .args(["-c", &command])
        .status()
        .unwrap()
        .success()
}

/// Runs `command` to its end: exit code, stdout and stderr together.
fn output(command: &mut Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.stderr.as_slice().read_to_string(&mut text).unwrap();
    (output.status.code(), text)
}
