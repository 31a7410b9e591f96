//! `DOCKER_HOST` → a socket, or an engine that needs none (contract 4).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::request::{DockerHost, DockerHostFault};

const SEPARATOR: &[u8] = b"://";

/// What the value of `DOCKER_HOST` comes to. Schemes are in lower case, as for Docker's own programs.
///
/// # Errors
///
/// The [`DockerHostFault`], when it names neither a socket nor an engine elsewhere.
pub fn docker_host(value: &OsStr) -> Result<DockerHost, DockerHostFault> {
    let value = value.as_bytes();
    let position = value
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR);
    let (scheme, rest) = position
        .and_then(|position| value.split_at_checked(position))
        .ok_or(DockerHostFault::NoScheme)?;
    let address = rest.strip_prefix(SEPARATOR).unwrap_or_default();
    match scheme {
        b"" => Err(DockerHostFault::NoScheme),
        b"unix" if address.is_empty() => Err(DockerHostFault::NoPath),
        b"unix" => Ok(DockerHost::Socket(PathBuf::from(OsStr::from_bytes(
            address,
        )))),
        b"tcp" | b"ssh" | b"fd" | b"http" | b"https" => Ok(DockerHost::Elsewhere),
        _ => Err(DockerHostFault::UnknownScheme),
    }
}
