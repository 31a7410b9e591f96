//! examples/kubernetes → valid by Kubernetes' own schema, and what the dry run prints for the same pod.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{Scratch, charon_init, repository};
use crate::engine::Ran;
use crate::python::{Python, python};

const FILES: [&str; 3] = ["supplemental-groups.yaml", "init.yaml", "device.yaml"];

fn text(file: &str) -> String {
    fs::read_to_string(repository().join("examples/kubernetes").join(file)).unwrap()
}

fn pod(python: &Python, file: &str) -> Value {
    let objects = python.validated(&text(file));
    assert_eq!(objects.len(), 1, "{file}");
    assert_eq!(objects[0]["kind"], "DaemonSet", "{file}");
    objects[0]["spec"]["template"].clone()
}

#[test]
fn kubernetes_takes_each_file_and_would_not_take_a_misspelt_one() {
    let test = "kubernetes_takes_each_file_and_would_not_take_a_misspelt_one";
    let Some(python) = python(test) else { return };
    let all = fs::read_dir(repository().join("examples/kubernetes")).unwrap();
    assert_eq!(all.count(), FILES.len());
    for file in FILES {
        pod(&python, file);
        for (right, wrong) in [
            ("securityContext:", "securityContexts:"),
            ("runAsUser: ", "runAsUser: x"),
        ] {
            let misspelt = text(file).replace(right, wrong);
            assert_ne!(misspelt, text(file));
            assert!(!python.is_valid(&misspelt), "{file}: {wrong}");
        }
    }
}

#[test]
fn kubernetes_pod_of_the_supplemental_groups_is_what_the_dry_run_prints() {
    let test = "kubernetes_pod_of_the_supplemental_groups_is_what_the_dry_run_prints";
    let Some(python) = python(test) else { return };
    let pod = pod(&python, "supplemental-groups.yaml");
    let mut whole = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "charon"}});
    whole["spec"] = pod["spec"].clone();
    let merged = python.merged_and_validated(&whole, &printed_for_gid_988());
    // The file has all of it already: merging only says once more that no capability is added.
    whole["spec"]["containers"][0]["securityContext"]["capabilities"]["add"] = json!([]);
    assert_eq!(merged, whole);
}

/// The command at the top of the file, for a socket of that group.
fn printed_for_gid_988() -> String {
    let scratch = Scratch::new();
    let socket = scratch.path().join("docker.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    chown(&socket, Some(0), Some(988)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
    let file = text("supplemental-groups.yaml");
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix("#   charon-init "));
    let mut command = Command::new(charon_init());
    command
        .args(line.unwrap().split(' '))
        .arg("--socket")
        .arg(&socket);
    Ran::of(&mut command).out()
}

#[test]
fn kubernetes_root_starts_have_what_a_start_needs_and_nothing_else() {
    let test = "kubernetes_root_starts_have_what_a_start_needs_and_nothing_else";
    let Some(python) = python(test) else { return };
    for file in ["init.yaml", "device.yaml"] {
        let pod = pod(&python, file);
        assert_eq!(
            pod["spec"]["containers"][0]["securityContext"],
            json!({
                "runAsUser": 0, "runAsGroup": 0,
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID", "SETPCAP"]},
            }),
            "{file}"
        );
    }
}
