//! What came of asking an engine: the connection first, then its answers to two requests. What it means is said in
//! `diagnosis`.

use std::time::Duration;

/// The end of one attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// An engine answered.
    Engine(EngineVersion),
    /// connect(2) failed.
    NotConnected {
        /// errno(3).
        errno: i32,
    },
    /// The name of a host has no address.
    NotResolved {
        /// What the resolver said.
        why: String,
    },
    /// Not in time.
    Silent {
        /// The request that has no answer; `None` where it did not even come to a connection.
        question: Option<Question>,
        /// How long it was waited; `None` where that is not known.
        after: Option<Duration>,
    },
    /// Something answered that is not the Docker API.
    Foreign {
        /// The request.
        question: Question,
        /// What came.
        what: Foreign,
    },
    /// The API answered, and not with what was asked for.
    Declined {
        /// The request.
        question: Question,
        /// The status of the answer (RFC 9110).
        status: u16,
        /// What the answer says about it; may be empty.
        says: String,
    },
}

/// The requests, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// `GET /_ping`.
    Ping,
    /// `GET /version`.
    Version,
}

impl Question {
    /// What is asked for.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Ping => "/_ping",
            Self::Version => "/version",
        }
    }
}

/// Who answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EngineVersion {
    /// Whose engine it is.
    pub product: Product,
    /// Its version; `None` where it was not told.
    pub version: Option<String>,
    /// The newest version of the API that it speaks.
    pub api: Option<String>,
    /// The status with which `GET /version` was declined, as narrow socket proxies do.
    pub declined: Option<u16>,
}

/// Whose engine it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// Docker Engine, or what passes for it.
    Docker,
    /// Podman.
    Podman,
}

impl Product {
    /// What it calls itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker Engine",
            Self::Podman => "Podman",
        }
    }
}

/// What is not the Docker API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Foreign {
    /// The connection was closed, or broke, before there was an answer.
    Closed,
    /// Bytes that are no HTTP.
    NotHttp,
    /// More than any engine says.
    TooLong,
    /// A server that speaks TLS and was asked without.
    Tls,
    /// HTTP of something else.
    Http {
        /// The status of the answer.
        status: u16,
        /// What it calls itself.
        server: Option<String>,
    },
}
