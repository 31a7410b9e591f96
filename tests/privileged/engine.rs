//! Servers on a socket of the world, each with one way to answer: what an engine, a proxy or something else does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What is done with a connection, by the path that was asked for.
pub(crate) type Way = Arc<dyn Fn(&mut Connection, &str) + Send + Sync>;

pub(crate) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}
pub(crate) type Connection = Box<dyn Stream>;

/// A server, until this value goes; its socket stays, as that of an engine which is gone.
pub(crate) struct Server {
    path: PathBuf,
    way: Arc<Mutex<Way>>,
    /// The uid and gid of each that connected.
    peers: Receiver<(u32, u32)>,
    stop: Arc<Mutex<bool>>,
}

impl Server {
    /// On a socket of root's, for `gid`.
    pub(crate) fn on(path: impl Into<PathBuf>, gid: u32, way: Way) -> Self {
        let path = path.into();
        if path.exists() {
            std::fs::remove_file(&path).unwrap();
        }
        let listener = UnixListener::bind(&path).unwrap();
        chown(&path, Some(0), Some(gid)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660)).unwrap();
        let (sender, peers) = channel();
        let server = Self {
            path,
            way: Arc::new(Mutex::new(way)),
            peers,
            stop: Arc::default(),
        };
        let (way, stop) = (Arc::clone(&server.way), Arc::clone(&server.stop));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if *stop.lock().unwrap() {
                    return;
                }
                let stream = stream.unwrap();
                tell_peer(&stream, &sender);
                let way = way.lock().unwrap().clone();
                thread::spawn(move || serve(Box::new(stream), &way));
            }
        });
        server
    }

    /// From now on it answers this way.
    pub(crate) fn becomes(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    /// Who has connected since this was last asked.
    pub(crate) fn peers(&self) -> Vec<(u32, u32)> {
        self.peers.try_iter().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        *self.stop.lock().unwrap() = true;
        // It wakes up, and its listener goes with its thread.
        if UnixStream::connect(&self.path).is_ok() {
            while UnixStream::connect(&self.path).is_ok() {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// A server on a port of 127.0.0.1, for as long as the tests run.
pub(crate) fn on_a_port(way: Way) -> u16 {
    on_a_port_of("127.0.0.1", way)
}

/// The same of another address.
pub(crate) fn on_a_port_of(address: &str, way: Way) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let way = Arc::clone(&way);
            thread::spawn(move || serve(Box::new(stream.unwrap()), &way));
        }
    });
    port
}

/// The same port of another address, where nobody accepts and the queue is full: the kernel drops what comes then.
pub(crate) fn full_port(address: &str, port: u16) -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind((address, port)).unwrap();
    // listen(2) again sets the length of the queue.
    rustix::net::listen(&listener, 0).unwrap();
    let to = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&to, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue is not full");
    }
    (listener, waiting)
}

fn tell_peer(stream: &UnixStream, sender: &Sender<(u32, u32)>) {
    let fd = OwnedFd::from(stream.try_clone().unwrap());
    let peer = rustix::net::sockopt::socket_peercred(fd).unwrap();
    let ids = (peer.uid.as_raw(), peer.gid.as_raw());
    sender.send(ids).unwrap_or_default(); // the test may have ended
}

fn serve(mut stream: Connection, way: &Way) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    assert_eq!(
        request,
        format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
    );
    way(&mut stream, &path);
}

/// Says `text`, to whom may have gone.
pub(crate) fn say(stream: &mut Connection, text: &str) {
    drop(stream.write_all(text.as_bytes()));
}

pub(crate) fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// As Docker Engine answers.
pub(crate) fn docker() -> Way {
    Arc::new(|stream, path| {
        let headers = "Api-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n";
        let version = "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\",\"Components\":[{\"Name\":\"Engine\"}]}\n";
        say(
            stream,
            &match path {
                "/_ping" => http("200 OK", headers, "OK"),
                "/version" => http("200 OK", headers, version),
                _ => http("404 Not Found", "", "{}"),
            },
        );
    })
}

/// As Podman answers, and in chunks.
pub(crate) fn podman() -> Way {
    Arc::new(|stream, path| {
        let head = "HTTP/1.1 200 OK\r\nLibpod-Api-Version: 4.3.1\r\nServer: Libpod/4.3.1 (linux)\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        let parts = match path {
            "/_ping" => ["O", "K"],
            _ => [
                "{\"Version\":\"4.3.1\",\"ApiVersion\":\"1.41\",\"Number\":-1.5e3,",
                "\"Components\":[{\"Name\":\"Podman Engine\"}]}",
            ],
        };
        let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
        let body = parts.map(chunk).concat() + "0\r\n\r\n";
        say(stream, &format!("{head}{body}"));
    })
}

/// The same for everything, and the end.
pub(crate) fn always(answer: impl Into<String>) -> Way {
    let answer = answer.into();
    Arc::new(move |stream, _| say(stream, &answer))
}

/// Accepts and says nothing for longer than any test waits.
pub(crate) fn silent() -> Way {
    Arc::new(|_, _| thread::sleep(Duration::from_mins(10)))
}

/// A good answer, one byte at a time: never silent for long, and never done.
pub(crate) fn dripping() -> Way {
    Arc::new(|stream, _| {
        let answer = http("200 OK", "Api-Version: 1.41\r\n", &"x".repeat(5000));
        for byte in answer.bytes() {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    })
}

/// Answers like `way`, after a while.
pub(crate) fn late(after: Duration, way: Way) -> Way {
    Arc::new(move |stream, path| {
        thread::sleep(after);
        way(stream, path);
    })
}
