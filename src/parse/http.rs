//! The bytes of a connection so far → an HTTP answer, as soon as it is whole (RFC 9112).

use httparse::{EMPTY_HEADER, Header, Status};

use super::word;

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
    match body(status, headers, rest, is_end) {
        Err(NotFramed) => Progress::NotHttp,
        Ok(None) => Progress::Partial,
        Ok(Some(body)) => Progress::Whole(Response {
            status,
            server: shown(headers, "server"),
            api_version: shown(headers, "api-version"),
            is_podman: fields(headers, "libpod-api-version").next().is_some(),
            body,
        }),
    }
}

/// The body, once all of it is here.
fn body(
    status: u16,
    headers: &[Header<'_>],
    rest: &[u8],
    is_end: bool,
) -> Result<Option<Vec<u8>>, NotFramed> {
    Ok(match framing(status, headers)? {
        Framing::None => Some(Vec::new()),
        Framing::Length(length) => rest.get(..length).map(<[u8]>::to_vec),
        Framing::Chunks => chunks(rest)?,
        Framing::ToTheEnd => is_end.then(|| rest.to_vec()),
    })
}

/// Nobody can tell where the body ends: an error that no client may pass over (RFC 9112, 6.3).
struct NotFramed;

fn framing(status: u16, headers: &[Header<'_>]) -> Result<Framing, NotFramed> {
    if [101, 204, 304].contains(&status) {
        return Ok(Framing::None);
    }
    if let Some(codings) = fields(headers, "transfer-encoding").last() {
        let last = codings.rsplit(|byte| *byte == b',').next();
        let is_chunked =
            last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
        return Ok(if is_chunked {
            Framing::Chunks
        } else {
            Framing::ToTheEnd
        });
    }
    let mut lengths = fields(headers, "content-length");
    let Some(length) = lengths.next() else {
        return Ok(Framing::ToTheEnd);
    };
    let number = word::number(length).ok_or(NotFramed)?;
    if lengths.any(|other| other != length) {
        return Err(NotFramed);
    }
    // Too large for a number: more than can come.
    let length = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Framing::Length(length))
}

/// What all fields of that name say.
fn fields<'a>(headers: &[Header<'a>], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let named = headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name));
    named.map(|header| header.value.trim_ascii())
}

/// The first field of that name, not at any length: it is shown to people.
fn shown(headers: &[Header<'_>], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(fields(headers, name).next()?);
    Some(text.chars().take(80).collect())
}

/// The body put together, once its last chunk is here.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, NotFramed> {
    let mut body = Vec::new();
    loop {
        // httparse takes a line without a number for the last chunk.
        if rest.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) {
            return Err(NotFramed);
        }
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) => return Ok(None),
            Err(_) => return Err(NotFramed),
        };
        // The fields that may follow the last chunk are nothing to us.
        if size == 0 {
            return Ok(Some(body));
        }
        // Too large for a number: more than can come.
        let end = usize::try_from(size).map_or(usize::MAX, |size| start.saturating_add(size));
        let Some(chunk) = rest.get(start..end) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        rest = rest.get(end..).unwrap_or_default();
        match rest.strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None if rest.len() < 2 => return Ok(None),
            None => return Err(NotFramed),
        }
    }
}
