//! Real containers of real engines → does the command reach the mounted socket, as whom, and what is left in the files?
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::similar_names,
    dead_code,
    clippy::wildcard_imports,
    clippy::cmp_owned
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/engine.rs"]
mod engine;
#[path = "../common/second_engine.rs"]
mod second_engine;
mod subject;

// contract 5: what is granted
mod devices;
mod gid_zero;
mod groups;
mod sockets;

// contract 6 and 10: who it is and what power is left
mod capabilities;
mod identity;
mod non_root;
mod own;
mod runtime;

// contract 9: the files
mod again;
mod debian;
mod files;
mod numbers;

// contract 8: the check
mod health;

// the rest
mod dockerfile;
mod dry_run;
mod podman;
mod userns_remap;
