//! `--own` on real file systems: what changes hands, what never does, and who tries to make it so.
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
#[path = "../privileged/probe.rs"]
mod probe;
#[path = "../privileged/trace.rs"]
mod trace;
#[path = "../privileged/world.rs"]
mod world;

mod tree;

mod attacks;
mod bounds;
mod refused;
mod told;
mod trees;
