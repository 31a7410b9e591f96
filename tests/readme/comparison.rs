//! The table that compares charon-init with other tools → every cell is seen to happen.

use crate::page::{readme, rows, snippet};
use crate::stage::{Namespace, has, is_root, skip};

/// What a row is about → the commands that show it. `AS_CHARON` and `AS` stand for the tool, `AS` with `UID`.
///
/// A script prints `yes` when it happens.
const PROBES: &[(&str, &str)] = &[
    (
        "the engine's `--group-add` survives",
        "setpriv --groups 0,4242 AS_CHARON id -G | grep -qw 4242",
    ),
    (
        "the socket's group is joined",
        "AS_CHARON id -G | grep -qw 988",
    ),
    (
        "a broken line `broken:x:xx:charon` in `/etc/group` gives GID 0",
        "echo broken:x:xx:charon >>/etc/group; AS_CHARON id -G | grep -qw 0",
    ),
    (
        "a uid without an account stays in GID 0",
        "AS 4242 id -g | grep -qw 0",
    ),
    (
        "uid 4294967295 runs as root",
        "AS 4294967295 id -u | grep -qw 0",
    ),
    (
        "started as `charon` already, it goes on",
        "setpriv --reuid 1000 --regid 1000 --clear-groups AS_CHARON true",
    ),
    (
        "`USER` is `charon`",
        "AS_CHARON printenv USER | grep -qx charon",
    ),
    (
        "no_new_privs is set",
        "AS_CHARON grep -q '^NoNewPrivs:.1$' /proc/self/status",
    ),
    (
        "the bounding set is empty",
        "AS_CHARON grep -q '^CapBnd:.0*$' /proc/self/status",
    ),
    (
        "a missing COMMAND is 127",
        "code=0; AS_CHARON no-such-command || code=$?; [ $code = 127 ]",
    ),
];

const TOOLS: [&str; 3] = ["gosu", "setpriv", "charon-init"];

#[test]
fn the_comparison() {
    const NAME: &str = "the_comparison";
    if !is_root() || !has("gosu") || !has("setpriv") {
        return skip(NAME, "needs root, gosu and setpriv");
    }
    let namespace = Namespace::new();
    for tool in ["gosu", "setpriv"] {
        let version = namespace.run(&format!("{tool} --version")).stdout;
        let version = version
            .split_whitespace()
            .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
            .unwrap();
        if !readme().contains(&format!("{tool} {version} ")) {
            return skip(NAME, &format!("{tool} {version} is not the page's"));
        }
    }
    let snippet = snippet("the_comparison");
    let commands: Vec<&str> = snippet.lines().filter(|line| !line.is_empty()).collect();
    let (as_charon, as_uid) = commands.split_at(TOOLS.len());

    let rows = rows("| what happens | gosu | setpriv | charon-init |");
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let probed: Vec<&str> = PROBES.iter().map(|(row, _)| *row).collect();
    assert_eq!(names, probed, "every row of the table has its probe");

    for (row, (name, probe)) in rows.iter().zip(PROBES) {
        for (index, tool) in TOOLS.into_iter().enumerate() {
            let charon = as_charon[index].strip_suffix(" COMMAND").unwrap();
            let uid = as_uid[index].strip_suffix(" COMMAND").unwrap();
            assert!(charon.starts_with(tool) && uid.starts_with(tool));
            let script = format!(
                "as() {{ uid=$1; shift; {} \"$@\"; }}\nif {{ {}; }}; then echo yes; else echo no; fi",
                uid.replace("UID", "\"$uid\""),
                probe.replace("AS_CHARON", charon).replace("AS ", "as ")
            );
            let outcome = namespace.run(&script);
            assert_eq!(
                outcome.stdout.trim(),
                row[index + 1],
                "{tool}: {name}\n{script}\n{}",
                outcome.stderr
            );
        }
    }
}
