//! What an init reads: durations and `/proc/PID/stat`.

use std::time::Duration;

use charon_init::parse::duration::duration;
use charon_init::parse::stat::{Stat, started, stat};

#[test]
fn a_duration_is_a_whole_number_with_a_unit_or_of_seconds() {
    for (text, milliseconds) in [
        ("0", 0),
        ("7", 7000),
        ("0s", 0),
        ("1ms", 1),
        ("90s", 90_000),
        ("5m", 300_000),
        ("24h", 86_400_000),
        ("4294967294ms", 4_294_967_294),
    ] {
        let expected = Some(Duration::from_millis(milliseconds));
        assert_eq!(duration(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn anything_else_is_no_duration() {
    for text in [
        "",
        "s",
        "ms",
        " 1s",
        "1s ",
        "1 s",
        "1.5s",
        "-1s",
        "+1s",
        "1S",
        "1d",
        "1sm",
        "1e3",
        "0x1",
        "99999999999999999999",
        "18446744073709551615h",
        "\u{664}s",
        "1s\n",
        "1\0",
    ] {
        assert_eq!(duration(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn a_stat_says_parent_and_group() {
    let expected = Some(Stat {
        parent: 12,
        group: 34,
    });
    assert_eq!(stat(b"56 (sleep) S 12 34 34 0 -1 4194304 92 0\n"), expected);
    assert_eq!(stat(b"56 (sleep) Z 12 34 34 0 -1 4194304 92 0\n"), expected);
    // Of another PID namespace: no parent, no group.
    assert_eq!(
        stat(b"1 (init) S 0 0 0 0 -1"),
        Some(Stat {
            parent: 0,
            group: 0
        })
    );
}

#[test]
fn a_stat_says_when_the_process_was_started() {
    let before = "56 (a) S 1) S 12 34 34 0 -1 4194304 92 0 0 0 0 0 0 0 20 0 1 0";
    assert_eq!(
        started(format!("{before} 8123 2646016 88 1").as_bytes()),
        Some(8123)
    );
    assert_eq!(started(before.as_bytes()), None);
    assert_eq!(started(b""), None);
}

#[test]
fn a_process_cannot_choose_a_name_that_forges_its_stat() {
    let expected = Some(Stat {
        parent: 12,
        group: 34,
    });
    for name in ["a) S 1 1 1 (b", ") R 1 1", "a b", "\n", ")", "("] {
        assert_eq!(
            stat(format!("56 ({name}) S 12 34 34 0").as_bytes()),
            expected,
            "{name:?}"
        );
    }
}

#[test]
fn a_stat_that_is_cut_short_is_none() {
    for text in [
        "",
        "56",
        "56 (sleep",
        "56 (sleep)",
        "56 (sleep) S",
        "56 (sleep) S 12",
        "56 (sleep) S x 34",
        "56 (sleep) S 12 -1",
    ] {
        assert_eq!(stat(text.as_bytes()), None, "{text:?}");
    }
}
