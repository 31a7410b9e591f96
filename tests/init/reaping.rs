//! Orphans → reaped, all of them, whatever comes meanwhile.

use std::process::{Command, Stdio};

use crate::{
    PLACES, Scratch, descendants, eventually, is_root, probe_in, signal, start, state, status,
};

#[test]
fn ten_thousand_orphans_leave_no_zombie() {
    if !is_root("ten_thousand_orphans_leave_no_zombie") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    for place in PLACES {
        let script = format!("{probe} orphans 10000; echo code $?; exec {probe} wait");
        let init = start(place, &["--init"], &["sh", "-c", &script]);
        assert_eq!(init.line(), "left 10000");
        assert_eq!(init.line(), "code 7");
        init.wait_until_ready();
        // The command alone is left; a zombie would still be a child.
        eventually(|| (descendants(init.pid).len() == 1).then_some(()));
        println!("{place:?}: 10,000 orphans, 0 zombies");
        init.end();
    }
}

#[test]
fn a_fork_bomb_in_a_storm_of_signals_loses_nothing() {
    if !is_root("a_fork_bomb_in_a_storm_of_signals_loses_nothing") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    for place in PLACES {
        let mut init = start(place, &["--init"], &[&probe, "storm", "1000"]);
        init.wait_until_ready();
        // 1,000 TERM, which merge while one waits, and 1,000 of a real-time signal, which queue: each of those counts.
        let storm = format!(
            "for i in $(seq 1000); do kill -15 {0}; kill -64 {0}; done",
            init.pid
        );
        let sent = Command::new("dash")
            .args(["-c", &storm])
            .stdin(Stdio::null())
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(init.line(), "forked 1000");
        eventually(|| (descendants(init.pid).len() == 1).then_some(()));
        assert!(signal(init.pid, 3));
        let terms: u32 = init.line().strip_prefix("terms ").unwrap().parse().unwrap();
        assert!((1..=1000).contains(&terms), "{terms}");
        assert_eq!(init.line(), "queued 1000", "{place:?}");
        assert_eq!(init.code(), 9);
        println!("{place:?}: 1,000 TERM ({terms} after merging) and 1,000 RTMAX sent, 0 lost");
    }
}

#[test]
fn children_from_before_the_init_are_reaped_too() {
    if !is_root("children_from_before_the_init_are_reaped_too") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    let before = ["sh", "-c", "sleep 0.3 & exec \"$@\"", "sh"];
    let init = crate::start_from(
        &before,
        crate::Place::Outside,
        &["--init"],
        &[&probe, "wait"],
    );
    init.wait_until_ready();
    // The command is ready before its init has gone to sleep.
    eventually(|| (state(init.pid).as_deref() == Some("S")).then_some(()));
    assert_eq!(status(init.pid, "Threads"), "1");
    eventually(|| (descendants(init.pid).len() == 1).then_some(()));
    init.end();
}
