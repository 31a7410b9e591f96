//! The table beside a PUID/PGID script and fixuid → every cell of the two that run is what the run printed.
//!
//! The script is `puid-pgid`, with Debian's usermod, groupmod and setpriv. fixuid is in no Debian; its column is read in
//! its source (0.6), and the page says so.

use crate::page::rows;
use crate::stage::{Namespace, has, is_root, repository, skip};

/// What a row is about → the commands that print its cell. `AS` stands for the tool, in front of a command.
///
/// `who` is a command that prints its ids, or the exit code of the tool that did not come to it.
const PROBES: &[(&str, &str)] = &[
    ("PUID=1001, PGID=1002", "PUID=1001 PGID=1002 who AS"),
    (
        "and the names resolve",
        "PUID=1001 PGID=1002 AS sh -c 'id -un; id -gn' | grep -c charon | grep -qx 2; yes_or_no",
    ),
    ("the numbers that it has", "PUID=1000 PGID=1000 who AS"),
    (
        "PUID of another account",
        "echo www:x:33:33::/: >>/etc/passwd; PUID=33 who AS",
    ),
    (
        "PGID of another group",
        "echo users:x:100: >>/etc/group; PGID=100 who AS",
    ),
    ("PUID=0", "PUID=0 who AS"),
    ("PUID=abc", "PUID=abc who AS"),
    ("PUID=4294967296", "PUID=4294967296 who AS"),
    ("PUID empty", "PUID= who AS"),
    (
        "read-only root, PUID=1001",
        "mount -o remount,bind,ro /etc; PUID=1001 who AS",
    ),
    (
        "`/etc/passwd` bind-mounted, PUID=1001",
        "cp /etc/passwd /run/passwd; mount --bind /run/passwd /etc/passwd; PUID=1001 who AS",
    ),
    (
        "and the host's file stays",
        "cp /etc/passwd /run/passwd; mount --bind /run/passwd /etc/passwd; PUID=1001 AS true >/dev/null || true; \
         grep -q '^charon:x:1000:1000:' /run/passwd; yes_or_no",
    ),
    (
        "the second start",
        "PUID=1001 PGID=1002 AS true >/dev/null; PUID=1001 PGID=1002 who AS",
    ),
    (
        "and it writes nothing",
        "PUID=1001 PGID=1002 AS true >/dev/null; before=$(stat -c %i-%y /etc /etc/passwd /etc/group); \
         PUID=1001 PGID=1002 AS true >/dev/null; [ \"$before\" = \"$(stat -c %i-%y /etc /etc/passwd /etc/group)\" ]; yes_or_no",
    ),
    (
        "the engine's `--group-add` survives",
        "PUID=1001 setpriv --groups 0,4242 AS id -G | grep -qw 4242; yes_or_no",
    ),
    (
        "killed in mid-edit, `/etc/passwd` is whole",
        "sed s/1000:1000/1001:1000/ /etc/passwd >/run/new; cp /etc/passwd /run/old; intact=0; \
         for call in write fsync /^rename; do cp /run/old /etc/passwd; \
         PUID=1001 strace -f -o /dev/null -e inject=$call:signal=KILL:when=1 AS true >/dev/null || true; \
         cmp -s /etc/passwd /run/old || cmp -s /etc/passwd /run/new || intact=1; done; [ $intact = 0 ]; yes_or_no",
    ),
    (
        "broken lines and comments are kept",
        "printf '%s\\n' '# comment' broken >>/etc/passwd; PUID=1001 AS true >/dev/null; \
         tail -n 2 /etc/passwd | tr '\\n' , | grep -qx '# comment,broken,'; yes_or_no",
    ),
];

/// For the probes: each call finds its namespace as new.
const WORDS: &str = r#"
    yes_or_no() { if [ $? = 0 ]; then echo yes; else echo no; fi; }
    who() { code=0; ids=$("$@" sh -c 'echo uid $(id -u), gid $(id -g)') || code=$?
            if [ $code = 0 ]; then echo "$ids" | tail -n 1; else echo "refused ($code)"; fi; }
"#;

const COLUMNS: [(&str, &str); 2] = [("charon-init", "charon-init"), ("script", "puid-pgid")];

#[test]
fn the_parity_with_a_puid_pgid_script() {
    const NAME: &str = "the_parity_with_a_puid_pgid_script";
    let tools = ["setpriv", "usermod", "groupmod", "strace"];
    if !is_root() || !tools.iter().all(|tool| has(tool)) {
        return skip(NAME, "needs root, setpriv, usermod, groupmod and strace");
    }
    let rows = rows("| what happens | charon-init | PUID/PGID script | fixuid |");
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let probed: Vec<&str> = PROBES.iter().map(|(row, _)| *row).collect();
    assert_eq!(names, probed, "every row of the table has its probe");

    let namespace = Namespace::new();
    let script = repository().join("tests/readme/puid-pgid");
    let mut differences = Vec::new();
    for (row, (name, probe)) in rows.iter().zip(PROBES) {
        for (index, (column, program)) in COLUMNS.into_iter().enumerate() {
            let program = match program {
                "puid-pgid" => script.to_str().unwrap(),
                program => program,
            };
            let commands = probe.replace("AS", program);
            // A probe goes on where a command of it fails: that is what it is about.
            let outcome = namespace.run(&format!("set +e\n{WORDS}\n{commands}"));
            if outcome.stdout.trim() != row[index + 1] {
                differences.push(format!(
                    "{column}: {name}: {} on the page\n{outcome:?}",
                    row[index + 1]
                ));
            }
        }
        assert!(!row[3].is_empty(), "{row:?}");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
