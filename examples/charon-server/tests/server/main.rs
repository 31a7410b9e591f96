//! The real server as a process → what it answers, over real sockets, real engines and in a real browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice
)]

#[path = "../../../../tests/common/mod.rs"]
mod common;
#[path = "../../../../tests/common/engine.rs"]
mod engine;
#[path = "../../../../tests/common/second_engine.rs"]
mod second_engine;
mod stub;
mod webdriver;
mod world;

mod answers;
mod browser;
mod charon;
mod command_line;
mod containers;
mod image;
mod page;
mod remote;
mod restart;
mod selectors;
mod sockets;
mod stale;
