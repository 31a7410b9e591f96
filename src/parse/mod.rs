//! Bytes → values: whatever comes from outside, one file per format. Pure; no input makes it panic.

mod line;
mod word;

// the command line and the environment
pub mod docker_host;
pub mod duration;
pub mod mask;
pub mod spec;

pub use word::{boolean, number};

// the account files
pub mod edit;
pub mod group;
pub mod gshadow;
pub mod passwd;

// what an engine says
pub mod engine;
pub mod http;

// what the kernel says
pub mod acl;
pub mod cgroup;
pub mod file_capabilities;
pub mod id_map;
pub mod shebang;
pub mod stat;
pub mod status;
