//! examples/{compose,swarm,kubernetes,podman} → run on real engines, or validated by their own tools.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../common/mod.rs"]
mod common;
mod compose;
#[path = "../common/engine.rs"]
mod engine;
mod gid_zero;
mod kubernetes;
mod podman;
mod podman_stage;
mod process;
mod project;
#[path = "../common/python.rs"]
mod python;
mod quadlet;
#[path = "../common/second_engine.rs"]
mod second_engine;
mod server_image;
mod socket_proxy;
mod swarm;
