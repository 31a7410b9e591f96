//! What is below PATH belongs to the identity afterwards; nothing else does.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use crate::trace::{can_trace, inject};
use crate::tree::{NOTHING, one_of_each, others, owner, owning, plant};
use crate::world::World;

#[test]
fn every_type_of_entry_changes_hands_and_links_are_not_followed() {
    let Some(world) = World::new("every_type_of_entry_changes_hands_and_links_are_not_followed")
    else {
        return;
    };
    let count = one_of_each(&world.path("data"));
    let end = owning(&world, 1001, &["true"]).end();
    assert_eq!(others(&world.path("data"), (1000, 1001)), NOTHING);
    assert_eq!(owner(world.path("etc/passwd")), (0, 0));
    let summary =
        format!("'/data': given to 1000:1001, {count} of {count} entries changed; it took 0.");
    assert!(end.stderr.contains(&summary), "{end:?}");
    end.success();
    // And again: nothing is left to do.
    let end = owning(&world, 1001, &["true"]).end();
    assert!(
        end.stderr
            .contains(&format!(", 0 of {count} entries changed;")),
        "{end:?}"
    );
}

#[test]
fn a_kernel_or_profile_without_openat2_makes_no_difference() {
    let test = "a_kernel_or_profile_without_openat2_makes_no_difference";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    for (round, errno) in (1..).zip(["ENOSYS", "EPERM"]) {
        if round == 1 {
            one_of_each(&world.path("data"));
            fs::create_dir(world.path("data/mount")).unwrap();
            fs::create_dir(world.path("outside")).unwrap();
            fs::write(world.path("outside/file"), "").unwrap();
        }
        let fault = format!("inject=openat2:error={errno}");
        let trace = world.path("tmp/trace");
        let end = owning(&world, 1000 + round, &["true"])
            .mount(r#"mount --bind "$ROOT/outside" "$ROOT/data/mount""#)
            .under(["strace", "-f", "-e", &fault, "-o", trace.to_str().unwrap()])
            .end();
        assert!(fs::read_to_string(&trace).unwrap().contains("(INJECTED)"));
        assert!(
            end.stderr
                .contains("mounts below it are not entered: 1, the first '/data/mount'"),
            "{end:?}"
        );
        end.success();
        let left = others(&world.path("data"), (1000, 1000 + round));
        assert_eq!(left, [world.path("data/mount")]);
        assert_eq!(owner(world.path("outside")), (0, 0));
        assert_eq!(owner(world.path("outside/file")), (0, 0));
    }
}

#[test]
fn mounts_are_not_entered_and_not_changed() {
    let Some(world) = World::new("mounts_are_not_entered_and_not_changed") else {
        return;
    };
    for directory in ["data/bind", "data/tmpfs", "outside"] {
        fs::create_dir(world.path(directory)).unwrap();
    }
    for file in ["outside/file", "outside/single", "data/single"] {
        fs::write(world.path(file), "").unwrap();
    }
    let end = owning(
        &world,
        1000,
        &[
            "/bin/busybox",
            "stat",
            "-c",
            "%u %n",
            "/data",
            "/data/tmpfs",
            "/data/tmpfs/file",
            "/data/single",
        ],
    )
    .mount(r#"mount --bind "$ROOT/outside" "$ROOT/data/bind""#)
    .mount(r#"mount --bind "$ROOT/outside/single" "$ROOT/data/single""#)
    .mount(r#"mount -t tmpfs -o mode=755 none "$ROOT/data/tmpfs"; : >"$ROOT/data/tmpfs/file""#)
    .end();
    assert!(
        end.stderr.contains("mounts below it are not entered: 3"),
        "{end:?}"
    );
    assert_eq!(
        end.success(),
        "1000 /data\n0 /data/tmpfs\n0 /data/tmpfs/file\n0 /data/single\n"
    );
    assert_eq!(others(&world.path("outside"), (0, 0)), NOTHING);
}

#[test]
fn a_mount_is_walked_where_it_is_named() {
    let Some(world) = World::new("a_mount_is_walked_where_it_is_named") else {
        return;
    };
    fs::create_dir(world.path("data/cache")).unwrap();
    let start = || {
        world
            .start([
                "--no-socket",
                "--own",
                "/data",
                "--own",
                "/data/cache",
                "--own",
                "/data/",
                "--",
                "/bin/busybox",
                "stat",
                "-c",
                "%u",
                "/data",
                "/data/cache",
                "/data/cache/file",
            ])
            .mount(
                r#"mount -t tmpfs -o mode=755 none "$ROOT/data/cache"; : >"$ROOT/data/cache/file""#,
            )
    };
    // The second start finds /data the identity's: what lies in it is still walked.
    for _ in 0..2 {
        assert_eq!(start().end().success(), "1000\n1000\n1000\n");
    }
}

#[test]
fn a_path_may_be_a_file_or_lead_through_roots_links() {
    let Some(world) = World::new("a_path_may_be_a_file_or_lead_through_roots_links") else {
        return;
    };
    fs::create_dir_all(world.path("srv/real")).unwrap();
    fs::write(world.path("srv/real/file"), "").unwrap();
    fs::write(world.path("srv/other"), "").unwrap();
    symlink("/srv", world.path("link")).unwrap();
    let own = ["--no-socket", "--own", "/link/real/file", "true"];
    world.start(own).end().success();
    assert_eq!(owner(world.path("srv/real/file")), (1000, 1000));
    for path in ["srv", "srv/real", "srv/other", "link"] {
        assert_eq!(owner(world.path(path)), (0, 0), "{path}");
    }
}

#[test]
fn hard_links_stay_where_they_may_be_in_use_outside() {
    // A directory that is root's alone is walked by names, any other by descriptors.
    for owner_of_data in [0, 4242] {
        let Some(world) = World::new("hard_links_stay_where_they_may_be_in_use_outside") else {
            return;
        };
        let data = world.path("data");
        chown(&data, Some(owner_of_data), Some(owner_of_data)).unwrap();
        hard_links_stay(&world, &data);
    }
}

fn hard_links_stay(world: &World, data: &Path) {
    for (link, target) in [("shadow", "etc/passwd"), ("inner", "data/a")] {
        if link == "inner" {
            fs::write(world.path(target), "").unwrap();
        }
        fs::hard_link(world.path(target), data.join(link)).unwrap();
    }
    fs::write(data.join("mine"), "").unwrap();
    chown(data.join("mine"), Some(1000), Some(1000)).unwrap();
    fs::hard_link(data.join("mine"), data.join("mine2")).unwrap();
    let end = owning(world, 1000, &["true"]).end();
    let line = end
        .stderr
        .lines()
        .find(|line| line.contains("more than one link"));
    let line = line.unwrap_or_else(|| panic!("{end:?}"));
    assert!(
        line.contains("keep their owner: 3, the first '/data/"),
        "{line}"
    );
    assert!(!line.contains("mine"), "{line}");
    assert_eq!(owner(world.path("etc/passwd")), (0, 0));
    assert_eq!(owner(data.join("a")), (0, 0));
    assert_eq!(owner(data), (1000, 1000));
    end.success();
}

/// Between a look at a name and a change by it, the name could get another file.
#[test]
fn where_others_may_rename_no_owner_is_changed_by_a_name() {
    let test = "where_others_may_rename_no_owner_is_changed_by_a_name";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    one_of_each(&world.path("data"));
    chown(world.path("data"), Some(1000), Some(1000)).unwrap();
    chown(world.path("data/sub"), Some(1000), Some(1000)).unwrap();
    let (calls, end) = crate::trace::calls(&world, owning(&world, 5000, &["/bin/true"]));
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(others(&world.path("data"), (1000, 5000)), NOTHING);
    let changes = calls.iter().filter(|call| call.name == "fchownat");
    let by_name = |call: &&crate::trace::Call| !call.line.contains(", \"\", 1000, 5000");
    let (by_name, by_descriptor): (Vec<_>, Vec<_>) = changes.partition(by_name);
    // All but the two files that lie where root alone may rename, /data/sub/deep being another user's.
    let lines: Vec<_> = by_name.iter().map(|call| &call.line).collect();
    assert!(by_descriptor.len() >= 9, "{lines:?}");
    assert!(
        by_name.iter().all(|call| call.line.contains("\"file\"")),
        "{lines:?}"
    );
}

#[test]
fn a_walk_that_was_killed_is_made_again() {
    let test = "a_walk_that_was_killed_is_made_again";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    plant(&world.path("data"), 4, 20, 4242);
    let policy = ["--own-policy", "on-root-mismatch", "/bin/true"];
    let start = || owning(&world, 1000, &policy);
    let (calls, end) = crate::trace::calls(&world, start());
    end.success();
    let changes: Vec<_> = calls
        .iter()
        .filter(|call| call.name == "fchownat")
        .collect();
    assert_eq!(changes.len(), 85);
    for kill_at in [1, 2, 40, 84, 85] {
        let root = world.path("data");
        let reset = std::process::Command::new("chown")
            .args(["-R", "4242:4242"])
            .arg(&root)
            .status();
        assert!(reset.unwrap().success());
        let (killed, _) = inject(&world, start(), changes[kill_at - 1], "signal=KILL");
        assert!(killed);
        let left = others(&root, (1000, 1000)).len();
        // strace kills after the call it counts.
        assert!(
            (85 - kill_at..=86 - kill_at).contains(&left),
            "{kill_at}: {left}"
        );
        assert!(
            left == 0 || owner(&root) == (4242, 4242),
            "the root comes last"
        );
        start().end().success();
        assert_eq!(others(&root, (1000, 1000)), NOTHING, "{kill_at}");
    }
}

#[test]
fn on_root_mismatch_the_root_alone_is_looked_at() {
    let test = "on_root_mismatch_the_root_alone_is_looked_at";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    plant(&world.path("data"), 10, 10, 0);
    let policy = ["--own-policy", "on-root-mismatch", "/bin/true"];
    chown(world.path("data"), Some(1000), Some(1000)).unwrap();
    let (calls, end) = crate::trace::calls(&world, owning(&world, 1000, &policy));
    assert!(
        end.stderr
            .contains("'/data': left as it is: its root belongs to the identity"),
        "{end:?}"
    );
    assert!(
        !calls
            .iter()
            .any(|call| ["getdents64", "fchownat"].contains(&call.name.as_str()))
    );
    assert_eq!(others(&world.path("data"), (1000, 1000)).len(), 110);
    // A wrong group is a mismatch.
    owning(&world, 1001, &policy).end().success();
    assert_eq!(others(&world.path("data"), (1000, 1001)), NOTHING);
}
