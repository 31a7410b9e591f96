//! Everything that a check can come to → specimens of it; the same diagnoses are what a server gets.

use std::time::Duration;

use charon_init::answer::{Answer, EngineVersion, Foreign, Product, Question};
use charon_init::diagnosis::{Cause, Diagnosis};
use charon_init::failure::Failure;
use charon_init::refusal::{Finding, Refusal};
use charon_init::request::Endpoint;

use crate::examples::{gid, uid};
use crate::specimens::{Named, findings, hostile, refusals};

fn docker() -> EngineVersion {
    EngineVersion {
        product: Product::Docker,
        version: Some("20.10.24+dfsg1".to_owned()),
        api: Some("1.41".to_owned()),
        declined: None,
    }
}

fn podman() -> EngineVersion {
    EngineVersion {
        product: Product::Podman,
        version: Some("4.3.1".to_owned()),
        ..docker()
    }
}

/// Behind a proxy that declines `GET /version` and says nothing of itself.
fn nameless() -> EngineVersion {
    EngineVersion {
        version: None,
        api: None,
        declined: Some(403),
        ..docker()
    }
}

fn foreign(what: Foreign) -> Answer {
    Answer::Foreign {
        question: Question::Ping,
        what,
    }
}

fn declined(status: u16, says: &str) -> Answer {
    Answer::Declined {
        question: Question::Ping,
        status,
        says: says.to_owned(),
    }
}

fn silent(question: Option<Question>, after: Option<Duration>) -> Answer {
    Answer::Silent { question, after }
}

every!(foreigners: Foreign {
    Closed => [Foreign::Closed],
    NotHttp => [Foreign::NotHttp],
    TooLong => [Foreign::TooLong],
    Tls => [Foreign::Tls],
    Http => [
        Foreign::Http { status: 404, server: None },
        Foreign::Http { status: 200, server: Some("nginx\u{202e}/\x1b[31m".to_owned()) },
    ],
});

every!(answers: Answer {
    Engine => [Answer::Engine(docker()), Answer::Engine(podman()), Answer::Engine(nameless())],
    NotConnected => [
        Answer::NotConnected { errno: rustix::io::Errno::CONNREFUSED.raw_os_error() },
        Answer::NotConnected { errno: rustix::io::Errno::HOSTUNREACH.raw_os_error() },
    ],
    NotResolved => [Answer::NotResolved { why: "Name or service not known".to_owned() }],
    Silent => [
        silent(None, Some(Duration::from_secs(5))),
        silent(Some(Question::Ping), Some(Duration::from_millis(250))),
        silent(Some(Question::Version), None),
    ],
    Foreign => [foreign(Foreign::Closed)],
    Declined => [
        declined(403, "authorization denied by plugin opa"),
        declined(401, ""),
        declined(429, "slow\ndown"),
        declined(500, "server misbehaving"),
        declined(503, ""),
    ],
});

every!(causes: Cause {
    Open => [Cause::Open],
    SwitchedOff => [Cause::SwitchedOff],
    Path => [Cause::Path(Finding::NotMounted { path: hostile().into() })],
    Denied => [Cause::Denied { errno: rustix::io::Errno::ACCESS.raw_os_error() }],
    Answer => [Cause::Answer(Answer::Engine(docker()))],
    NotCheckable => [Cause::NotCheckable],
    Refused => [Cause::Refused(Box::new(Refusal::RootUser {
        user: charon_init::account::UserRef::Uid(uid(0)),
    }))],
    Failed => [Cause::Failed(Failure::errno("connect", rustix::io::Errno::NOMEM))],
});

every!(endpoints: Endpoint {
    Socket => [Endpoint::Socket("/var/run/docker.sock".into()), Endpoint::Socket(hostile().into())],
    Tcp => [
        Endpoint::Tcp { host: "proxy".to_owned(), port: 2375 },
        Endpoint::Tcp { host: "::1".to_owned(), port: 2375 },
    ],
    Elsewhere => [Endpoint::Elsewhere { docker_host: "ssh://user@host".into() }],
});

pub(crate) fn of(endpoint: Option<Endpoint>, cause: Cause) -> Diagnosis {
    Diagnosis {
        endpoint,
        ids: Some((uid(1000), gid(1000))),
        cause,
    }
}

fn socket() -> Endpoint {
    Endpoint::Socket("/var/run/docker.sock".into())
}

/// Every cause for the usual socket, every answer for a socket and for a host, and every place.
pub(crate) fn diagnoses() -> Vec<Named<Diagnosis>> {
    let mut all = Vec::new();
    for (name, cause) in causes() {
        all.push((name, of(Some(socket()), cause)));
    }
    let everything = answers().into_iter().chain(
        foreigners()
            .into_iter()
            .map(|(name, what)| (format!("Foreign {name}"), foreign(what))),
    );
    for (name, answer) in everything {
        let tcp = Endpoint::Tcp {
            host: "proxy".to_owned(),
            port: 2375,
        };
        let cause = || Cause::Answer(answer.clone());
        all.push((format!("socket: {name}"), of(Some(socket()), cause())));
        all.push((format!("host: {name}"), of(Some(tcp), cause())));
    }
    for (name, endpoint) in endpoints() {
        all.push((format!("place: {name}"), of(Some(endpoint), Cause::Open)));
    }
    for (name, finding) in findings() {
        // Those about --grant are no matter of an engine.
        let is_of_a_grant = ["grant", "Grant", "Glob"]
            .iter()
            .any(|word| name.starts_with(word));
        if finding.is_out_of_reach() && !is_of_a_grant {
            all.push((
                format!("path: {name}"),
                of(Some(socket()), Cause::Path(finding)),
            ));
        }
    }
    for (name, refused) in refusals() {
        if name.starts_with("GidZero") && !name.ends_with("of a grant") {
            let cause = Cause::Refused(Box::new(refused.refusal));
            all.push((format!("refused: {name}"), of(Some(socket()), cause)));
        }
    }
    all.push((
        "nobody".to_owned(),
        Diagnosis {
            ids: None,
            ..of(None, Cause::NotCheckable)
        },
    ));
    all
}
