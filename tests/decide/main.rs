//! Facts as literals → the plan or the refusal: every row of contract 5, every sentence of 6, without root or engine.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::similar_names,
    dead_code,
    clippy::wildcard_imports,
    clippy::cmp_owned,
    clippy::wildcard_enum_match_arm
)]

mod account_files;
mod account_files_left_alone;
mod arbitrary;
mod arbitrary_files;
mod arbitrary_paths;
mod capabilities;
mod changes;
mod check;
mod granted_paths;
mod grants;
mod identity;
mod identity_groups;
mod init;
mod kernel;
mod non_root;
mod numbers;
mod ownership;
mod properties;
mod several_paths;
mod umask;
mod unfit;
mod world;
