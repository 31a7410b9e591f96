//! The process that stays → no wake-up, little memory.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::{PLACES, Place, Scratch, is_root, probe_in, start, state};

#[test]
fn the_process_that_stays_wakes_for_nothing() {
    if !is_root("the_process_that_stays_wakes_for_nothing") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    let seconds = if std::env::var_os("CHARON_TEST_LONG").is_some() {
        60
    } else {
        5
    };
    let inits =
        PLACES.map(|place| start(place, &["--init", "--grace-period=1s"], &[&probe, "wait"]));
    for init in &inits {
        init.wait_until_ready();
        crate::eventually(|| (state(init.pid).as_deref() == Some("S")).then_some(()));
    }
    sleep(Duration::from_millis(300));
    let switches = || {
        inits.each_ref().map(|init| {
            ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
                .map(|field| init.status(field))
        })
    };
    let before = switches();
    sleep(Duration::from_secs(seconds));
    assert_eq!(switches(), before);
    println!("0 wake-ups in {seconds} s");
    for init in inits {
        init.end();
    }
}

/// What is resident counts, and not what is private: the code of a second one on the machine is shared, a first one's
/// is its own.
#[test]
fn the_static_pid_1_has_at_most_300_kib_for_itself() {
    if !is_root("the_static_pid_1_has_at_most_300_kib_for_itself") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    let init = start(Place::Pid1, &["--init"], &[&probe, "wait"]);
    init.wait_until_ready();
    let at_first = resident(init.pid);
    // SIGWINCH wakes it, and what passing that on takes is let go of again.
    init.signal(28);
    let later = resident(init.pid);
    let maps = fs::read_to_string(format!("/proc/{}/maps", init.pid)).unwrap();
    let is_static = !maps.contains("ld-linux");
    println!("resident {at_first} KiB, later {later} KiB, static: {is_static}");
    // Cargo's own debug build is neither small nor static; tests/run comes a second time with the static one.
    assert!(
        !is_static || at_first.max(later) <= 300,
        "{at_first} KiB, {later} KiB"
    );
    init.end();
}

/// KiB in memory, a while after what happened last.
fn resident(pid: u32) -> u32 {
    sleep(Duration::from_millis(300));
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let resident = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let number = resident.and_then(|line| line.trim().strip_suffix(" kB"));
    number.unwrap().parse().unwrap()
}
