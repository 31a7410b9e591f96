//! Contract 5 for `--grant`: real nodes in real containers, passed as engines pass them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::common::Scratch;
use crate::engine::Ran;
use crate::subject::{Process, Subject, seen, subject};

/// Nodes like /dev/null: every container may use them, and nothing happens when one does.
struct Nodes(Scratch);

impl Nodes {
    fn new() -> Self {
        Self(Scratch::new())
    }

    /// As a GPU's nodes are on Debian, but for what they lead to.
    fn of_a_gpu() -> Self {
        let nodes = Self::new();
        fs::create_dir(nodes.path("dri")).unwrap();
        nodes.make("dri/card0", 44);
        nodes.make("dri/renderD128", 108);
        nodes
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn make(&self, name: &str, gid: u32) -> PathBuf {
        let path = self.path(name);
        let null = fs::metadata("/dev/null").unwrap().rdev();
        let mode = Mode::from_bits_retain(0o600);
        mknodat(CWD, &path, FileType::CharacterDevice, mode, null).unwrap();
        own(&path, 0, gid, 0o660);
        path
    }
}

fn own(path: &Path, uid: u32, gid: u32, mode: u32) {
    chown(path, Some(uid), Some(gid)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn device(outside: &Path, inside: &str) -> String {
    format!("--device={}:{inside}", outside.display())
}

/// Options without a socket, which these tests are not about.
fn with_grant(grant: &str) -> [String; 2] {
    let grant = format!("--env=CHARON_INIT_GRANT={grant}");
    [grant, "--env=CHARON_DOCKER_ENABLED=false".to_owned()]
}

/// Start with this variable and these options; the command says who it is and opens each of `nodes`.
fn open_each(subject: &Subject, grant: &str, options: &[&str], nodes: &[&str]) -> Ran {
    let grant = with_grant(grant);
    let options = [&[grant[0].as_str(), &grant[1]], options].concat();
    subject.ran(&options, &["sh", "-c", &opening(nodes)])
}

fn opening(nodes: &[&str]) -> String {
    let nodes = nodes.join(" ");
    format!(
        "/probe; for node in {nodes}; do
           if (: <>$node) 2>/dev/null; then echo $node: open; else echo $node: shut; fi
         done"
    )
}

#[track_caller]
fn assert_lines(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(
            ran.stdout.lines().any(|said| said == *line),
            "{line}: {ran:?}"
        );
    }
}

const CARD: &str = "/dev/dri/card0";
const RENDER: &str = "/dev/dri/renderD128";

#[test]
fn nodes_of_a_gpu_are_opened_through_both_of_their_groups() {
    let Some(subject) = subject() else { return };
    let nodes = Nodes::of_a_gpu();
    let dri = device(&nodes.path("dri"), "/dev/dri");
    let grant = with_grant("/dev/dri/*");
    let options = [&dri, grant[0].as_str(), &grant[1]];
    let started = subject.start(&options, &["sh", "-c", &opening(&[CARD, RENDER])]);
    let process = seen(&started.ran).process;
    assert_eq!(process, Process::without_power(1000, &[44, 108, 1000]));
    assert_lines(
        &started.ran,
        &[&format!("{CARD}: open"), &format!("{RENDER}: open")],
    );
    assert_eq!(
        started.ran.stderr,
        format!(
            "charon-init: '{CARD}': granted through gid 44 (host44); its owning group\n\
             charon-init: '{RENDER}': granted through gid 108 (host108); its owning group\n"
        )
    );
    assert_eq!(
        started.container.file("/etc/group"),
        subject.group_file() + "host44:!charon-init:44:charon\nhost108:!charon-init:108:charon\n"
    );
    // The same user without a grant is kept out.
    let ran = open_each(subject, "", &[&dri], &[CARD]);
    assert_lines(&ran, &[&format!("{CARD}: shut")]);
}

#[test]
fn a_pattern_takes_the_names_that_it_matches_and_no_others() {
    let Some(subject) = subject() else { return };
    let nodes = Nodes::new();
    let names = [
        ("ttyUSB0", 4501),
        ("ttyUSB7", 4502),
        ("ttyUSB10", 4503),
        ("ttyACM0", 4504),
    ];
    let devices: Vec<String> = names
        .iter()
        .map(|(name, gid)| device(&nodes.make(name, *gid), &format!("/dev/{name}")))
        .collect();
    let devices: Vec<&str> = devices.iter().map(String::as_str).collect();
    for (grant, groups) in [
        ("/dev/ttyUSB?", &[1000, 4501, 4502][..]),
        ("/dev/ttyUSB[!0]", &[1000, 4502]),
        ("/dev/ttyUSB*", &[1000, 4501, 4502, 4503]),
        ("/dev/tty[AU]*[0-6]:/dev/ttyUSB0", &[1000, 4501, 4503, 4504]),
    ] {
        let ran = open_each(subject, grant, &devices, &[]);
        let process = seen(&ran).process;
        assert_eq!(process, Process::without_power(1000, groups), "{grant}");
    }
    let ran = open_each(subject, "/dev/ttyS[0-9]", &devices, &[]);
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
    ran.says(&["'/dev/ttyS[0-9]'", "matches no name in this container"]);
}

#[test]
fn a_device_that_was_not_passed_is_a_finding_whose_remedy_works() {
    let Some(subject) = subject() else { return };
    let ran = open_each(subject, "/dev/ttyUSB0", &[], &["/dev/ttyUSB0"]);
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
    ran.says(&["'/dev/ttyUSB0'", "not found", "--device /dev/ttyUSB0"]);
    let nodes = Nodes::new();
    let passed = device(&nodes.make("node", 4505), "/dev/ttyUSB0");
    let ran = open_each(subject, "/dev/ttyUSB0", &[&passed], &["/dev/ttyUSB0"]);
    assert_lines(&ran, &["/dev/ttyUSB0: open"]);
}

#[test]
fn a_volume_of_a_group_can_be_written_and_hands_the_group_down() {
    let Some(subject) = subject() else { return };
    let scratch = Scratch::new();
    let volume = scratch.path().join("media");
    fs::create_dir(&volume).unwrap();
    own(&volume, 0, 4506, 0o2770);
    let mount = format!("--volume={}:/media", volume.display());
    let [grant, no_socket] = with_grant("/media");
    let write = ["sh", "-c", "/probe && echo new >/media/file"];
    let ran = subject.ran(&[&mount, &grant, &no_socket], &write);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        seen(&ran).process,
        Process::without_power(1000, &[1000, 4506])
    );
    let file = fs::metadata(volume.join("file")).unwrap();
    assert_eq!((file.uid(), file.gid()), (1000, 4506));
    // A volume of root's that everyone may pass through is no case of GID 0.
    own(&volume, 0, 0, 0o775);
    let ran = subject.ran(&[&mount, &grant, &no_socket], &["/probe"]);
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
    assert_eq!(
        ran.stderr,
        "charon-init: '/media': open to everyone; no grant needed\n"
    );
}

#[test]
fn a_device_of_gid_zero_is_refused_unless_that_is_allowed() {
    let Some(subject) = subject() else { return };
    let nodes = Nodes::new();
    let passed = device(&nodes.make("node", 0), "/dev/hidraw0");
    let ran = open_each(subject, "/dev/hidraw*", &[&passed], &["/dev/hidraw0"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&[
        "'/dev/hidraw0'",
        "the only way in is gid 0 (root)",
        "ALLOW_DOCKER_SOCK_GID_0=true",
        "leave out that --grant",
    ]);
    assert!(!ran.stderr.contains("socket"), "{}", ran.stderr);
    let allow = "--env=ALLOW_DOCKER_SOCK_GID_0=true";
    let ran = open_each(
        subject,
        "/dev/hidraw*",
        &[&passed, allow],
        &["/dev/hidraw0"],
    );
    assert_eq!(seen(&ran).process, Process::without_power(1000, &[0, 1000]));
    assert_lines(&ran, &["/dev/hidraw0: open"]);
    ran.says(&["'/dev/hidraw0'", "reached through gid 0 (root), as allowed"]);
}

#[test]
fn what_lies_in_a_directory_of_the_identity_is_never_granted() {
    let Some(subject) = subject() else { return };
    let nodes = Nodes::new();
    nodes.make("node", 4507);
    for (uid, gid, mode) in [(1000, 1000, 0o755), (0, 1000, 0o775), (0, 0, 0o777)] {
        own(nodes.0.path(), uid, gid, mode);
        let mount = format!("--volume={}:/data", nodes.0.path().display());
        let ran = open_each(subject, "/data/no*", &[&mount], &["/data/node"]);
        assert_eq!(seen(&ran).process, Process::without_power(1000, &[1000]));
        assert_lines(&ran, &["/data/node: shut"]);
        ran.says(&["'/data/node'", "not granted, because '/data'"]);
    }
    // It is that directory alone which was in the way.
    own(nodes.0.path(), 0, 0, 0o755);
    let mount = format!("--volume={}:/data", nodes.0.path().display());
    let ran = open_each(subject, "/data/no*", &[&mount], &[]);
    assert_eq!(
        seen(&ran).process,
        Process::without_power(1000, &[1000, 4507])
    );
}

#[test]
fn a_node_that_is_made_inside_counts_as_one_that_was_passed() {
    let Some(subject) = subject() else { return };
    let make = "mkdir /dev/dri && mknod -m 660 /dev/dri/card0 c 1 3 && chgrp 44 /dev/dri/card0
                exec /charon-init --no-socket -g '/dev/dri/*' sh -c \"$0\"";
    let options = ["--device-cgroup-rule=c 1:3 rwm", "--entrypoint=/bin/sh"];
    let ran = subject.ran(&options, &["-ec", make, &opening(&[CARD])]);
    assert_eq!(
        seen(&ran).process,
        Process::without_power(1000, &[44, 1000])
    );
    assert_lines(&ran, &[&format!("{CARD}: open")]);
}

#[test]
fn a_group_that_is_asked_for_by_name_and_gid_names_the_new_line() {
    let Some(subject) = subject() else { return };
    let nodes = Nodes::new();
    let passed = device(&nodes.make("node", 29), "/dev/snd/controlC0");
    let [_, no_socket] = with_grant("");
    let command = [
        "-g/dev/snd/*",
        "--group",
        "audio:29",
        "sh",
        "-c",
        &opening(&["/dev/snd/controlC0"]),
    ];
    let started = subject.start(&[&passed, &no_socket], &command);
    assert_lines(&started.ran, &["/dev/snd/controlC0: open"]);
    let process = seen(&started.ran).process;
    assert_eq!(process, Process::without_power(1000, &[29, 1000]));
    assert_eq!(
        started.container.file("/etc/group"),
        subject.group_file() + "audio:!charon-init:29:charon\n"
    );
}

#[test]
fn a_dry_run_prints_the_group_add_that_opens_the_devices_without_root() {
    let Some(subject) = subject() else { return };
    let nodes = Nodes::of_a_gpu();
    let dri = device(&nodes.path("dri"), "/dev/dri");
    let [grant, no_socket] = with_grant("/dev/dri/*");
    let options = [&dri, &grant, &no_socket].map(String::as_str);
    let dry_run = subject.ran(&options, &["--dry-run", "-f", "docker"]);
    assert_eq!(dry_run.stdout, "--group-add 44 --group-add 108\n");
    let as_user = [&options[..], &["--user=1000:1000"]].concat();
    let command = ["sh", "-c", &opening(&[CARD, RENDER])];
    let ran = subject.ran(&as_user, &command);
    assert_lines(
        &ran,
        &[&format!("{CARD}: shut"), &format!("{RENDER}: shut")],
    );
    ran.says(&[
        CARD,
        "Use docker compose group_add: [\"44\"] or run with --group-add 44",
    ]);
    let flags: Vec<&str> = dry_run.stdout.split_whitespace().collect();
    let ran = subject.ran(&[&as_user, &flags[..]].concat(), &command);
    assert_lines(
        &ran,
        &[&format!("{CARD}: open"), &format!("{RENDER}: open")],
    );
    // And the variable of the socket stays the socket's.
    let env = subject.ran(&options, &["--dry-run", "-f", "env"]);
    assert_eq!(env.stdout, "DOCKER_SOCK_GID=\n");
}
