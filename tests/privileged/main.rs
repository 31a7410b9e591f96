//! Root in throw-away namespaces → the real drop and the real group file, on the real kernel.
//!
//! Each test starts the binary in a root directory of its own (`world.rs`); the machine's own /etc is never in reach.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
mod engine;
mod probe;
mod trace;
mod world;

// contract 9: the account files
mod concurrent;
mod crash;
mod edit;
mod group_file;
mod numbers;
mod numbers_crash;
mod scale;

// contract 10: the drop
mod come_back;
mod drop;
mod namespaces;
mod non_root;
mod read_back;

// contract 3 and 6: what COMMAND finds
mod calls;
mod execute;
mod grant;
mod hostile;
mod reading;
mod surroundings;

// contract 8: the check
mod check;
mod check_calls;
mod deadline;
