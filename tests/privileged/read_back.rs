//! Contract 10: a step that reports success and did nothing is found out, and COMMAND does not run.
//!
//! strace(1) answers the system call in the kernel's place: what a filter or a broken sandbox could do as well.

use crate::trace::{Call, calls, can_trace, inject};
use crate::world::{Start, World};

/// The options of every start here: a capability is kept, so that each step of a drop occurs.
const OPTIONS: [&str; 5] = [
    "--no-socket",
    "--keep-cap",
    "net_bind_service",
    "probe",
    "ids",
];

fn start(world: &World, has_proc: bool) -> Start<'_> {
    let start = world.start(OPTIONS);
    if has_proc {
        start
    } else {
        start.without_proc()
    }
}

/// The step whose call is answered, a part of that call, and the step that must fail.
const LIES: [(&str, &str, &str); 9] = [
    (
        "prctl",
        "PR_CAPBSET_DROP, CAP_SYS_ADMIN",
        "read back the bounding capability set",
    ),
    ("setgroups", "[1000]", "read back the supplementary groups"),
    ("setresgid", "1000, 1000, 1000", "read back the group ids"),
    ("setresuid", "1000, 1000, 1000", "read back the user ids"),
    (
        "capset",
        "effective",
        "raise net_bind_service in the ambient capability set",
    ),
    (
        "prctl",
        "PR_CAP_AMBIENT_RAISE",
        "read back the ambient capabilities",
    ),
    ("prctl", "PR_SET_NO_NEW_PRIVS", "read back the no_new_privs"),
    (
        "setresuid",
        "0, 0, 0",
        "make sure that uid 0 is out of reach",
    ),
    (
        "setresgid",
        "0, 0, 0",
        "make sure that gid 0 is out of reach",
    ),
];

fn every_lie_is_found_out(test: &str, has_proc: bool) {
    if !can_trace(test) {
        return;
    }
    let Some(world) = World::new(test) else {
        return;
    };
    let (calls, end) = calls(&world, start(&world, has_proc));
    assert_eq!(end.code, 0, "{end:?}");
    for (name, part, step) in LIES {
        let is_meant = |call: &&Call| call.name == name && call.line.contains(part);
        let call = calls.iter().find(is_meant);
        let call = call.unwrap_or_else(|| panic!("no {name} with {part}"));
        let (came_to_it, end) = inject(&world, start(&world, has_proc), call, "retval=0");
        assert!(came_to_it, "{name}: {end:?}");
        assert_eq!(
            (end.code, end.stdout.as_str()),
            (71, ""),
            "{name} {part}: {end:?}"
        );
        assert!(end.stderr.contains(step), "{name} {part}: {end:?}");
    }
}

#[test]
fn a_step_that_did_nothing_is_found_out() {
    every_lie_is_found_out("a_step_that_did_nothing_is_found_out", true);
}

#[test]
fn a_step_that_did_nothing_is_found_out_without_proc() {
    every_lie_is_found_out("a_step_that_did_nothing_is_found_out_without_proc", false);
}

/// With nothing to keep there is one call that empties the sets.
#[test]
fn capabilities_that_were_not_dropped_are_found_out() {
    let test = "capabilities_that_were_not_dropped_are_found_out";
    if !can_trace(test) {
        return;
    }
    let Some(world) = World::new(test) else {
        return;
    };
    let start = || {
        // Under this securebit leaving uid 0 drops nothing by itself.
        let setpriv = ["setpriv", "--securebits", "+no_setuid_fixup"];
        world.start(["--no-socket", "probe", "ids"]).under(setpriv)
    };
    let (calls, end) = calls(&world, start());
    assert_eq!(end.code, 0, "{end:?}");
    let capset = calls.iter().find(|call| call.name == "capset").unwrap();
    let (came_to_it, end) = inject(&world, start(), capset, "retval=0");
    assert!(came_to_it, "{end:?}");
    assert_eq!((end.code, end.stdout.as_str()), (71, ""), "{end:?}");
    assert!(
        end.stderr.contains("read back the permitted capabilities"),
        "{end:?}"
    );
}
