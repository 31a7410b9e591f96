//! Control groups, HTTP answers and what engines say of themselves.

use charon_init::answer::{Answer, EngineVersion, Foreign, Product, Question};
use charon_init::parse::cgroup::are_together;
use charon_init::parse::docker_host::endpoint;
use charon_init::parse::engine::{ping, version};
use charon_init::parse::http::{Progress, Response, response};
use charon_init::request::Endpoint;

/// As Docker Engine 20.10.24 answers.
const PONG: &str = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\nContent-Length: 2\r\n\r\nOK";

fn whole(text: &str, is_end: bool) -> Response {
    match response(text.as_bytes(), is_end) {
        Progress::Whole(response) => response,
        other => panic!("{text:?}: {other:?}"),
    }
}

/// The end of `http` is the one place where it is whole.
fn only_whole_at_its_end(http: &str) -> Response {
    for (at, _) in http.char_indices() {
        let progress = response(&http.as_bytes()[..at], false);
        assert_eq!(progress, Progress::Partial, "{:?}", &http[..at]);
    }
    whole(http, false)
}

#[test]
fn an_answer_is_whole_when_its_length_or_its_last_chunk_is_there() {
    assert_eq!(only_whole_at_its_end(PONG).body, b"OK");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2\r\n{\"\r\n3;x=y\r\na\":\r\n3\r\n1}\n\r\n0\r\n";
    assert_eq!(only_whole_at_its_end(chunked).body, b"{\"a\":1}\n");
    let empty = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(only_whole_at_its_end(empty).body, b"");
    let early = format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n{PONG}");
    assert_eq!(only_whole_at_its_end(&early).body, b"OK");
}

#[test]
fn an_answer_without_a_length_ends_with_the_connection() {
    let text = "HTTP/1.0 200 OK\r\n\r\nOK";
    assert_eq!(response(text.as_bytes(), false), Progress::Partial);
    assert_eq!(whole(text, true).body, b"OK");
}

#[test]
fn what_is_no_http_is_told_from_what_is_not_whole() {
    for text in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\x15\x03\x01",
        "HTTP/3 200",
        "\n",
        "hello",
    ] {
        let progress = response(text.as_bytes(), false);
        assert!(
            progress == Progress::NotHttp || (text == "\n" && progress == Progress::Partial),
            "{text:?}: {progress:?}"
        );
    }
    for chunks in [
        "x\r\n",
        "\r\n",
        ";x=y\r\n",
        "2\r\nabc\r\n",
        "2\r\nab\r\n\r\n",
        "2\r\nabXY",
    ] {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        let progress = response(text.as_bytes(), false);
        assert_eq!(progress, Progress::NotHttp, "{chunks:?}");
    }
    let huge = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n";
    assert_eq!(response(huge.as_bytes(), false), Progress::Partial);
}

fn progress(head: &str, body: &str) -> Progress {
    response(
        format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").as_bytes(),
        true,
    )
}

/// RFC 9112, 6.3: what no client can tell the end of, none may guess.
#[test]
fn a_length_is_one_number_or_the_answer_is_no_http() {
    let zeros = "0".repeat(90);
    for (head, body) in [
        ("Content-Length: 2\r\n", Some("OK")),
        ("Content-Length: 2\r\ncontent-length: 2\r\n", Some("OK")),
        (&format!("Content-Length: {zeros}2\r\n"), Some("OK")),
        ("Content-Length: 2\r\nContent-Length: 3\r\n", None),
        ("Content-Length: +2\r\n", None),
        ("Content-Length: -2\r\n", None),
        ("Content-Length: 2, 2\r\n", None),
        ("Content-Length: two\r\n", None),
        ("Content-Length:\r\n", None),
    ] {
        match (progress(head, "OK more"), body) {
            (Progress::Whole(found), Some(body)) => assert_eq!(found.body, body.as_bytes()),
            (Progress::NotHttp, None) => {}
            (other, _) => panic!("{head:?}: {other:?}"),
        }
    }
    let huge = progress("Content-Length: 99999999999999999999\r\n", "OK");
    assert_eq!(huge, Progress::Partial);
}

#[test]
fn an_answer_is_in_chunks_where_that_is_its_last_coding() {
    let many = "x,".repeat(50);
    for (head, is_chunked) in [
        ("Transfer-Encoding: gzip, CHUNKED\r\n", true),
        (
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            true,
        ),
        (&format!("Transfer-Encoding: {many}chunked\r\n"), true),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", true),
        ("Transfer-Encoding: unchunked\r\n", false),
        ("Transfer-Encoding: chunked, gzip\r\n", false),
        ("Transfer-Encoding: gzip\r\nContent-Length: 1\r\n", false),
    ] {
        let Progress::Whole(found) = progress(head, "2\r\nOK\r\n0\r\n") else {
            panic!("{head:?}");
        };
        let body: &[u8] = if is_chunked {
            b"OK"
        } else {
            b"2\r\nOK\r\n0\r\n"
        };
        assert_eq!(found.body, body, "{head:?}");
    }
}

/// Every two bytes changed: nothing panics, and nothing is whole that has no status.
#[test]
fn no_answer_makes_it_panic() {
    for at in 0..PONG.len() {
        for byte in 0..=255 {
            let mut bytes = PONG.as_bytes().to_vec();
            bytes[at] = byte;
            for is_end in [false, true] {
                if let Progress::Whole(response) = response(&bytes, is_end) {
                    assert!(response.status < 1000);
                    let _judged = ping(&response);
                }
            }
        }
    }
}

fn http(status: u16, headers: &[&str], body: &str) -> Response {
    let headers = headers.join("\r\n");
    let end = if headers.is_empty() { "" } else { "\r\n" };
    let length = body.len();
    whole(
        &format!("HTTP/1.1 {status} X\r\n{headers}{end}Content-Length: {length}\r\n\r\n{body}"),
        false,
    )
}

const DOCKER: &[&str] = &["Api-Version: 1.41", "Server: Docker/20.10.24 (linux)"];
const PODMAN: &[&str] = &[
    "Api-Version: 1.41",
    "Libpod-Api-Version: 4.3.1",
    "Server: Libpod/4.3.1 (linux)",
];

fn engine(product: Product, version: Option<&str>, api: Option<&str>) -> EngineVersion {
    EngineVersion {
        product,
        version: version.map(str::to_owned),
        api: api.map(str::to_owned),
        declined: None,
    }
}

#[test]
fn an_engine_says_which_it_is() {
    let docker = "{\"Version\":\"20.10.24+dfsg1\",\"ApiVersion\":\"1.41\",\"Components\":[{\"Name\":\"Engine\"}]}";
    let podman = "{\"Version\":\"4.3.1\",\"ApiVersion\":\"1.41\",\"Components\":[{\"Name\":\"Podman Engine\"}]}";
    let pong = ping(&http(200, DOCKER, "OK")).unwrap();
    assert_eq!(
        version(pong, &http(200, DOCKER, docker)),
        Answer::Engine(engine(
            Product::Docker,
            Some("20.10.24+dfsg1"),
            Some("1.41")
        ))
    );
    // A proxy may take every header away.
    for headers in [PODMAN, &[]] {
        let pong = ping(&http(200, headers, "OK")).unwrap();
        assert_eq!(
            version(pong, &http(200, &[], podman)),
            Answer::Engine(engine(Product::Podman, Some("4.3.1"), Some("1.41")))
        );
    }
}

/// Contract 8 asks for both; but a proxy that only lets a ping through is a way to the engine all the same.
#[test]
fn a_version_that_is_declined_leaves_what_the_ping_told() {
    let expected = EngineVersion {
        declined: Some(403),
        ..engine(Product::Docker, Some("20.10.24"), Some("1.41"))
    };
    let pong = ping(&http(200, DOCKER, "OK")).unwrap();
    let forbidden = http(403, &[], "<html>403</html>");
    assert_eq!(version(pong, &forbidden), Answer::Engine(expected));
    // Many servers say OK to anybody.
    let pong = ping(&http(200, &[], "OK")).unwrap();
    let declined = Answer::Declined {
        question: Question::Version,
        status: 403,
        says: String::new(),
    };
    assert_eq!(version(pong, &forbidden), declined);
    let pong = ping(&http(200, DOCKER, "OK")).unwrap();
    let failed = version(pong, &http(500, DOCKER, "{\"message\":\"no\"}"));
    assert!(matches!(failed, Answer::Declined { status: 500, .. }));
}

#[test]
fn what_is_not_an_engine_is_told_apart() {
    let foreign = |what| Answer::Foreign {
        question: Question::Ping,
        what,
    };
    let nginx = |status| {
        foreign(Foreign::Http {
            status,
            server: Some("nginx/1.22.1".to_owned()),
        })
    };
    let declined = |status, says: &str| Answer::Declined {
        question: Question::Ping,
        status,
        says: says.to_owned(),
    };
    let tls = "Client sent an HTTP request to an HTTPS server.\n";
    let plugin = "{\"message\":\"authorization denied by plugin p: no\"}";
    let server = &["Server: nginx/1.22.1"];
    for (found, expected) in [
        (http(200, server, "<html>Welcome</html>"), nginx(200)),
        (http(404, server, ""), nginx(404)),
        (http(301, server, ""), nginx(301)),
        (http(400, &[], tls), foreign(Foreign::Tls)),
        (
            http(403, DOCKER, plugin),
            declined(403, "authorization denied by plugin p: no"),
        ),
        (
            http(403, &[], "Forbidden by proxy\nmore"),
            declined(403, "Forbidden by proxy"),
        ),
        (http(403, &[], "<h1>403</h1>"), declined(403, "")),
        (http(401, &[], ""), declined(401, "")),
        (http(407, &[], ""), declined(407, "")),
        (http(429, &[], ""), declined(429, "")),
        (http(500, DOCKER, "{\"message\":\"x\"}"), declined(500, "x")),
        (http(503, &[], ""), declined(503, "")),
    ] {
        assert_eq!(ping(&found), Err(expected), "{found:?}");
    }
    let pong = ping(&http(200, &[], "OK")).unwrap();
    for body in ["OK", "{}", "{\"Version\":7}", "[1]", "[\"20.10.24\"]", ""] {
        let answer = version(pong.clone(), &http(200, &[], body));
        assert!(
            matches!(
                answer,
                Answer::Foreign {
                    what: Foreign::Http { status: 200, .. },
                    ..
                }
            ),
            "{body}: {answer:?}"
        );
    }
}

#[test]
fn what_an_engine_says_does_not_get_long() {
    let long = "x".repeat(10_000);
    let body = format!("{{\"Version\":\"{long}\",\"message\":\"{long}\"}}");
    let server = format!("Server: {long}");
    match ping(&http(500, &[&server], &body)) {
        Err(Answer::Declined { says, .. }) => assert_eq!(says.len(), 300),
        other => panic!("{other:?}"),
    }
    match version(
        ping(&http(200, DOCKER, "OK")).unwrap(),
        &http(200, &[], &body),
    ) {
        Answer::Engine(EngineVersion { version, .. }) => assert_eq!(version.unwrap().len(), 80),
        other => panic!("{other:?}"),
    }
}

#[test]
fn docker_host_names_what_a_check_connects_to() {
    let tcp = |host: &str, port| Endpoint::Tcp {
        host: host.to_owned(),
        port,
    };
    for (value, expected) in [
        ("tcp://proxy:2375", tcp("proxy", 2375)),
        ("tcp://proxy", tcp("proxy", 2375)),
        ("tcp://proxy:", tcp("proxy", 2375)),
        ("http://proxy/path", tcp("proxy", 80)),
        ("tcp://127.0.0.1:65535/", tcp("127.0.0.1", 65535)),
        ("tcp://[::1]:2376", tcp("::1", 2376)),
        ("tcp://[fd00::2]", tcp("fd00::2", 2375)),
    ] {
        assert_eq!(endpoint(value.as_ref()), expected, "{value}");
    }
    for value in [
        "https://proxy",
        "ssh://user@host",
        "fd://",
        "tcp://",
        "tcp://:2375",
        "tcp://proxy:65536",
        "tcp://proxy:x",
        "tcp://::1:2375",
        "tcp://[::1",
        "tcp://[::1]x",
    ] {
        let docker_host = value.into();
        assert_eq!(
            endpoint(value.as_ref()),
            Endpoint::Elsewhere { docker_host },
            "{value}"
        );
    }
}

#[test]
fn processes_of_one_container_are_in_the_same_control_groups() {
    for (one, other, expected) in [
        // Version 2, in a namespace of its own: from inside everything of the container is `/`.
        ("0::/\n", "0::/\n", true),
        ("0::/\n", "0::/exec\n", true),
        ("0::/init.scope\n", "0::/init.scope/x\n", true),
        ("0::/\n", "0::/../other\n", false),
        ("0::/../pause\n", "0::/\n", false),
        ("0::/a\n", "0::/ab\n", false),
        // Version 1.
        (
            "4:memory:/docker/a\n1:name=systemd:/docker/a\n",
            "1:name=systemd:/docker/a\n4:memory:/docker/a\n",
            true,
        ),
        (
            "4:memory:/docker/a\n1:name=systemd:/docker/a\n",
            "4:memory:/docker/b\n1:name=systemd:/docker/a\n",
            false,
        ),
        (
            "4:memory:/kubepods/pod/a\n",
            "4:memory:/kubepods/pod/b\n",
            false,
        ),
        // No control groups, or none to see.
        ("", "", true),
        ("garbage\n", "", true),
    ] {
        let found = are_together(one.as_bytes(), other.as_bytes());
        assert_eq!(found, expected, "{one:?} {other:?}");
        let found = are_together(other.as_bytes(), one.as_bytes());
        assert_eq!(found, expected, "{other:?} {one:?}");
    }
}
