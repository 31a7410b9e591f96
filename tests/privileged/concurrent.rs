//! Fifty starts at once on one /etc/group: no line and no member is lost.

use std::fmt::Write;
use std::process::{Child, Stdio};

use crate::world::{End, GROUP, PASSWD, World};

const STARTS: usize = 50;

/// One account per start.
fn with_users(world: &World) {
    let mut passwd = PASSWD.to_owned();
    for number in 0..STARTS {
        writeln!(passwd, "user{number}:x:{}:1000::/:/bin/sh", 2000 + number).unwrap();
    }
    world.write("etc/passwd", passwd, 0o644);
}

/// Starts all of them before it waits for any.
fn start_all(world: &World, socket: impl Fn(usize) -> String) -> Vec<End> {
    let spawn = |number: usize| -> Child {
        let user = format!("user{number}");
        let words = ["--user", &user, "--socket", &socket(number), "id", "-G"].map(str::to_owned);
        let mut command = world.start(words).command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<Child> = (0..STARTS).map(spawn).collect();
    let end = |child: Child| End::from(child.wait_with_output().unwrap());
    children.into_iter().map(end).collect()
}

/// As `id -G` prints it: the primary group first.
fn groups(gid: usize) -> String {
    format!("1000 {gid}\n")
}

#[test]
fn fifty_users_join_one_group_at_once() {
    let Some(world) = World::new("fifty_users_join_one_group_at_once") else {
        return;
    };
    with_users(&world);
    world.socket("run/docker.sock", 988, 0o660);
    for end in start_all(&world, |_| "/run/docker.sock".into()) {
        assert_eq!(end.success(), groups(988));
    }
    let group = world.read("etc/group");
    let rest = group.strip_prefix(GROUP).unwrap();
    let members = rest
        .strip_prefix("docker:!charon-init:988:")
        .unwrap()
        .strip_suffix('\n')
        .unwrap();
    let mut members: Vec<_> = members.split(',').map(str::to_owned).collect();
    members.sort_unstable();
    let mut expected: Vec<_> = (0..STARTS).map(|number| format!("user{number}")).collect();
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(world.litter(), Vec::<String>::new());
}

#[test]
fn fifty_users_join_fifty_groups_of_the_image_at_once() {
    let Some(world) = World::new("fifty_users_join_fifty_groups_of_the_image_at_once") else {
        return;
    };
    with_users(&world);
    let mut group = GROUP.to_owned();
    for number in 0..STARTS {
        writeln!(group, "engine{number}:x:{}:", 5000 + number).unwrap();
        world.socket(
            &format!("run/{number}.sock"),
            u32::try_from(5000 + number).unwrap(),
            0o660,
        );
    }
    world.write("etc/group", group, 0o644);
    for (number, end) in start_all(&world, |number| format!("/run/{number}.sock"))
        .into_iter()
        .enumerate()
    {
        assert_eq!(end.success(), groups(5000 + number));
    }
    let mut expected = GROUP.to_owned();
    for number in 0..STARTS {
        writeln!(expected, "engine{number}:x:{}:user{number}", 5000 + number).unwrap();
    }
    assert_eq!(world.read("etc/group"), expected);
    assert_eq!(world.litter(), Vec::<String>::new());
}
