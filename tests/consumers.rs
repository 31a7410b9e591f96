//! What each machine format prints → its own consumer: the compose tool, the engines, the Kubernetes schema, JSON.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;
#[path = "common/examples.rs"]
mod examples;
#[path = "common/python.rs"]
mod python;
#[path = "consumers/tools.rs"]
mod tools;

use charon_init::plan::Plan;
use charon_init::render;
use charon_init::request::Format;
use serde_json::{Value, json};

use common::Scratch;
use python::python;
use tools::{Engine, compose, engine, is_there, run};

/// No gid, one, and two.
const EXAMPLES: [&[u32]; 3] = [&[], &[988], &[988, 44]];

fn rendered(format: Format, service: &str, plan: &Plan) -> String {
    render::dry_run(format, service, &examples::facts(), plan)
}

fn example(format: Format, gids: &[u32]) -> String {
    rendered(format, "charon", &examples::plan(gids))
}

fn texts(gids: &[u32]) -> Vec<String> {
    gids.iter().map(u32::to_string).collect()
}

#[test]
fn compose_merges_the_override_file() {
    let test = "compose_merges_the_override_file";
    let Some(compose) = compose(test) else { return };
    for base in [
        json!({"image": "x"}),
        json!({"image": "x", "group_add": ["7"]}),
    ] {
        for gids in EXAMPLES {
            let merged = compose.config(
                &json!({"services": {"charon": base}}),
                &example(Format::Compose, gids),
                None,
            );
            // docker-compose 1.29 replaces the list, the compose plugin extends it: the gids are there with both.
            let found = &merged["services"]["charon"]["group_add"];
            if gids.is_empty() {
                assert_eq!(
                    *found, base["group_add"],
                    "what adds nothing must take nothing away"
                );
            } else {
                let found: Vec<&str> = found
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .collect();
                assert!(
                    texts(gids).iter().all(|gid| found.contains(&gid.as_str())),
                    "{gids:?}: {found:?}"
                );
            }
            assert_eq!(
                merged["services"].as_object().unwrap().len(),
                1,
                "a second service was made"
            );
        }
    }
}

#[test]
fn compose_takes_service_names_for_what_they_are() {
    let test = "compose_takes_service_names_for_what_they_are";
    let Some(compose) = compose(test) else { return };
    for service in [
        "1", "1.0", "0x1f", "1e3", "y", "No", "true", "null", "on", ".5", "-a", "a_b.c-d",
    ] {
        let base = json!({"services": {service: {"image": "x"}}});
        let merged = compose.config(
            &base,
            &rendered(Format::Compose, service, &examples::plan(&[988])),
            None,
        );
        assert_eq!(
            merged["services"],
            json!({service: {"image": "x", "group_add": ["988"]}}),
            "{service}"
        );
    }
}

#[test]
fn yaml_reads_every_service_name_back() {
    let test = "yaml_reads_every_service_name_back";
    let Some(python) = python(test) else { return };
    let services = [
        "",
        " ",
        "a b",
        "a: b",
        "a #b",
        "<<",
        "=",
        "~",
        "*a",
        "&a",
        "!a",
        "{}",
        "[",
        "-",
        "- a",
        "?",
        "\"",
        "'",
        "\\",
        "%",
        "@",
        "`",
        "a\nspec: {}",
        "\t",
        "\x1b",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "ünï",
        "😀",
        "2026-01-01",
        "1:30",
        "0o7",
        "+1",
        "_1",
        ".inf",
    ];
    for service in services {
        let plan = examples::plan(&[988]);
        let compose = python.yaml(&rendered(Format::Compose, service, &plan));
        assert_eq!(
            compose,
            json!({"services": {service: {"group_add": ["988"]}}}),
            "{service:?}"
        );
        let pod = python.yaml(&rendered(Format::Kubernetes, service, &plan));
        assert_eq!(
            pod["spec"]["containers"][0]["name"],
            json!(service),
            "{service:?}"
        );
    }
}

#[test]
fn compose_reads_the_env_file() {
    let test = "compose_reads_the_env_file";
    let Some(compose) = compose(test) else { return };
    let base =
        json!({"services": {"charon": {"image": "x", "group_add": ["${DOCKER_SOCK_GID:-65534}"]}}});
    let override_file = "services:\n  charon: {}\n";
    for (gids, expected) in EXAMPLES.into_iter().zip(["65534", "988", "988"]) {
        let merged = compose.config(&base, override_file, Some(&example(Format::Env, gids)));
        assert_eq!(merged["services"]["charon"]["group_add"], json!([expected]));
    }
}

#[test]
fn kubernetes_accepts_a_pod_with_the_fragment() {
    let test = "kubernetes_accepts_a_pod_with_the_fragment";
    let Some(python) = python(test) else { return };
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "charon"},
        "spec": {
            "securityContext": {"fsGroup": 7, "supplementalGroups": [7]},
            "containers": [
                {"name": "sidecar", "image": "x"},
                {"name": "charon", "image": "x", "securityContext": {"readOnlyRootFilesystem": true}},
            ],
        },
    });
    for gids in EXAMPLES {
        let merged = python.merged_and_validated(&pod, &example(Format::Kubernetes, gids));
        // Nothing to add leaves what the pod has.
        let groups = if gids.is_empty() { &[7][..] } else { gids };
        assert_eq!(
            merged["spec"]["securityContext"],
            json!({
                "fsGroup": 7, "supplementalGroups": groups, "runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": true,
            })
        );
        assert_eq!(
            merged["spec"]["containers"],
            json!([
                {"name": "sidecar", "image": "x"},
                {"name": "charon", "image": "x", "securityContext": {
                    "readOnlyRootFilesystem": true,
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
                }},
            ])
        );
        kubectl_agrees(&pod, &example(Format::Kubernetes, gids), &merged);
    }
}

/// Where kubectl is installed (it is in no distribution), its strategic merge must come to the same pod.
fn kubectl_agrees(pod: &Value, fragment: &str, merged: &Value) {
    if !is_there("kubectl") {
        return;
    }
    let scratch = Scratch::new();
    let (pod_file, patch_file) = (
        scratch.path().join("pod.json"),
        scratch.path().join("patch.yaml"),
    );
    std::fs::write(&pod_file, pod.to_string()).unwrap();
    std::fs::write(&patch_file, fragment).unwrap();
    let arguments = ["patch", "--local", "--type=strategic", "-o", "json", "-f"];
    let output = run(
        "kubectl",
        &[
            &arguments[..],
            &[
                pod_file.to_str().unwrap(),
                "--patch-file",
                patch_file.to_str().unwrap(),
            ],
        ]
        .concat(),
    );
    let mut found: Value = serde_json::from_str(&output).unwrap();
    found["spec"]["containers"]
        .as_array_mut()
        .unwrap()
        .sort_by_key(|one| one["name"].to_string());
    let mut expected = merged.clone();
    expected["spec"]["containers"]
        .as_array_mut()
        .unwrap()
        .sort_by_key(|one| one["name"].to_string());
    assert_eq!(found, expected);
}

#[test]
fn the_kubernetes_fragment_says_when_new_privileges_are_allowed() {
    let mut plan = examples::plan(&[988]);
    plan.steps
        .retain(|planned| planned.step != charon_init::plan::Step::SetNoNewPrivileges);
    let verified = "no_new_privs that is already set counts";
    assert!(
        rendered(Format::Kubernetes, "c", &plan).contains("allowPrivilegeEscalation: false\n"),
        "{verified}"
    );
    plan.steps.clear();
    let fragment = rendered(Format::Kubernetes, "c", &plan);
    assert!(fragment.contains("allowPrivilegeEscalation: true\n"));
    assert!(fragment.contains("add: []\n"));
}

#[test]
fn json_is_one_object_on_one_line() {
    let test = "json_is_one_object_on_one_line";
    let Some(python) = python(test) else { return };
    for gids in EXAMPLES {
        let document = example(Format::Json, gids);
        assert_eq!(document.find('\n'), Some(document.len() - 1));
        let value: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(value["group_add"], json!(texts(gids)));
        assert_eq!(python.json(&document), value, "python3 reads it otherwise");
    }
}

#[test]
fn docker_run_takes_the_options() {
    engine_takes_the_options(
        "docker_run_takes_the_options",
        Engine::Docker,
        Format::Docker,
    );
}

#[test]
fn podman_run_takes_the_options() {
    engine_takes_the_options(
        "podman_run_takes_the_options",
        Engine::Podman,
        Format::Podman,
    );
}

/// `docker run $(charon-init --dry-run -f docker) IMAGE id -G`, with the words split as a shell does.
fn engine_takes_the_options(test: &str, which: Engine, format: Format) {
    let Some(engine) = engine(test, which) else {
        return;
    };
    for gids in EXAMPLES {
        let options = example(format, gids);
        let groups = engine.id(&options.split_whitespace().collect::<Vec<_>>());
        let mut expected = vec![0];
        expected.extend(gids);
        expected.sort_unstable();
        assert_eq!(groups, expected, "{options:?}");
    }
}
