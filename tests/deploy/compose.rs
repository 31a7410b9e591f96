//! examples/compose → each file up on the machine's engine: who the server is and what it answers.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use serde_json::json;

use crate::common::{Scratch, repository};
use crate::engine::{Ran, first_socket};
use crate::process::Process;
use crate::project::{LIST, Project, example};
use crate::server_image::ServerImage;

/// The machine's own engine: its socket and the group of it.
fn engine() -> (String, u32) {
    let socket = first_socket();
    let gid = fs::metadata(&socket).unwrap().gid();
    (socket.to_str().unwrap().to_owned(), gid)
}

#[test]
fn the_base_file_lists_the_real_containers_as_uid_1000_with_the_sockets_group_alone() {
    let test = "the_base_file_lists_the_real_containers_as_uid_1000_with_the_sockets_group_alone";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let (socket, gid) = engine();
    let variables = [("CHARON_IMAGE", &*image.0), ("DOCKER_SOCK", &*socket)];
    let project = Project::up(&example("compose.yaml"), &variables);
    project.get(LIST).lists(&project.container("charon"));
    let page = project.get("/");
    assert!(page.body.contains("<title>Add proxy host</title>"));
    assert_reaches_the_engine(&project, gid);
}

/// As the one user, with the socket's group, without any power, and by the check's word.
#[track_caller]
fn assert_reaches_the_engine(project: &Project, gid: u32) {
    assert_eq!(
        project.process("charon"),
        Process::without_power(&[gid, 1000])
    );
    assert!(
        project
            .check("charon")
            .out()
            .contains(": reached Docker Engine ")
    );
}

/// The line of the file that asks for the gid, as its first lines give it.
fn the_line_that_fills_env() -> String {
    let file = fs::read_to_string(example("compose.local.yaml")).unwrap();
    let mut lines = file.lines().filter_map(|line| line.strip_prefix("#   "));
    lines
        .find(|line| line.contains("--dry-run"))
        .unwrap()
        .to_owned()
}

#[test]
fn the_local_file_reaches_the_engine_with_the_gid_that_its_own_line_writes_to_env() {
    let test = "the_local_file_reaches_the_engine_with_the_gid_that_its_own_line_writes_to_env";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let (socket, gid) = engine();
    let scratch = Scratch::new();
    let folder = scratch.path().join("examples/compose");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("compose.local.yaml");
    fs::copy(example("compose.local.yaml"), &file).unwrap();
    let line = the_line_that_fills_env();
    let line = line.replace("-v /var/run/docker.sock:", &format!("-v {socket}:"));
    let line = line.replace(" charon-server ", &format!(" {} ", image.0));
    let mut shell = Command::new("sh");
    Ran::of(shell.args(["-c", &line]).current_dir(scratch.path())).out();
    assert_eq!(
        fs::read_to_string(folder.join(".env")).unwrap(),
        format!("DOCKER_SOCK_GID={gid}\n")
    );
    let variables = [("CHARON_IMAGE", &*image.0), ("DOCKER_SOCK", &*socket)];
    let project = Project::up(&file, &variables);
    project.get(LIST).lists(&project.container("charon"));
    assert_reaches_the_engine(&project, gid);
}

#[test]
fn the_local_file_with_another_gid_says_which_one_is_missing() {
    let test = "the_local_file_with_another_gid_says_which_one_is_missing";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let (socket, gid) = engine();
    let variables = [
        ("CHARON_IMAGE", &*image.0),
        ("DOCKER_SOCK", &*socket),
        ("DOCKER_SOCK_GID", "4711"),
    ];
    let project = Project::up(&example("compose.local.yaml"), &variables);
    let answer = project.get(LIST);
    assert_eq!(answer.status, 503);
    let details = format!(
        "Local Docker socket mounted but not accessible by current process (uid=1000 gid=1000): \
         '/var/run/docker.sock'; Process groups do not include socket gid {gid}; run container with matching \
         supplemental group (e.g., --group-add {gid} or compose group_add: [\"{gid}\"])"
    );
    assert_eq!(
        answer.json(),
        json!({"error": "Docker daemon unavailable", "details": details})
    );
    assert_eq!(
        project.process("charon"),
        Process::without_power(&[4711, 1000])
    );
}

#[test]
fn the_local_file_without_its_variable_names_the_line_that_writes_it() {
    let project = Project::of(&example("compose.local.yaml"), &[]);
    let ran = project.call(&["config"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let said = "is not set; the top of compose.local.yaml has the line that writes it to .env";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn the_other_files_need_no_variable() {
    for file in [
        "compose.yaml",
        "compose.ci.yaml",
        "compose.socket-proxy.yaml",
    ] {
        let project = Project::of(&example(file), &[]);
        let ran = project.call(&["config", "--quiet"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{file}");
    }
    let all = fs::read_dir(repository().join("examples/compose")).unwrap();
    let is_compose = |name: &String| name.starts_with("compose");
    let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(is_compose).count(), 4);
}

#[test]
fn the_ci_file_starts_without_an_engine_and_says_that_docker_is_switched_off() {
    let test = "the_ci_file_starts_without_an_engine_and_says_that_docker_is_switched_off";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let variables = [("CHARON_IMAGE", &*image.0)];
    let project = Project::up(&example("compose.ci.yaml"), &variables);
    assert_eq!(project.get("/api/v1/health").status, 200);
    let answer = project.get(LIST);
    assert_eq!(answer.status, 503);
    let details = "CHARON_DOCKER_ENABLED=false: the local Docker engine is switched off; set it to true, or choose a \
                   remote server";
    assert_eq!(
        answer.json(),
        json!({"error": "Docker daemon unavailable", "details": details})
    );
    assert_eq!(project.inspect("charon", "{{len .Mounts}}"), "0");
    assert_eq!(project.process("charon"), Process::without_power(&[1000]));
    project.check("charon").out();
}
