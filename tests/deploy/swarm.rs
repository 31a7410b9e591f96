//! examples/swarm → the stack on a swarm of a second engine: deployed, forced to start again, updated.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::common::repository;
use crate::engine::{Engine, Ran, deadline};
use crate::process::Process;
use crate::project::{Answer, LIST, PATIENCE};
use crate::second_engine::SecondEngine;
use crate::server_image::ServerImage;

/// In a network namespace of its own, where it may have what a swarm needs: a bridge and packet filters.
const WITH_NETWORKS: [&str; 4] = [
    "--bridge=docker0",
    "--iptables=true",
    "--ip-forward=true",
    "--ip-masq=true",
];
const FIRST: &str = "charon-init-swarm:1";
const SECOND: &str = "charon-init-swarm:2";

/// A swarm of one node; it is left when this value goes, so that the engine unmounts what it holds.
struct Swarm(Engine);

impl Swarm {
    fn init(second: &SecondEngine, image: &str) -> Self {
        let swarm = Self(second.client());
        let save = format!("docker save {image} | \"$@\" load");
        let mut shell = Command::new("sh");
        shell.args(["-c", &save, "sh", "docker", "--host"]);
        Ran::of(shell.arg(second.host())).out();
        for tag in [FIRST, SECOND] {
            swarm.0.call(&["tag", image, tag]).out();
        }
        let address = "--advertise-addr=127.0.0.1";
        let listen = "--listen-addr=127.0.0.1:2377";
        swarm.0.call(&["swarm", "init", address, listen]).out();
        swarm
    }
}

impl Swarm {
    /// `docker stack deploy` as the head of the file says it.
    fn deploy(&self, image: &str, socket: &str) {
        let file = repository().join("examples/swarm/stack.yaml");
        let mut deploy = self
            .0
            .command(&["stack", "deploy", "--resolve-image=never", "-c"]);
        deploy.arg(file).arg("charon");
        deploy.env("CHARON_IMAGE", image).env("DOCKER_SOCK", socket);
        let ran = Ran::of(&mut deploy);
        // Every key of the file means something to a swarm.
        assert!(!ran.stderr.contains("nsupported"), "{ran:?}");
        ran.out();
    }

    /// The task's container, as soon as it is another one than `old`, of this image, and healthy.
    fn running(&self, old: Option<&str>, image: &str) -> String {
        let is_late = deadline(PATIENCE);
        loop {
            let format = "{{.ID}} {{.Image}} {{.Status}}";
            let all = self.0.call(&["ps", "--no-trunc", "--format", format]).out();
            let is_it = |line: &&str| {
                let mut words = line.split(' ');
                words.next() != old && words.next() == Some(image) && line.ends_with("(healthy)")
            };
            // One alone: the old one is gone.
            if let [line] = *all.lines().collect::<Vec<_>>()
                && is_it(&line)
            {
                return line.split(' ').next().unwrap().to_owned();
            }
            let tasks = || self.0.call(&["stack", "ps", "--no-trunc", "charon"]).stdout;
            assert!(!is_late(), "{all}{}", tasks());
            sleep(Duration::from_millis(200));
        }
    }

    /// `docker service update`; what it comes to is looked at, not waited for.
    fn update(&self, options: &[&str]) {
        let fixed = ["service", "update", "--detach", "--no-resolve-image"];
        let update = [&fixed[..], options, &["charon_charon"]].concat();
        self.0.call(&update).out();
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        for step in [
            &["stack", "rm", "charon"][..],
            &["swarm", "leave", "--force"],
        ] {
            let ran = self.0.call(step);
            if ran.code != 0 {
                println!("{step:?}: {}", ran.stderr);
            }
        }
    }
}

#[test]
fn the_stack_runs_as_uid_1000_with_the_nodes_group_and_goes_on_through_updates() {
    let test = "the_stack_runs_as_uid_1000_with_the_nodes_group_and_goes_on_through_updates";
    let Some(image) = ServerImage::get(test) else {
        return;
    };
    let second = SecondEngine::start("swarm", &WITH_NETWORKS);
    let socket = second.socket(4380);
    let swarm = Swarm::init(&second, &image.0);
    swarm.deploy(FIRST, socket.0.to_str().unwrap());
    let works = |container: &str, gid: u32| {
        let pid = swarm
            .0
            .call(&["inspect", "--format", "{{.State.Pid}}", container]);
        let process = Process::of(pid.out().trim());
        assert_eq!(process, Process::without_power(&[1000, gid]));
        node_lists(&second.pid(), container);
    };
    let first = swarm.running(None, FIRST);
    works(&first, 4380);

    swarm.update(&["--force"]);
    let forced = swarm.running(Some(&first), FIRST);
    works(&forced, 4380);

    // The node's socket has another group meanwhile, as on a node that was installed anew.
    socket.set_group(4381);
    swarm.update(&["--image", SECOND]);
    let updated = swarm.running(Some(&forced), SECOND);
    works(&updated, 4381);
}

/// Port 8080 of the node, which is the network namespace of its engine.
pub(crate) fn node_lists(engine: &str, container: &str) {
    let fetch = format!(
        "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080{LIST}').read().decode())"
    );
    let mut nsenter = Command::new("nsenter");
    nsenter.args(["--target", engine, "--net", "python3", "-c", &fetch]);
    let body = Ran::of(&mut nsenter).out();
    Answer { status: 200, body }.lists(container);
}
