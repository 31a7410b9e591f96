//! Contract 9: what becomes of /etc/group and /etc/gshadow; a test a sentence.

use std::path::PathBuf;

use charon_init::facts::Found;
use charon_init::plan::{FileEdit, LineChange, Through, Verdict};

use crate::world::*;

/// A socket of gid 988, and this /etc/group.
fn with_group(text: &str) -> World {
    world()
        .inherited(&[])
        .group_file(text)
        .socket(0, 988, 0o660)
}

/// What /etc/group becomes for a socket of gid 988.
#[track_caller]
fn becomes(text: &str) -> Option<String> {
    with_group(text).edited("/etc/group")
}

fn granted_as(name: Option<&str>) -> Verdict {
    Verdict::Granted {
        gid: gid(988),
        through: Through::OwningGroup,
        name: name.map(str::to_owned),
    }
}

#[test]
fn new_group_is_called_docker_and_is_marked_as_ours() {
    let plan = with_group("root:x:0:\n").plan();
    let new_line = b"docker:!charon-init:988:charon".to_vec();
    let edit = FileEdit {
        path: PathBuf::from("/etc/group"),
        old: b"root:x:0:\n".to_vec(),
        new: b"root:x:0:\ndocker:!charon-init:988:charon\n".to_vec(),
        changes: vec![LineChange {
            old: None,
            new: Some(new_line),
        }],
    };
    assert_eq!(plan.edits().collect::<Vec<_>>(), [&edit]);
    assert_eq!(plan.grants[0].verdict, granted_as(Some("docker")));
}

#[test]
fn group_with_that_gid_is_reused_whatever_it_is_called() {
    for (before, after) in [
        ("engine:x:988:\n", "engine:x:988:charon\n"),
        ("engine:x:988:a,b\n", "engine:x:988:a,b,charon\n"),
        ("engine:x:988:a,\n", "engine:x:988:a,charon\n"),
        (
            "docker:!charon-init:988:other\n",
            "docker:!charon-init:988:other,charon\n",
        ),
        ("engine:x:0988:charon2\n", "engine:x:0988:charon2,charon\n"),
    ] {
        assert_eq!(becomes(before).as_deref(), Some(after));
    }
    assert_eq!(
        with_group("engine:x:988:\n").verdict(),
        granted_as(Some("engine"))
    );
}

#[test]
fn taken_name_gets_the_gid_appended() {
    let after = |before| becomes(before).unwrap().lines().last().unwrap().to_owned();
    for taken in ["docker:x:999:\n", "docker:x:xx:\n", "docker\n"] {
        assert_eq!(after(taken), "docker988:!charon-init:988:charon", "{taken}");
    }
    assert_eq!(
        after("docker:x:999:\ndocker988:x:1:\n"),
        "host988:!charon-init:988:charon"
    );
    assert_eq!(
        after("docker:x:999:\ndocker988:x:1:\nhost988:x:2:\n"),
        "host988_2:!charon-init:988:charon"
    );
}

#[test]
fn podmans_group_is_called_podman() {
    let found = Found::Node(socket(0, 988, 0o660));
    let world = world()
        .group_file("")
        .found("/run/podman/podman.sock", found);
    assert_eq!(
        world.edited("/etc/group").as_deref(),
        Some("podman:!charon-init:988:charon\n")
    );
}

#[test]
fn extra_group_is_called_host_or_as_it_is_named() {
    let world = || world().group_file("");
    assert_eq!(
        world().group("44").edited("/etc/group").as_deref(),
        Some("host44:!charon-init:44:charon\n")
    );
    assert_eq!(
        world().group("engine:44").edited("/etc/group").as_deref(),
        Some("engine:!charon-init:44:charon\n")
    );
    let long = "a234567890b234567890c234567890d2";
    let named = world().group(&format!("{long}:44"));
    assert_eq!(
        named.edited("/etc/group"),
        Some(format!("{long}:!charon-init:44:charon\n"))
    );
    let taken = named.group_file(&format!("{long}:x:45:\n"));
    assert_eq!(
        taken.edited("/etc/group").unwrap().lines().last(),
        Some("host44:!charon-init:44:charon"),
        "33 bytes and more are no name for shadow-utils"
    );
}

#[test]
fn named_group_of_the_image_is_joined() {
    let world = world()
        .group_file("video:x:44:a\nengine:x:45:\n")
        .group("video")
        .group("other:45");
    assert_eq!(
        world.edited("/etc/group").as_deref(),
        Some("video:x:44:a,charon\nengine:x:45:charon\n")
    );
}

#[test]
fn one_of_several_names_for_a_gid_is_enough() {
    assert_eq!(
        becomes("a:x:988:\nb:x:988:\n").as_deref(),
        Some("a:x:988:charon\nb:x:988:\n")
    );
    assert_eq!(becomes("a:x:988:\nb:x:988:charon\n"), None);
}

#[test]
fn line_of_ours_is_preferred_to_another_with_its_gid() {
    let before = "engine:x:988:\ndocker:!charon-init:988:\n";
    let world = with_group(before);
    let plan = world.plan();
    assert_eq!(
        world.edited("/etc/group").as_deref(),
        Some("engine:x:988:\ndocker:!charon-init:988:charon\n")
    );
    assert_eq!(world.after_edits(&plan).edited("/etc/group"), None);
}

#[test]
fn who_is_listed_already_needs_no_edit() {
    for listed in [
        "docker:x:988:charon\n",
        "docker:!charon-init:988:a,charon\n",
    ] {
        assert_eq!(becomes(listed), None, "{listed}");
    }
}

#[test]
fn primary_group_needs_no_line() {
    let own = world().group_file("").socket(0, 1000, 0o660);
    assert_eq!(own.edited("/etc/group"), None);
    let elsewhere = own.user("charon:44").group("1000");
    assert_eq!(
        elsewhere.edited("/etc/group"),
        None,
        "nor where the command runs under another one"
    );
}

#[test]
fn second_decision_after_the_edits_edits_nothing() {
    for (group, gshadow) in [
        ("", ""),
        ("docker:x:999:", "docker:!::"),
        (
            "docker:!charon-init:999:charon\n",
            "docker:!charon-init::charon\n",
        ),
        ("engine:x:988:", "engine:!::\n"),
    ] {
        let world = with_group(group)
            .gshadow(gshadow)
            .group("44")
            .inherited(&[]);
        let plan = world.plan();
        assert_eq!(plan.edits().count(), 2, "{group:?}");
        let again = world.after_edits(&plan).plan();
        assert_eq!(again.edits().count(), 0, "{group:?}");
        assert_eq!(again.identity, plan.identity);
    }
}

#[test]
fn line_of_ours_that_is_not_needed_any_more_goes() {
    let stale = "docker:!charon-init:999:charon\n";
    let other = "a:x:1:\nengine:x:998:charon\n";
    assert_eq!(
        becomes(&format!("{stale}{other}")),
        Some(format!("{other}docker:!charon-init:988:charon\n")),
        "and its name is free again"
    );
    let off = world()
        .group_file(&format!("{other}{stale}"))
        .inherited(&[])
        .no_socket();
    assert_eq!(off.edited("/etc/group").as_deref(), Some(other));
    assert_eq!(off.groups(), [998, 1000]);
    let missing = off.found(SOCKET, Found::Missing);
    assert_eq!(missing.edited("/etc/group").as_deref(), Some(other));
    let by_number = missing.user("4242:4242");
    assert_eq!(by_number.edited("/etc/group").as_deref(), Some(other));
}

#[test]
fn what_is_not_ours_stays_byte_for_byte() {
    let mess = "# comment\n\nroot:x:0:\nbroken\n:::\nbin:x:xx:charon\n  \n\u{e9}:x:7:\n";
    assert_eq!(
        becomes(mess),
        Some(format!("{mess}docker:!charon-init:988:charon\n"))
    );
    assert_eq!(
        becomes("a:x:1:\nb:x:2:").as_deref(),
        Some("a:x:1:\nb:x:2:\ndocker:!charon-init:988:charon\n"),
        "a last line without a newline stays a line of its own"
    );
    assert_eq!(
        becomes("a:x:1:\nengine:x:988:").as_deref(),
        Some("a:x:1:\nengine:x:988:charon"),
        "and without a newline where nothing follows it"
    );
    assert_eq!(
        becomes("a:x:1:\n+nis::988:\n+::::\n").as_deref(),
        Some("a:x:1:\ndocker:!charon-init:988:charon\n+nis::988:\n+::::\n"),
        "new lines go before those of NIS"
    );
}

#[test]
fn gshadow_is_kept_in_step_and_comes_first() {
    let changed = |group: &str, gshadow: &str| {
        let plan = with_group(group).gshadow(gshadow).plan();
        let edits = plan.edits().map(|edit| {
            let new = String::from_utf8(edit.new.clone()).unwrap();
            (edit.path.to_str().unwrap().to_owned(), new)
        });
        edits.collect::<Vec<_>>()
    };
    let pair = |gshadow: &str, group: &str| {
        vec![
            ("/etc/gshadow".to_owned(), gshadow.to_owned()),
            ("/etc/group".to_owned(), group.to_owned()),
        ]
    };
    let ours = "docker:!charon-init:988:charon\n";
    assert_eq!(
        changed("", "root:*::\n"),
        pair("root:*::\ndocker:!charon-init::charon\n", ours)
    );
    assert_eq!(
        changed("engine:x:988:a\n", "engine:!:admin:a\n"),
        pair("engine:!:admin:a,charon\n", "engine:x:988:a,charon\n")
    );
    let stale =
        "docker:!charon-init:999:charon\npodman:!charon-init:998:charon\nmine:!charon-init:997:\n";
    let shadow = "docker:!charon-init::charon\npodman:!charon-init::charon\nmine:secret::\n";
    assert_eq!(
        changed(stale, shadow),
        pair("docker:!charon-init::charon\nmine:secret::\n", ours),
        "a line of gshadow with another password is not ours"
    );
    let half_done = "docker:!charon-init::charon\n";
    assert_eq!(
        changed("", half_done),
        [("/etc/group".to_owned(), ours.to_owned())],
        "what a crash between the two has left is completed"
    );
}
