//! The list: what the real engine says, in the words of the contract.

use serde_json::{Value, json};

use crate::engine::first_socket;
use crate::stub::Socket;
use crate::world::{Container, LIST, Server, has_engine};

/// The entry of `container` in a list that has others too.
fn entry(list: &Value, container: &Container) -> Value {
    let entries = list.as_array().unwrap();
    let found = entries
        .iter()
        .find(|entry| entry["names"] == json!([container.name]));
    found
        .unwrap_or_else(|| panic!("no {} in {list}", container.name))
        .clone()
}

fn expected(container: &Container, ports: &Value, status: &Value) -> Value {
    json!({
        "id": container.id[..12],
        "names": [container.name],
        "image": "charon-init-test/busybox",
        "state": "running",
        "status": status,
        "network": "bridge",
        "ip": container.inspect("{{.NetworkSettings.IPAddress}}"),
        "ports": ports,
    })
}

#[test]
fn running_containers_of_the_real_engine_are_listed_as_published() {
    if !has_engine("running_containers_of_the_real_engine_are_listed_as_published") {
        return;
    }
    let web = Container::run(&["-p", "127.0.0.1::80/tcp", "-p", "127.0.0.1::53/udp"]);
    let plain = Container::run(&["--expose", "9000"]);
    let published = |port: &str| -> u16 {
        let format =
            format!("{{{{(index (index .NetworkSettings.Ports \"{port}\") 0).HostPort}}}}");
        web.inspect(&format).parse().unwrap()
    };
    let web_ports = json!([
        {"private_port": 53, "public_port": published("53/udp"), "type": "udp"},
        {"private_port": 80, "public_port": published("80/tcp"), "type": "tcp"},
    ]);
    let plain_ports = json!([{"private_port": 9000, "public_port": 0, "type": "tcp"}]);

    let server = Server::on(&first_socket());
    for target in [
        LIST,
        &format!("{LIST}?host="),
        &format!("{LIST}?host=local"),
    ] {
        let answer = server.get(target);
        assert_eq!(answer.status, 200, "{answer:?}");
        let list = answer.json();
        for (container, ports) in [(&web, &web_ports), (&plain, &plain_ports)] {
            let entry = entry(&list, container);
            let status = &entry["status"];
            assert!(status.as_str().unwrap().starts_with("Up "), "{status}");
            assert_eq!(entry, expected(container, ports, status));
        }
    }
}

#[test]
fn a_stopped_container_is_not_listed() {
    if !has_engine("a_stopped_container_is_not_listed") {
        return;
    }
    let container = Container::run(&[]);
    let server = Server::on(&first_socket());
    assert!(server.get(LIST).body.contains(&container.name));
    crate::engine::Engine::docker()
        .call(&["kill", &container.name])
        .out();
    assert!(!server.get(LIST).body.contains(&container.name));
}

/// An engine whose newest version of the API is older than the client's, or whose oldest is newer, would decline.
#[test]
fn no_version_of_the_api_is_asked_for() {
    let engine = Socket::listing("[]");
    let server = Server::on(&engine.path());
    server.get(LIST).is(200, &json!([]));
    let requests = engine.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].starts_with("GET /containers/json"),
        "{requests:?}"
    );
}

#[test]
fn names_that_are_markup_stay_what_they_are() {
    let name = r#"/<img src=x onerror="alert(1)">"#;
    let engine = Socket::listing(&json!([{"Id": "0123456789abcdef", "Names": [name]}]).to_string());
    let server = Server::on(&engine.path());
    let list = server.get(LIST).json();
    assert_eq!(list[0]["names"], json!([name[1..]]));
    assert_eq!(list[0]["id"], "0123456789ab");
}
