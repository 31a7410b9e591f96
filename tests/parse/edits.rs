//! What an edit of /etc/group changes, and what it leaves.

use std::time::{Duration, Instant};

use charon_init::parse::edit::{Change, Edited, LineEdit, edited};
use charon_init::parse::group;

fn add(line: usize, member: &str) -> LineEdit {
    LineEdit::AddMember {
        line,
        member: member.into(),
    }
}

fn set(line: usize, field: usize, value: &str) -> LineEdit {
    LineEdit::SetField {
        line,
        field,
        value: value.into(),
    }
}

fn append(line: &str) -> LineEdit {
    LineEdit::Append(line.into())
}

fn change(old: Option<&str>, new: Option<&str>) -> Change {
    (old.map(Into::into), new.map(Into::into))
}

fn new(old: &str, edits: &[LineEdit]) -> String {
    String::from_utf8(edited(old.as_bytes(), edits).new).unwrap()
}

#[test]
fn a_member_joins_the_last_field() {
    let table = [
        ("g:x:5:\n", "g:x:5:c\n"),
        ("g:x:5:a\n", "g:x:5:a,c\n"),
        ("g:x:5:a,\n", "g:x:5:a,c\n"),
        ("g:x:5:a", "g:x:5:a,c"),
        ("g:x:5:", "g:x:5:c"),
        ("g:!:c:a\n", "g:!:c:a,c\n"),
        ("g:x:5:cc\n", "g:x:5:cc,c\n"),
        ("g:x:5: c\n", "g:x:5: c,c\n"),
    ];
    for (old, expected) in table {
        assert_eq!(new(old, &[add(0, "c")]), expected, "{old:?}");
    }
}

#[test]
fn a_member_that_is_listed_does_not_join_again() {
    for old in ["g:x:5:c\n", "g:x:5:a,c", "g:x:5:c,a\n"] {
        let untouched = Edited {
            new: old.into(),
            changes: Vec::new(),
        };
        assert_eq!(edited(old.as_bytes(), &[add(0, "c")]), untouched);
        assert_eq!(edited(old.as_bytes(), &[add(0, "")]), untouched);
    }
}

#[test]
fn a_field_is_set_and_the_rest_of_the_line_stays() {
    let table = [
        (
            "c:x:1000:1000:C,,:/app:/bin/sh\n",
            2,
            "c:x:7:1000:C,,:/app:/bin/sh\n",
        ),
        (
            "c:x:1000:1000:C,,:/app:/bin/sh",
            3,
            "c:x:1000:7:C,,:/app:/bin/sh",
        ),
        ("c:x:01000:1000::\u{e9}:\r\n", 2, "c:x:7:1000::\u{e9}:\r\n"),
        ("g:x:5:\n", 2, "g:x:7:\n"),
        ("g:x:5:a,b", 3, "g:x:5:7"),
        ("g:x\n", 2, "g:x\n"),
        ("\n", 0, "7\n"),
        ("", 0, ""),
    ];
    for (old, field, expected) in table {
        assert_eq!(new(old, &[set(0, field, "7")]), expected, "{old:?}");
    }
    let untouched = Edited {
        new: b"g:x:7:\n".to_vec(),
        changes: Vec::new(),
    };
    assert_eq!(edited(b"g:x:7:\n", &[set(0, 2, "7")]), untouched);
}

#[test]
fn both_numbers_of_a_line_and_a_member_are_one_change() {
    let old = b"c:x:1000:1000::/app:\nd:x:1:1::/:\n";
    let expected = Edited {
        new: b"c:x:7:8::/app:\nd:x:1:1::/:\n".to_vec(),
        changes: vec![change(Some("c:x:1000:1000::/app:"), Some("c:x:7:8::/app:"))],
    };
    assert_eq!(edited(old, &[set(0, 3, "8"), set(0, 2, "7")]), expected);
    assert_eq!(new("g:x:5:\n", &[add(0, "c"), set(0, 2, "7")]), "g:x:7:c\n");
    assert_eq!(new("g:x:5:\n", &[LineEdit::Remove(0), set(0, 2, "7")]), "");
    assert_eq!(new("g:x:5:\n", &[set(0, 2, "7"), LineEdit::Remove(0)]), "");
}

#[test]
fn a_new_line_goes_to_the_end() {
    let table = [
        ("", "n:x:9:\n"),
        ("\n", "\nn:x:9:\n"),
        ("a:x:1:\n", "a:x:1:\nn:x:9:\n"),
        ("a:x:1:", "a:x:1:\nn:x:9:\n"),
        ("a:x:1:\n\n", "a:x:1:\n\nn:x:9:\n"),
        (" +\n", " +\nn:x:9:\n"),
    ];
    for (old, expected) in table {
        assert_eq!(new(old, &[append("n:x:9:")]), expected, "{old:?}");
    }
}

#[test]
fn a_new_line_goes_before_the_first_nis_entry() {
    let table = [
        ("+", "n:x:9:\n+"),
        ("+:::\n", "n:x:9:\n+:::\n"),
        ("-bad\n+:::", "n:x:9:\n-bad\n+:::"),
        ("a:x:1:\n+:::\nb:x:2:", "a:x:1:\nn:x:9:\n+:::\nb:x:2:"),
        ("a:x:1:\n+@x\n+:::", "a:x:1:\nn:x:9:\n+@x\n+:::"),
    ];
    for (old, expected) in table {
        assert_eq!(new(old, &[append("n:x:9:")]), expected, "{old:?}");
    }
}

#[test]
fn a_line_that_goes_takes_its_newline_along() {
    let table = [
        ("a\nb\nc\n", 0, "b\nc\n"),
        ("a\nb\nc\n", 1, "a\nc\n"),
        ("a\nb\nc\n", 2, "a\nb\n"),
        ("a\nb\nc", 2, "a\nb\n"),
        ("a", 0, ""),
        ("a\n", 7, "a\n"),
    ];
    for (old, line, expected) in table {
        assert_eq!(new(old, &[LineEdit::Remove(line)]), expected, "{old:?}");
    }
}

#[test]
fn several_edits_are_reported_in_the_order_of_the_file() {
    let old = b"# ours\na:x:1:\nstale:!charon-init:7:c\nb:x:2:a\n+:::\nlast";
    let edits = [
        append("n:!charon-init:9:c"),
        add(3, "c"),
        LineEdit::Remove(2),
        add(1, "c"),
        add(3, "d"),
        append("m:!charon-init:8:c"),
        add(2, "c"),
    ];
    let expected = Edited {
        new: b"# ours\na:x:1:c\nb:x:2:a,c,d\nn:!charon-init:9:c\nm:!charon-init:8:c\n+:::\nlast"
            .to_vec(),
        changes: vec![
            change(Some("a:x:1:"), Some("a:x:1:c")),
            change(Some("stale:!charon-init:7:c"), None),
            change(Some("b:x:2:a"), Some("b:x:2:a,c,d")),
            change(None, Some("n:!charon-init:9:c")),
            change(None, Some("m:!charon-init:8:c")),
        ],
    };
    assert_eq!(edited(old, &edits), expected);
}

#[test]
fn a_file_without_edits_stays_byte_for_byte() {
    let files: [&[u8]; 6] = [
        b"",
        b"\n\n",
        b"a\0b\n\xff:::\n",
        b"no newline",
        b"g:x:5:a\r\n",
        include_bytes!("../fixtures/etc/alpine/group"),
    ];
    for old in files {
        let untouched = Edited {
            new: old.to_vec(),
            changes: Vec::new(),
        };
        assert_eq!(edited(old, &[]), untouched);
    }
}

#[test]
fn a_line_that_came_and_went_leaves_a_real_file_as_it_was() {
    let files: [&[u8]; 4] = [
        include_bytes!("../fixtures/etc/alpine/group"),
        include_bytes!("../fixtures/etc/busybox/group"),
        include_bytes!("../fixtures/etc/debian/group"),
        include_bytes!("../fixtures/etc/debian/gshadow"),
    ];
    for old in files {
        let with = edited(old, &[append("docker:!charon-init:988:charon")]).new;
        let position = group::lines(&with)
            .position(|line| line.claimed_name() == b"docker")
            .unwrap();
        assert_eq!(edited(&with, &[LineEdit::Remove(position)]).new, old);
    }
}

#[test]
fn a_hundred_thousand_lines_and_members_are_linear() {
    let numbers = 0..100_000;
    let many_lines: Vec<String> = numbers
        .clone()
        .map(|n| format!("g{n}:x:{n}:m{n}\n"))
        .collect();
    let many_lines = many_lines.concat();
    let members: Vec<String> = numbers.clone().map(|n| format!("m{n},")).collect();
    let many_members = format!("g:x:5:{}", members.concat());
    let begin = Instant::now();
    let edits: Vec<LineEdit> = numbers.map(|line| add(line, "c")).collect();
    assert_eq!(edited(many_lines.as_bytes(), &edits).changes.len(), 100_000);
    let listing = |line: &group::Line<'_>| line.group.is_some_and(|group| group.lists(b"m99999"));
    assert_eq!(
        group::lines(many_lines.as_bytes()).position(|l| listing(&l)),
        Some(99_999)
    );
    assert_eq!(
        group::lines(many_members.as_bytes()).position(|l| listing(&l)),
        Some(0)
    );
    let longer = new(&many_members, &[add(0, "c")]);
    assert_eq!(longer, many_members + "c");
    // Milliseconds in a release build; a quadratic version takes minutes even there.
    assert!(begin.elapsed() < Duration::from_secs(20));
}
