//! Somebody unprivileged renames below PATH while root walks it: nothing outside ever changes its owner.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::trace::can_trace;
use crate::tree::{NOTHING, others, owner, owning};
use crate::world::World;

/// Swaps in an ordinary run at least, and in a long one (CHARON_TEST_LONG=1); and walks.
fn least() -> (u64, u32) {
    let is_long = std::env::var_os("CHARON_TEST_LONG").is_some_and(|value| value == "1");
    if is_long { (100_000, 200) } else { (2_000, 10) }
}

fn attack() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own/attack.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-attack");
        let status = Command::new("cc")
            .args(["-static", "-Wall", "-Werror", "-o"])
            .args([&program, &source])
            .status();
        assert!(status.expect("a C compiler is installed").success());
        program
    })
}

/// A world where /data is uid 1000's, with directories beside it that nobody but root owns.
fn world(test: &str) -> Option<World> {
    let world = World::new(test)?;
    chown(world.path("data"), Some(1000), Some(1000)).unwrap();
    fs::create_dir_all(world.path("outside/d0")).unwrap();
    fs::write(world.path("outside/file"), "").unwrap();
    fs::write(world.path("outside/d0/file"), "").unwrap();
    // protected_hardlinks (proc(5)) lets a user link what it may write.
    fs::set_permissions(world.path("outside/file"), Permissions::from_mode(0o666)).unwrap();
    // Where uid 1000 may move things to.
    fs::create_dir(world.path("yard")).unwrap();
    chown(world.path("yard"), Some(1000), Some(1000)).unwrap();
    Some(world)
}

/// Walks again and again, with another group each time so that everything has to change, until the attack is over.
/// `outside` is what the swaps lead to.
fn walk_under_attack(world: &World, kind: &str, outside: &str, without_openat2: bool) {
    let program = world.path("tmp/attack");
    fs::copy(attack(), &program).unwrap();
    let (least_swaps, least_walks) = least();
    // Making and removing is slow where the journal is.
    let least_swaps = if kind == "churn" {
        least_swaps / 50
    } else {
        least_swaps
    };
    let mut attacker = Command::new("setpriv")
        .args(["--reuid=1000", "--regid=1000", "--clear-groups"])
        .arg(&program)
        .args([
            kind.as_ref(),
            world.path("data").as_os_str(),
            world.path(outside).as_os_str(),
        ])
        .arg(least_swaps.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(attacker.stdout.take().unwrap());
    let mut ready = String::new();
    said.read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    let trace = world.path("tmp/trace");
    let trace = trace.to_str().unwrap();
    let fault = [
        "strace",
        "-f",
        "-e",
        "inject=openat2:error=ENOSYS",
        "-o",
        trace,
    ];
    let mut walk = 0;
    while walk < least_walks || attacker.try_wait().unwrap().is_none() {
        walk += 1;
        let start = owning(world, 5000 + walk, &["--log-level", "error", "true"]);
        let end = if without_openat2 {
            start.under(fault).end()
        } else {
            start.end()
        };
        assert_eq!((end.code, end.stderr.as_str()), (0, ""), "walk {walk}");
        assert_eq!(
            others(&world.path("outside"), (0, 0)),
            NOTHING,
            "walk {walk}"
        );
        assert_eq!(
            others(&world.path("etc"), (0, 0)),
            [world.path("etc/gshadow")],
            "walk {walk}"
        );
        if walk == least_walks {
            drop(attacker.stdin.take());
        }
    }
    let mut swaps = String::new();
    said.read_to_string(&mut swaps).unwrap();
    assert!(attacker.wait().unwrap().success());
    let swaps: u64 = swaps.trim().parse().unwrap();
    println!("{kind}: {swaps} swaps during {walk} walks");
    assert!(swaps >= least_swaps, "{swaps}");
    // With nobody in the way, a walk makes everything but the hard links the identity's.
    owning(world, 1000, &["true"]).end().success();
    let left = others(&world.path("data"), (1000, 1000));
    assert_eq!(
        left.len(),
        if kind == "hard" { 1000 } else { 0 },
        "{left:?}"
    );
    assert_eq!(
        others(&world.path("etc"), (0, 0)),
        [world.path("etc/gshadow")]
    );
    assert_eq!(others(&world.path("outside"), (0, 0)), NOTHING);
    assert_eq!(owner(world.path("yard")), (1000, 1000));
}

#[test]
fn a_directory_that_is_swapped_for_a_link_to_etc() {
    if let Some(world) = world("a_directory_that_is_swapped_for_a_link_to_etc") {
        walk_under_attack(&world, "links", "etc", false);
    }
}

#[test]
fn a_directory_that_is_swapped_for_a_link_without_openat2() {
    let test = "a_directory_that_is_swapped_for_a_link_without_openat2";
    if let (Some(world), true) = (world(test), can_trace(test)) {
        walk_under_attack(&world, "links", "outside", true);
    }
}

/// What the races above show only where one is won.
#[test]
fn no_entry_is_opened_through_a_link() {
    let test = "no_entry_is_opened_through_a_link";
    let (Some(world), true) = (world(test), can_trace(test)) else {
        return;
    };
    fs::create_dir_all(world.path("data/sub/deep")).unwrap();
    fs::write(world.path("data/file"), "").unwrap();
    let trace = world.path("tmp/trace");
    let opens = |gid: u32, fault: &str, call: &str| -> Vec<String> {
        let strace = ["strace", "-f", "-e", fault, "-o", trace.to_str().unwrap()];
        let end = owning(&world, gid, &["/bin/true"]).under(strace).end();
        assert_eq!(end.code, 0, "{end:?}");
        let told = fs::read_to_string(&trace).unwrap();
        let is_of_an_entry = |line: &&str| {
            let of_an_entry = line.contains(call) && !line.contains("AT_FDCWD");
            of_an_entry && !line.contains(", \".\", ")
        };
        let opens = told.lines().filter(is_of_an_entry);
        opens.map(str::to_owned).collect()
    };
    let way = "RESOLVE_NO_XDEV|RESOLVE_NO_MAGICLINKS|RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH";
    for (gid, fault, call, guard) in [
        (5000, "trace=all", " openat2(", way),
        (
            5001,
            "inject=openat2:error=ENOSYS",
            " openat(",
            "O_NOFOLLOW",
        ),
    ] {
        let opens = opens(gid, fault, call);
        assert!(opens.len() >= 3, "{call}: {opens:?}");
        for open in opens {
            assert!(open.contains(guard), "{open}");
        }
    }
}

#[test]
fn a_file_that_is_swapped_for_a_hard_link_to_one_outside() {
    if let Some(world) = world("a_file_that_is_swapped_for_a_hard_link_to_one_outside") {
        walk_under_attack(&world, "hard", "outside/file", false);
    }
}

#[test]
fn a_directory_that_is_moved_out_and_back() {
    if let Some(world) = world("a_directory_that_is_moved_out_and_back") {
        walk_under_attack(&world, "moves", "yard", false);
    }
}

#[test]
fn entries_that_appear_vanish_and_change_their_type() {
    if let Some(world) = world("entries_that_appear_vanish_and_change_their_type") {
        walk_under_attack(&world, "churn", "etc", false);
    }
}
