//! Large account files are handled in linear time.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::world::{GROUP, PASSWD, World};

/// The least time of three first starts, which edit, and of three next ones, which do not.
fn times(world: &World, group: &str) -> [Duration; 2] {
    let time = || {
        let start = Instant::now();
        let end = world.start(["id", "-G"]).end();
        let time = start.elapsed();
        assert_eq!(end.success(), "1000 988\n");
        time
    };
    let mut least = [Duration::MAX; 2];
    for _ in 0..3 {
        world.write("etc/group", group, 0o644);
        least = least.map(|least| least.min(time()));
    }
    least
}

/// Ten times the size must not take more than twenty times as long; below a tenth of a second, noise decides. What is
/// not linear takes a hundred times as long.
fn is_linear(what: &str, world: &World, group_of: impl Fn(usize) -> String) {
    let sizes = [1_000, 10_000, 100_000];
    let measured = sizes.map(|size| times(world, &group_of(size)));
    for (size, [edit, again]) in sizes.iter().zip(&measured) {
        println!("{size} {what}: first start {edit:?}, next start {again:?}");
    }
    let [_, middle, large] = measured;
    for (middle, large) in middle.into_iter().zip(large) {
        let bound = middle.max(Duration::from_millis(100)) * 20;
        assert!(large < bound, "{what}: {middle:?}, then {large:?}");
    }
}

#[test]
fn a_hundred_thousand_lines_are_handled_in_linear_time() {
    let Some(world) = World::new("a_hundred_thousand_lines_are_handled_in_linear_time") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    is_linear("lines", &world, |size| {
        let mut group = GROUP.to_owned();
        for number in 0..size {
            writeln!(
                group,
                "group{number}:x:{}:user{number},charon{number}",
                10_000 + number
            )
            .unwrap();
        }
        group
    });
    assert!(
        world
            .read("etc/group")
            .ends_with("docker:!charon-init:988:charon\n")
    );
}

#[test]
fn a_hundred_thousand_members_are_handled_in_linear_time() {
    let Some(world) = World::new("a_hundred_thousand_members_are_handled_in_linear_time") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    is_linear("members of one line", &world, |size| {
        let mut group = format!("{GROUP}docker:x:988:");
        for number in 0..size {
            write!(group, "charon{number},").unwrap();
        }
        group.pop();
        group.push('\n');
        group
    });
    assert!(world.read("etc/group").ends_with(",charon\n"));
}

#[test]
fn a_hundred_thousand_accounts_are_handled_in_linear_time() {
    let Some(world) = World::new("a_hundred_thousand_accounts_are_handled_in_linear_time") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let mut passwd = String::new();
    for number in 0..100_000 {
        writeln!(passwd, "user{number}:x:{}:1000::/:/bin/sh", 10_000 + number).unwrap();
    }
    passwd.push_str(PASSWD);
    world.write("etc/passwd", passwd, 0o644);
    let [_, again] = times(&world, GROUP);
    println!("100000 accounts: {again:?}");
    assert!(again < Duration::from_secs(5), "{again:?}");
}
