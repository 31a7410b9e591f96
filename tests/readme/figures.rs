//! Figures, and what the page shows of a run → measured and seen again.

use std::fs;

use crate::common::figure;
use crate::page::{quotes, readme, snippet};
use crate::stage::{Namespace, has, is_root, skip, static_charon_init};

#[test]
fn the_binary_is_about_as_small_as_the_page_says() {
    let Ok(file) = fs::metadata(static_charon_init()) else {
        return skip(
            "the_binary_is_about_as_small_as_the_page_says",
            "no static binary",
        );
    };
    let most = figure("It is one static file of under ", " KiB") * 1024;
    let size = usize::try_from(file.len()).unwrap();
    println!("{size} bytes");
    assert!(
        (most * 3 / 4..most).contains(&size),
        "{size} bytes; the page says under {most}"
    );
}

#[test]
fn a_start_that_edits_nothing_makes_as_few_system_calls_as_the_page_says() {
    const NAME: &str = "a_start_that_edits_nothing_makes_as_few_system_calls_as_the_page_says";
    if !is_root() || !has("strace") || !static_charon_init().exists() {
        return skip(NAME, "needs root, strace and the static binary");
    }
    let most = figure("A start that edits nothing makes at most ", " system calls");
    let program = static_charon_init();
    let program = program.display();
    // The first start makes the edit. grep's own path tells its execve from the one that started charon-init.
    let outcome = Namespace::new()
        .run(&format!(
            "{program} true 2>/dev/null; strace -o /run/trace {program} /bin/true; sed '/execve(\"\\/bin\\/true\"/q' /run/trace"
        ))
        .succeeded();
    let calls: Vec<&str> = outcome.stdout.lines().collect();
    assert!(
        calls.last().unwrap().contains("execve(\"/bin/true\""),
        "{outcome:?}"
    );
    let dropped = calls
        .iter()
        .filter(|call| call.contains("PR_CAPBSET_DROP"))
        .count();
    // The first line is the execve by which charon-init was started.
    let others = calls.len() - 1 - dropped;
    println!("{others} system calls, and {dropped} capabilities dropped");
    assert!(others <= most, "{others} calls:\n{}", outcome.stdout);
}

#[test]
fn the_line_in_etc_group() {
    if !is_root() {
        return skip("the_line_in_etc_group", "needs root");
    }
    let line = snippet("the_line_in_etc_group");
    let original = "root:x:0:root\ncharon:x:1000:\n";
    let outcome = Namespace::new().run(
        "charon-init true; cat /etc/group; echo; charon-init --no-socket true; cat /etc/group; echo
         echo docker:x:77: >>/etc/group; charon-init true; tail -n 1 /etc/group",
    );
    // With the name taken it is as the sentence before the snippet says.
    let sentence = readme();
    assert!(quotes(&sentence).contains(&"docker988".to_owned()));
    assert_eq!(
        outcome.succeeded().stdout,
        format!("{original}{line}\n{original}\ndocker988:!charon-init:988:charon\n")
    );
}
