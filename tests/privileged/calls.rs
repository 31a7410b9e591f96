//! What a start costs in system calls when there is nothing to do but the drop.

use crate::trace::{Call, calls, can_trace};
use crate::world::World;

/// At most so many, and one more for each capability that is dropped.
const LIMIT: usize = 60;

fn is_capability_drop(call: &Call) -> bool {
    call.line.starts_with("prctl(PR_CAPBSET_DROP")
}

#[test]
fn a_start_with_nothing_to_edit_writes_nothing_and_makes_few_calls() {
    let test = "a_start_with_nothing_to_edit_writes_nothing_and_makes_few_calls";
    if !can_trace(test) {
        return;
    }
    let Some(world) = World::new(test) else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    // With a path: what a search in PATH costs is COMMAND's, two calls for each directory that does not have it.
    assert_eq!(world.start(["/bin/true"]).end().code, 0);
    let (calls, end) = calls(&world, world.start(["/bin/true"]));
    assert_eq!(end.code, 0, "{end:?}");

    let writing = [
        "rename",
        "unlink",
        "fsync",
        "ftruncate",
        "fchown",
        "fchmod",
        "setxattr",
        "mkdir",
    ];
    let writes = |call: &&Call| {
        let opens = call.line.contains("O_WRONLY")
            || call.line.contains("O_CREAT")
            || call.line.contains("O_RDWR");
        let logs = call.name == "write" && !call.line.starts_with("write(2,");
        opens || logs || writing.iter().any(|name| call.name.contains(name))
    };
    assert_eq!(calls.iter().find(writes).map(|call| &call.line), None);

    let (drops, others): (Vec<_>, Vec<_>) = calls.iter().partition(|call| is_capability_drop(call));
    println!(
        "a start with nothing to edit: {} system calls and {} capabilities dropped",
        others.len(),
        drops.len()
    );
    // A dynamic build is for developers: its loader makes most of the calls.
    let is_static = !calls.iter().any(|call| call.line.contains("ld.so.cache"));
    let lines: Vec<_> = others.iter().map(|call| call.line.as_str()).collect();
    assert!(!is_static || others.len() <= LIMIT, "{}", lines.join("\n"));
}
