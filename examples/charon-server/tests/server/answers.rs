//! What is on the socket answers, and not with a list: which status, and what the log says.

use std::time::Duration;

use crate::engine::deadline;
use crate::stub::Socket;
use crate::world::{LIST, PATIENCE, Server};

#[test]
fn an_engine_that_goes_away_while_it_answers_is_503() {
    let cut_short = "the connection was closed before the answer was complete";
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"Id\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{\"I",
    ] {
        let engine = Socket::answering(answer.as_bytes(), Duration::ZERO);
        let details = Server::on(&engine.path()).get(LIST).details();
        assert!(details.contains(cut_short), "{answer:?}: {details}");
    }
}

#[test]
fn a_proxy_that_does_not_reach_its_engine_is_503() {
    for status in [
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno");
        let engine = Socket::answering(answer.as_bytes(), Duration::ZERO);
        let details = Server::on(&engine.path()).get(LIST).details();
        let expected = format!("answered with status {}; a proxy answers", &status[..3]);
        assert!(details.contains(&expected), "{details}");
    }
}

#[test]
fn anything_else_is_500_and_only_the_log_says_what_it_was() {
    for (answer, said) in [
        ("garbage\r\n\r\n", "invalid HTTP version"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "invalid HTTP version"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngarbage",
            "JSON",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "JSON"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "EOF while parsing",
        ),
        (
            "HTTP/1.1 500 No\r\nContent-Length: 17\r\n\r\n{\"message\":\"bad\"}",
            "bad",
        ),
        ("HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope", "nope"),
        ("HTTP/1.1 400 No\r\nContent-Length: 4\r\n\r\nnope", "nope"),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "404"),
    ] {
        let engine = Socket::answering(answer.as_bytes(), Duration::ZERO);
        let server = Server::on(&engine.path());
        server.get(LIST).is_500();
        let is_late = deadline(PATIENCE);
        while !server.log.lock().unwrap().contains(said) {
            assert!(
                !is_late(),
                "{answer:?}: no {said:?} in {:?}",
                server.log.lock()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An engine elsewhere does not write our log.
#[test]
fn what_an_engine_says_stays_within_its_line_of_the_log() {
    let answer = http_500(r#"{"message":"bad\ncharon-server: forged\u001b[2J"}"#);
    let engine = Socket::answering(answer.as_bytes(), Duration::ZERO);
    let server = Server::on(&engine.path());
    server.get(LIST).is_500();
    let is_late = deadline(PATIENCE);
    while !server.log.lock().unwrap().contains("forged") {
        assert!(!is_late(), "{:?}", server.log.lock());
        std::thread::sleep(Duration::from_millis(20));
    }
    let log = server.log.lock().unwrap().clone();
    assert_eq!(log.lines().count(), 1, "{log:?}");
    assert!(
        log.contains(r"bad\ncharon-server: forged\u{1b}[2J"),
        "{log:?}"
    );
}

fn http_500(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 500 Internal Server Error\r\nContent-Length: {length}\r\n\r\n{body}")
}
