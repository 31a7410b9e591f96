//! The bytes of a connection so far → an HTTP answer, as soon as it is whole (RFC 9112).

use httparse::{EMPTY_HEADER, Header, Status};

/// As many header fields as any engine sends, and many more.
const MAX_HEADERS: usize = 64;

/// How far an answer has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// All of it is here.
    Whole(Response),
    /// There must be more.
    Partial,
    /// This is no HTTP.
    NotHttp,
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// `Server`.
    pub server: Option<String>,
    /// `Api-Version`: engines send it with every answer.
    pub api_version: Option<String>,
    /// `Libpod-Api-Version`: Podman's.
    pub is_podman: bool,
    /// What follows the head, its chunks put together.
    pub body: Vec<u8>,
}

/// How the end of a body is told.
enum Framing {
    None,
    Length(usize),
    Chunks,
    ToTheEnd,
}

/// What `bytes` come to; `is_end` where the connection was closed after them.
#[must_use]
pub fn response(mut bytes: &[u8], is_end: bool) -> Progress {
    loop {
        let mut fields = [EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut fields);
        let length = match head.parse(bytes) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) => return Progress::Partial,
            Err(_) => return Progress::NotHttp,
        };
        let rest = bytes.get(length..).unwrap_or_default();
        let status = head.code.unwrap_or_default();
        // 100 to 199 come before the answer proper; 101 would be the last, and nobody asked for it.
        if !(100..200).contains(&status) || status == 101 {
            return with_body(status, head.headers, rest, is_end);
        }
        bytes = rest;
    }
}

fn with_body(status: u16, headers: &[Header<'_>], rest: &[u8], is_end: bool) -> Progress {
    let body = match framing(status, headers) {
        Framing::None => Some(Vec::new()),
        Framing::Length(length) => rest.get(..length).map(<[u8]>::to_vec),
        Framing::Chunks => match chunks(rest) {
            Ok(body) => body,
            Err(NotChunks) => return Progress::NotHttp,
        },
        Framing::ToTheEnd => is_end.then(|| rest.to_vec()),
    };
    match body {
        None => Progress::Partial,
        Some(body) => Progress::Whole(Response {
            status,
            server: field(headers, "server"),
            api_version: field(headers, "api-version"),
            is_podman: field(headers, "libpod-api-version").is_some(),
            body,
        }),
    }
}

fn framing(status: u16, headers: &[Header<'_>]) -> Framing {
    if [101, 204, 304].contains(&status) {
        return Framing::None;
    }
    let is_chunked = field(headers, "transfer-encoding")
        .is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked"));
    if is_chunked {
        return Framing::Chunks;
    }
    field(headers, "content-length")
        .and_then(|length| length.parse().ok())
        .map_or(Framing::ToTheEnd, Framing::Length)
}

/// The first field of that name, in printable characters and not at any length: it is shown to people.
fn field(headers: &[Header<'_>], name: &str) -> Option<String> {
    let header = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))?;
    let text = String::from_utf8_lossy(header.value.trim_ascii());
    Some(text.chars().take(80).collect())
}

struct NotChunks;

/// The body, once its last chunk is here.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, NotChunks> {
    let mut body = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) => return Ok(None),
            Err(_) => return Err(NotChunks),
        };
        // The fields that may follow the last chunk are nothing to us.
        if size == 0 {
            return Ok(Some(body));
        }
        let size = usize::try_from(size).map_err(|_| NotChunks)?;
        let end = start.checked_add(size).ok_or(NotChunks)?;
        let Some(chunk) = rest.get(start..end) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        rest = rest.get(end..).unwrap_or_default();
        match rest.strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None if rest.len() < 2 => return Ok(None),
            None => return Err(NotChunks),
        }
    }
}
