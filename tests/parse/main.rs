//! What comes from outside is read exactly, or not at all; no input makes the parsers panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm
)]

mod account_files;
mod edits;
mod engine;
mod every_short_string;
mod init;
mod kernel_files;
mod patterns;
mod words;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use charon_init::ids::{Gid, Uid};

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn gid(number: u32) -> Gid {
    Gid::new(number).unwrap()
}

fn os(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}
