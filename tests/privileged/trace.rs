//! strace(1) → the system calls of one start, and starts with a fault injected at one of them.

use std::collections::HashMap;
use std::fs;
use std::process::Command;

use crate::common::skip;
use crate::world::{End, Start, World};

/// A system call of charon-init, between its own execve(2) and that of COMMAND.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `openat`.
    pub(crate) name: String,
    /// How many of that name the traced process had made, this one included: what strace's `when=` counts.
    pub(crate) ordinal: usize,
    /// As strace prints it.
    pub(crate) line: String,
}

/// Can this machine trace? Says so where it cannot.
pub(crate) fn can_trace(test: &str) -> bool {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        skip(test, "needs strace and the right to trace");
    }
    can
}

/// A world whose starts can be traced.
pub(crate) fn world(test: &str) -> Option<World> {
    can_trace(test).then(|| World::new(test))?
}

/// The same with a socket that needs an edit.
pub(crate) fn with_socket(test: &str) -> Option<World> {
    let world = world(test)?;
    world.socket("run/docker.sock", 988, 0o660);
    Some(world)
}

/// Runs `start` under strace.
pub(crate) fn calls(world: &World, start: Start<'_>) -> (Vec<Call>, End) {
    let (mut calls, end) = calls_with_the_last(world, start);
    if calls.last().is_some_and(|call| call.name == "execve") {
        calls.pop();
    }
    (calls, end)
}

/// The same, and the execve(2) that succeeded: the call by which COMMAND takes our place.
pub(crate) fn calls_with_the_last(world: &World, start: Start<'_>) -> (Vec<Call>, End) {
    let output = world.path("tmp/trace");
    let end = start
        .under(["strace", "-s", "200", "-o", output.to_str().unwrap()])
        .end();
    (parse(&fs::read_to_string(output).unwrap()), end)
}

/// Runs `start` with a fault: `error=EIO`, `signal=KILL`. False when it did not come to that.
pub(crate) fn inject(world: &World, start: Start<'_>, call: &Call, fault: &str) -> (bool, End) {
    let output = world.path("tmp/trace");
    let expression = format!("inject={}:{fault}:when={}", call.name, call.ordinal);
    let end = start
        .under(["strace", "-e", &expression, "-o", output.to_str().unwrap()])
        .end();
    let trace = fs::read_to_string(output).unwrap();
    let came_to_it = trace.contains("(INJECTED)") || trace.contains("+++ killed by SIGKILL +++");
    (came_to_it, end)
}

fn parse(trace: &str) -> Vec<Call> {
    let mut counts = HashMap::new();
    let mut calls = Vec::new();
    let mut is_ours = false;
    // The execve(2) by which strace itself makes the process is in the trace, and `when=` does not count it.
    for line in trace.lines().skip(1) {
        let Some((name, _)) = line.split_once('(') else {
            continue;
        };
        let ordinal = counts.entry(name.to_owned()).or_insert(0);
        *ordinal += 1;
        if is_ours {
            calls.push(Call {
                name: name.to_owned(),
                ordinal: *ordinal,
                line: line.to_owned(),
            });
        }
        if name == "execve" && line.contains(" = 0") {
            is_ours = line.starts_with("execve(\"/charon-init\"");
        }
    }
    calls
}
