//! examples/compose/compose.socket-proxy.yaml → the list comes through the proxy, and nothing else does.

use std::process::Command;

use crate::common::{Scratch, skip};
use crate::engine::{Ran, first_socket};
use crate::process::Process;
use crate::project::{Answer, LIST, Project, example};
use crate::server_image::ServerImage;

/// Stands for the image haproxy: Debian's, with the libraries that it is linked to.
fn haproxy() -> Option<ServerImage> {
    let scratch = Scratch::new();
    let image = ServerImage(format!("charon-init-deploy-{}-haproxy", std::process::id()));
    let import = format!(
        "program=$(command -v haproxy) || exit 3
        cp --parents -L \"$program\" $(ldd \"$program\" | grep -o '/[^ ]*') .
        tar -c . | docker import -c 'ENV PATH=/usr/sbin' - {}",
        image.0
    );
    let mut shell = Command::new("sh");
    let ran = Ran::of(shell.args(["-ec", &import]).current_dir(scratch.path()));
    (ran.code != 3).then(|| {
        ran.out();
        image
    })
}

#[test]
fn the_socket_proxy_lets_the_list_through_and_nothing_that_changes_or_tells_more() {
    let test = "the_socket_proxy_lets_the_list_through_and_nothing_that_changes_or_tells_more";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let Some(haproxy) = haproxy() else {
        return skip(test, "no haproxy");
    };
    let argument = format!("HAPROXY_IMAGE={}", haproxy.0);
    let dockerfile = "examples/compose/socket-proxy/Dockerfile";
    let proxy = ServerImage::build("proxy", dockerfile, &["--build-arg", &argument]);
    let socket = first_socket();
    let variables = [
        ("CHARON_IMAGE", &*image.0),
        ("PROXY_IMAGE", &*proxy.0),
        ("DOCKER_SOCK", socket.to_str().unwrap()),
    ];
    let project = Project::up(&example("compose.socket-proxy.yaml"), &variables);
    project.get(LIST).lists(&project.container("charon"));
    assert!(
        project
            .check("charon")
            .out()
            .contains(": reached Docker Engine ")
    );
    assert!(
        project
            .check("proxy")
            .out()
            .contains(": reached Docker Engine ")
    );
    assert_eq!(project.inspect("charon", "{{len .Mounts}}"), "0");
    assert_eq!(project.process("charon"), Process::without_power(&[1000]));
    let gid = std::os::unix::fs::MetadataExt::gid(&std::fs::metadata(&socket).unwrap());
    assert_eq!(
        project.process("proxy"),
        Process::without_power(&[gid, 1000])
    );
    it_answers_what_a_list_takes_alone(&project);
}

fn it_answers_what_a_list_takes_alone(project: &Project) {
    let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}:2375";
    let address = project.inspect("proxy", address);
    let own = project.container("charon");
    for (method, target, status) in [
        ("GET", "/_ping", 200),
        ("HEAD", "/_ping", 200),
        ("GET", "/version", 200),
        ("GET", "/containers/json", 200),
        ("GET", "/v1.41/containers/json?all=1", 200),
        ("POST", "/containers/json", 403),
        ("POST", "/containers/create", 403),
        ("POST", &format!("/containers/{own}/kill"), 403),
        ("DELETE", &format!("/v1.41/containers/{own}?force=1"), 403),
        ("PUT", &format!("/containers/{own}/archive?path=/"), 403),
        ("GET", &format!("/containers/{own}/json"), 403),
        ("GET", &format!("/containers/{own}/archive?path=/"), 403),
        ("GET", "/images/json", 403),
        ("GET", "/info", 403),
        ("GET", "/events", 403),
        ("GET", "//containers/json", 403),
        ("GET", "/containers/json/../../info", 403),
        ("GET", "/info?/containers/json", 403),
    ] {
        let answer = Answer::of(&address, method, target).unwrap();
        assert_eq!(answer.status, status, "{method} {target}: {answer:?}");
    }
}
