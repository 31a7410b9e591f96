//! Contract 7 in a container: the same answer for every caller, nothing written, and an answer that works.

use crate::subject::{PONG, PROBE, Subject, seen, subject};

/// What `docker run … IMAGE --dry-run -f FORMAT` prints, with nothing else on the way.
fn dry_run(subject: &Subject, options: &[&str], format: &str) -> String {
    let started = subject.start(options, &["--dry-run", "-f", format]);
    assert_eq!(started.ran.code, 0, "{}", started.ran.stderr);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
    started.ran.stdout
}

#[test]
fn every_caller_gets_the_same_option() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4300).mounted();
    let callers: [&[&str]; 5] = [
        &[],
        &["--user=1000:1000"],
        &["--user=4711:4712", "--group-add=4300"],
        &["--read-only"],
        &["--user=1000:1000", "--read-only", "--cap-drop=ALL"],
    ];
    for caller in callers {
        let options = [&[socket.as_str()], caller].concat();
        assert_eq!(dry_run(subject, &options, "docker"), "--group-add 4300\n");
    }
}

#[test]
fn the_printed_option_makes_a_non_root_run_reach_the_engine() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4301).mounted();
    let printed = dry_run(subject, &[&socket], "docker");
    let printed: Vec<&str> = printed.split_whitespace().collect();
    let without = ["--user=1000:1000", "--read-only", "--cap-drop=ALL", &socket];
    let ran = subject.ran(&[&without[..], &printed].concat(), &PROBE);
    assert_eq!((ran.code, seen(&ran).ping.as_str()), (0, PONG));
    // It was the option that did it, and it works without us.
    assert_eq!(subject.ran(&without, &PROBE).code, 1);
    let direct = [&without[..], &printed, &["--entrypoint=/probe"]].concat();
    assert_eq!(subject.ran(&direct, &PROBE[1..]).code, 0);
}

#[test]
fn every_format_names_the_gid() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4302).mounted();
    let formats = [
        ("podman", "--group-add 4302\n"),
        ("env", "DOCKER_SOCK_GID=4302\n"),
        ("quadlet", "GroupAdd=4302\n"),
        (
            "compose",
            "services:\n  charon:\n    group_add: [\"4302\"]\n",
        ),
    ];
    for (format, expected) in formats {
        assert!(
            dry_run(subject, &[&socket], format).ends_with(expected),
            "{format}"
        );
    }
    let text = dry_run(subject, &[&socket], "text");
    assert!(text.ends_with("\ngroup_add: [\"4302\"]\n"), "{text}");
    assert!(
        text.contains("+docker:!charon-init:4302:charon\n"),
        "{text}"
    );
    let json = dry_run(subject, &[&socket], "json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["outcome"], "proceed");
    assert_eq!(json["group_add"], serde_json::json!(["4302"]));
    let kubernetes = dry_run(subject, &[&socket], "kubernetes");
    assert!(kubernetes.contains("4302"), "{kubernetes}");
}

#[test]
fn a_real_start_does_what_the_dry_run_said() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4303).mounted();
    let options = [&socket, "--group-add=5555"];
    let json = dry_run(subject, &options, "json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let groups: Vec<u32> = serde_json::from_value(json["identity"]["groups"].clone()).unwrap();
    assert_eq!(groups, [1000, 4303, 5555]);
    assert_eq!(seen(&subject.ran(&options, &PROBE)).process.groups, groups);
}

#[test]
fn a_gid_zero_socket_leaves_stdout_empty() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(0).mounted();
    for user in ["--user=0", "--user=1000:1000"] {
        let ran = subject.ran(&[user, &socket], &["--dry-run", "-f", "compose"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
        ran.says(&["gid 0 (root)", "ALLOW_DOCKER_SOCK_GID_0=true"]);
    }
    let allow = "--env=ALLOW_DOCKER_SOCK_GID_0=true";
    assert_eq!(
        dry_run(subject, &[&socket, allow], "docker"),
        "--group-add 0\n"
    );
}
