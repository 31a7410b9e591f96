//! A fault at every system call of every kind of start → COMMAND with exactly the planned identity, or no COMMAND.
//!
//! `scenario.rs` says what is started and as what it may run, `fault.rs` what can go wrong at a call, `verdict.rs` what
//! may come of it. The kernel is the real one; strace(1) answers the one call in its place, or kills at it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]
#![allow(
    dead_code,
    reason = "the world of the privileged tests can do more than is used here"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../privileged/engine.rs"]
mod engine;
#[path = "../privileged/probe.rs"]
mod probe;
#[path = "../privileged/trace.rs"]
mod trace;
#[path = "../privileged/world.rs"]
mod world;

mod child;
mod fault;
mod left;
mod scenario;
mod scenarios;
mod sweep;
mod verdict;

use std::io::Write;
use std::time::Instant;

use common::{figure, skip};
use sweep::Sweep;
use trace::can_trace;
use world::World;

/// What CI has time for: every so many-th fault, and all of those at the calls that matter most.
const EVERY: usize = 30;

fn every() -> usize {
    if std::env::var_os("CHARON_TEST_LONG").is_some() {
        1
    } else {
        EVERY
    }
}

/// Past the capture of the test harness: the numbers are part of the result.
fn tell(line: &str) {
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn whatever_fails_the_command_runs_with_the_planned_identity_or_not_at_all() {
    let test = "whatever_fails_the_command_runs_with_the_planned_identity_or_not_at_all";
    if !rustix::process::geteuid().is_root() {
        return skip(test, "needs root");
    }
    if !can_trace(test) {
        return;
    }
    let start = Instant::now();
    let mut sweep = Sweep::new(test, every());
    // One kind alone: a part of its name.
    let only = std::env::var("CHARON_FAULTS").unwrap_or_default();
    for scenario in scenarios::ALL.iter().filter(|one| one.name.contains(&only)) {
        sweep.run(scenario);
    }
    let told = format!("{sweep}, {} s\n", start.elapsed().as_secs());
    tell(&told);
    assert!(sweep.violations.is_empty(), "{}", sweep.told_violations());
    if every() == 1 && only.is_empty() {
        // A kernel or C library that needs a call less is no lie of the page.
        let faults = sweep.faults();
        let page = figure("(tests/faults): ", " faults");
        assert!(faults >= page / 10 * 9, "{faults}; README.md says {page}");
    }
}

#[test]
fn whatever_fails_in_the_child_of_an_init_it_becomes_the_command_as_planned_or_ends() {
    let test = "whatever_fails_in_the_child_of_an_init_it_becomes_the_command_as_planned_or_ends";
    if !can_trace(test) {
        return;
    }
    let Some(world) = World::with(test, &sweep::binary()) else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let (counts, wrong) = child::sweep(&world, &scenarios::INIT_WITH_AN_EDIT);
    let faults: usize = counts.values().sum();
    tell(&format!(
        "faults in the child of an init: {faults}, {counts:?}\n"
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let earlier = counts.get(child::EARLIER).copied().unwrap_or_default();
    assert!(earlier < faults / 4, "{counts:?}");
}
