//! Connection → what each engine answered, within one deadline.
//!
//! Everything was dropped before: the kernel judges this connect(2) as it judges the server's. The waiting is the
//! kernel's as well: with a timeout on the socket, connect(2) waits for room in a full backlog, which poll(2) cannot.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, recv, send,
    socket_with,
};

use super::privileges::Verified;
use crate::answer::{Answer, Foreign, Question};
use crate::parse::engine;
use crate::parse::http::{Progress, Response, response};
use crate::plan::Connection;
use crate::request::Endpoint;

/// More than any engine answers to these two requests.
const LARGEST: usize = 64 * 1024;

/// How soon the resolver is looked at again.
const PATIENCE: Duration = Duration::from_millis(20);

/// Asks every target, up to the first that does not answer as an engine. What was done since `begun` is within the bound.
#[must_use]
#[cold]
pub(super) fn connect(connection: &Connection, begun: Instant, _dropped: &Verified) -> Vec<Answer> {
    let bound = Bound::new(connection.timeout, begun);
    let mut answers = Vec::new();
    for target in &connection.targets {
        let answer = ask(&target.endpoint, &bound).unwrap_or_else(|answer| answer);
        let is_engine = matches!(answer, Answer::Engine(_));
        answers.push(answer);
        if !is_engine {
            break;
        }
    }
    answers
}

/// How long it may take.
struct Bound {
    timeout: Duration,
    /// `None` for a time that the clock cannot tell.
    deadline: Option<Instant>,
}

impl Bound {
    fn new(timeout: Duration, begun: Instant) -> Self {
        Self {
            timeout,
            deadline: begun.checked_add(timeout),
        }
    }

    /// What is left, which the kernel takes for no bound at all where it is zero; so that is the end.
    fn left(&self, question: Option<Question>) -> Result<Duration, Answer> {
        let left = match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => self.timeout,
        };
        if left.is_zero() {
            Err(self.silent(question))
        } else {
            Ok(left)
        }
    }

    /// An equal share of what is left, for the first of so many.
    fn share(&self, of: usize) -> Self {
        let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        let parts = u32::try_from(of).unwrap_or(u32::MAX).max(1);
        Self {
            timeout: self.timeout,
            deadline: self
                .deadline
                .and_then(|deadline| Instant::now().checked_add(left(deadline) / parts)),
        }
    }

    fn silent(&self, question: Option<Question>) -> Answer {
        Answer::Silent {
            question,
            after: Some(self.timeout),
        }
    }
}

/// What an endpoint comes to.
enum Place<'a> {
    Socket(&'a Path),
    /// The addresses of a host, the one that was reached before first.
    Host(Vec<SocketAddr>),
}

fn ask(endpoint: &Endpoint, bound: &Bound) -> Result<Answer, Answer> {
    let mut place = match endpoint {
        Endpoint::Socket(path) => Place::Socket(path),
        Endpoint::Tcp { host, port } => Place::Host(resolve(host, *port, bound)?),
        // No plan has such a target: there is nothing to connect to.
        Endpoint::Elsewhere { .. } => return Err(not_connected(Errno::AFNOSUPPORT)),
    };
    let pong = engine::ping(&exchange(&mut place, Question::Ping, bound)?)?;
    let answer = exchange(&mut place, Question::Version, bound)?;
    Ok(engine::version(pong, &answer))
}

/// One request on a connection of its own, so that no answer depends on how the one before it ended.
fn exchange(place: &mut Place<'_>, question: Question, bound: &Bound) -> Result<Response, Answer> {
    let socket = match place {
        Place::Socket(path) => dial_socket(path, bound)?,
        Place::Host(addresses) => dial_host(addresses, bound)?,
    };
    let path = question.path();
    let request = format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
    write(&socket, request.as_bytes(), question, bound)?;
    let foreign = |what| Answer::Foreign { question, what };
    let mut bytes = Vec::new();
    loop {
        let is_end = !read(&socket, &mut bytes, question, bound)?;
        match response(&bytes, is_end) {
            Progress::Whole(response) => return Ok(response),
            // A TLS alert, the answer of a server that was not greeted in TLS (RFC 8446, 6).
            Progress::NotHttp if bytes.starts_with(&[21, 3]) => return Err(foreign(Foreign::Tls)),
            Progress::NotHttp => return Err(foreign(Foreign::NotHttp)),
            Progress::Partial if is_end => return Err(foreign(Foreign::Closed)),
            Progress::Partial if bytes.len() > LARGEST => return Err(foreign(Foreign::TooLong)),
            Progress::Partial => {}
        }
    }
}

fn dial_socket(path: &Path, bound: &Bound) -> Result<OwnedFd, Answer> {
    let address = SocketAddrUnix::new(path).map_err(not_connected)?;
    dial_address(AddressFamily::UNIX, bound, |socket| {
        rustix::net::connect(socket, &address)
    })
}

/// One address after the other, each with its share of the time: one that leads nowhere would take all of it. The one
/// that is reached goes to the front.
fn dial_host(addresses: &mut [SocketAddr], bound: &Bound) -> Result<OwnedFd, Answer> {
    let mut failed = Answer::NotResolved {
        why: "no address".to_owned(),
    };
    for tried in 0..addresses.len() {
        let Some(address) = addresses.get(tried) else {
            break;
        };
        let family = match address {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let share = bound.share(addresses.len() - tried);
        match dial_address(family, &share, |socket| {
            rustix::net::connect(socket, address)
        }) {
            Ok(socket) => {
                addresses.swap(0, tried);
                return Ok(socket);
            }
            Err(answer) => failed = answer,
        }
    }
    Err(failed)
}

/// getaddrinfo(3) has no deadline, so that it gets a thread. Threads have credentials of their own (credentials(7)): this
/// one is made after the drop and has what is left.
fn resolve(host: &str, port: u16, bound: &Bound) -> Result<Vec<SocketAddr>, Answer> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let failed = |why: String| Answer::NotResolved { why };
    let (name, asker) = (host.to_owned(), thread::current());
    let look_up = move || {
        let addresses = (name, port).to_socket_addrs().map(Vec::from_iter);
        asker.unpark();
        addresses
    };
    let resolver = thread::Builder::new()
        .spawn(look_up)
        .map_err(|error| failed(error.to_string()))?;
    // It may be unparked a moment before the thread has ended, or for no reason.
    while !resolver.is_finished() {
        thread::park_timeout(bound.left(None)?.min(PATIENCE));
    }
    match resolver.join() {
        Ok(addresses) => addresses.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("the resolver failed".to_owned())),
    }
}

/// [socket(2)] and [connect(2)]. A signal ends a wait with a timeout (signal(7), SIGSTOP and SIGCONT): then again, on a
/// new socket, because what became of the first attempt cannot be told.
///
/// [socket(2)]: https://man7.org/linux/man-pages/man2/socket.2.html
/// [connect(2)]: https://man7.org/linux/man-pages/man2/connect.2.html
fn dial_address(
    family: AddressFamily,
    bound: &Bound,
    connect: impl Fn(&OwnedFd) -> Result<(), Errno>,
) -> Result<OwnedFd, Answer> {
    loop {
        let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(not_connected)?;
        set_socket_timeout(&socket, Timeout::Send, Some(bound.left(None)?))
            .map_err(not_connected)?;
        match connect(&socket) {
            Ok(()) => return Ok(socket),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN | Errno::INPROGRESS | Errno::TIMEDOUT) => {
                return Err(bound.silent(None));
            }
            Err(errno) => return Err(not_connected(errno)),
        }
    }
}

fn not_connected(errno: Errno) -> Answer {
    Answer::NotConnected {
        errno: errno.raw_os_error(),
    }
}

/// [send(2)], without the signal that a closed connection would bring.
///
/// [send(2)]: https://man7.org/linux/man-pages/man2/send.2.html
fn write(
    socket: &OwnedFd,
    mut bytes: &[u8],
    question: Question,
    bound: &Bound,
) -> Result<(), Answer> {
    while !bytes.is_empty() {
        let left = bound.left(Some(question))?;
        set_socket_timeout(socket, Timeout::Send, Some(left)).map_err(not_connected)?;
        match send(socket, bytes, SendFlags::NOSIGNAL) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR | Errno::AGAIN) => {}
            // An answer may be there all the same: that of a server which does not wait for the question.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// [recv(2)]; false at the end.
///
/// [recv(2)]: https://man7.org/linux/man-pages/man2/recv.2.html
fn read(
    socket: &OwnedFd,
    bytes: &mut Vec<u8>,
    question: Question,
    bound: &Bound,
) -> Result<bool, Answer> {
    let mut room = [0; 4096];
    loop {
        let left = bound.left(Some(question))?;
        set_socket_timeout(socket, Timeout::Recv, Some(left)).map_err(not_connected)?;
        match recv(socket, room.as_mut_slice(), RecvFlags::empty()) {
            Ok((0, _)) => return Ok(false),
            Ok((count, _)) => {
                bytes.extend_from_slice(room.get(..count).unwrap_or_default());
                return Ok(true);
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            // Reset: as good as closed.
            Err(_) => return Ok(false),
        }
    }
}
