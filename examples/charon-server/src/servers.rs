//! `CHARON_REMOTE_SERVERS` → the engines that a request may name by their id: a JSON file, or the JSON itself.

use std::collections::HashSet;
use std::ffi::OsStr;

use charon_init::message::{Message, quoted};
use serde::Deserialize;

use crate::address::Address;

/// An engine elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RemoteServer {
    /// A UUID in lower case.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) address: Address,
}

/// As it stands in the JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    url: String,
}

/// The servers that the variable gives: what begins with a bracket is JSON, anything else is the path of a file.
pub(crate) fn read(value: &OsStr) -> Result<Vec<RemoteServer>, Message> {
    let inline = value
        .to_str()
        .filter(|text| text.trim_start().starts_with('['));
    let (source, text) = match inline {
        Some(text) => ("the variable".to_owned(), Ok(text.to_owned())),
        None => (quoted(value), std::fs::read_to_string(value)),
    };
    text.map_err(|error| error.to_string())
        .and_then(|text| servers(&text))
        .map_err(|why| {
            Message {
                code: "bad-remote-servers",
                thing: "CHARON_REMOTE_SERVERS".to_owned(),
                what: format!("{source} is not understood"),
                why,
                remedies: vec![
                    "correct it; it takes [{\"id\": UUID, \"name\": TEXT, \"url\": \"tcp://HOST:PORT\"}]"
                        .to_owned(),
                ],
            }
        })
}

fn servers(text: &str) -> Result<Vec<RemoteServer>, String> {
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut seen = HashSet::new();
    let servers = entries.into_iter().map(|entry| {
        let server = server(entry)?;
        if seen.insert(server.id.clone()) {
            Ok(server)
        } else {
            Err(format!("the id {} stands in it twice", server.id))
        }
    });
    servers.collect()
}

fn server(entry: Entry) -> Result<RemoteServer, String> {
    if !is_uuid(&entry.id) {
        return Err(format!("the id {} is no UUID", quoted(&entry.id)));
    }
    let address = Address::tcp(&entry.url)
        .ok_or_else(|| format!("the url {} is not tcp://HOST:PORT", quoted(&entry.url)))?;
    Ok(RemoteServer {
        id: entry.id.to_ascii_lowercase(),
        name: entry.name,
        address,
    })
}

/// Five groups of hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ID: &str = "0A1b2c3d-0000-4000-8000-000000000001";

    fn entry(id: &str, url: &str) -> String {
        format!("{{\"id\": \"{id}\", \"name\": \"a\", \"url\": \"{url}\"}}")
    }

    #[test]
    fn id_is_compared_in_lower_case() {
        let text = format!(" [{}]", entry(ID, "tcp://nas:2375"));
        let servers = read(OsStr::new(&text)).unwrap();
        let expected = RemoteServer {
            id: ID.to_ascii_lowercase(),
            name: "a".to_owned(),
            address: Address::tcp("tcp://nas:2375").unwrap(),
        };
        assert_eq!(servers, [expected]);
    }

    #[test]
    fn what_is_no_list_of_servers_is_refused_with_the_reason() {
        let good = entry(ID, "tcp://nas:2375");
        for (text, why) in [
            ("[", "EOF"),
            (&*format!("[{good}, {good}]"), "twice"),
            (
                &format!("[{}]", entry("1", "tcp://nas:2375")),
                "'1' is no UUID",
            ),
            (
                &format!("[{}]", entry(ID, "unix:///x")),
                "'unix:///x' is not tcp://HOST:PORT",
            ),
            (
                &format!("[{}]", entry(ID, "https://nas")),
                "is not tcp://HOST:PORT",
            ),
            ("[{}]", "missing field"),
            ("[{\"host\": \"x\"}]", "unknown field"),
            (
                "/no/such/file",
                "'/no/such/file' is not understood; No such file",
            ),
        ] {
            let message = read(OsStr::new(text)).unwrap_err().to_string();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
