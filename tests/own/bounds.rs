//! Memory, descriptors and depth are bounded, whatever the tree looks like.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::chown;

use rustix::fs::{Mode, OFlags, mkdirat, openat};

use crate::trace::can_trace;
use crate::tree::{NOTHING, one_of_each, others, owner, owning};
use crate::world::World;

/// The limit, in KiB.
const MEMORY: u64 = 64 * 1024;

/// The most memory that a start ever had, in KiB, COMMAND included; as busybox's time tells it.
fn memory(world: &World, gid: u32) -> u64 {
    let time = ["/bin/busybox", "time", "-f", "most memory %M"];
    let end = owning(world, gid, &["true"]).under(time).end();
    let line = end
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("most memory "));
    let memory = line.and_then(|number| number.trim().parse().ok());
    let memory = memory.unwrap_or_else(|| panic!("{end:?}"));
    assert_eq!(end.code, 0, "{end:?}");
    println!("{memory} KiB");
    memory
}

#[test]
fn two_hundred_thousand_entries_in_one_directory() {
    let Some(world) = World::new("two_hundred_thousand_entries_in_one_directory") else {
        return;
    };
    let data = world.path("data");
    for number in 0..200_000 {
        // Names of every length, up to the longest.
        let name = format!("{number:0width$}", width = 6 + number % 250);
        File::create(data.join(name)).unwrap();
    }
    assert!(memory(&world, 1000) < MEMORY);
    assert_eq!(others(&data, (1000, 1000)), NOTHING);
    // And once more, with nothing to do.
    assert!(memory(&world, 1000) < MEMORY);
}

#[test]
fn many_directories_beside_each_other() {
    let Some(world) = World::new("many_directories_beside_each_other") else {
        return;
    };
    for outer in 0..4 {
        let outer = world.path(format!("data/{outer}"));
        fs::create_dir(&outer).unwrap();
        for number in 0..5_000 {
            fs::create_dir(outer.join(number.to_string())).unwrap();
        }
    }
    assert!(memory(&world, 1000) < MEMORY);
    assert_eq!(others(&world.path("data"), (1000, 1000)), NOTHING);
}

/// Directories called `name`, one in the other.
fn dig(world: &World, levels: usize, name: &str, aside: usize) -> Vec<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let name = CString::new(name).unwrap();
    let mut here: OwnedFd = File::open(world.path("data")).unwrap().into();
    for level in 0..levels {
        for other in 0..aside {
            let other = format!("{other}");
            mkdirat(&here, other, Mode::from_raw_mode(0o755)).unwrap();
        }
        mkdirat(&here, &name, Mode::from_raw_mode(0o755))
            .unwrap_or_else(|errno| panic!("{level}: {errno}"));
        here = openat(here.as_fd(), &name, flags, Mode::empty()).unwrap();
    }
    vec![here]
}

#[test]
fn a_very_deep_tree_is_walked_as_far_as_descriptors_go_and_told() {
    let Some(world) = World::new("a_very_deep_tree_is_walked_as_far_as_descriptors_go_and_told")
    else {
        return;
    };
    let deepest = dig(&world, 3000, &"d".repeat(255), 0);
    for (limit, levels) in [("4096", 1000), ("256", 224), ("64", 32)] {
        let gid = 1000 + levels;
        let end = owning(&world, gid, &["true"])
            .under(["prlimit", &format!("--nofile={limit}:{limit}")])
            .end();
        assert!(
            end.stderr
                .contains("directories this deep are not entered: 1, the first '/data/ddd"),
            "{limit}: {end:?}"
        );
        assert!(
            end.stderr
                .contains(&format!("{levels} of {} entries changed", levels + 1)),
            "{limit}: {end:?}"
        );
        // A path of 255,000 characters is no log line.
        assert!(end.stderr.len() < 2000, "{limit}: {}", end.stderr.len());
        end.success();
        assert_eq!(owner(world.path("data")), (1000, gid));
    }
    let stat = rustix::fs::fstat(&deepest[0]).unwrap();
    assert_eq!(stat.st_uid, 0);
    remove_deep(&world);
}

/// std's remove_dir_all recurses too deep.
fn remove_deep(world: &World) {
    let status = std::process::Command::new("rm")
        .arg("-rf")
        .arg(world.path("data"))
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn wide_at_every_level_takes_little_memory() {
    let Some(world) = World::new("wide_at_every_level_takes_little_memory") else {
        return;
    };
    dig(&world, 990, "x", 20);
    assert!(memory(&world, 1000) < MEMORY);
    remove_deep(&world);
}

#[test]
fn command_finds_no_descriptor_of_ours_and_no_thread() {
    let Some(world) = World::new("command_finds_no_descriptor_of_ours_and_no_thread") else {
        return;
    };
    for number in 0..2000 {
        File::create(world.path(format!("data/{number}"))).unwrap();
    }
    chown(world.path("data/7"), Some(7), Some(7)).unwrap();
    let look = ["sh", "-c", "echo /proc/$$/fd/* /proc/$$/task/*"];
    let digits = |text: String| {
        text.split_whitespace()
            .map(|path| path.rsplit('/').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let with = digits(owning(&world, 1000, &look).end().success());
    let without = digits(world.run("/bin/sh", &look[1..]).end().success());
    assert_eq!(with.len(), without.len(), "{with:?} {without:?}");
    assert_eq!(with[..with.len() - 1], without[..without.len() - 1]);
}

#[test]
fn a_profile_that_hides_the_limit_of_descriptors_makes_no_difference() {
    let test = "a_profile_that_hides_the_limit_of_descriptors_makes_no_difference";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    one_of_each(&world.path("data"));
    let trace = world.path("tmp/trace");
    let fault = ["strace", "-f", "-e", "inject=prlimit64:error=EPERM", "-o"];
    let end = owning(&world, 1000, &["true"])
        .under(fault.iter().chain(&[trace.to_str().unwrap()]))
        .end();
    assert!(fs::read_to_string(&trace).unwrap().contains("(INJECTED)"));
    assert_eq!(others(&world.path("data"), (1000, 1000)), NOTHING);
    end.success();
}
