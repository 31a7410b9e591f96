//! The query string → which engine is meant. What it says is compared and never used as an address (no SSRF).

/// Which engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Selector {
    Local,
    /// The id of a remote server, as it was typed.
    Server(String),
}

/// `host` is neither empty nor `local`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InvalidHost;

impl Selector {
    /// What `query` selects. Every `host` in it has to be right, for there may be several.
    pub(crate) fn from_query(query: &str) -> Result<Self, InvalidHost> {
        let mut server = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "host" if !["", "local"].contains(&&*value) => return Err(InvalidHost),
                "server_id" if !value.is_empty() => {
                    server.get_or_insert(value.into_owned());
                }
                _ => {}
            }
        }
        Ok(server.map_or(Self::Local, Self::Server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_selects_the_local_engine_or_a_server() {
        let server = |id: &str| Ok(Selector::Server(id.to_owned()));
        for (query, expected) in [
            ("", Ok(Selector::Local)),
            ("host=", Ok(Selector::Local)),
            ("host=local", Ok(Selector::Local)),
            ("host=%6cocal", Ok(Selector::Local)),
            ("server_id=", Ok(Selector::Local)),
            ("unknown=1", Ok(Selector::Local)),
            ("server_id=a&server_id=b", server("a")),
            ("host=local&server_id=a", server("a")),
            ("host=LOCAL", Err(InvalidHost)),
            ("host=local+", Err(InvalidHost)),
            ("host=local%00", Err(InvalidHost)),
            ("host=local&host=tcp%3A%2F%2Fx", Err(InvalidHost)),
            ("server_id=a&host=x", Err(InvalidHost)),
            ("host=%ff", Err(InvalidHost)),
        ] {
            assert_eq!(Selector::from_query(query), expected, "{query}");
        }
    }
}
