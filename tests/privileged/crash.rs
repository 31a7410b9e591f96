//! Contract 9: a crash or an error at any system call leaves each file old or new, and does not hinder the next start.

use crate::trace::{Call, calls, inject, with_socket};
use crate::world::{GROUP, GSHADOW, World};

fn new_group() -> String {
    format!("{GROUP}docker:!charon-init:988:charon\n")
}

fn new_gshadow() -> String {
    format!("{GSHADOW}docker:!charon-init::charon\n")
}

fn reset(world: &World) {
    world.write("etc/group", GROUP, 0o644);
    world.write("etc/gshadow", GSHADOW, 0o640);
}

/// Each file is the old one or the new one; gshadow goes first, so that group never promises what it does not hold.
fn is_whole(world: &World, context: &str) {
    let group = world.read("etc/group");
    let gshadow = world.read("etc/gshadow");
    assert!(group == GROUP || group == new_group(), "{context}: {group}");
    assert!(
        gshadow == GSHADOW || gshadow == new_gshadow(),
        "{context}: {gshadow}"
    );
    assert!(
        group == GROUP || gshadow == new_gshadow(),
        "{context}: group before gshadow"
    );
}

/// The next start is an ordinary one: it grants, finishes the edit, and leaves nothing beside.
fn next_start_heals(world: &World, context: &str) {
    let end = world.start(["id", "-G"]).end();
    assert_eq!(
        (end.code, end.stdout.as_str()),
        (0, "1000 988\n"),
        "{context}: {}",
        end.stderr
    );
    assert_eq!(world.read("etc/group"), new_group(), "{context}");
    assert_eq!(world.read("etc/gshadow"), new_gshadow(), "{context}");
    assert_eq!(world.litter(), Vec::<String>::new(), "{context}");
}

/// The calls of a first start, with its edit.
fn calls_of_an_edit(world: &World) -> Vec<Call> {
    reset(world);
    let (calls, end) = calls(world, world.start(["id", "-G"]));
    assert_eq!(end.success(), "1000 988\n");
    let renames = calls
        .iter()
        .filter(|call| call.name.starts_with("rename"))
        .count();
    assert_eq!(renames, 2, "gshadow and group");
    calls
}

/// What a power failure leaves depends on the order alone: content before name, names before we go on.
#[test]
fn files_are_synced_before_they_are_renamed_and_the_directory_after() {
    let Some(world) =
        with_socket("files_are_synced_before_they_are_renamed_and_the_directory_after")
    else {
        return;
    };
    let calls = calls_of_an_edit(&world);
    let order: Vec<_> = calls
        .iter()
        .map(|call| call.name.trim_end_matches("at2").trim_end_matches("at"))
        .filter(|name| ["fsync", "rename"].contains(name))
        .collect();
    assert_eq!(order, ["fsync", "fsync", "rename", "rename", "fsync"]);
}

#[test]
fn a_start_killed_at_any_system_call_leaves_whole_files_and_a_way_on() {
    let Some(world) =
        with_socket("a_start_killed_at_any_system_call_leaves_whole_files_and_a_way_on")
    else {
        return;
    };
    let calls = calls_of_an_edit(&world);
    for call in &calls {
        reset(&world);
        let context = format!("killed at {}", call.line);
        let (came_to_it, end) = inject(&world, world.start(["id", "-G"]), call, "signal=KILL");
        assert!(came_to_it, "{context}: {end:?}");
        assert_eq!(end.code, 137, "{context}: {end:?}");
        is_whole(&world, &context);
        next_start_heals(&world, &context);
    }
    println!("killed at each of {} system calls", calls.len());
}

/// From the lock to the drop; memory is not a file's matter, and its calls fail with ENOMEM alone.
fn edit_window(calls: Vec<Call>) -> Vec<Call> {
    let from_lock = calls
        .into_iter()
        .skip_while(|call| !call.line.contains(".pwd.lock"));
    let is_edit = |call: &Call| call.name != "prctl" && call.name != "setgroups";
    let memory = ["brk", "madvise", "mmap", "mprotect", "mremap", "munmap"];
    from_lock
        .take_while(is_edit)
        .filter(|call| !memory.contains(&call.name.as_str()))
        .collect()
}

#[test]
fn an_error_at_any_system_call_of_the_edit_leaves_whole_files_and_a_way_on() {
    let Some(world) =
        with_socket("an_error_at_any_system_call_of_the_edit_leaves_whole_files_and_a_way_on")
    else {
        return;
    };
    let window = edit_window(calls_of_an_edit(&world));
    assert!(window.iter().any(|call| call.name.starts_with("fsync")));
    for call in &window {
        for errno in ["ENOSPC", "EROFS", "EIO", "EBUSY"] {
            reset(&world);
            let context = format!("{errno} at {}", call.line);
            let fault = format!("error={errno}");
            let (came_to_it, end) = inject(&world, world.start(["id", "-G"]), call, &fault);
            assert!(came_to_it, "{context}: {end:?}");
            // Either the start failed and says so, or COMMAND runs with its grant, written down or not.
            match end.code {
                0 => assert_eq!(end.stdout, "1000 988\n", "{context}"),
                71 => assert_eq!(end.stdout, "", "{context}"),
                _ => panic!("{context}: {end:?}"),
            }
            let is_new = world.read("etc/group") == new_group();
            assert!(is_new || end.stderr.contains("/etc/"), "{context}: {end:?}");
            is_whole(&world, &context);
            next_start_heals(&world, &context);
        }
    }
    println!("four errors at each of {} system calls", window.len());
}

/// What the contract says about the errors that have a meaning, at the calls where they have it.
#[test]
fn a_full_disk_fails_and_a_read_only_one_does_not() {
    let Some(world) = with_socket("a_full_disk_fails_and_a_read_only_one_does_not") else {
        return;
    };
    let window = edit_window(calls_of_an_edit(&world));
    let first = |name: &str, part: &str| {
        let mut calls = window.iter();
        let call = calls.find(|call| call.name.starts_with(name) && call.line.contains(part));
        call.unwrap_or_else(|| panic!("no {name} of {part}"))
            .clone()
    };
    let beside = first("openat", ".charon-init");
    let rename = first("rename", "");
    let no_space = "(os error 28)";
    let table = [
        (first("write", "docker"), "ENOSPC", 71, no_space),
        (first("fsync", ""), "EIO", 71, "(os error 5)"),
        (beside.clone(), "ENOSPC", 71, no_space),
        (
            beside.clone(),
            "EROFS",
            0,
            "it is on a read-only file system",
        ),
        (beside, "EACCES", 0, "we may not write it"),
        (rename.clone(), "EBUSY", 0, "it is a mount point of its own"),
        (rename, "EROFS", 0, "it is on a read-only file system"),
        (first("fchown", ""), "EPERM", 0, "could not be restored"),
        (first("fchown", ""), "EINVAL", 0, "could not be restored"),
        (first("fchmod", ""), "EPERM", 0, "could not be restored"),
        (
            first("openat", ".pwd.lock"),
            "EROFS",
            0,
            "it is on a read-only file system",
        ),
    ];
    for (call, errno, code, why) in table {
        reset(&world);
        let context = format!("{errno} at {}", call.line);
        let fault = format!("error={errno}");
        let (_, end) = inject(&world, world.start(["id", "-G"]), &call, &fault);
        assert_eq!(end.code, code, "{context}: {end:?}");
        assert!(end.stderr.contains(why), "{context}: {end:?}");
        assert_eq!(world.read("etc/group"), GROUP, "{context}");
        assert_eq!(world.litter(), Vec::<String>::new(), "{context}");
    }
}

/// A write may take less than it is given, and any call may be interrupted.
#[test]
fn short_writes_and_interruptions_are_gone_through() {
    let Some(world) = with_socket("short_writes_and_interruptions_are_gone_through") else {
        return;
    };
    let window = edit_window(calls_of_an_edit(&world));
    let interrupted = ["write", "fsync", "fcntl", "openat", "read"];
    for call in window
        .iter()
        .filter(|call| interrupted.contains(&call.name.as_str()))
    {
        reset(&world);
        let context = format!("EINTR at {}", call.line);
        let (came_to_it, end) = inject(&world, world.start(["id", "-G"]), call, "error=EINTR");
        assert!(came_to_it, "{context}");
        assert_eq!(
            (end.code, end.stdout.as_str()),
            (0, "1000 988\n"),
            "{context}: {end:?}"
        );
        assert_eq!(world.read("etc/group"), new_group(), "{context}");
        assert_eq!(world.read("etc/gshadow"), new_gshadow(), "{context}");
    }
}
