//! `tcp://HOST[:PORT]` and socket paths → the addresses of engines. Nothing that a request says becomes one.

use std::fmt;
use std::io::ErrorKind;
use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where an engine usually listens, and where one without root does.
const DEFAULT: &str = "/var/run/docker.sock";
const PORT: u16 = 2375;

/// Where an engine listens.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Address {
    /// The path of a Unix socket.
    Socket(String),
    /// `HOST:PORT`.
    Tcp(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{path}"),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
        }
    }
}

impl Address {
    /// `tcp://HOST[:PORT]`: a name, an IPv4 address, or an IPv6 address in brackets; no user, path or query.
    pub(crate) fn tcp(url: &str) -> Option<Self> {
        let authority = url.strip_prefix("tcp://")?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let is_ported = authority
            .rsplit_once(':')
            .is_some_and(|(host, _)| !host.starts_with('[') || host.ends_with(']'));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if is_ported => (host, port.parse().ok()?),
            _ => (authority, PORT),
        };
        (is_host(host) && port > 0).then(|| Self::Tcp(format!("{host}:{port}")))
    }

    /// What cannot be looked at is there: the connection will tell why it is of no use.
    fn is_there(&self) -> bool {
        match self {
            Self::Tcp(_) => true,
            Self::Socket(path) => match Path::new(path).metadata() {
                Ok(_) => true,
                Err(error) => {
                    ![ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind())
                }
            },
        }
    }
}

/// The local engine: what `DOCKER_HOST` names, when it is there, else the first of the usual sockets that is.
pub(crate) struct Local {
    /// What comes first is preferred, whenever it is there.
    candidates: Vec<Address>,
    /// The best that was seen so far; as many as there are candidates before that. An engine that is started again has
    /// no socket for a while, and what is listed must not be another engine's meanwhile.
    seen: AtomicUsize,
}

impl Local {
    pub(crate) fn new(docker_host: Option<Address>) -> Self {
        let uid = rustix::process::getuid().as_raw();
        let rootless = format!("/run/user/{uid}/docker.sock");
        let usual = [DEFAULT.to_owned(), rootless].map(Address::Socket);
        let candidates: Vec<Address> = docker_host.into_iter().chain(usual).collect();
        Self {
            seen: AtomicUsize::new(candidates.len()),
            candidates,
        }
    }

    /// Where to ask. While nothing is there, it is the first candidate that the operator is told about.
    pub(crate) fn address(&self) -> Address {
        let seen = self.seen.load(Ordering::Relaxed);
        let mut preferred = self.candidates.iter().take(seen.saturating_add(1));
        let best = preferred.position(Address::is_there).unwrap_or(seen);
        self.seen.fetch_min(best, Ordering::Relaxed);
        let found = self.candidates.get(best).or(self.candidates.first());
        let nowhere = || Address::Socket(DEFAULT.to_owned());
        found.cloned().unwrap_or_else(nowhere)
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => {
            let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            !host.is_empty() && host.bytes().all(is_of_a_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_url_is_a_host_and_a_port_and_nothing_else() {
        for (url, expected) in [
            ("tcp://proxy", Some("proxy:2375")),
            ("tcp://proxy:2376/", Some("proxy:2376")),
            ("tcp://10.0.0.7:1", Some("10.0.0.7:1")),
            ("tcp://docker_proxy.lan:2375", Some("docker_proxy.lan:2375")),
            ("tcp://[::1]:2375", Some("[::1]:2375")),
            ("tcp://[fe80::1]", Some("[fe80::1]:2375")),
            ("tcp://", None),
            ("tcp:///", None),
            ("tcp://:2375", None),
            ("tcp://proxy:", None),
            ("tcp://proxy:0", None),
            ("tcp://proxy:65536", None),
            ("tcp://::1", None),
            ("tcp://[::1", None),
            ("tcp://[proxy]:1", None),
            ("tcp://user@proxy:1", None),
            ("tcp://proxy:1/path", None),
            ("tcp://proxy:1?x", None),
            ("tcp://pro xy:1", None),
            ("TCP://proxy:1", None),
            ("http://proxy:1", None),
            ("unix:///var/run/docker.sock", None),
        ] {
            let expected = expected.map(|authority| Address::Tcp(authority.to_owned()));
            assert_eq!(Address::tcp(url), expected, "{url}");
        }
    }
}
