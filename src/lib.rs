//! Root → the planned identity → COMMAND: the entrypoint of containers that must not run as root.
#![forbid(unsafe_code)]

// nouns
pub mod account;
pub mod capability;
pub mod facts;
pub mod failure;
pub mod ids;
pub mod permission;
pub mod plan;
pub mod refusal;
pub mod request;

// verbs
pub mod act;
pub mod decide;
pub mod observe;
// rooms
pub mod cli;
pub mod parse;
pub mod render;
