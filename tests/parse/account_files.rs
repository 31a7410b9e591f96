//! /etc/passwd, /etc/group and /etc/gshadow.

use std::ffi::OsStr;

use charon_init::account::{Account, GroupLine};
use charon_init::parse::group;
use charon_init::parse::gshadow::{self, ShadowLine};
use charon_init::parse::passwd::{self, AccountLine};

use crate::{gid, os, uid};

const ALPINE_PASSWD: &[u8] = include_bytes!("../fixtures/etc/alpine/passwd");
const ALPINE_GROUP: &[u8] = include_bytes!("../fixtures/etc/alpine/group");
const BUSYBOX_PASSWD: &[u8] = include_bytes!("../fixtures/etc/busybox/passwd");
const BUSYBOX_GROUP: &[u8] = include_bytes!("../fixtures/etc/busybox/group");
const DEBIAN_PASSWD: &[u8] = include_bytes!("../fixtures/etc/debian/passwd");
const DEBIAN_GROUP: &[u8] = include_bytes!("../fixtures/etc/debian/group");
const DEBIAN_GSHADOW: &[u8] = include_bytes!("../fixtures/etc/debian/gshadow");

fn account(name: &str, uid_: u32, gid_: u32, home: &str) -> Account {
    Account {
        name: name.into(),
        uid: uid(uid_),
        gid: gid(gid_),
        home: home.into(),
    }
}

fn groups(file: &[u8]) -> Vec<GroupLine<'_>> {
    group::lines(file).filter_map(|line| line.group).collect()
}

fn line<'a>(name: &'a str, number: u32, members: &'a str) -> GroupLine<'a> {
    GroupLine {
        name: name.as_bytes(),
        password: b"x",
        gid: gid(number),
        members: members.as_bytes(),
    }
}

fn groups_that_list<'a>(file: &'a [u8], user: &str) -> Vec<&'a str> {
    let groups = groups(file).into_iter();
    groups
        .filter(|group| group.lists(user.as_bytes()))
        .map(|group| str::from_utf8(group.name).unwrap())
        .collect()
}

#[test]
fn every_line_of_real_images_is_usable() {
    for (file, count) in [
        (ALPINE_PASSWD, 17),
        (BUSYBOX_PASSWD, 9),
        (DEBIAN_PASSWD, 18),
    ] {
        assert_eq!(passwd::accounts(file).count(), count);
    }
    for (file, count) in [(ALPINE_GROUP, 35), (BUSYBOX_GROUP, 26), (DEBIAN_GROUP, 38)] {
        assert_eq!(group::lines(file).count(), count);
        assert_eq!(groups(file).len(), count);
    }
    assert_eq!(gshadow::lines(DEBIAN_GSHADOW).flatten().count(), 38);
}

#[test]
fn accounts_of_real_images_are_found_by_name_and_by_uid() {
    let table = [
        (ALPINE_PASSWD, account("guest", 405, 100, "/dev/null")),
        (ALPINE_PASSWD, account("ftp", 21, 21, "/var/lib/ftp")),
        (BUSYBOX_PASSWD, account("sync", 4, 100, "/bin")),
        (DEBIAN_PASSWD, account("_apt", 42, 65534, "/nonexistent")),
        (DEBIAN_PASSWD, account("root", 0, 0, "/root")),
    ];
    for (file, expected) in table {
        let by_name = passwd::by_name(file, &expected.name);
        let by_uid = passwd::by_uid(file, expected.uid);
        assert_eq!(by_name, Some(expected.clone()));
        assert_eq!(by_uid, Some(expected));
    }
    assert_eq!(passwd::by_name(ALPINE_PASSWD, OsStr::new("charon")), None);
    assert_eq!(passwd::by_uid(ALPINE_PASSWD, uid(1000)), None);
}

#[test]
fn members_of_real_images_are_found() {
    let root_of_alpine = [
        "root", "bin", "daemon", "sys", "adm", "disk", "wheel", "floppy", "dialout", "tape",
        "video",
    ];
    assert_eq!(groups_that_list(ALPINE_GROUP, "root"), root_of_alpine);
    assert_eq!(groups_that_list(ALPINE_GROUP, "games"), ["users"]);
    assert_eq!(groups_that_list(BUSYBOX_GROUP, "root"), ["wheel"]);
    assert_eq!(groups_that_list(DEBIAN_GROUP, "root"), [""; 0]);
    assert_eq!(groups(ALPINE_GROUP)[4], line("adm", 4, "root,daemon"));
    assert_eq!(groups(DEBIAN_GROUP)[29], line("shadow", 42, ""));
}

#[test]
fn an_account_line_has_seven_fields_a_name_and_ids_in_range() {
    let usable: [&[u8]; 4] = [
        b"c:x:1000:1000::/home/c:/bin/sh",
        b"c:x:1000:1000::/home/c:/bin/sh\n",
        b"c::01000:001000:a,b,c:/home/c:",
        b"c:!:1000:1000:::",
    ];
    for file in usable {
        let found = passwd::by_name(file, OsStr::new("c")).unwrap();
        assert_eq!((found.uid, found.gid), (uid(1000), gid(1000)), "{file:?}");
    }
    let broken: [&[u8]; 22] = [
        b"",
        b"\n",
        b"c",
        b"c:x:1000:1000::/home/c",
        b"c:x:1000:1000::/home/c:/bin/sh:",
        b":x:1000:1000::/home/c:/bin/sh",
        b"c:x:xx:1000::/home/c:/bin/sh",
        b"c:x::1000::/home/c:/bin/sh",
        b"c:x:1000:xx::/home/c:/bin/sh",
        b"c:x:1000:::/home/c:/bin/sh",
        b"c:x:-1:1000::/home/c:/bin/sh",
        b"c:x:+1:1000::/home/c:/bin/sh",
        b"c:x: 1000:1000::/home/c:/bin/sh",
        b"c:x:0x3e8:1000::/home/c:/bin/sh",
        b"c:x:4294967295:1000::/home/c:/bin/sh",
        b"c:x:4294968296:1000::/home/c:/bin/sh",
        b"c:x:1000:99999999999999999999::/home/c:/bin/sh",
        b"c:x:1000:1000::/home/c\0:/bin/sh",
        b"+c:x:1000:1000::/home/c:/bin/sh",
        b"-c:x:1000:1000::/home/c:/bin/sh",
        b"+::::::",
        b"#c:x:1000:1000::/home/c:/bin/sh",
    ];
    for file in broken {
        assert_eq!(passwd::accounts(file).count(), 0, "{file:?}");
    }
}

#[test]
fn the_first_usable_account_line_wins() {
    let file = b"c:x:xx:0::/:\nc:x:5:5::/five:\nc:x:6:6::/six:\nd:x:5:7::/d:\n";
    let expected = Some(account("c", 5, 5, "/five"));
    assert_eq!(passwd::by_name(file, OsStr::new("c")), expected);
    assert_eq!(passwd::by_uid(file, uid(5)), expected);
    let names: Vec<&[u8]> = passwd::accounts(file).map(|found| found.name).collect();
    assert_eq!(names, [b"c", b"c", b"d"]);
}

#[test]
fn account_names_are_bytes() {
    let expected = AccountLine {
        name: b"\xff",
        uid: uid(1),
        gid: gid(2),
        home: b"/\xfe",
    };
    let file = b"\xff:x:1:2::/\xfe:/bin/sh\n";
    assert_eq!(passwd::accounts(file).collect::<Vec<_>>(), [expected]);
    assert_eq!(
        passwd::by_name(file, os(b"\xff")),
        Some(expected.to_account())
    );
}

#[test]
fn a_group_line_has_four_fields_a_name_and_a_gid_in_range() {
    let broken: [&[u8]; 18] = [
        b"g",
        b"g:x:5",
        b"g:x:5:a:b",
        b":x:5:a",
        b"g:x:xx:a",
        b"g:x::a",
        b"g:x:-1:a",
        b"g:x:+5:a",
        b"g:x: 5:a",
        b"g:x:5 :a",
        b"g:x:4294967295:a",
        b"g:x:4294967296:a",
        b"g:x:99999999999999999999:a",
        b"g:x:5:a\0b",
        b"+g:x:5:a",
        b"-g:x:5:a",
        b"+:::",
        b"#g:x:5:a",
    ];
    for file in broken {
        assert_eq!(groups(file), [], "{file:?}");
        assert_eq!(group::lines(file).count(), 1, "{file:?}");
    }
    assert_eq!(groups(b"g:x:005:a"), [line("g", 5, "a")]);
    assert_eq!(groups(b"g:x:4294967294:"), [line("g", 4_294_967_294, "")]);
}

#[test]
fn a_file_has_one_line_for_each_newline_and_one_for_a_rest() {
    let table: [(&[u8], &[&[u8]]); 6] = [
        (b"", &[]),
        (b"\n", &[b""]),
        (b"a", &[b"a"]),
        (b"a\n", &[b"a"]),
        (b"a\n\nb", &[b"a", b"", b"b"]),
        (b"\n\na\r\n", &[b"", b"", b"a\r"]),
    ];
    for (file, expected) in table {
        let lines: Vec<&[u8]> = group::lines(file).map(|line| line.bytes).collect();
        assert_eq!(lines, expected, "{file:?}");
    }
}

#[test]
fn a_name_is_claimed_whatever_the_rest_of_the_line_says() {
    let table: [(&[u8], &[u8]); 9] = [
        (b"docker:x:5:a", b"docker"),
        (b"docker:x:xx", b"docker"),
        (b"docker", b"docker"),
        (b"+docker:x:5:", b"docker"),
        (b"-docker", b"docker"),
        (b"+:::", b""),
        (b"+", b""),
        (b":x", b""),
        (b"# docker", b"# docker"),
    ];
    for (file, expected) in table {
        let line = group::lines(file).next().unwrap();
        assert_eq!(line.claimed_name(), expected, "{file:?}");
    }
}

#[test]
fn duplicate_names_and_gids_are_all_seen_in_order() {
    let file = b"g:x:5:a\ng:x:6:b\nh:x:5:c\n";
    let expected = [line("g", 5, "a"), line("g", 6, "b"), line("h", 5, "c")];
    assert_eq!(groups(file), expected);
}

#[test]
fn a_member_is_compared_exactly() {
    let lists = |members: &str, user: &str| line("g", 5, members).lists(user.as_bytes());
    assert!(lists("a,b,c", "b"));
    assert!(lists("a,,b", "b"));
    assert!(!lists("ab,bc", "b"));
    assert!(!lists("a, b", "b"));
    assert!(!lists("a,b\r", "b"));
    assert!(!lists("", ""));
    assert!(!lists("a,", ""));
}

#[test]
fn a_shadow_line_has_exactly_four_fields() {
    let file = b"root:*::\ng:!charon-init:adm,b:c,d\nbroken:!\n+\n#x:::\nn\0:::\n:::\ne:::x:\n";
    let lines: Vec<Option<ShadowLine<'_>>> = gshadow::lines(file).collect();
    let root = ShadowLine {
        name: b"root",
        password: b"*",
        administrators: b"",
        members: b"",
    };
    let ours = ShadowLine {
        name: b"g",
        password: b"!charon-init",
        administrators: b"adm,b",
        members: b"c,d",
    };
    let none = None;
    assert_eq!(
        lines,
        [Some(root), Some(ours), none, none, none, none, none, none]
    );
    assert!(ours.is_ours() && !root.is_ours());
    assert!(ours.lists(b"d") && !ours.lists(b"adm") && !root.lists(b""));
}

#[test]
fn long_lines_are_read_whole() {
    let long = "m".repeat(1 << 20);
    let file = format!("{long}\ng:x:5:{long},charon\n{long}:x:6:charon");
    assert_eq!(
        groups(file.as_bytes()),
        [
            line("g", 5, &format!("{long},charon")),
            line(&long, 6, "charon")
        ]
    );
    let file = format!("{long}:x:5:5:{long}:/{long}:\n");
    let expected = account(&long, 5, 5, &format!("/{long}"));
    assert_eq!(passwd::by_uid(file.as_bytes(), uid(5)), Some(expected));
}
