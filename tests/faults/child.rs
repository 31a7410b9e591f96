//! The child of an init, between fork(2) and COMMAND → the same faults at its calls, and the same outcomes.
//!
//! strace counts the calls of each process for itself, so that those of the init with the same number are met as well; a
//! wrapper's would be too. So the init is traced only from where it waits for the lock of the account files, which we
//! hold until then. A fault that ends the init before its child comes to it counts apart.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock};

use crate::fault::{Fault, at_any_of};
use crate::scenario::{Ran, Scenario};
use crate::trace::Call;
use crate::verdict::verdict;
use crate::world::{End, World};

/// Longer than a start takes to come to the lock.
const PATIENCE: Duration = Duration::from_secs(20);

/// The outcome of a fault that the init met first.
pub(crate) const EARLIER: &str = "ended before the child came to it";

/// What came of the faults, and what is wrong with it.
pub(crate) type Told = (BTreeMap<&'static str, usize>, Vec<String>);

/// Injects every fault at the calls of the child.
pub(crate) fn sweep(world: &World, scenario: &Scenario) -> Told {
    let (trace, end) = traced(world, scenario, None);
    assert_eq!(
        (scenario.ran(&end), end.code),
        (Ran::AsPlanned, 0),
        "{end:?}"
    );
    let calls = calls_of_the_child(&trace);
    assert!(calls.iter().any(|call| call.name == "execve"), "{trace}");
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for fault in at_any_of(&calls) {
        let (trace, end) = traced(world, scenario, Some(&fault));
        let outcome = match verdict(scenario, &fault, &end, world) {
            Ok(_) if !came_to_it(&trace) => EARLIER,
            Ok(outcome) => outcome,
            Err(violation) => {
                let Fault { call, mishap, .. } = &fault;
                wrong.push(format!(
                    "{mishap:?} at {}: {violation}\n  {end:?}",
                    call.line
                ));
                "violation"
            }
        };
        *counts.entry(outcome).or_default() += 1;
    }
    (counts, wrong)
}

/// The trace of a start from the lock on, and how it ended.
fn traced(world: &World, scenario: &Scenario, fault: Option<&Fault>) -> (String, End) {
    scenario.reset(world);
    world.write("etc/.pwd.lock", "", 0o600);
    let lock = File::options()
        .write(true)
        .open(world.path("etc/.pwd.lock"))
        .unwrap();
    fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let mut command = scenario.start(world).command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let start = command.spawn().unwrap();
    let pid = waiting_for_the_lock(start.id());
    let output = world.path("tmp/trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-p", &pid, "-o", output.to_str().unwrap()]);
    if let Some(fault) = fault {
        let Call { name, ordinal, .. } = &fault.call;
        let expression = fault.expression();
        strace.args(["-e", &format!("inject={name}:{expression}:when={ordinal}")]);
    }
    let mut tracer = strace.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(tracer.stderr.take().unwrap()).lines();
    let attached = said.next().unwrap().unwrap();
    assert!(attached.contains("attached"), "{attached}");
    drop(lock);
    let end = End::from(start.wait_with_output().unwrap());
    // To its end, lest it be told of a reader that is gone.
    said.for_each(drop);
    tracer.wait().unwrap();
    (fs::read_to_string(output).unwrap(), end)
}

/// The init below timeout(1), once it has opened the lock file.
fn waiting_for_the_lock(timeout: u32) -> String {
    let start = Instant::now();
    loop {
        let children = format!("/proc/{timeout}/task/{timeout}/children");
        let children = fs::read_to_string(children).unwrap_or_default();
        let pid = children
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        let open = fs::read_dir(format!("/proc/{pid}/fd"));
        let mut files = open.into_iter().flatten().filter_map(Result::ok);
        let is_lock = |file: fs::DirEntry| {
            fs::read_link(file.path()).is_ok_and(|path| path.ends_with("etc/.pwd.lock"))
        };
        if files.any(is_lock) {
            return pid;
        }
        assert!(start.elapsed() < PATIENCE, "nobody waits for the lock");
        sleep(Duration::from_millis(2));
    }
}

/// Every line of whoever is not the first, up to its execve(2).
fn calls_of_the_child(trace: &str) -> Vec<Call> {
    let mut counts = HashMap::new();
    let mut calls = Vec::new();
    for line in lines_of_the_child(trace) {
        // The rest of a line that was cut by one of the init's is no call.
        let name = line.split_once('(').map(|(name, _)| name);
        let Some(name) = name.filter(|_| !line.starts_with('<')) else {
            continue;
        };
        let ordinal = counts.entry(name).or_insert(0);
        *ordinal += 1;
        calls.push(Call {
            name: name.to_owned(),
            ordinal: *ordinal,
            line: line.to_owned(),
        });
        if name == "execve" {
            break;
        }
    }
    calls
}

fn lines_of_the_child(trace: &str) -> impl Iterator<Item = &str> {
    let first = trace.split(' ').next();
    trace.lines().filter_map(move |line| {
        let (pid, rest) = line.split_once(' ')?;
        (Some(pid) != first).then(|| rest.trim_start())
    })
}

fn came_to_it(trace: &str) -> bool {
    let mut of_child = lines_of_the_child(trace);
    of_child.any(|line| line.contains("(INJECTED)") || line.contains("killed by SIGKILL"))
}
