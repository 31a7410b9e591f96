//! The page as a file: what it loads, and what its headers allow.

use crate::stub::Socket;
use crate::world::Server;

#[test]
fn everything_that_the_page_loads_is_ours() {
    let server = Server::on(&Socket::stale().path());
    let html = server.get("/");
    assert_eq!(html.status, 200);
    assert!(html.head.contains("content-type: text/html; charset=utf-8"));
    for (path, kind) in [("/style.css", "text/css"), ("/app.js", "text/javascript")] {
        assert!(html.body.contains(&format!("\"{path}\"")));
        let answer = server.get(path);
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .head
                .contains(&format!("content-type: {kind}; charset=utf-8"))
        );
        assert_loads_nothing(&answer.body);
    }
    assert_loads_nothing(&html.body);
    for inline in ["style=", "onclick", "onload", "<style", "javascript:"] {
        assert!(!html.body.contains(inline), "{inline}");
    }
}

fn assert_loads_nothing(text: &str) {
    for word in [
        "http://",
        "https://",
        "\"//",
        "@import",
        "url(",
        "eval(",
        "innerHTML",
        "insertAdjacentHTML",
    ] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn every_answer_carries_the_headers() {
    let server = Server::on(&Socket::stale().path());
    let api = "/api/v1/docker/containers";
    for target in [
        "/",
        "/app.js",
        "/none",
        api,
        "/api/v1/docker/containers?host=x",
        "/api/v1/health",
    ] {
        let head = server.get(target).head;
        for line in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
        ] {
            assert!(head.contains(line), "{target}: no {line} in {head}");
        }
    }
}
