//! Each signal → the command, exactly once.

use crate::{PLACES, Place, Scratch, is_root, probe_in, start};

/// All but KILL and STOP, which nobody can catch. The C library reserves 32 and 33 (musl 34 too) for threads; the kernel
/// knows nothing of that, and they go to the command like the others.
fn signals() -> impl Iterator<Item = i32> {
    (1..=64).filter(|number| ![9, 19].contains(number))
}

#[test]
fn each_signal_that_can_be_caught_arrives_exactly_once() {
    if !is_root("each_signal_that_can_be_caught_arrives_exactly_once") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    for place in PLACES {
        for mode in ["--init=child", "--init=group"] {
            let init = start(place, &[mode], &[&probe, "signals"]);
            init.wait_until_ready();
            for number in signals() {
                init.signal(number);
                assert_eq!(init.line(), number.to_string(), "{place:?} {mode}");
            }
            // Whatever came twice would stand before this one.
            init.signal(64);
            assert_eq!(init.line(), "64", "{place:?} {mode}");
            init.end();
        }
    }
}

#[test]
fn real_time_signals_queue_and_keep_their_order() {
    if !is_root("real_time_signals_queue_and_keep_their_order") {
        return;
    }
    let scratch = Scratch::new();
    let init = start(Place::Pid1, &["--init"], &[&probe_in(&scratch), "signals"]);
    init.wait_until_ready();
    for _ in 0..100 {
        init.signal(40);
    }
    for _ in 0..100 {
        assert_eq!(init.line(), "40");
    }
    init.signal(10);
    assert_eq!(init.line(), "10");
    init.end();
}

#[test]
fn the_group_gets_it_only_when_asked() {
    if !is_root("the_group_gets_it_only_when_asked") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    // The command waits for its member of the same group, and both write to the same pipe.
    let script = format!("trap : USR1; {probe} signals & wait; wait");
    for place in PLACES {
        let init = start(place, &["--init=group"], &["sh", "-c", &script]);
        init.wait_until_ready();
        init.signal(10);
        assert_eq!(init.line(), "10", "{place:?}");
        init.end();

        let init = start(place, &["--init=child"], &["sh", "-c", &script]);
        let member = init.wait_until_ready();
        assert!(member > 0);
        init.signal(10);
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(init.lines.try_recv().is_err(), "{place:?}");
    }
}
