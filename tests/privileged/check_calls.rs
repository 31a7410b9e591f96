//! Contract 8: what the kernel may answer to a call at the engine's socket → asked again, read all the same, or the end.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::thread;

use crate::engine::{Connection, Server, docker, http, say};
use crate::trace::{calls, inject, world};
use crate::world::{End, Start, World};

const SOCKET: &str = "run/docker.sock";

fn check(world: &World) -> Start<'_> {
    world.start(["--check", "--timeout=40s", "--format=json"])
}

/// A check whose first `name` with `part` in its line is answered with `fault`.
fn with(world: &World, name: &str, part: &str, fault: &str) -> End {
    let (calls, _) = calls(world, check(world));
    let mut meant = calls.iter().filter(|call| call.name == name);
    let call = meant.find(|call| call.line.contains(part));
    let call = call.unwrap_or_else(|| panic!("no {name} with {part}"));
    let (came_to_it, end) = inject(world, check(world), call, fault);
    assert!(came_to_it, "{name}: {end:?}");
    end
}

/// signal(7): a wait with a timeout ends with EINTR when a process that was stopped goes on.
#[test]
fn a_call_that_a_signal_interrupts_is_made_again() {
    let Some(world) = world("a_call_that_a_signal_interrupts_is_made_again") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, docker());
    let waits = [
        ("connect", "docker.sock"),
        ("sendto", "GET /_ping"),
        ("recvfrom", "HTTP/1.1"),
    ];
    for (name, part) in waits {
        with(&world, name, part, "error=EINTR").healthy();
    }
}

#[test]
fn a_connection_that_is_reset_is_as_good_as_closed() {
    let Some(world) = world("a_connection_that_is_reset_is_as_good_as_closed") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, docker());
    let end = with(&world, "recvfrom", "HTTP/1.1", "error=ECONNRESET");
    let message = end.unhealthy("not-the-docker-api");
    assert!(message.contains("closed the connection"), "{message}");
}

/// A proxy that turns everybody away need not wait for a question that it will not read.
#[test]
fn an_answer_counts_although_the_question_could_not_be_sent() {
    let Some(world) = world("an_answer_counts_although_the_question_could_not_be_sent") else {
        return;
    };
    let path = world.path(SOCKET);
    let listener = UnixListener::bind(&path).unwrap();
    chown(&path, Some(0), Some(988)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: Connection = Box::new(stream.unwrap());
            say(&mut stream, &http("403 Forbidden", "", "no"));
        }
    });
    let end = with(&world, "sendto", "GET /_ping", "error=EPIPE");
    end.unhealthy("api-forbids");
}
