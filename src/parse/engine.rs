//! Two HTTP answers → which engine it is, or why that is not known.

use serde::Deserialize;

use super::http::Response;
use crate::answer::{Answer, EngineVersion, Foreign, Product, Question};

/// As much of an error's text as a line may carry.
const LONGEST_REASON: usize = 300;

/// The same of a version.
const LONGEST_VERSION: usize = 80;

/// What the answer to a ping tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pong {
    product: Product,
    version: Option<String>,
    api: Option<String>,
    /// Does a header say that it is an engine? Many servers answer anything with `OK`.
    is_marked: bool,
}

/// What `GET /_ping` came to.
///
/// # Errors
///
/// What answered instead.
pub fn ping(response: &Response) -> Result<Pong, Answer> {
    let server = response.server.as_deref().unwrap_or_default();
    let (name, rest) = server.split_once('/').unwrap_or((server, ""));
    let is_podman = response.is_podman || name == "Libpod";
    let is_marked = response.api_version.is_some() || is_podman || name == "Docker";
    let is_ok = (200..300).contains(&response.status);
    if is_ok && (is_marked || response.body.trim_ascii() == b"OK") {
        // `Docker/20.10.24 (linux)`.
        let version = rest.split(' ').next().filter(|version| !version.is_empty());
        let is_engines = name == "Docker" || name == "Libpod";
        return Ok(Pong {
            product: if is_podman {
                Product::Podman
            } else {
                Product::Docker
            },
            version: version.filter(|_| is_engines).map(str::to_owned),
            api: response.api_version.clone(),
            is_marked,
        });
    }
    Err(not_answered(Question::Ping, response))
}

/// What `GET /version` adds. A proxy that lets a ping through and declines this is still the way to an engine.
#[must_use]
pub fn version(pong: Pong, response: &Response) -> Answer {
    let Pong {
        product,
        version,
        api,
        is_marked,
    } = pong;
    let is_ok = (200..300).contains(&response.status);
    let document: Document = json(&response.body).unwrap_or_default();
    let is_podman = document
        .components
        .iter()
        .any(|component| component.name.contains("Podman"));
    let short = |text: String| text.chars().take(LONGEST_VERSION).collect();
    match document.version.map(short) {
        Some(found) if is_ok => Answer::Engine(EngineVersion {
            product: if is_podman { Product::Podman } else { product },
            version: Some(found),
            api: document.api_version.map(short).or(api),
            declined: None,
        }),
        Some(_) | None if is_marked && (400..500).contains(&response.status) => {
            Answer::Engine(EngineVersion {
                product,
                version,
                api,
                declined: Some(response.status),
            })
        }
        Some(_) | None => not_answered(Question::Version, response),
    }
}

/// What is read of an answer; all else is passed over, and no number is understood.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    #[serde(rename = "Version")]
    version: Option<String>,
    #[serde(rename = "ApiVersion")]
    api_version: Option<String>,
    /// `[{"Name":"Podman Engine",…`.
    #[serde(rename = "Components")]
    components: Vec<Component>,
    /// What an engine says of an error.
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    #[serde(rename = "Name")]
    name: String,
}

/// An object. serde takes a list for one as well, its fields in their order.
fn json(body: &[u8]) -> Option<Document> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    is_object.then(|| serde_json::from_slice(body).ok())?
}

fn not_answered(question: Question, response: &Response) -> Answer {
    let status = response.status;
    let says = reason(&response.body);
    let what = match status {
        // What Go's server says, and with it the engine's own TLS port.
        400 if says.contains("HTTPS server") => Foreign::Tls,
        401 | 403 | 407 | 429 | 500..=599 => {
            return Answer::Declined {
                question,
                status,
                says,
            };
        }
        _ => Foreign::Http {
            status,
            server: response.server.clone(),
        },
    };
    Answer::Foreign { question, what }
}

/// The engine's `{"message":"…"}`, or a plain line; a page of HTML says nothing to a log.
fn reason(body: &[u8]) -> String {
    let document = json(body);
    let message = document
        .as_ref()
        .and_then(|document| document.message.as_deref());
    let plain = String::from_utf8_lossy(body);
    let line = plain.lines().next().unwrap_or_default().trim();
    let is_prose = document.is_none() && !line.starts_with('<');
    let text = message.unwrap_or(if is_prose { line } else { "" });
    text.chars().take(LONGEST_REASON).collect()
}
