//! Engines over TCP: remote servers, and a local one behind a socket proxy.

use serde_json::json;

use crate::common::Scratch;
use crate::engine::first_socket;
use crate::stub::{Socket, closed_port, forwarder};
use crate::world::{Container, LIST, Server, has_engine, is_root, unix};

const ID: &str = "6f9c2f0e-2f5b-4d8e-9a58-1d2c3b4a5f60";
const OTHER: &str = "00000000-0000-4000-8000-00000000000f";

fn servers(url: &str, other: &str) -> String {
    json!([
        {"id": ID, "name": "nas", "url": url},
        {"id": OTHER, "name": "attic", "url": other},
    ])
    .to_string()
}

fn of(id: &str) -> String {
    format!("{LIST}?server_id={id}")
}

#[test]
fn a_known_server_is_asked_whatever_the_local_socket_does() {
    if !has_engine("a_known_server_is_asked_whatever_the_local_socket_does") {
        return;
    }
    let container = Container::run(&[]);
    let servers = servers(&forwarder(&first_socket()), &closed_port());
    let (stale, silent) = (Socket::stale(), Socket::silent());
    for local in [
        [("DOCKER_HOST", &*unix(&stale.path()))],
        [("DOCKER_HOST", &unix(&silent.path()))],
        [("CHARON_DOCKER_ENABLED", "false")],
        [("DOCKER_HOST", &closed_port())],
    ] {
        let variables = [local[0], ("CHARON_REMOTE_SERVERS", &servers)];
        let server = Server::start(&variables);
        // Those that wait for a local engine that hangs are in nobody's way.
        let hanging: Vec<_> = (0..20)
            .map(|_| {
                let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
                let request = format!("GET {LIST} HTTP/1.1\r\nHost: test\r\n\r\n");
                std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
                stream
            })
            .collect();
        for id in [ID, &ID.to_ascii_uppercase()] {
            let answer = server.get(&of(id));
            assert_eq!(answer.status, 200, "{local:?}: {answer:?}");
            assert!(answer.body.contains(&container.name), "{answer:?}");
        }
        drop(hanging);
    }
}

#[test]
fn a_known_server_is_asked_where_there_is_no_local_socket_or_no_permission() {
    let test = "a_known_server_is_asked_where_there_is_no_local_socket_or_no_permission";
    if !is_root(test) || !has_engine(test) {
        return;
    }
    let container = Container::run(&[]);
    let servers = servers(&forwarder(&first_socket()), &closed_port());
    let variables = [("CHARON_REMOTE_SERVERS", &*servers)];
    let closed = Socket::listing("[]").owned_by(988, 0o660);
    let charon = ["--reuid", "1000", "--regid", "1000", "--clear-groups"];
    for local in [None, Some(closed.path())] {
        let server = Server::alone(local.as_deref(), &charon, &variables);
        server.get(LIST).details();
        let answer = server.get(&of(ID));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains(&container.name), "{answer:?}");
    }
}

#[test]
fn a_server_that_is_down_is_503_and_the_local_engine_goes_on() {
    let engine = Socket::listing("[]");
    let (closed, no_engine) = (closed_port(), forwarder(&Socket::stale().path()));
    let servers = servers(&closed, &no_engine);
    let host = unix(&engine.path());
    let server = Server::start(&[("DOCKER_HOST", &host), ("CHARON_REMOTE_SERVERS", &servers)]);
    let details = server.get(&of(ID)).details();
    let expected = format!(
        "'{closed}': nobody listens there; the engine or the socket proxy is stopped, or the port is another one; \
         start it, or correct the address"
    );
    assert_eq!(details, expected);
    let details = server.get(&of(OTHER)).details();
    assert!(
        details.starts_with(&format!("'{no_engine}': the connection was closed")),
        "{details}"
    );
    server.get(LIST).is(200, &json!([]));
}

#[test]
fn a_server_whose_name_is_not_known_or_that_hangs_is_503() {
    let silent = Socket::silent();
    let hanging = forwarder(&silent.path());
    let servers = servers("tcp://no-such-host.invalid:2375", &hanging);
    let server = Server::start(&[
        ("CHARON_REMOTE_SERVERS", &servers),
        ("CHARON_DOCKER_TIMEOUT", "2s"),
    ]);
    let details = server.get(&of(ID)).details();
    assert!(
        details.starts_with("'tcp://no-such-host.invalid:2375': no"),
        "{details}"
    );
    let details = server.get(&of(OTHER)).details();
    assert!(
        details.starts_with(&format!("'{hanging}': no answer in time; ")),
        "{details}"
    );
}

#[test]
fn a_docker_host_over_tcp_is_the_local_engine() {
    let engine = Socket::listing(r#"[{"Id":"behind-a-proxy"}]"#);
    let server = Server::start(&[("DOCKER_HOST", &forwarder(&engine.path()))]);
    assert_eq!(server.get(LIST).json()[0]["id"], "behind-a-pro");
    assert_eq!(server.get(&format!("{LIST}?host=local")).status, 200);
}

#[test]
fn the_servers_come_from_the_variable_or_a_file_and_the_page_learns_their_names() {
    let scratch = Scratch::new();
    let file = scratch.path().join("servers.json");
    let text = servers("tcp://nas:2375", "tcp://[::1]:2375");
    std::fs::write(&file, &text).unwrap();
    for value in [&*text, file.to_str().unwrap()] {
        let server = Server::start(&[("CHARON_REMOTE_SERVERS", value)]);
        let expected = json!([{"id": ID, "name": "nas"}, {"id": OTHER, "name": "attic"}]);
        server.get("/api/v1/remote-servers").is(200, &expected);
    }
    Server::start(&[])
        .get("/api/v1/remote-servers")
        .is(200, &json!([]));
}
