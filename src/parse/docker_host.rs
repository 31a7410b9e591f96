//! `DOCKER_HOST` → a socket, or an engine that needs none (contract 4).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::word;
use crate::request::{DockerHost, DockerHostFault, Endpoint};

const SEPARATOR: &[u8] = b"://";

/// What the value of `DOCKER_HOST` comes to. Schemes are in lower case, as for Docker's own programs.
///
/// # Errors
///
/// The [`DockerHostFault`], when it names neither a socket nor an engine elsewhere.
pub fn docker_host(value: &OsStr) -> Result<DockerHost, DockerHostFault> {
    let (scheme, address) = split(value.as_bytes()).ok_or(DockerHostFault::NoScheme)?;
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

fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let position = value
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR)?;
    let (scheme, rest) = value.split_at_checked(position)?;
    Some((scheme, rest.strip_prefix(SEPARATOR)?))
}

/// Where a check connects to for a `DOCKER_HOST` that needs no socket: `tcp://HOST[:PORT]`, `http://HOST[:PORT]`, with
/// the ports that Docker's own client assumes. What else there is cannot be asked over a plain connection.
#[must_use]
pub fn endpoint(value: &OsStr) -> Endpoint {
    address(value).unwrap_or_else(|| Endpoint::Elsewhere {
        docker_host: value.to_owned(),
    })
}

fn address(value: &OsStr) -> Option<Endpoint> {
    let (scheme, address) = split(value.as_bytes())?;
    let default = match scheme {
        b"tcp" => 2375,
        b"http" => 80,
        _ => return None,
    };
    let authority = address.split(|byte| *byte == b'/').next()?;
    let authority = std::str::from_utf8(authority).ok()?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority
            .find(':')
            .and_then(|colon| authority.split_at_checked(colon))
            .unwrap_or((authority, "")),
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default,
        Some("") => default,
        Some(digits) => u16::try_from(word::number(digits.as_bytes())?).ok()?,
        None => return None,
    };
    (!host.is_empty()).then(|| Endpoint::Tcp {
        host: host.to_owned(),
        port,
    })
}
