//! `examples/charon`: Caddy and the server under one script, as Charon's own image has them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::common::{Scratch, repository};
use crate::engine::{Engine, Ran, deadline, first_socket, mounted};
use crate::image::{Shared, status_of};
use crate::world::{Answer, Container, LIST, PATIENCE, is_root};

static CHARON: Shared = Shared::of("charon", Some("charon-init-test/caddy"));

/// Engines open the ports below 1024 to everybody; where that is not so, only the capability does.
const PORTS_ARE_PRIVILEGED: &str = "--sysctl=net.ipv4.ip_unprivileged_port_start=1024";
const PORT_80: &str = "--publish=127.0.0.1::80";

/// CAP_NET_BIND_SERVICE.
const ONE: &str = "0000000000000400";
const NONE: &str = "0000000000000000";

/// As a start by root has left them: nothing in them is charon's.
struct Volumes(Scratch);

impl Volumes {
    fn of_root() -> Self {
        let volumes = Self(Scratch::new());
        for name in ["data", "config"] {
            let volume = volumes.0.path().join(name);
            fs::create_dir_all(volume.join("below")).unwrap();
            fs::write(volume.join("below/file"), "kept").unwrap();
            fs::set_permissions(&volume, fs::Permissions::from_mode(0o700)).unwrap();
            chown(&volume, Some(0), Some(0)).unwrap();
        }
        volumes
    }

    fn options(&self) -> [String; 2] {
        [("data", "/app/data"), ("config", "/config")]
            .map(|(name, place)| format!("--volume={}:{place}", self.0.path().join(name).display()))
    }

    /// Everything in them is charon's, what was there before and what Caddy has written.
    fn assert_are_charons(&self) {
        for name in ["data", "config"] {
            assert_is_charons(&self.0.path().join(name));
        }
        let saved = self.0.path().join("config/caddy/autosave.json");
        assert!(saved.exists(), "Caddy has not written {}", saved.display());
        let kept = fs::read_to_string(self.0.path().join("data/below/file"));
        assert_eq!(kept.unwrap(), "kept");
    }
}

fn assert_is_charons(path: &Path) {
    let owner = fs::symlink_metadata(path).unwrap();
    assert_eq!(
        (owner.uid(), owner.gid()),
        (1000, 1000),
        "{}",
        path.display()
    );
    if owner.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            assert_is_charons(&entry.unwrap().path());
        }
    }
}

/// The number and name of each process in it.
fn processes(container: &Container) -> Vec<(String, String)> {
    let top = Engine::docker().call(&["top", &container.name, "-eo", "pid,comm"]);
    let named = |line: &str| {
        let (pid, name) = line.trim().split_once(' ').unwrap();
        (pid.to_owned(), name.trim().to_owned())
    };
    top.out().lines().skip(1).map(named).collect()
}

fn process(container: &Container, name: &str) -> String {
    let all = processes(container);
    let found = all.iter().find(|(_, other)| other == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {all:?}"))
        .0
        .clone()
}

/// Everybody is charon in the socket's group, and has the one capability or less.
fn assert_is_charon_with_one_capability(container: &Container, expected: &[&str]) {
    let mut names = Vec::new();
    let mut groups = [fs::metadata(first_socket()).unwrap().gid(), 1000];
    groups.sort_unstable();
    for (pid, name) in processes(container) {
        let status = |field: &str| status_of(&pid, field);
        assert_eq!(status("Uid:"), "1000 1000 1000 1000", "{name}");
        assert_eq!(status("Gid:"), "1000 1000 1000 1000", "{name}");
        let [one, other] = groups;
        assert_eq!(status("Groups:"), format!("{one} {other}"), "{name}");
        assert_eq!(status("NoNewPrivs:"), "1", "{name}");
        assert_eq!(status("CapBnd:"), ONE, "{name}");
        let sets = ["CapPrm:", "CapEff:", "CapInh:", "CapAmb:"].map(status);
        let sets = sets.each_ref().map(String::as_str);
        match &*name {
            // What stays in front of the script needs none itself.
            "charon-init" => assert_eq!(sets, [NONE; 4]),
            // Its file gives it the capability: then the kernel clears the ambient set (capabilities(7)).
            "caddy" => assert_eq!(sets, [ONE, ONE, ONE, NONE]),
            _ => assert_eq!(sets, [ONE; 4], "{name}"),
        }
        names.push(name);
    }
    names.sort();
    assert_eq!(names, expected);
}

/// What is published of port 80, which Caddy answers.
fn assert_lists_through_caddy(container: &Container) {
    let caddy = container.published("80/tcp");
    for address in [&caddy, &container.server()] {
        let answer = Answer::of(address, "GET", LIST);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains(&container.name), "{answer:?}");
    }
    let page = Answer::of(&caddy, "GET", "/");
    assert!(
        page.body.contains("<title>Add proxy host</title>"),
        "{page:?}"
    );
    assert!(page.head.contains("server: caddy"), "{page:?}");
}

fn log(container: &Container) -> String {
    Engine::docker()
        .call(&["logs", &container.name])
        .stderr
        .clone()
}

/// Its exit code, as soon as it has ended.
fn ended(container: &Container) -> String {
    Engine::docker()
        .call(&["wait", &container.name])
        .out()
        .trim()
        .to_owned()
}

fn stop(container: &Container) -> String {
    let stop = ["stop", "--time", "60", &container.name];
    Engine::docker().call(&stop).out();
    ended(container)
}

#[test]
fn charon_lists_containers_through_caddy_on_port_80_and_ends_on_term() {
    let test = "charon_lists_containers_through_caddy_on_port_80_and_ends_on_term";
    if !is_root(test) {
        return;
    }
    let Some(image) = CHARON.get(test) else {
        return;
    };
    let volumes = Volumes::of_root();
    let [data, config] = volumes.options();
    let socket = mounted(&first_socket());
    let script = ["caddy", "charon", "docker-entrypoi"];
    let resident = ["caddy", "charon", "charon-init", "docker-entrypoi"];
    for (init, expected) in [
        ("CHARON_INIT_INIT=true", &resident[..]),
        ("CHARON_INIT_INIT=group", &resident),
        ("CHARON_INIT_INIT=", &script),
    ] {
        let container = image.run(&[
            PORT_80,
            PORTS_ARE_PRIVILEGED,
            &socket,
            &data,
            &config,
            "--env",
            init,
        ]);
        assert_lists_through_caddy(&container);
        assert_is_charon_with_one_capability(&container, expected);
        volumes.assert_are_charons();
        let check = ["exec", &container.name, "/charon-init", "--check"];
        let check = Engine::docker().call(&check).out();
        assert!(check.ends_with(" as uid 1000 gid 1000\n"), "{check}");
        assert_eq!(stop(&container), "0", "{init}: {}", log(&container));
        // The same container's second life, on the same volumes; nothing is left to give away.
        Engine::docker().call(&["start", &container.name]).out();
        assert_lists_through_caddy(&container);
        let log = log(&container);
        assert!(
            log.contains("'/config': given to 1000:1000, 0 of "),
            "{log}"
        );
    }
}

/// The script is COMMAND, and the file capability is on what it starts: each of the two is told.
#[test]
fn caddy_without_its_capability_is_refused_by_name_and_ends_the_script() {
    let test = "caddy_without_its_capability_is_refused_by_name_and_ends_the_script";
    if !is_root(test) {
        return;
    }
    let Some(image) = CHARON.get(test) else {
        return;
    };
    let without = "--env=CHARON_INIT_KEEP_CAPS=";
    let caddy = image.run_command(&[without], &["caddy", "version"]);
    assert_eq!(ended(&caddy), "78");
    let refusal = log(&caddy);
    assert!(
        refusal.contains(
            "'/usr/bin/caddy': it carries file capabilities that it would not get: net_bind_service"
        ),
        "{refusal}"
    );
    let remedy = "--keep-cap net_bind_service";
    assert!(refusal.contains(remedy), "{refusal}");

    let script = image.run(&[without]);
    assert_eq!(ended(&script), "126", "{}", log(&script));
    let said = log(&script);
    assert!(
        said.contains("/usr/bin/caddy: Operation not permitted"),
        "{said}"
    );

    let remedy: Vec<&str> = remedy.split(' ').collect();
    let command = [&remedy[..], &["caddy", "version"]].concat();
    let caddy = image.run_command(&[without], &command);
    assert_eq!(ended(&caddy), "0", "{}", log(&caddy));
}

#[test]
fn either_that_ends_ends_the_container_with_its_code() {
    let test = "either_that_ends_ends_the_container_with_its_code";
    if !is_root(test) {
        return;
    }
    let Some(image) = CHARON.get(test) else {
        return;
    };
    for name in ["caddy", "charon"] {
        let container = image.run(&[PORT_80]);
        container.published("80/tcp");
        let pid = process(&container, name);
        Ran::of(Command::new("kill").args(["-s", "KILL", &pid])).out();
        assert_eq!(ended(&container), "137", "{name}: {}", log(&container));
    }
}

/// What this image says to charon-init, and what is executed: the stage that is for Charon itself says the same.
#[test]
fn the_last_stage_of_the_dockerfile_at_the_top_says_the_same() {
    let said = |file: &str| {
        let text = fs::read_to_string(repository().join(file)).unwrap();
        let joined = text.replace("\\\n", "");
        let stage = joined.rsplit("\nFROM ").next().unwrap();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_said = |line: &&str| {
            let instructions = ["ENV ", "USER ", "ENTRYPOINT ", "CMD "];
            instructions.iter().any(|start| line.starts_with(start))
        };
        stage.lines().filter(is_said).map(words).collect::<Vec<_>>()
    };
    let example = said("examples/charon/Dockerfile");
    assert_eq!(example.len(), 4, "{example:?}");
    assert_eq!(example, said("Dockerfile"));
}

/// At whatever moment of the start it comes.
#[test]
fn a_term_that_comes_early_is_not_lost() {
    let test = "a_term_that_comes_early_is_not_lost";
    if !is_root(test) {
        return;
    }
    let Some(image) = CHARON.get(test) else {
        return;
    };
    for milliseconds in [0, 10, 20, 40, 80] {
        let container = image.run(&[]);
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let is_late = deadline(PATIENCE);
        let code = stop(&container);
        // 143 where the script has no trap yet. KILL would be 137.
        assert!(["0", "143"].contains(&&*code), "{}", log(&container));
        assert!(!is_late());
    }
}
