//! What the page says of speed and size → counted again: instructions, CPUID, peak memory; and its one command.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::{readme, snippet};
use crate::stage::{
    Namespace, Outcome, Scratch, has, is_root, repository, shell, skip, static_charon_init,
};

/// `source` of the bench as a static program in `folder`.
fn build(source: &str, more: &[&str], folder: &Path) -> PathBuf {
    let program = folder.join(source.trim_end_matches(".c"));
    let status = Command::new("cc")
        .args(["-O2", "-static", "-Wall", "-Wextra", "-Werror"])
        .args(more)
        .arg("-o")
        .args([&program, &repository().join("tests/bench").join(source)])
        .status();
    assert!(status.expect("a C compiler is installed").success());
    program
}

/// What tests/bench/count says of the second of two starts, which finds the grant in place.
fn counted(what: &str) -> HashMap<String, u64> {
    let scratch = Scratch::new();
    let count = build("count.c", &[], scratch.path());
    let noop = build("noop.c", &["-nostdlib"], scratch.path());
    let (count, noop) = (count.display(), noop.display());
    let program = static_charon_init();
    let program = program.display();
    let Outcome { stdout, .. } = Namespace::new()
        .run(&format!(
            "{program} {noop} 2>/dev/null; {count} {what} {program} {noop} {program} {noop} 2>/dev/null"
        ))
        .succeeded();
    let lines = stdout.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(what, number)| (what.to_owned(), number.parse().expect(number)))
        .collect()
}

/// The most of `unit` that the page promises.
fn most(unit: &str) -> u64 {
    let page = readme().split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, section) = page.split_once("## Speed and size").unwrap();
    let (before, _) = section.split_once(unit).expect(unit);
    let number = before.rsplit(' ').next().unwrap().replace(',', "");
    number.parse().expect(unit)
}

fn can_count(test: &str) -> bool {
    let can = is_root() && has("cc") && static_charon_init().exists();
    if !can {
        skip(test, "needs root, a C compiler and the static binary");
    }
    can
}

/// The allowance over what was measured, for another compiler and another kernel's /proc/self/status, is in the page's
/// number: about a fifth.
#[test]
fn a_start_takes_as_few_instructions_as_the_page_says_and_no_cpuid() {
    if !can_count("a_start_takes_as_few_instructions_as_the_page_says_and_no_cpuid") {
        return;
    }
    let counted = counted("steps");
    println!("{counted:?}");
    let (steps, most) = (counted["steps"], most(" instructions"));
    // As few as none would mean that nothing was counted.
    assert!((most / 2..=most).contains(&steps), "{steps}, not {most}");
    if cfg!(target_arch = "x86_64") {
        assert_eq!(counted["cpuids"], 0);
    }
}

#[test]
fn a_start_needs_as_little_memory_as_the_page_says() {
    if !can_count("a_start_needs_as_little_memory_as_the_page_says") {
        return;
    }
    let counted = counted("calls");
    println!("{counted:?}");
    let (peak, most) = (counted["peak"], most(" KiB of memory"));
    assert!((most / 2..=most).contains(&peak), "{peak} KiB, not {most}");
}

/// CPUID is found where there is some: glibc's start asks the processor what it can do.
#[test]
fn a_program_with_cpuid_is_told_from_one_without() {
    const NAME: &str = "a_program_with_cpuid_is_told_from_one_without";
    if !cfg!(target_arch = "x86_64") || !has("cc") {
        return skip(NAME, "needs a C compiler on x86_64");
    }
    let scratch = Scratch::new();
    let count = build("count.c", &[], scratch.path());
    let noop = build("noop.c", &["-nostdlib"], scratch.path());
    let cpuids = |program: &Path| {
        let (count, program) = (count.display(), program.display());
        let script = format!("{count} steps {program} /none {program}");
        let Outcome { stdout, .. } = shell(&script, scratch.path()).succeeded();
        let (steps, cpuids) = stdout.split_once('\n').unwrap();
        assert_ne!(steps, "steps 0");
        cpuids
            .trim()
            .strip_prefix("cpuids ")
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    assert_eq!(cpuids(&noop), 0);
    assert_ne!(cpuids(&count), 0, "a static glibc program");
}

/// Its columns and rows are those of the page's table.
#[test]
fn the_bench() {
    const NAME: &str = "the_bench";
    let peers = [
        "gosu",
        "setpriv",
        "tini-static",
        "dumb-init",
        "catatonit",
        "s6-setuidgid",
        "chpst",
    ];
    if !is_root() || !static_charon_init().exists() || !peers.iter().all(|peer| has(peer)) {
        return skip(NAME, "needs root, the static binary and the peers");
    }
    let scratch = Scratch::new();
    let plot = scratch.path().join("growth.svg");
    let command = snippet("the_bench");
    let settings = format!(
        "STARTS=2 STEPS=no DIRECTORY={0} PLOT={1}",
        scratch.path().display(),
        plot.display()
    );
    let Outcome { stdout, .. } =
        shell(&format!("env {settings} {command}"), repository()).succeeded();
    let beginnings = |text: &str| -> Vec<String> {
        let rows = text
            .lines()
            .skip_while(|line| !line.starts_with("| | | median"));
        let rows = rows.take_while(|line| line.starts_with('|'));
        rows.map(|row| row.splitn(4, '|').take(3).collect::<Vec<_>>().join("|"))
            .collect()
    };
    let (printed, shown) = (beginnings(&stdout), beginnings(&readme()));
    // su-exec is measured where someone has built it.
    let without_su_exec = |rows: Vec<String>| {
        rows.into_iter()
            .filter(|row| !row.contains("su-exec"))
            .collect::<Vec<_>>()
    };
    assert_eq!(without_su_exec(printed), without_su_exec(shown), "{stdout}");
    let drawn = fs::read_to_string(plot).unwrap();
    let kept = fs::read_to_string(repository().join("tests/bench/growth.svg")).unwrap();
    for svg in [drawn, kept] {
        assert_eq!(svg.matches("<circle").count(), 7, "{svg}");
    }
}
