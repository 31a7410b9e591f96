//! An engine that is stopped and started again, while requests keep coming.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{scope, sleep, spawn};
use std::time::{Duration, Instant};

use crate::engine::deadline;
use crate::second_engine::SecondEngine;
use crate::stub::Socket;
use crate::world::{Answer, LIST, PATIENCE, Server, is_root, unix};

/// The server's own.
const DEADLINE: Duration = Duration::from_secs(10);
/// Twenty a second for twenty seconds.
const INTERVAL: Duration = Duration::from_millis(50);
const REQUESTS: usize = 400;

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
    // Asked as often, of an engine that is always well: what this machine needs for it, busy as it is.
    let well = Socket::listing("[]");
    let control = Server::on(&well.path());

    let start = Instant::now();
    let count = AtomicUsize::new(0);
    let wait_for = |number: usize| {
        let is_late = deadline(PATIENCE);
        while count.load(Ordering::Relaxed) < number {
            assert!(!is_late(), "fewer than {number} requests were sent");
            sleep(INTERVAL);
        }
    };
    let (asked, control, stopped, started) = scope(|scope| {
        let (end, ended) = channel::<()>();
        let (asking, controlling) = (&server.address, &control.address);
        let count = &count;
        let asking = scope.spawn(move || ask_until([asking, controlling], count, &ended));
        wait_for(REQUESTS / 4);
        engine.stop();
        let stopped = Instant::now();
        wait_for(count.load(Ordering::Relaxed) + REQUESTS / 8);
        let again = SecondEngine::start("server", &[]);
        let started = Instant::now();
        wait_for(REQUESTS.max(count.load(Ordering::Relaxed) + REQUESTS / 8));
        drop(end);
        let [asked, control] = asking.join().unwrap().map(|asked| asked.iter().collect());
        again.stop();
        (asked, control, stopped, started)
    });
    let [asked, control]: [Vec<Asked>; 2] = [asked, control];

    let slowest = |asked: &[Asked]| asked.iter().map(|asked| asked.took).max().unwrap();
    println!(
        "{} requests, the slowest took {:?}; {:?} where the engine is well",
        asked.len(),
        slowest(&asked),
        slowest(&control)
    );
    let sent = count.load(Ordering::Relaxed);
    assert_eq!((asked.len(), control.len()), (sent, sent), "unanswered");
    assert!(control.iter().all(|asked| asked.status == 200));
    let limit = DEADLINE + Duration::from_secs(1) + slowest(&control) * 10;
    assert!(slowest(&asked) < limit, "no later than {limit:?}");
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
    server.settles_at(before);
}

/// Asks both addresses in each interval, every request on a thread of its own, until nobody holds the other end of
/// `ended`; each receiver ends after the last answer.
fn ask_until(
    addresses: [&String; 2],
    count: &AtomicUsize,
    ended: &Receiver<()>,
) -> [Receiver<Asked>; 2] {
    let channels = addresses.map(|address| (address, channel()));
    while ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
        for (address, (sender, _)) in &channels {
            let (address, sender) = (String::clone(address), sender.clone());
            spawn(move || {
                let sent = Instant::now();
                let status = Answer::of(&address, "GET", LIST).status;
                let took = sent.elapsed();
                sender.send(Asked { sent, status, took }).unwrap();
            });
        }
        count.fetch_add(1, Ordering::Relaxed);
        sleep(INTERVAL);
    }
    channels.map(|(_, (_, receiver))| receiver)
}

/// Its open descriptors, when the first connection is gone.
fn settled(server: &Server) -> usize {
    sleep(Duration::from_millis(500));
    server.descriptors()
}
