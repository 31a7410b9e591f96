//! `PUID`, `PGID` and `UMASK` in real containers: who runs, whom `docker exec -u` finds, and what the files say.

use crate::common::Scratch;
use crate::engine::Started;
use crate::subject::{DENIED, PONG, PROBE, Process, Subject, seen, subject};

/// Ids as numbers, then as the account files name them.
const WHO: [&str; 3] = ["sh", "-c", "id -u; id -G; id -un; id -gn; echo $HOME $USER"];

const NUMBERS: [&str; 3] = [
    "--env=PUID=1001",
    "--env=PGID=1002",
    "--env=CHARON_DOCKER_ENABLED=false",
];

const RENUMBERED: &str = "1001\n1002\ncharon\ncharon\n/home/charon charon\n";

/// A file as the image has it.
fn original(subject: &Subject, image: &str, path: &str) -> String {
    let cat = ["--entrypoint=cat"];
    subject.docker.run(&cat, image, &[path]).ran.out()
}

fn start(subject: &Subject, image: &str, options: &[&str]) -> Started {
    let options = [&NUMBERS[..], options].concat();
    subject.docker.run(&options, image, &WHO)
}

#[test]
fn the_account_runs_under_its_numbers_on_both_images_and_a_restart_changes_nothing() {
    let Some(subject) = subject() else { return };
    for image in [subject.busybox.as_str(), subject.debian()] {
        let started = start(subject, image, &[]);
        assert_eq!(started.ran.stderr, "", "{image}");
        assert_eq!(started.ran.out(), RENUMBERED, "{image}");
        let passwd = original(subject, image, "/etc/passwd");
        let group = original(subject, image, "/etc/group");
        let expected = [
            passwd.replace(":1000:1000:", ":1001:1002:"),
            group.replace("charon:x:1000:", "charon:x:1002:"),
        ];
        let files = || ["/etc/passwd", "/etc/group"].map(|path| started.container.file(path));
        assert_eq!(files(), expected, "{image}");
        assert_eq!(started.container.start_again().out(), RENUMBERED, "{image}");
        assert_eq!(files(), expected, "{image}");
    }
}

#[test]
fn exec_by_name_finds_the_numbers_and_shadow_utils_are_content() {
    let Some(subject) = subject() else { return };
    for image in [subject.busybox.as_str(), subject.debian()] {
        let container = subject.docker.run_ready(&NUMBERS, image);
        let id = container.exec(&["--user=charon"], &["id"]).out();
        let expected = "uid=1001(charon) gid=1002(charon) groups=1002(charon)\n";
        assert_eq!(id, expected, "{image}");
    }
    let container = subject.docker.run_ready(&NUMBERS, subject.debian());
    let check = ["sh", "-c", "pwck -qr | grep charon; grpck -r"];
    let checked = container.exec(&["--user=0"], &check);
    assert_eq!(
        (checked.code, checked.stdout.as_str()),
        (0, ""),
        "{checked:?}"
    );
}

#[test]
fn a_group_of_others_stays_and_the_number_gets_a_line_of_ours() {
    let Some(subject) = subject() else { return };
    let image = subject.after("sed -i 's/^charon:x:1000:1000:/charon:x:1000:100:/' /etc/passwd");
    let started = start(subject, &image, &[]);
    let group = subject.group_file() + "host1002:!charon-init:1002:\n";
    assert_eq!(started.container.file("/etc/group"), group);
    assert_eq!(
        started.ran.out(),
        RENUMBERED.replace("charon\ncharon\n", "charon\nhost1002\n")
    );
}

#[test]
fn numbers_of_others_work_and_are_said() {
    let Some(subject) = subject() else { return };
    let taken = ["--env=PUID=1", "--env=PGID=82", NUMBERS[2]];
    let ran = subject.ran(&taken, &["sh", "-c", "id -u; id -G"]);
    ran.says(&["uid 1", "taken in this image, by account 'bin'"]);
    ran.says(&["gid 82", "taken in this image, by group 'www-data'"]);
    assert_eq!(ran.out(), "1\n82\n");
}

#[test]
fn zero_and_what_is_no_number_are_refused() {
    let Some(subject) = subject() else { return };
    for (variable, words) in [
        ("--env=PUID=0", "never executed as uid 0"),
        ("--env=PGID=0", "root's group"),
        ("--env=PUID=abc", "'abc' is not understood"),
        ("--env=PGID=4294967295", "ids end at 4294967294"),
        ("--env=UMASK=u=rwx", "'u=rwx' is not understood"),
    ] {
        let ran = subject.ran(&[variable, NUMBERS[2]], &["id"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (78, ""), "{variable}");
        ran.says(&[words]);
    }
    let empty = ["--env=PUID=", "--env=PGID=", "--env=UMASK=", NUMBERS[2]];
    assert_eq!(subject.ran(&empty, &["id", "-u"]).out(), "1000\n");
}

#[test]
fn a_read_only_container_runs_under_the_numbers_all_the_same() {
    let Some(subject) = subject() else { return };
    for image in [subject.busybox.as_str(), subject.debian()] {
        let ran = start(subject, image, &["--read-only"]).ran;
        let left_alone = [
            "'/etc/passwd'",
            "the numbers are in the process only",
            "read-only",
        ];
        ran.says(&left_alone);
        // Names do not resolve, of which id(1) complains with its exit code; echo is last.
        assert!(ran.stdout.starts_with("1001\n1002\n"), "{ran:?}");
        assert!(ran.stdout.ends_with("/home/charon charon\n"), "{ran:?}");
    }
}

#[test]
fn a_mounted_passwd_stays_as_the_host_has_it() {
    let Some(subject) = subject() else { return };
    let scratch = Scratch::new();
    let path = scratch.path().join("passwd");
    let passwd = original(subject, &subject.busybox, "/etc/passwd");
    std::fs::write(&path, &passwd).unwrap();
    let volume = format!("--volume={}:/etc/passwd", path.display());
    let started = start(subject, &subject.busybox, &[&volume]);
    started.ran.says(&[
        "'/etc/passwd'",
        "the numbers are in the process only",
        "mount point",
    ]);
    assert!(started.ran.stdout.starts_with("1001\n1002\n"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), passwd);
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn the_sockets_group_and_owner_reach_the_engine_without_a_grant() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4310).mounted();
    let numbers = ["--env=PUID=4311", "--env=PGID=4310", &socket];
    let started = subject.start(&numbers, &PROBE);
    let by_group = seen(&started.ran);
    assert_eq!(
        (by_group.process.uids, by_group.process.gids),
        ([4311; 4], [4310; 4])
    );
    assert_eq!(
        (by_group.process.groups, by_group.ping.as_str()),
        (vec![4310], PONG)
    );
    let group = subject.group_file();
    let renumbered = group.replace("charon:x:1000:", "charon:x:4310:");
    assert_eq!(started.container.file("/etc/group"), renumbered);

    let owned = subject.second().socket(4312);
    std::os::unix::fs::chown(&owned.0, Some(4313), None).unwrap();
    let options = ["--env=PUID=4313", &owned.mounted()];
    let started = subject.start(&options, &PROBE);
    let by_owner = seen(&started.ran);
    let expected = Process {
        gids: [1000; 4],
        ..Process::without_power(4313, &[1000])
    };
    assert_eq!((by_owner.process, by_owner.ping.as_str()), (expected, PONG));
    assert_eq!(started.container.file("/etc/group"), group);
    assert_ne!(PONG, DENIED);
}

#[test]
fn the_groups_of_the_engine_and_a_grant_stay_beside_the_numbers() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4314).mounted();
    let options = [
        "--env=PUID=1001",
        "--env=PGID=1002",
        "--group-add=4315",
        &socket,
    ];
    let started = subject.start(&options, &PROBE);
    let seen = seen(&started.ran);
    assert_eq!(seen.process.groups, [1002, 4314, 4315]);
    assert_eq!(seen.ping, PONG);
    let group = subject
        .group_file()
        .replace("charon:x:1000:", "charon:x:1002:");
    let expected = group + "docker:!charon-init:4314:charon\n";
    assert_eq!(started.container.file("/etc/group"), expected);
}

#[test]
fn files_that_the_command_makes_have_the_modes_of_the_umask() {
    let Some(subject) = subject() else { return };
    let command = [
        "sh",
        "-c",
        "umask; >/tmp/file; mkdir /tmp/folder; stat -c '%a %u:%g' /tmp/file /tmp/folder",
    ];
    let made = |options: &[&str]| subject.ran(&[&NUMBERS, options].concat(), &command).out();
    assert_eq!(made(&[]), "0022\n644 1001:1002\n755 1001:1002\n");
    let asked = "--env=UMASK=027";
    let expected = "0027\n640 1001:1002\n750 1001:1002\n";
    assert_eq!(made(&[asked]), expected);
    assert_eq!(made(&[asked, "--env=CHARON_INIT_INIT=true"]), expected);
    let non_root = made(&[asked, "--user=1001:1002"]);
    assert_eq!(non_root, expected);
}

#[test]
fn a_dry_run_prints_the_numbers_and_the_edits() {
    let Some(subject) = subject() else { return };
    let printed = |format: &str| {
        let command = ["--dry-run", "--format", format, "id"];
        subject.ran(&NUMBERS, &command).out()
    };
    let text = printed("text");
    for line in [
        "+charon:x:1001:1002:charon:/home/charon:/bin/sh",
        "+charon:x:1002:",
        "'charon': uid 1001, gid 1002, groups 1002",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let pod = printed("kubernetes");
    assert!(
        pod.contains("runAsUser: 1001\n    runAsGroup: 1002\n"),
        "{pod}"
    );
    let json: serde_json::Value = serde_json::from_str(&printed("json")).unwrap();
    assert_eq!(
        (&json["identity"]["uid"], &json["identity"]["gid"]),
        (&serde_json::json!(1001), &serde_json::json!(1002))
    );
}
