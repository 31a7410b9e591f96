//! Sockets that behave as engines do when they are not well, and a way through TCP to one that is.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::common::Scratch;

/// A socket in a directory of its own.
pub(crate) struct Socket {
    scratch: Scratch,
    /// Held for as long as it is to take connections.
    listener: Option<UnixListener>,
    /// What was asked, if anything answers.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Socket {
    /// Connections wait in its queue; nobody accepts them.
    pub(crate) fn silent() -> Self {
        let scratch = Scratch::new();
        let listener = UnixListener::bind(scratch.path().join("docker.sock")).unwrap();
        Self {
            scratch,
            listener: Some(listener),
            requests: Arc::default(),
        }
    }

    /// The file is there and its listener is not, as in a container after the engine was started again.
    pub(crate) fn stale() -> Self {
        Self {
            listener: None,
            ..Self::silent()
        }
    }

    /// A queue of one, which is full.
    pub(crate) fn crowded() -> Self {
        let socket = Self::silent();
        // listen(2) again sets the length of the queue.
        rustix::net::listen(socket.listener.as_ref().unwrap(), 0).unwrap();
        let first = UnixStream::connect(socket.path()).unwrap();
        // It stays in the queue when it is closed.
        drop(first);
        socket
    }

    /// `bytes` to whoever asks, slowly if there is a pause after each; then the connection is closed.
    pub(crate) fn answering(bytes: &[u8], pause: Duration) -> Self {
        let mut socket = Self::silent();
        let listener = socket.listener.take().unwrap();
        let bytes = bytes.to_vec();
        let requests = Arc::clone(&socket.requests);
        spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (bytes, requests) = (bytes.clone(), Arc::clone(&requests));
                spawn(move || answer(stream, &bytes, pause, &requests));
            }
        });
        socket
    }

    /// A list of containers.
    pub(crate) fn listing(json: &str) -> Self {
        let length = json.len();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
        let answer = format!("{head}{length}\r\n\r\n{json}");
        Self::answering(answer.as_bytes(), Duration::ZERO)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.scratch.path().join("docker.sock")
    }

    pub(crate) fn owned_by(self, gid: u32, mode: u32) -> Self {
        chown(self.path(), Some(0), Some(gid)).unwrap();
        fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).unwrap();
        self
    }
}

fn answer(mut stream: UnixStream, bytes: &[u8], pause: Duration, requests: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        request.extend(byte);
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    requests.lock().unwrap().push(text);
    if pause.is_zero() {
        // Whoever asked may be gone; that is theirs to say.
        drop(stream.write_all(bytes));
        return;
    }
    for byte in bytes {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        sleep(pause);
    }
}

/// A TCP port of the loopback whose connections go to a socket, as through a socket proxy.
pub(crate) fn forwarder(socket: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let socket = socket.to_owned();
    spawn(move || {
        for outside in listener.incoming().map_while(Result::ok) {
            // As a proxy whose engine is down: the connection is closed.
            if let Ok(inside) = UnixStream::connect(&socket) {
                connect(&outside, &inside);
            }
        }
    });
    format!("tcp://{address}")
}

fn connect(outside: &TcpStream, inside: &UnixStream) {
    let (mut from, mut to) = (outside.try_clone().unwrap(), inside.try_clone().unwrap());
    spawn(move || {
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
    let (mut from, mut to) = (inside.try_clone().unwrap(), outside.try_clone().unwrap());
    spawn(move || {
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
}

/// A port of the loopback where nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("tcp://{}", listener.local_addr().unwrap())
}
