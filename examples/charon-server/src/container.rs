//! The engine's summary of a container → the one that the API answers with.

use bollard::models::{ContainerSummary, PortSummary};
use serde::Serialize;

/// How much of an id people are shown.
const SHORT_ID: usize = 12;

/// A container, as Charon's page wants it. What the engine does not say is empty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Container {
    id: String,
    names: Vec<String>,
    image: String,
    state: String,
    status: String,
    /// Of several networks the first one by name, so that the answer is the same each time.
    network: String,
    ip: String,
    ports: Vec<Port>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
struct Port {
    #[serde(rename = "private_port")]
    private: u16,
    /// 0 where it is not published.
    #[serde(rename = "public_port")]
    public: u16,
    #[serde(rename = "type")]
    protocol: String,
}

impl From<ContainerSummary> for Container {
    fn from(summary: ContainerSummary) -> Self {
        let (network, ip) = first_network(&summary).unwrap_or_default();
        let names = summary.names.unwrap_or_default().into_iter();
        Self {
            id: summary
                .id
                .unwrap_or_default()
                .chars()
                .take(SHORT_ID)
                .collect(),
            names: names
                .map(|name| name.strip_prefix('/').unwrap_or(&name).to_owned())
                .collect(),
            image: summary.image.unwrap_or_default(),
            state: summary
                .state
                .map(|state| state.to_string())
                .unwrap_or_default(),
            status: summary.status.unwrap_or_default(),
            network,
            ip,
            ports: ports(summary.ports.unwrap_or_default()),
        }
    }
}

fn first_network(summary: &ContainerSummary) -> Option<(String, String)> {
    let networks = summary.network_settings.as_ref()?.networks.as_ref()?;
    let (name, endpoint) = networks.iter().min_by_key(|(name, _)| *name)?;
    Some((
        name.clone(),
        endpoint.ip_address.clone().unwrap_or_default(),
    ))
}

/// In order, and once: an engine lists a port again for IPv6, in an order that changes.
fn ports(summaries: Vec<PortSummary>) -> Vec<Port> {
    let mut ports: Vec<Port> = summaries
        .into_iter()
        .map(|port| Port {
            private: port.private_port,
            public: port.public_port.unwrap_or_default(),
            protocol: port
                .typ
                .map(|protocol| protocol.to_string())
                .unwrap_or_default(),
        })
        .collect();
    ports.sort();
    ports.dedup();
    ports
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn answered(summary: Value) -> Value {
        let summary: ContainerSummary = serde_json::from_value(summary).unwrap();
        serde_json::to_value(Container::from(summary)).unwrap()
    }

    #[test]
    fn summary_becomes_what_the_page_wants() {
        let port =
            |ip: &str| json!({"IP": ip, "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"});
        let summary = json!({
            "Id": "984b6b36e9b1c5596d2cd43ae826738b0f35814b12c635eeba804f4049141812",
            "Names": ["/web", "/db/alias"],
            "Image": "nginx",
            "State": "running",
            "Status": "Up 1 second",
            "NetworkSettings": {"Networks": {"zone": {"IPAddress": "10.1.0.2"}, "app": {"IPAddress": "10.2.0.2"}}},
            "Ports": [port("::"), port("0.0.0.0"), {"PrivatePort": 53, "Type": "udp"}],
        });
        let expected = json!({
            "id": "984b6b36e9b1",
            "names": ["web", "db/alias"],
            "image": "nginx",
            "state": "running",
            "status": "Up 1 second",
            "network": "app",
            "ip": "10.2.0.2",
            "ports": [
                {"private_port": 53, "public_port": 0, "type": "udp"},
                {"private_port": 80, "public_port": 8080, "type": "tcp"},
            ],
        });
        assert_eq!(answered(summary), expected);
    }

    #[test]
    fn what_the_engine_leaves_out_is_empty() {
        let expected = json!({
            "id": "", "names": [], "image": "", "state": "", "status": "", "network": "", "ip": "", "ports": [],
        });
        assert_eq!(answered(json!({})), expected);
    }
}
