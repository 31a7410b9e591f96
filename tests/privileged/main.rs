//! Root in throw-away namespaces → the real drop and the real group file, on the real kernel.
//!
//! Each test starts the binary in a root directory of its own (`world.rs`); the machine's own /etc is never in reach.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
mod probe;

// contract 9
mod group_file;
