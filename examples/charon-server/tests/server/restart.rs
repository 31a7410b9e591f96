//! An engine that is stopped and started again, while requests keep coming.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{scope, sleep, spawn};
use std::time::{Duration, Instant};

use crate::second_engine::SecondEngine;
use crate::world::{Answer, LIST, Server, is_root, unix};

/// The server's own deadline of ten seconds, and what a busy machine adds; a proxy waits for thirty and more.
const DEADLINE: Duration = Duration::from_secs(20);
/// Twenty a second.
const INTERVAL: Duration = Duration::from_millis(50);

/// One request: when it was sent, what came, and how long that took.
#[derive(Debug)]
struct Asked {
    sent: Instant,
    status: u16,
    took: Duration,
}

#[test]
fn requests_recover_when_the_engine_is_started_again_and_none_is_left_unanswered() {
    if !is_root("requests_recover_when_the_engine_is_started_again_and_none_is_left_unanswered") {
        return;
    }
    let engine = SecondEngine::start("server", &[]);
    let socket = engine.socket(0).0;
    let server = Server::start(&[("DOCKER_HOST", &unix(&socket))]);
    assert_eq!(server.get(LIST).status, 200);
    let before = settled(&server);

    let is_enough = AtomicBool::new(false);
    let start = Instant::now();
    let (asked, stopped, started) = scope(|scope| {
        let asking = scope.spawn(|| ask_until(&server.address, &is_enough));
        sleep(Duration::from_secs(5));
        engine.stop();
        let stopped = Instant::now();
        sleep(Duration::from_secs(3));
        let again = SecondEngine::start("server", &[]);
        let started = Instant::now();
        let left = Duration::from_secs(20).saturating_sub(start.elapsed());
        sleep(left.max(Duration::from_secs(4)));
        is_enough.store(true, Ordering::Relaxed);
        let asked: Vec<Asked> = asking.join().unwrap().iter().collect();
        again.stop();
        (asked, stopped, started)
    });

    assert!(asked.len() >= 350, "{}", asked.len());
    let slow: Vec<&Asked> = asked.iter().filter(|asked| asked.took > DEADLINE).collect();
    assert!(slow.is_empty(), "{slow:?}");
    let unexpected: Vec<&Asked> = asked
        .iter()
        .filter(|asked| ![200, 503].contains(&asked.status))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    let counted = |status: u16, from: Instant| {
        let of = |asked: &&Asked| asked.status == status && asked.sent > from;
        asked.iter().filter(of).count()
    };
    assert!(counted(200, start) > counted(200, stopped));
    assert!(counted(503, stopped) > 0, "it was never seen to be down");
    assert!(counted(200, started) > 0, "it was never seen again");
    assert_eq!(counted(503, started), 0, "it was up: {asked:?}");
    let slowest = asked.iter().map(|asked| asked.took).max();
    println!("{} requests, the slowest took {slowest:?}", asked.len());
    server.settles_at(before);
}

/// Twenty requests a second, each on a thread of its own; the receiver ends after the last answer.
fn ask_until(address: &str, is_enough: &AtomicBool) -> Receiver<Asked> {
    let (sender, receiver) = channel();
    while !is_enough.load(Ordering::Relaxed) {
        let (address, sender) = (address.to_owned(), sender.clone());
        spawn(move || {
            let sent = Instant::now();
            let status = Answer::of(&address, "GET", LIST).status;
            let took = sent.elapsed();
            sender.send(Asked { sent, status, took }).unwrap();
        });
        sleep(INTERVAL);
    }
    receiver
}

/// Its open descriptors, when the first connection is gone.
fn settled(server: &Server) -> usize {
    sleep(Duration::from_millis(500));
    server.descriptors()
}
