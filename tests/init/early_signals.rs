//! TERM at every system call → the command ends, every time; and what becomes of it in the peers.

use std::process::Command;

use crate::{Scratch, charon_init, helper, is_root, output, probe_in, skip};

/// What `early` found: system calls before signals are held, injections, losses.
fn inject(patience: &str, init: &[&str], command: &[&str]) -> (u32, usize, usize) {
    let (code, text) = output(
        Command::new(helper("early"))
            .arg(patience)
            .args(init)
            .args(command),
    );
    assert_eq!(code, Some(0), "{text}");
    let before = text
        .lines()
        .find_map(|line| line.strip_prefix("before ")?.parse().ok());
    let results = |end: &str| text.lines().filter(|line| line.ends_with(end)).count();
    let lost = results(" LOST");
    (before.unwrap(), lost + results(" ended"), lost)
}

#[test]
fn a_term_at_any_system_call_until_the_command_runs_ends_it() {
    if !is_root("a_term_at_any_system_call_until_the_command_runs_ends_it") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    let binary = charon_init().into_os_string().into_string().unwrap();
    for mode in ["--init=child", "--init=group"] {
        let own = [
            binary.as_str(),
            "--user=1000:1000",
            "--no-socket",
            mode,
            "--",
        ];
        let (before, injections, lost) = inject("2000", &own, &[&probe, "wait"]);
        println!(
            "{mode}: {before} system calls before signals are held, {injections} TERM injected, {lost} lost"
        );
        assert_eq!(lost, 0);
        assert!(injections > 50, "{injections}");
        // A dynamic build has those of its loader as well, more the longer LD_LIBRARY_PATH is.
        if std::env::var_os("CHARON_INIT_BIN").is_some() {
            assert!(
                before < 20,
                "{before}: of the C library and of Rust's runtime"
            );
        }
    }
}

#[test]
fn the_peers_lose_a_term_that_comes_early() {
    if !is_root("the_peers_lose_a_term_that_comes_early") {
        return;
    }
    let scratch = Scratch::new();
    let probe = probe_in(&scratch);
    for peer in [
        &["/usr/bin/tini", "-g", "--"][..],
        &["/usr/bin/dumb-init"],
        &["/usr/bin/catatonit", "-g", "--"],
    ] {
        if !std::path::Path::new(peer[0]).exists() {
            skip(
                "the_peers_lose_a_term_that_comes_early",
                &format!("{} is not there", peer[0]),
            );
            continue;
        }
        let (before, injections, lost) = inject("100", peer, &[&probe, "wait"]);
        println!(
            "{}: {before} system calls before signals are held, {injections} TERM injected, {lost} lost",
            peer.join(" ")
        );
        assert!(lost > 0, "{peer:?} got better: say so in the README");
    }
}
