//! The local socket when it is not well: which status, and what the operator is told.

use std::fs;
use std::time::Duration;

use crate::stub::Socket;
use crate::world::{LIST, Server, is_root, unix};

#[test]
fn a_socket_that_is_not_mounted_is_503() {
    if !is_root("a_socket_that_is_not_mounted_is_503") {
        return;
    }
    let server = Server::alone(None, &[], &[]);
    let details = server.get(LIST).details();
    assert!(
        details.starts_with("'/var/run/docker.sock': not found; "),
        "{details}"
    );
    // Named, and there neither.
    let named = [("DOCKER_HOST", "unix:///run/other.sock")];
    let details = Server::alone(None, &[], &named).get(LIST).details();
    assert!(
        details.starts_with("'/run/other.sock': not found; "),
        "{details}"
    );
}

#[test]
fn a_docker_host_that_is_not_there_gives_way_to_the_usual_socket() {
    if !is_root("a_docker_host_that_is_not_there_gives_way_to_the_usual_socket") {
        return;
    }
    let engine = Socket::listing("[]");
    for value in [
        "unix:///run/other.sock",
        "ssh://host",
        "unix://",
        "nonsense",
    ] {
        let server = Server::alone(Some(&engine.path()), &[], &[("DOCKER_HOST", value)]);
        assert_eq!(server.get(LIST).status, 200, "{value}");
    }
}

/// What `DOCKER_HOST` names is used when it is there; when it is gone again, another engine is not listed in its place.
#[test]
fn a_docker_host_that_comes_later_is_used_from_then_on() {
    if !is_root("a_docker_host_that_comes_later_is_used_from_then_on") {
        return;
    }
    let usual = Socket::listing(r#"[{"Id":"usual"}]"#);
    let named = Socket::listing(r#"[{"Id":"named"}]"#);
    let (there, away) = (named.path(), named.path().with_extension("away"));
    fs::rename(&there, &away).unwrap();
    let server = Server::alone(Some(&usual.path()), &[], &[("DOCKER_HOST", &unix(&there))]);
    let id = || server.get(LIST).json()[0]["id"].clone();
    assert_eq!(id(), "usual");
    fs::rename(&away, &there).unwrap();
    assert_eq!(id(), "named");
    fs::rename(&there, &away).unwrap();
    let details = server.get(LIST).details();
    assert!(details.contains("docker.sock': not found; "), "{details}");
}

/// The words of contract 8, down to the gid.
#[test]
fn a_socket_of_another_group_is_503_with_the_group_add_that_helps() {
    if !is_root("a_socket_of_another_group_is_503_with_the_group_add_that_helps") {
        return;
    }
    let engine = Socket::listing("[]").owned_by(988, 0o660);
    let charon = ["--reuid", "1000", "--regid", "1000", "--clear-groups"];
    let server = Server::alone(Some(&engine.path()), &charon, &[]);
    let details = server.get(LIST).details();
    let start =
        "Local Docker socket mounted but not accessible by current process (uid=1000 gid=1000)";
    let remedy = "Process groups do not include socket gid 988; run container with matching supplemental group \
        (e.g., --group-add 988 or compose group_add: [\"988\"])";
    assert!(
        details.starts_with(start) && details.contains(remedy),
        "{details}"
    );
    assert!(engine.requests.lock().unwrap().is_empty());
    // And it does help.
    let charon = ["--reuid", "1000", "--regid", "1000", "--groups", "988"];
    let server = Server::alone(Some(&engine.path()), &charon, &[]);
    assert_eq!(server.get(LIST).status, 200);
}

#[test]
fn a_directory_that_cannot_be_searched_is_503() {
    if !is_root("a_directory_that_cannot_be_searched_is_503") {
        return;
    }
    let engine = Socket::listing("[]").owned_by(1000, 0o660);
    let directory = engine.path().parent().unwrap().to_owned();
    fs::set_permissions(
        &directory,
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    let charon = ["--reuid", "1000", "--regid", "1000", "--clear-groups"];
    let host = [("DOCKER_HOST", &*unix(&engine.path()))];
    let details = Server::alone(None, &charon, &host).get(LIST).details();
    assert!(details.contains(directory.to_str().unwrap()), "{details}");
}

/// Root in a rootless container is not root to a socket of the host's.
#[test]
fn a_socket_that_is_not_mapped_is_503_with_that_cause_for_root_too() {
    if !is_root("a_socket_that_is_not_mapped_is_503_with_that_cause_for_root_too") {
        return;
    }
    let engine = Socket::listing("[]").owned_by(988, 0o660);
    std::os::unix::fs::chown(engine.path(), Some(2000), None).unwrap();
    let inside = ["--nnp", "unshare", "--user", "--map-root-user"];
    let server = Server::alone(Some(&engine.path()), &inside, &[]);
    let details = server.get(LIST).details();
    assert!(details.contains("(uid=0 gid=0)"), "{details}");
    assert!(details.contains("overflow gid 65534"), "{details}");
}

#[test]
fn a_stale_socket_is_503() {
    let engine = Socket::stale();
    let details = Server::on(&engine.path()).get(LIST).details();
    assert!(details.contains("nobody listens on it"), "{details}");
}

#[test]
fn what_is_no_socket_is_503() {
    let scratch = crate::common::Scratch::new();
    let directory = scratch.path().join("docker.sock");
    fs::create_dir(&directory).unwrap();
    let details = Server::on(&directory).get(LIST).details();
    assert!(details.contains("a directory, not a socket"), "{details}");
}

#[test]
fn an_engine_that_never_answers_is_503_and_leaves_no_descriptor_behind() {
    let engine = Socket::silent();
    let timeout = [("CHARON_DOCKER_TIMEOUT", "200ms")];
    let host = [("DOCKER_HOST", &*unix(&engine.path()))];
    let server = Server::start(&[timeout, host].concat());
    let details = server.get(LIST).details();
    assert!(
        details.contains("the engine hangs, or is very busy"),
        "{details}"
    );
    server.settles_at(server.descriptors());
    let before = server.descriptors();
    let requests: Vec<_> = (0..60)
        .map(|_| {
            let address = server.address.clone();
            std::thread::spawn(move || crate::world::Answer::of(&address, "GET", LIST).status)
        })
        .collect();
    // Nobody who asks for something else waits for them.
    assert_eq!(server.get("/api/v1/health").status, 200);
    for request in requests {
        assert_eq!(request.join().unwrap(), 503);
    }
    server.settles_at(before);
}

/// The kernel answers EAGAIN at once where a TCP connection would wait.
#[test]
fn a_queue_that_is_full_is_503() {
    let engine = Socket::crowded();
    let details = Server::on(&engine.path()).get(LIST).details();
    assert!(
        details.contains("the engine hangs, or is very busy"),
        "{details}"
    );
}

#[test]
fn an_engine_that_dawdles_gets_no_longer_than_the_deadline() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[          ";
    let engine = Socket::answering(answer, Duration::from_millis(150));
    let host = unix(&engine.path());
    let server = Server::start(&[("DOCKER_HOST", &host), ("CHARON_DOCKER_TIMEOUT", "1s")]);
    let details = server.get(LIST).details();
    assert!(
        details.contains("the engine hangs, or is very busy"),
        "{details}"
    );
}

/// connect(2) takes no longer one (unix(7)), and says so without a number.
#[test]
fn a_path_that_is_too_long_for_a_socket_is_503_by_that_name() {
    let scratch = crate::common::Scratch::new();
    let long = scratch.path().join("x".repeat(120));
    let short = scratch.path().join("s");
    let _engine = std::os::unix::net::UnixListener::bind(&short).unwrap();
    fs::rename(&short, &long).unwrap();
    let details = Server::on(&long).get(LIST).details();
    // ENAMETOOLONG; glibc and musl have other words for it.
    assert!(details.contains("too long (os error 36)"), "{details}");
}

#[test]
fn docker_switched_off_is_503_and_says_so() {
    let engine = Socket::listing("[]");
    let host = unix(&engine.path());
    for value in ["false", "0", "OFF"] {
        let server = Server::start(&[("DOCKER_HOST", &host), ("CHARON_DOCKER_ENABLED", value)]);
        let details = server.get(LIST).details();
        assert_eq!(
            details,
            "CHARON_DOCKER_ENABLED=false: the local Docker engine is switched off; \
             set it to true, or choose a remote server"
        );
    }
    assert!(engine.requests.lock().unwrap().is_empty());
}
