//! Contract 5 for `--grant`: patterns in a real directory, and a thousand paths in one.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::trace::{calls, can_trace};
use crate::world::{GROUP, World};

/// Root as it is without the capabilities that let it look everywhere.
const WITHOUT_OVERRIDE: [&str; 3] = [
    "setpriv",
    "--bounding-set",
    "-all,+setuid,+setgid,+sys_chroot",
];

/// A FIFO of root's, for `gid`: the cheapest thing that can be granted.
fn fifo(world: &World, name: &str, gid: u32) {
    let path = world.path(name);
    let mode = Mode::from_bits_retain(0o600);
    mknodat(CWD, &path, FileType::Fifo, mode, 0).unwrap();
    chown(&path, Some(0), Some(gid)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
}

/// The paths that a dry run lists, with the gid of each that is granted.
fn grants(world: &World, pattern: &str) -> Vec<(String, Option<u64>)> {
    let arguments = ["-n", "-f", "json", "--no-socket", "-g", pattern];
    let document = world.start(arguments).end().success();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let grants = document["grants"].as_array().unwrap().iter();
    let view = |grant: &serde_json::Value| {
        let path = grant["path"].as_str().unwrap().to_owned();
        (path, grant["gid"].as_u64())
    };
    grants.map(view).collect()
}

#[test]
fn a_pattern_is_expanded_as_a_shell_does_it() {
    let Some(world) = World::new("a_pattern_is_expanded_as_a_shell_does_it") else {
        return;
    };
    for directory in ["a", "b", ".h", "c"] {
        fs::create_dir(world.path("dev").join(directory)).unwrap();
    }
    for (name, gid) in [
        ("dev/b/2", 12),
        ("dev/b/10", 13),
        ("dev/a/1", 11),
        ("dev/a/.x", 14),
        ("dev/.h/1", 15),
        ("dev/f1", 16),
    ] {
        fifo(&world, name, gid);
    }
    symlink("../b/2", world.path("dev/c/link")).unwrap();
    symlink("nowhere", world.path("dev/c/lost")).unwrap();
    for (pattern, expected) in [
        (
            "/dev/*/[0-9]",
            &[("/dev/a/1", Some(11)), ("/dev/b/2", Some(12))][..],
        ),
        (
            "/dev/b/*",
            &[("/dev/b/10", Some(13)), ("/dev/b/2", Some(12))],
        ),
        ("/dev/a/.*", &[("/dev/a/.x", Some(14))]),
        ("/dev/.?/*", &[("/dev/.h/1", Some(15))]),
        ("/dev/?/1", &[("/dev/a/1", Some(11))]),
        ("/dev/f*/*", &[("/dev/f*/*", None)]),
        ("/*/f1", &[("/dev/f1", Some(16))]),
        ("d*/f1", &[("dev/f1", Some(16))]),
        (
            "/dev/c/*",
            &[("/dev/c/link", Some(12)), ("/dev/c/lost", None)],
        ),
        ("/dev/**/1", &[("/dev/a/1", Some(11))]),
        ("/dev//b/2", &[("/dev//b/2", Some(12))]),
        ("/dev/nothing/*", &[("/dev/nothing/*", None)]),
    ] {
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, gid)| ((*path).to_owned(), *gid))
            .collect();
        assert_eq!(grants(&world, pattern), expected, "{pattern}");
    }
    let directories = grants(&world, "/dev/*/");
    let names: Vec<&str> = directories.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["/dev/a/", "/dev/b/", "/dev/c/"], "no FIFO");
}

#[test]
fn a_path_that_is_named_twice_is_listed_once() {
    let Some(world) = World::new("a_path_that_is_named_twice_is_listed_once") else {
        return;
    };
    fifo(&world, "dev/one", 11);
    let arguments = [
        "--no-socket",
        "-g/dev/one",
        "-g",
        "/dev/o*",
        "-g/dev/one",
        "true",
    ];
    let end = world.start(arguments).end();
    assert_eq!(end.stderr.lines().count(), 1, "{end:?}");
}

#[test]
fn a_directory_that_cannot_be_read_is_a_finding_and_the_rest_is_granted() {
    let test = "a_directory_that_cannot_be_read_is_a_finding_and_the_rest_is_granted";
    let Some(world) = World::new(test) else {
        return;
    };
    for (name, gid) in [("a", 11), ("b", 12)] {
        fs::create_dir(world.path("dev").join(name)).unwrap();
        fifo(&world, &format!("dev/{name}/1"), gid);
    }
    chown(world.path("dev/b"), Some(1234), Some(1234)).unwrap();
    fs::set_permissions(world.path("dev/b"), Permissions::from_mode(0o700)).unwrap();
    let arguments = ["--no-socket", "--user=1000:1000", "-g/dev/?/*", "id", "-G"];
    let end = world.start(arguments).under(WITHOUT_OVERRIDE).end();
    assert_eq!(end.stdout, "1000 11\n", "{end:?}");
    for words in [
        "'/dev/?/*'",
        "Permission denied",
        "at '/dev/b/'",
        "chmod a+rx",
    ] {
        assert!(end.stderr.contains(words), "{words}: {end:?}");
    }
}

#[test]
fn a_path_without_wildcards_reads_no_directory() {
    let test = "a_path_without_wildcards_reads_no_directory";
    if !can_trace(test) {
        return;
    }
    let Some(world) = World::new(test) else {
        return;
    };
    fifo(&world, "dev/one", 11);
    let count = |grant| {
        let start = world.start([
            "--no-socket",
            "--group-file=never",
            "-g",
            grant,
            "/bin/true",
        ]);
        let (calls, end) = calls(&world, start);
        assert_eq!(end.code, 0, "{end:?}");
        calls
            .iter()
            .filter(|call| call.name.starts_with("getdents"))
            .count()
    };
    assert_eq!(count("/dev/one"), 0);
    assert!(count("/dev/on?") > 0);
}

/// The processor time, in seconds, of a start that grants `count` paths in one directory, each with a group of its own,
/// and of the next one, which edits nothing. It runs with few descriptors: a walk may not hold one for each path.
fn seconds(world: &World, count: usize) -> [f64; 2] {
    const CLOCK: &str = r#"TIMEFORMAT='seconds %U %S'; time "$@""#;
    let seconds = || {
        let arguments = ["--no-socket", "-g/dev/many/*", "cat", "/proc/self/status"];
        let start = world.start(arguments);
        let clock = ["prlimit", "--nofile=16", "bash", "-c", CLOCK, "bash"];
        let end = start.under(clock).end();
        assert_eq!(end.code, 0, "{end:?}");
        assert_eq!(end.field("Groups").split(' ').count(), count + 1);
        let clock = end.stderr.lines().last().unwrap();
        let words = clock.strip_prefix("seconds ").unwrap().split(' ');
        words.map(|word| word.parse::<f64>().unwrap()).sum()
    };
    let mut least = [f64::MAX; 2];
    for _ in 0..3 {
        world.write("etc/group", GROUP, 0o644);
        world.write("etc/gshadow", "", 0o640);
        least = least.map(|least| least.min(seconds()));
    }
    least
}

/// Ten times as many paths must not take more than twenty times as long, and so on; what is not linear takes a hundred
/// times as long. Below a twentieth of a second it is the start itself that is measured.
#[test]
fn a_thousand_paths_are_granted_in_linear_time_with_few_descriptors() {
    let test = "a_thousand_paths_are_granted_in_linear_time_with_few_descriptors";
    let Some(world) = World::new(test) else {
        return;
    };
    fs::create_dir(world.path("dev/many")).unwrap();
    let mut measured: Vec<(u32, [f64; 2])> = Vec::new();
    let mut made = 0;
    for count in [1, 10, 100, 1_000, 5_000] {
        for number in made..count {
            fifo(&world, &format!("dev/many/{number}"), 100_000 + number);
        }
        made = count;
        let [first, next] = seconds(&world, usize::try_from(count).unwrap());
        println!("{count} paths: first start {first} s, next start {next} s");
        measured.push((count, [first, next]));
    }
    let lines = world.read("etc/group").lines().count();
    assert_eq!(lines, 5_000 + GROUP.lines().count());
    for pair in measured.windows(2) {
        let [(few, before), (many, after)] = pair else {
            unreachable!()
        };
        for (fewer, more) in before.iter().zip(after) {
            let bound = fewer.max(0.05) * 2.0 * f64::from(many / few);
            assert!(more < &bound, "{many}: {fewer} s, then {more} s");
        }
    }
}
