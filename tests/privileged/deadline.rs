//! Contract 8: all of a check is within its deadline, whatever the other side does.
//!
//! What a machine with other work adds is not ours. Each way to be slow is tried until once it was in time, which one
//! that waits for something else than the deadline never is.

use std::fs;
use std::net::UdpSocket;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{PermissionsExt, chown};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};

use crate::engine::{Server, docker, dripping, full_port, late, on_a_port, silent};
use crate::trace::world;
use crate::world::World;

const SOCKET: &str = "run/docker.sock";

/// In milliseconds: the deadline, and what may be added to it.
const TIMEOUT: f64 = 700.0;
const GRACE: f64 = 100.0;

/// How often a busy machine may get in between.
const ATTEMPTS: usize = 20;

/// A check that does not reach the engine; how long it took, from its execve(2) to its end.
fn milliseconds(world: &World, arguments: &[&str], docker_host: &str) -> f64 {
    let output = world.path("tmp/trace");
    let name = output.to_str().unwrap();
    let calls = "trace=execve,exit_group";
    let strace = ["strace", "-f", "-ttt", "-e", calls, "-o", name];
    let mut start = world
        .start(
            ["--check", "--timeout", "700ms", "--format", "json"]
                .iter()
                .chain(arguments),
        )
        .under(strace);
    if !docker_host.is_empty() {
        start = start.env("DOCKER_HOST", docker_host);
    }
    start.end().unhealthy("no-answer");
    let trace = fs::read_to_string(&output).unwrap();
    let time = |line: &str| -> f64 { line.split_whitespace().nth(1).unwrap().parse().unwrap() };
    let begins = trace
        .lines()
        .find(|line| line.contains("execve(\"/charon-init\""));
    let ends = trace.lines().rfind(|line| line.contains("exit_group("));
    (time(ends.unwrap()) - time(begins.unwrap())) * 1000.0
}

#[track_caller]
fn is_in_time(world: &World, arguments: &[&str], docker_host: &str) {
    let mut all = Vec::new();
    for _ in 0..ATTEMPTS {
        let found = milliseconds(world, arguments, docker_host);
        assert!(found >= TIMEOUT, "it did not wait: {found} ms");
        if found <= TIMEOUT + GRACE {
            println!("{found:.1} ms");
            return;
        }
        all.push(found);
    }
    panic!("never in time: {all:?}");
}

#[test]
fn a_server_that_never_answers() {
    let Some(world) = world("a_server_that_never_answers") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, silent());
    is_in_time(&world, &[], "");
}

#[test]
fn a_server_that_says_a_byte_at_a_time() {
    let Some(world) = world("a_server_that_says_a_byte_at_a_time") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, dripping());
    is_in_time(&world, &[], "");
}

/// Two requests that are in time one by one, and two engines: there is one deadline.
#[test]
fn answers_that_are_late_together() {
    let Some(world) = world("answers_that_are_late_together") else {
        return;
    };
    let half = Duration::from_millis(400);
    let _server = Server::on(world.path(SOCKET), 988, late(half, docker()));
    is_in_time(&world, &[], "");
    let _one = Server::on(world.path("run/one.sock"), 988, late(half / 2, docker()));
    is_in_time(
        &world,
        &["-s", "/run/one.sock", "-s", "/run/docker.sock"],
        "",
    );
}

/// Somebody listens, accepts nobody, and others wait already: connect(2) blocks.
fn full(world: &World) -> Vec<OwnedFd> {
    let stream = || {
        socket_with(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::NONBLOCK,
            None,
        )
    };
    let path = world.path(SOCKET);
    let address = SocketAddrUnix::new(&path).unwrap();
    let listener = stream().unwrap();
    bind(&listener, &address).unwrap();
    listen(&listener, 0).unwrap();
    chown(&path, Some(0), Some(988)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
    let mut all = vec![listener];
    loop {
        let waiting = stream().unwrap();
        if connect(&waiting, &address).is_err() {
            return all;
        }
        all.push(waiting);
        assert!(all.len() < 100, "the backlog is not full");
    }
}

#[test]
fn a_backlog_that_is_full() {
    let Some(world) = world("a_backlog_that_is_full") else {
        return;
    };
    let all = full(&world);
    is_in_time(&world, &[], "");
    let end = world.start(["--check", "--timeout", "100ms"]).end();
    assert!(
        end.stdout.contains("no connection within 100 ms"),
        "{end:?}"
    );
    // Once it accepts again there is room, and the check that waits gets in: then it is the answer that does not come.
    let listener = Arc::new(all.into_iter().next().unwrap());
    let accepting = Arc::clone(&listener);
    thread::spawn(move || {
        rustix::io::ioctl_fionbio(accepting.as_fd(), false).unwrap();
        let mut held = Vec::new();
        while let Ok(accepted) = rustix::net::accept(accepting.as_fd()) {
            held.push(accepted);
        }
    });
    let end = world.start(["--check", "--timeout", "2s"]).end();
    assert!(
        end.stdout
            .contains("no answer within 2000 ms to GET /_ping"),
        "{end:?}"
    );
}

#[test]
fn a_host_that_never_answers() {
    let Some(world) = world("a_host_that_never_answers") else {
        return;
    };
    let port = on_a_port(silent());
    is_in_time(&world, &[], &format!("tcp://127.0.0.1:{port}"));
}

/// The kernel drops what would connect: no answer at all, and of two addresses neither.
#[test]
fn a_host_that_takes_no_connection() {
    let Some(world) = world("a_host_that_takes_no_connection") else {
        return;
    };
    let one = full_port("127.0.0.1", 0);
    let port = one.0.local_addr().unwrap().port();
    is_in_time(&world, &[], &format!("tcp://127.0.0.1:{port}"));
    let _other = full_port("127.9.8.4", port);
    world.write("etc/host.conf", "multi on\n", 0o644);
    world.write("etc/hosts", "127.0.0.1 proxy\n127.9.8.4 proxy\n", 0o644);
    is_in_time(&world, &[], &format!("tcp://proxy:{port}"));
}

/// What comes before the connection is within the deadline as well: account files that take their time, say.
#[test]
fn account_files_that_are_long() {
    let Some(world) = world("account_files_that_are_long") else {
        return;
    };
    let server = Server::on(world.path(SOCKET), 988, docker());
    let mut group = world.read("etc/group");
    let mut reading = 0;
    while reading < 250 {
        let lines = (0..20_000).map(|number| format!("g{number}:x:{}:\n", 100_000 + number));
        group.extend(lines);
        world.write("etc/group", &group, 0o644);
        let start = Instant::now();
        world.start(["--check", "--timeout=60s"]).end().success();
        reading = start.elapsed().as_millis();
    }
    server.becomes(silent());
    is_in_time(&world, &[], "");
}

/// getaddrinfo(3) alone would wait for ten seconds and more.
#[test]
fn a_name_server_that_never_answers() {
    let test = "a_name_server_that_never_answers";
    let Some(world) = world(test) else { return };
    let Ok(_server) = UdpSocket::bind("127.9.8.7:53") else {
        return crate::common::skip(test, "port 53 of 127.9.8.7 is taken");
    };
    world.write("etc/resolv.conf", "nameserver 127.9.8.7\n", 0o644);
    is_in_time(&world, &[], "tcp://engine.example:2375");
}
