//! Which engine a request may name: the local one and the servers that are known, and nothing else (no SSRF).

use std::net::TcpListener;

use serde_json::json;

use crate::stub::Socket;
use crate::world::{LIST, Server};

#[test]
fn every_other_host_is_declined_and_never_becomes_an_address() {
    // Whatever would connect to this is seen.
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let here = trap.local_addr().unwrap().to_string();
    let engine = Socket::listing("[]");
    let server = Server::on(&engine.path());
    let hosts = [
        "http://169.254.169.254",
        "http://169.254.169.254/latest/meta-data/",
        "unix:///etc/passwd",
        "unix:///var/run/docker.sock",
        "/var/run/docker.sock",
        "file:///etc/passwd",
        "tcp://localhost:2375",
        "ssh://root@localhost",
        "LOCAL",
        "Local",
        "local ",
        " local",
        "local\t",
        "local\n",
        "local\0",
        "localhost",
        "locallocal",
        "127.0.0.1",
        "[::1]",
        "0",
        "null",
        "*",
        " ",
        "ℓocal",
        "local.",
        "local/../x",
        "../../etc/passwd",
        "'; DROP TABLE servers; --",
        "<script>alert(1)</script>",
        &here,
        &format!("tcp://{here}"),
        &format!("http://{here}"),
        &"a".repeat(8000),
    ]
    .map(encoded);
    let queries = hosts.iter().map(|host| format!("host={host}"));
    let several = [
        format!("host=local&host=tcp%3A%2F%2F{here}"),
        format!("host=tcp%3A%2F%2F{here}&host=local"),
        "host=&host=x".to_owned(),
        "server_id=x&host=x".to_owned(),
        "host=%ff".to_owned(),
        "host=%".to_owned(),
        "%68ost=x".to_owned(),
    ];
    for query in queries.chain(several) {
        let answer = server.get(&format!("{LIST}?{query}"));
        let body = r#"{"error":"Invalid docker host selector"}"#;
        assert_eq!((answer.status, &*answer.body), (400, body), "{query}");
    }
    assert!(trap.accept().is_err(), "somebody connected");
    assert!(engine.requests.lock().unwrap().is_empty());
}

/// Every byte percent-encoded.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
    bytes.collect::<Vec<_>>().concat()
}

#[test]
fn the_local_engine_is_selected_however_local_is_written_in_the_query() {
    let engine = Socket::listing("[]");
    let server = Server::on(&engine.path());
    for query in [
        "",
        "host",
        "host=",
        "host=local",
        "host=%6Cocal",
        "x=y&host=local",
        "server_id=",
        "HOST=x",
    ] {
        server.get(&format!("{LIST}?{query}")).is(200, &json!([]));
    }
}

#[test]
fn a_server_that_is_not_known_is_not_found() {
    let engine = Socket::listing("[]");
    let server = Server::on(&engine.path());
    for id in [
        "00000000-0000-4000-8000-000000000001",
        "x",
        "tcp://localhost:2375",
        "local",
    ] {
        let answer = server.get(&format!("{LIST}?server_id={}", encoded(id)));
        let body = r#"{"error":"Remote server not found"}"#;
        assert_eq!((answer.status, &*answer.body), (404, body), "{id}");
    }
    assert!(engine.requests.lock().unwrap().is_empty());
}

#[test]
fn other_paths_and_methods_are_declined() {
    let engine = Socket::listing("[]");
    let server = Server::on(&engine.path());
    for target in [
        "/api/v1/docker",
        "/api/v1/docker/containers/json",
        "/etc/passwd",
        "/..%2f..%2fetc/passwd",
    ] {
        server.get(target).is(404, &json!({"error": "Not found"}));
    }
    for method in ["POST", "DELETE", "PUT", "OPTIONS"] {
        assert_eq!(server.ask(method, LIST).status, 405, "{method}");
    }
    assert!(engine.requests.lock().unwrap().is_empty());
}
