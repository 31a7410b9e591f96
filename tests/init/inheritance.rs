//! What we inherited → the command's, unchanged; what the process that stays keeps of it: nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::{PLACES, Place, Scratch, is_root, probe_in, start, start_from};

/// Without KILL and STOP, which the kernel leaves out; and without 33 and 34, which musl unblocks before main when Rust's
/// runtime installs its handlers: a mask that had these two loses them in the static build.
const MASKS: [&str; 4] = ["0", "4000", "fffffffcfffbfeff", "c0000001"];

#[test]
fn the_mask_and_the_dispositions_reach_the_command_unchanged() {
    if !is_root("the_mask_and_the_dispositions_reach_the_command_unchanged") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    // CHLD, HUP, SEGV, BUS, USR1, TSTP and 34 ignored; PIPE is at its default in any case (contract 6).
    for ignored in ["0", "0000000200090641", "0000000200091641"] {
        for mask in MASKS {
            for mode in [&["--init"][..], &[]] {
                let before = [probe.as_str(), "become", mask, ignored];
                let command = ["sed", "-n", "/^Sig[BI]/p", "/proc/self/status"];
                let mut found = start_from(&before, Place::Outside, mode, &command);
                let lines = [found.line(), found.line()];
                assert_eq!(found.code(), 0);
                // The test's own std leaves 32 and 33 ignored, which the C library lets nobody undo.
                let ignored = u64::from_str_radix(ignored, 16).unwrap() & !0x1000 | 0x1_8000_0000;
                let expected = [
                    format!("SigBlk:\t{mask:0>16}"),
                    format!("SigIgn:\t{ignored:016x}"),
                ];
                assert_eq!(lines, expected, "{mode:?}");
            }
        }
    }
}

#[test]
fn an_inherited_ignored_sigchld_does_not_hang() {
    if !is_root("an_inherited_ignored_sigchld_does_not_hang") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    for place in PLACES {
        let before = [probe.as_str(), "become", "0", "10000"];
        let mut init = start_from(&before, place, &["--init"], &["sh", "-c", "exit 7"]);
        assert_eq!(init.code(), 7, "{place:?}");
    }
}

#[test]
fn listen_pid_names_the_command_when_it_named_us() {
    if !is_root("listen_pid_names_the_command_when_it_named_us") {
        return;
    }
    for place in PLACES {
        // The shell becomes charon-init with the same number; as PID 1 that is 1.
        let own = if place == Place::Pid1 { "1" } else { "$$" };
        for (value, expected) in [(own, "ours"), ("99999999", "99999999")] {
            let script = format!("LISTEN_PID={value} LISTEN_FDS=2 exec \"$@\"");
            let command = ["sh", "-c", "echo $LISTEN_PID; echo $$; echo $LISTEN_FDS"];
            let init = start_from(&["sh", "-c", &script, "sh"], place, &["--init"], &command);
            let (listen, own) = (init.line(), init.line());
            let found = if listen == own { "ours" } else { &listen };
            assert_eq!(found, expected, "{place:?}");
            assert_eq!(init.line(), "2");
        }
    }
}

#[test]
fn descriptors_and_the_working_directory_stay_with_the_command_only() {
    if !is_root("descriptors_and_the_working_directory_stay_with_the_command_only") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    let folder = scratch.path().to_str().unwrap();
    for hidden in [false, true] {
        for place in PLACES {
            let script = format!("cd {folder}; exec \"$@\" 3</etc/passwd 9</etc/group");
            // With a filter that does not know close_range(2), as older engines have.
            let filter = [
                "strace",
                "-qqq",
                "-D",
                "-o/dev/null",
                "-etrace=close_range",
                "-einject=close_range:error=ENOSYS",
            ];
            let mut before = vec!["sh", "-c", script.as_str(), "sh"];
            if hidden {
                if place == Place::Pid1 {
                    continue; // its tracer would be outside
                }
                before.extend(filter);
            }
            let init = start_from(
                &before,
                place,
                &["--init"],
                &[
                    "sh",
                    "-c",
                    &format!(
                        "echo $(readlink /proc/self/fd/3 /proc/self/fd/9) $PWD; exec {probe} wait"
                    ),
                ],
            );
            assert_eq!(init.line(), format!("/etc/passwd /etc/group {folder}"));
            init.wait_until_ready();
            let descriptors = || {
                let mut all: Vec<_> = fs::read_dir(format!("/proc/{}/fd", init.pid))
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect();
                all.sort();
                all
            };
            crate::eventually(|| (descriptors() == ["0", "1", "2"]).then_some(()));
            crate::eventually(|| {
                (fs::read_link(format!("/proc/{}/cwd", init.pid))
                    .unwrap()
                    .to_str()
                    == Some("/"))
                .then_some(())
            });
            init.end();
        }
    }
}

#[test]
fn the_process_that_stays_is_the_identity_without_any_power() {
    if !is_root("the_process_that_stays_is_the_identity_without_any_power") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    for place in PLACES {
        let options = ["--init", "--keep-cap=net_bind_service"];
        let init = start(
            place,
            &options,
            &[
                "sh",
                "-c",
                &format!("grep CapEff /proc/self/status; exec {probe} wait"),
            ],
        );
        assert_eq!(init.line(), "CapEff:\t0000000000000400");
        init.wait_until_ready();
        for (field, expected) in [
            ("Uid", "1000\t1000\t1000\t1000"),
            ("Gid", "1000\t1000\t1000\t1000"),
            ("Groups", "1000"),
            ("CapInh", "0000000000000000"),
            ("CapPrm", "0000000000000000"),
            ("CapEff", "0000000000000000"),
            ("CapAmb", "0000000000000000"),
            ("NoNewPrivs", "1"),
        ] {
            crate::eventually(|| (init.status(field) == expected).then_some(()));
        }
        // Non-dumpable: its files in /proc are root's, and the identity itself cannot read them.
        let owner = fs::metadata(format!("/proc/{}/environ", init.pid))
            .unwrap()
            .uid();
        assert_eq!(owner, 0, "{place:?}");
        init.end();
    }
}
