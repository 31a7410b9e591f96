//! What was asked about paths → the sockets and the patterns of the request.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::Fault;
use super::environment::{Asked, Given, refused};
use super::options;
use super::typed::malformed;
use crate::parse::docker_host::docker_host;
use crate::pattern::Pattern;
use crate::refusal::Refusal;
use crate::request::{DockerHost, Sockets};

impl Asked<'_> {
    pub(super) fn sockets(&self, default: Sockets) -> Result<Sockets, Fault> {
        if self.switch(&options::NO_SOCKET)? {
            return Ok(Sockets::Ignored);
        }
        let paths: Vec<PathBuf> = self
            .typed
            .values(&options::SOCKET)
            .map(PathBuf::from)
            .collect();
        if paths.iter().any(|path| path.as_os_str().is_empty()) {
            let message = malformed(&options::SOCKET, OsStr::new(""), "a path");
            return Err(Fault::Usage(message));
        }
        if !paths.is_empty() {
            return Ok(Sockets::Paths(paths));
        }
        self.variable(&options::SOCKET)
            .map_or(Ok(default), from_docker_host)
    }

    pub(super) fn grants(&self) -> Result<Vec<Pattern>, Fault> {
        let pattern = |given: Given| {
            Pattern::new(&given.value)
                .ok_or_else(|| given.malformed("a path, in which * ? [a-z] and [!a-z] may stand"))
        };
        self.list(&options::GRANT)
            .into_iter()
            .map(pattern)
            .collect()
    }
}

#[cold]
fn from_docker_host(given: Given) -> Result<Sockets, Fault> {
    match docker_host(&given.value) {
        Ok(DockerHost::Socket(path)) => Ok(Sockets::Paths(vec![path])),
        Ok(DockerHost::Elsewhere) => Ok(Sockets::NotNeeded {
            docker_host: given.value,
        }),
        Err(fault) => Err(refused(Refusal::BadDockerHost {
            value: given.value,
            fault,
        })),
    }
}
