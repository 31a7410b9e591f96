//! Progress, the summary, and what a dry run counts.

use std::fs;
use std::process::Command;

use crate::common::skip;
use crate::trace::can_trace;
use crate::tree::{one_of_each, others, owning, plant};
use crate::world::World;

/// Each batch takes more than a second: six of them take long.
const SLOW: [&str; 6] = [
    "strace",
    "-f",
    "-e",
    "trace=getdents64",
    "-e",
    "inject=getdents64:delay_enter=1100000",
];

#[test]
fn a_long_walk_tells_how_far_it_is_every_two_seconds() {
    let test = "a_long_walk_tells_how_far_it_is_every_two_seconds";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    plant(&world.path("data"), 2, 5, 0);
    let end = owning(&world, 1000, &["true"])
        .under(SLOW.iter().chain(&["-o", "/dev/null"]))
        .end();
    let told: Vec<_> = end
        .stderr
        .lines()
        .filter(|line| line.contains(" per second"))
        .collect();
    assert!((2..=4).contains(&told.len()), "{end:?}");
    assert!(told[0].starts_with("charon-init: '/data': "), "{told:?}");
    assert!(told[0].contains(" entries seen, "), "{told:?}");
    assert!(!end.stderr.contains(['\r', '\x1b']), "{end:?}");
    let quiet = owning(&world, 1001, &["--log-level", "warn", "true"])
        .under(SLOW.iter().chain(&["-o", "/dev/null"]))
        .end();
    assert_eq!(quiet.stderr, "");
    let json = owning(&world, 1002, &["--log-format", "json", "true"])
        .under(SLOW.iter().chain(&["-o", "/dev/null"]))
        .end();
    for line in json.stderr.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["level"], "info", "{line}");
    }
    assert!(json.stderr.contains(r#""code":"giving""#), "{json:?}");
    assert!(json.stderr.contains(r#""code":"given""#), "{json:?}");
}

#[test]
fn on_a_terminal_one_line_moves() {
    let test = "on_a_terminal_one_line_moves";
    let (Some(world), true) = (World::new(test), can_trace(test)) else {
        return;
    };
    plant(&world.path("data"), 2, 5, 0);
    // The name of the terminal says that it has colours.
    let start = owning(&world, 1000, &["true"])
        .env("TERM", "xterm")
        .under(SLOW.iter().chain(&["-o", "/dev/null"]));
    let words: Vec<String> = std::iter::once(start.command())
        .flat_map(|command| {
            let program = command.get_program().to_owned();
            let arguments = command
                .get_args()
                .map(std::ffi::OsStr::to_owned)
                .collect::<Vec<_>>();
            std::iter::once(program).chain(arguments)
        })
        .map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")))
        .collect();
    // script(1) gives it a terminal.
    let output = Command::new("script")
        .args(["-qec", &words.join(" "), "/dev/null"])
        .output();
    let Ok(output) = output else {
        return skip(test, "needs script(1)");
    };
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.contains("\r[ =                  ] '/data': "),
        "{shown:?}"
    );
    assert!(
        shown.contains("\r[  =                 ] '/data': "),
        "{shown:?}"
    );
    // The line is gone before the next one.
    assert!(
        shown.contains("\r\x1b[K\x1b[32mcharon-init\x1b[0m: '/data': given to"),
        "{shown:?}"
    );
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let Some(world) = World::new("a_dry_run_counts_and_changes_nothing") else {
        return;
    };
    let count = one_of_each(&world.path("data"));
    fs::hard_link(world.path("etc/passwd"), world.path("data/hard")).unwrap();
    let end = owning(&world, 1000, &["--dry-run"]).end();
    assert!(end.stderr.contains("more than one link"), "{end:?}");
    let text = end.success();
    assert!(
        text.contains(
            "1. '/data': give it to 1000:1000, with all below it; asked for with --own\n"
        ),
        "{text}"
    );
    let line = format!("     {count} of {} entries differ\n", count + 1);
    assert!(text.contains(&line), "{text}");
    let json = owning(&world, 1000, &["--dry-run", "-f", "json"])
        .end()
        .success();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({"entries": count + 1, "differ": count, "unread": 0});
    assert_eq!(json["steps"][0]["counted"], expected);
    assert_eq!(json["steps"][0]["path"], "/data");
    assert!(others(&world.path("data"), (1000, 1000)).len() > count);
    // And then a start changes exactly so many.
    let end = owning(&world, 1000, &["true"]).end();
    assert!(
        end.stderr
            .contains(&format!(", {count} of {} entries changed;", count + 1)),
        "{end:?}"
    );
}
