//! A model of the drop: thousands of starting states → COMMAND with the planned identity, or 71 or 78 naming what is
//! missing. Nothing else.
//!
//! `states.c` makes each state and runs charon-init in it, `oracle.rs` says from the contract what may come of it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
mod oracle;
mod report;
mod state;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use common::{Scratch, charon_init, figure, skip};
use oracle::{Expected, expected, may_append};
use report::{Outcome, Report};
use state::State;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:1000::/:/bin/sh\n";
const GROUP: &str = "root:x:0:\nadm:x:4:root\nvideo:x:44:charon\ncharon:x:1000:\n";

/// As many at once as there are cores, each with a root directory of its own.
fn outcomes(states: &[State]) -> Vec<Outcome> {
    let program = compile();
    let shards = thread::available_parallelism().map_or(1, usize::from);
    let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
    thread::scope(|scope| {
        let shard = |first| {
            let (states, program) = (&states, &program);
            scope.spawn(move || {
                run(
                    states.iter().enumerate().skip(first).step_by(shards),
                    program,
                )
            })
        };
        let threads: Vec<_> = (0..shards).map(shard).collect();
        for thread in threads {
            outcomes.extend(thread.join().unwrap());
        }
    });
    assert_eq!(outcomes.len(), states.len());
    outcomes.into_values().collect()
}

fn compile() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/states.c");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("states");
    let cc = Command::new("cc")
        .args(["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&program, &source])
        .status();
    assert!(cc.expect("a C compiler is installed").success());
    program
}

fn run<'a>(
    states: impl Iterator<Item = (usize, &'a State)>,
    program: &Path,
) -> Vec<(usize, Outcome)> {
    let world = world(program);
    let mut child: Child = Command::new(program)
        .arg(world.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = states.map(|(number, state)| state.line(number)).collect();
    let writer = thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(Outcome::read).collect()
}

/// A root directory with accounts, a socket, the binary under test and the program that reports.
fn world(program: &Path) -> Scratch {
    let world = Scratch::new();
    let image = world.path().join("image");
    for directory in ["bin", "dev", "etc", "proc", "run", "usr/lib", "usr/lib64"] {
        fs::create_dir_all(image.join(directory)).unwrap();
    }
    for directory in ["with", "without"] {
        fs::create_dir(world.path().join(directory)).unwrap();
    }
    symlink("usr/lib", image.join("lib")).unwrap();
    symlink("usr/lib64", image.join("lib64")).unwrap();
    fs::copy(charon_init(), image.join("charon-init")).unwrap();
    fs::copy(program, image.join("bin/states")).unwrap();
    fs::write(image.join("etc/passwd"), PASSWD).unwrap();
    fs::write(image.join("etc/group"), GROUP).unwrap();
    let socket = image.join("run/docker.sock");
    drop(UnixListener::bind(&socket).unwrap());
    chown(&socket, Some(0), Some(988)).unwrap();
    fs::set_permissions(&socket, Permissions::from_mode(0o660)).unwrap();
    world
}

/// What is wrong with what came of `state`.
fn fault(state: &State, outcome: &Outcome) -> Option<String> {
    let Some(start) = Report::read(&outcome.start) else {
        return Some("the state could not be made".to_owned());
    };
    if let Some(fault) = unlike(state, &start) {
        return Some(format!("the state is not what it is called: {fault}"));
    }
    let lines = outcome.appended.split_whitespace();
    for line in lines {
        if !may_append(state, &start, outcome.code, line) {
            return Some(format!("/etc/group: {line}"));
        }
    }
    match expected(state, &start) {
        Expected::Runs(planned) => {
            let ran = outcome.code == 0 && Report::read(&outcome.stdout).as_ref() == Some(&planned);
            (!ran).then(|| format!("not the planned identity: {planned:?}"))
        }
        Expected::Ends(ends) => {
            let is_told =
                |(code, word): &(i32, &str)| outcome.code == *code && outcome.stderr.contains(word);
            let ended = outcome.stdout.is_empty() && ends.iter().any(is_told);
            (!ended).then(|| format!("none of {ends:?}"))
        }
    }
}

/// Is the process that starts so the one that was meant?
fn unlike(state: &State, start: &Report) -> Option<String> {
    let (uid, _, groups) = state.ids();
    let is_root = start.uid == [0; 4];
    let is_mapped = state.is_root || state.namespace != "few-uids";
    let capabilities = state.capabilities();
    let sets = [start.permitted(), start.effective(), start.bounding()];
    let is_so = is_root == state.is_root
        && (start.uid == [uid; 4] || !is_mapped)
        && start.groups.is_empty() == groups.is_empty()
        && start.no_new_privs == state.no_new_privs
        && sets == [capabilities; 3];
    (!is_so).then(|| format!("{start:?}"))
}

#[test]
fn every_starting_state_ends_in_the_planned_identity_or_names_what_is_missing() {
    let test = "every_starting_state_ends_in_the_planned_identity_or_names_what_is_missing";
    if !rustix::process::geteuid().is_root() {
        return skip(test, "needs root");
    }
    let states = State::all();
    assert!(states.len() <= 5000, "{} are too many for CI", states.len());
    assert_eq!(states.len(), figure("(tests/model): ", " starting states"));
    let outcomes = outcomes(&states);
    let mut faults = Vec::new();
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    for (state, outcome) in states.iter().zip(&outcomes) {
        *counts.entry(outcome.code).or_default() += 1;
        faults.extend(
            fault(state, outcome).map(|fault| format!("{fault}\n  {state:?}\n  {outcome:?}")),
        );
    }
    // Past the capture of the test harness: the numbers are part of the result.
    let told = format!(
        "model of the drop: {} states, by exit code {counts:?}\n",
        states.len()
    );
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    let shown: Vec<_> = faults.iter().take(20).cloned().collect();
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        shown.join("\n")
    );
    // No state may be all of them: each kind of end was met often.
    for code in [0, 71, 78] {
        assert!(
            counts.get(&code).is_some_and(|count| *count > 100),
            "{counts:?}"
        );
    }
}
