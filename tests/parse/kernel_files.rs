//! What the kernel says: ACLs, id maps, process status, file capabilities.

use charon_init::capability::{CapSet, Capability};
use charon_init::ids::{Extent, IdMap};
use charon_init::parse::acl::{MalformedAcl, acl};
use charon_init::parse::file_capabilities::file_capabilities;
use charon_init::parse::id_map::id_map;
use charon_init::parse::status::{Status, status};
use charon_init::permission::{Acl, Permission};

use crate::{gid, uid};

const USER_OBJ: u16 = 1;
const USER: u16 = 2;
const GROUP_OBJ: u16 = 4;
const GROUP: u16 = 8;
const MASK: u16 = 16;
const OTHER: u16 = 32;
const NO_ID: u32 = u32::MAX;

fn attribute(version: u32, entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = version.to_le_bytes().to_vec();
    for (tag, permission, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permission.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

const fn may(bits: u8) -> Permission {
    Permission::from_bits(bits)
}

const OWNER_RW: (u16, u16, u32) = (USER_OBJ, 6, NO_ID);
const GROUP_RW: (u16, u16, u32) = (GROUP_OBJ, 6, NO_ID);
const OTHER_NONE: (u16, u16, u32) = (OTHER, 0, NO_ID);

#[test]
fn an_acl_with_named_entries_is_read_whole() {
    let bytes = attribute(
        2,
        &[
            (USER_OBJ, 7, NO_ID),
            (USER, 6, 1000),
            (USER, 4, 4_294_967_294),
            (GROUP_OBJ, 5, NO_ID),
            (GROUP, 6, 988),
            (GROUP, 0, 0),
            (MASK, 6, NO_ID),
            (OTHER, 1, NO_ID),
        ],
    );
    let expected = Acl {
        owner: may(7),
        users: vec![(uid(1000), may(6)), (uid(4_294_967_294), may(4))],
        group: may(5),
        groups: vec![(gid(988), may(6)), (gid(0), may(0))],
        mask: may(6),
        other: may(1),
    };
    assert_eq!(acl(&bytes), Ok(Some(expected)));
}

#[test]
fn an_acl_that_says_no_more_than_the_mode_is_none() {
    let minimal = attribute(2, &[OWNER_RW, GROUP_RW, OTHER_NONE]);
    assert_eq!(acl(&minimal), Ok(None));
    assert_eq!(acl(&attribute(2, &[])), Ok(None));
}

#[test]
fn a_mask_alone_makes_an_acl() {
    let bytes = attribute(2, &[OWNER_RW, GROUP_RW, (MASK, 4, NO_ID), OTHER_NONE]);
    let expected = Acl {
        owner: may(6),
        users: vec![],
        group: may(6),
        groups: vec![],
        mask: may(4),
        other: may(0),
    };
    assert_eq!(acl(&bytes), Ok(Some(expected)));
}

#[test]
fn an_acl_entry_for_an_id_that_is_not_mapped_is_left_out() {
    let named = [(USER, 7, NO_ID), (GROUP, 7, NO_ID), (MASK, 7, NO_ID)];
    let bytes = attribute(2, &[&[OWNER_RW, GROUP_RW, OTHER_NONE], &named[..]].concat());
    let acl = acl(&bytes).unwrap().unwrap();
    assert_eq!((acl.users, acl.groups), (vec![], vec![]));
}

#[test]
fn an_acl_that_the_kernel_cannot_have_written_is_malformed() {
    let minimal = [OWNER_RW, GROUP_RW, OTHER_NONE];
    let with = |entry| attribute(2, &[&minimal[..], &[entry]].concat());
    let mut cut = with((MASK, 7, NO_ID));
    cut.pop();
    let table = [
        vec![],
        vec![2, 0, 0],
        vec![0; 4],
        attribute(1, &minimal),
        attribute(3, &minimal),
        cut,
        attribute(2, &[OWNER_RW, GROUP_RW]),
        attribute(2, &[OWNER_RW, OTHER_NONE]),
        attribute(2, &[GROUP_RW, OTHER_NONE]),
        with(OWNER_RW),
        with(GROUP_RW),
        with(OTHER_NONE),
        with((USER, 6, 1000)),
        with((GROUP, 6, 988)),
        with((GROUP, 6, NO_ID)),
        with((MASK, 8, NO_ID)),
        with((MASK, 0x100, NO_ID)),
        with((0, 0, NO_ID)),
        with((0x40, 0, NO_ID)),
        with((0x102, 0, NO_ID)),
    ];
    for bytes in table {
        assert_eq!(acl(&bytes), Err(MalformedAcl), "{bytes:?}");
    }
}

#[test]
fn an_id_map_is_lines_of_three_numbers() {
    let extent = |inside, outside, count| Extent {
        inside,
        outside,
        count,
    };
    let table: [(&[u8], Option<IdMap>); 10] = [
        (
            b"         0          0 4294967295\n",
            Some(IdMap::identity()),
        ),
        (
            b"         0       1000          1\n         1     100000      65536\n",
            Some(IdMap(vec![extent(0, 1000, 1), extent(1, 100_000, 65_536)])),
        ),
        (b"0 1 2", Some(IdMap(vec![extent(0, 1, 2)]))),
        (b"", Some(IdMap(vec![]))),
        (b"\n", None),
        (b"0 1\n", None),
        (b"0 1 2 3\n", None),
        (b"0 1 x\n", None),
        (b"0 1 4294967296\n", None),
        (b"0 -1 2\n", None),
    ];
    for (file, expected) in table {
        assert_eq!(id_map(file), expected, "{file:?}");
    }
}

const STATUS: &str = "\
Name:\tcat
Umask:\t0022
State:\tR (running)
Tgid:\t19399
Pid:\t19399
Uid:\t1000\t1001\t1002\t1003
Gid:\t100\t101\t102\t103
FDSize:\t256
Groups:\t4 988 65534 
NStgid:\t19399
CapInh:\t0000000000000001
CapPrm:\t000001fffeffffff
CapEff:\t000001ffffffffff
CapBnd:\t00000000a80425fb
CapAmb:\t0000000000000400
NoNewPrivs:\t1
Seccomp:\t0
";

#[test]
fn a_status_gives_ids_groups_sets_and_no_new_privs() {
    let expected = Status {
        uid: [uid(1000), uid(1001), uid(1002), uid(1003)],
        gid: [gid(100), gid(101), gid(102), gid(103)],
        groups: vec![gid(4), gid(988), gid(65_534)],
        inheritable: CapSet::from_iter([Capability::CHOWN]),
        permitted: CapSet::from_bits(0x01ff_feff_ffff),
        effective: CapSet::all(),
        bounding: CapSet::from_bits(0xa804_25fb),
        ambient: CapSet::from_bits(0x400),
        no_new_privileges: true,
    };
    assert_eq!(status(STATUS.as_bytes()), Some(expected));
}

#[test]
fn a_status_without_groups_has_an_empty_list() {
    let file = STATUS
        .replace("4 988 65534 ", " ")
        .replace("NoNewPrivs:\t1", "NoNewPrivs:\t0");
    let status = status(file.as_bytes()).unwrap();
    assert_eq!((status.groups, status.no_new_privileges), (vec![], false));
}

#[test]
fn our_own_status_can_be_read() {
    let file = std::fs::read("/proc/self/status").unwrap();
    assert!(status(&file).is_some());
}

#[test]
fn a_status_that_lacks_a_line_is_none() {
    let needed = [
        "Uid",
        "Gid",
        "Groups",
        "CapInh",
        "CapPrm",
        "CapEff",
        "CapBnd",
        "CapAmb",
        "NoNewPrivs",
    ];
    for key in needed {
        let lines: Vec<&str> = STATUS
            .lines()
            .filter(|line| !line.starts_with(key))
            .collect();
        assert_eq!(status(lines.join("\n").as_bytes()), None, "{key}");
    }
}

#[test]
fn a_status_with_a_malformed_line_is_none() {
    let table = [
        ("Uid:\t1000\t1001\t1002\t1003", "Uid:\t1000\t1001\t1002"),
        ("Uid:\t1000\t", "Uid:\t1000\t1\t"),
        ("Uid:\t1000", "Uid:\t-1"),
        ("Uid:\t1000", "Uid:\t4294967295"),
        ("Groups:\t4", "Groups:\tx"),
        ("00000000a80425fb", ""),
        ("00000000a80425fb", "+0000000a80425fb"),
        ("00000000a80425fb", "00000000000a80425fb"),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t2"),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t"),
    ];
    for (good, bad) in table {
        let file = STATUS.replacen(good, bad, 1);
        assert_ne!(file, STATUS);
        assert_eq!(status(file.as_bytes()), None, "{bad:?}");
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn file_capabilities_of_all_three_revisions_are_read() {
    let table = [
        (words(&[0x0100_0001, 0x400, 0x1]), (0x400, true)),
        (
            words(&[0x0200_0001, 0x400, 0, 0x2, 0]),
            (0x2_0000_0400, true),
        ),
        (words(&[0x0200_0000, 0x2000, 0, 0, 0]), (0x2000, false)),
        (
            words(&[0x0300_0001, 0x400, 9, 1, 9, 1000]),
            (0x1_0000_0400, true),
        ),
    ];
    for (attribute, (permitted, effective)) in table {
        let expected = Some((CapSet::from_bits(permitted), effective));
        assert_eq!(file_capabilities(&attribute), expected, "{attribute:?}");
    }
}

#[test]
fn file_capabilities_of_another_revision_or_length_are_none() {
    let table = [
        vec![],
        vec![1, 0, 0],
        words(&[0x0200_0001]),
        words(&[0x0100_0001, 0, 0, 0, 0]),
        words(&[0x0200_0001, 0, 0]),
        words(&[0x0200_0001, 0, 0, 0, 0, 0]),
        words(&[0x0300_0001, 0, 0, 0, 0]),
        words(&[0x0400_0001, 0, 0, 0, 0, 0]),
        words(&[0, 0, 0]),
        [words(&[0x0200_0001, 0, 0, 0, 0]), vec![0]].concat(),
    ];
    for attribute in table {
        assert_eq!(file_capabilities(&attribute), None, "{attribute:?}");
    }
}
