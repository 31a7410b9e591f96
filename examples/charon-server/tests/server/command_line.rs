//! Started and stopped: exit codes, messages, signals.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::engine::Ran;
use crate::stub::Socket;
use crate::world::{Answer, LIST, Server, program, with_environment};

fn ran(args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(program());
    with_environment(&mut command, variables);
    Ran::of(command.args(args))
}

#[test]
fn help_and_version_are_printed() {
    let help = ran(&["--help"], &[]).out();
    for name in [
        "--listen",
        "CHARON_LISTEN",
        "DOCKER_HOST",
        "CHARON_DOCKER_ENABLED",
        "CHARON_REMOTE_SERVERS",
    ] {
        assert!(help.contains(name), "{help}");
    }
    assert!(
        help.lines().all(|line| line.chars().count() <= 100),
        "{help}"
    );
    let version = concat!("charon-server ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(ran(&["-V"], &[]).out(), version);
}

#[test]
fn what_is_not_understood_ends_the_start() {
    for (args, variables, code, message) in [
        (
            &["--port"][..],
            &[][..],
            2,
            "invalid option '--port'; see 'charon-server --help'",
        ),
        (
            &[],
            &[("CHARON_LISTEN", "x")][..],
            78,
            "CHARON_LISTEN='x': is not understood; ",
        ),
        (
            &[],
            &[("CHARON_DOCKER_ENABLED", "maybe")],
            78,
            "CHARON_DOCKER_ENABLED='maybe': is not understood; ",
        ),
        (
            &[],
            &[("CHARON_REMOTE_SERVERS", "[1]")],
            78,
            "CHARON_REMOTE_SERVERS: the variable is not understood; ",
        ),
        (
            &[],
            &[("CHARON_REMOTE_SERVERS", "/x")],
            78,
            "CHARON_REMOTE_SERVERS: '/x' is not understood; No such file",
        ),
    ] {
        let ran = ran(args, variables);
        assert_eq!((ran.code, &*ran.stdout), (code, ""), "{ran:?}");
        assert!(
            ran.stderr.starts_with(&format!("charon-server: {message}")),
            "{ran:?}"
        );
    }
}

#[test]
fn an_address_that_is_taken_ends_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = ran(&["--listen", &address], &[]);
    assert_eq!(ran.code, 71, "{ran:?}");
    // The C libraries have other words for errno.
    let start = format!("charon-server: {address}: cannot listen; Address ");
    let end = " (os error 98); choose another address with CHARON_LISTEN\n";
    assert!(
        ran.stderr.starts_with(&start) && ran.stderr.ends_with(end),
        "{ran:?}"
    );
}

#[test]
fn health_needs_no_engine() {
    let server = Server::on(&Socket::stale().path());
    let version = env!("CARGO_PKG_VERSION");
    let body = json!({"status": "ok", "service": "charon-server", "version": version});
    server.get("/api/v1/health").is(200, &body);
}

#[test]
fn term_lets_a_request_end_and_then_the_server() {
    for signal in ["TERM", "INT"] {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
        let engine = Socket::answering(answer, Duration::from_millis(10));
        let mut server = Server::on(&engine.path());
        let idle = TcpStream::connect(&server.address).unwrap();
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let request = format!("GET {LIST} HTTP/1.1\r\nHost: test\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        while engine.requests.lock().unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        server.signal(signal);
        Answer::read(stream).is(200, &json!([]));
        assert_eq!(server.wait().code(), Some(0));
        drop(idle);
    }
}

#[test]
fn a_client_that_never_ends_does_not_keep_the_server() {
    let mut server = Server::on(&Socket::stale().path());
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: te").unwrap();
    // It has seen that connection once it answers a later one.
    assert_eq!(server.get("/").status, 200);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn standard_error_that_is_closed_does_not_end_it() {
    let engine = Socket::stale();
    let listen = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    let mut command = Command::new("sh");
    let host = crate::world::unix(&engine.path());
    with_environment(
        &mut command,
        &[("CHARON_LISTEN", &listen), ("DOCKER_HOST", &host)],
    );
    let mut child = command
        .args(["-c", "exec \"$0\" 2>&-"])
        .arg(program())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let is_late = crate::engine::deadline(crate::world::PATIENCE);
    while TcpStream::connect(&listen).is_err() {
        assert!(!is_late(), "it does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    let statuses = [0; 3].map(|_| Answer::of(&listen, "GET", LIST).status);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(statuses, [503; 3]);
}
