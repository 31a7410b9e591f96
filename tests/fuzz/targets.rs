//! Bytes → a parser, the group editor or the whole decision, and what must hold whatever the bytes are.
//!
//! One list for cargo-fuzz and for `cargo test`, so that they cannot differ. Each law is written from the contract and
//! the manual pages, with other means than the product's.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use charon_init::account::{GroupRef, GroupSpec, UserRef, UserSpec};
use charon_init::ids::{Gid, Uid};
use charon_init::message::Message;
use charon_init::parse;
use charon_init::permission::Permission;
use charon_init::plan::{Plan, Step};
use charon_init::refusal::Finding;
use charon_init::request::DockerHost;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::arbitrary::any_world;
use crate::editor;
use crate::http;
use crate::process;
use crate::world::World;

/// Takes any bytes; panics where a law is broken.
pub type Target = fn(&[u8]);

/// All targets by name; the name is that of the corpus folder and of the program of cargo-fuzz.
pub const TARGETS: [(&str, Target); 11] = [
    ("user_spec", user_spec),
    ("passwd", passwd),
    ("group", group),
    ("group_editor", editor::group_editor),
    ("acl", acl),
    ("id_map", id_map),
    ("status", status),
    ("process", process::process),
    ("docker_host", docker_host),
    ("http", http::http),
    ("decide", decide),
];

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The number that digits spell, with other means than the product's.
fn spelled(text: &[u8]) -> Option<u32> {
    let text = is_digits(text).then(|| str::from_utf8(text).unwrap())?;
    let digits = text.trim_start_matches('0');
    let number: u32 = if digits.is_empty() {
        0
    } else {
        digits.parse().ok()?
    };
    (number != u32::MAX).then_some(number)
}

fn user_spec(bytes: &[u8]) {
    let text = OsStr::from_bytes(bytes);
    let halves: Vec<&[u8]> = bytes.split(|byte| *byte == b':').collect();
    let is_whole = halves.len() <= 2 && halves.iter().all(|half| !half.is_empty());
    let is_possible = |half: &&[u8]| !is_digits(half) || spelled(half).is_some();
    let is_good = is_whole && halves.iter().all(is_possible);
    match parse::spec::user_spec(text) {
        Err(_) => assert!(!is_good),
        Ok(UserSpec { user, group }) => {
            assert!(is_good);
            match user {
                UserRef::Uid(uid) => assert_eq!(spelled(halves[0]), Some(uid.raw())),
                UserRef::Name(name) => {
                    assert!(name.as_bytes() == halves[0] && !is_digits(halves[0]));
                }
            }
            assert_eq!(group.is_some(), halves.len() == 2);
            if let Some(group) = group {
                assert!(is_group(&group, halves[1]));
            }
        }
    }
    match parse::spec::group_spec(text) {
        Ok(GroupSpec::Name(name)) => assert!(name.as_bytes() == bytes && !is_digits(bytes)),
        Ok(GroupSpec::Gid(gid)) => assert_eq!(spelled(bytes), Some(gid.raw())),
        Ok(GroupSpec::Named(name, gid)) => {
            assert_eq!((halves.len(), spelled(halves[1])), (2, Some(gid.raw())));
            assert!(name.as_str().as_bytes() == halves[0] && halves[0].len() <= 32);
            assert!(!name.as_str().contains([':', ',', '\n', ' ', '\0']));
        }
        Err(_) => assert!(!(halves.len() == 1 && is_good)),
    }
}

fn is_group(group: &GroupRef, text: &[u8]) -> bool {
    match group {
        GroupRef::Gid(gid) => spelled(text) == Some(gid.raw()),
        GroupRef::Name(name) => name.as_bytes() == text && !is_digits(text),
    }
}

/// The fields of every line that means something: so many of them, a name, no NUL, no comment, no NIS entry.
pub fn entries(file: &[u8], fields: usize) -> Vec<Vec<&[u8]>> {
    let lines = file.split(|byte| *byte == b'\n');
    let is_entry = |line: &&[u8]| !line.contains(&0) && !line.starts_with(b"#");
    let is_own = |entry: &Vec<&[u8]>| {
        entry.len() == fields && !entry[0].is_empty() && !b"+-".contains(&entry[0][0])
    };
    lines
        .filter(is_entry)
        .map(fields_of)
        .filter(is_own)
        .collect()
}

fn fields_of(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| *byte == b':').collect()
}

fn passwd(bytes: &[u8]) {
    let expected: Vec<_> = entries(bytes, 7)
        .into_iter()
        .filter_map(|entry| Some((entry[0], spelled(entry[2])?, spelled(entry[3])?, entry[5])))
        .collect();
    let found: Vec<_> = parse::passwd::accounts(bytes)
        .map(|line| (line.name, line.uid.raw(), line.gid.raw(), line.home))
        .collect();
    assert_eq!(found, expected);
    for (name, uid, _, _) in &expected {
        let by_name = parse::passwd::by_name(bytes, OsStr::from_bytes(name)).unwrap();
        let first = expected.iter().find(|(other, ..)| other == name).unwrap();
        assert_eq!((by_name.uid.raw(), by_name.gid.raw()), (first.1, first.2));
        let uid = Uid::new(*uid).unwrap();
        let by_uid = parse::passwd::by_uid(bytes, uid).unwrap();
        let first = expected.iter().find(|(_, other, ..)| *other == uid.raw());
        assert_eq!(by_uid.name.as_bytes(), first.unwrap().0);
    }
}

fn group(bytes: &[u8]) {
    let expected: Vec<_> = entries(bytes, 4)
        .into_iter()
        .filter_map(|entry| Some((entry[0], entry[1], spelled(entry[2])?, entry[3])))
        .collect();
    let lines: Vec<_> = parse::group::lines(bytes).collect();
    let found: Vec<_> = lines
        .iter()
        .filter_map(|line| line.group)
        .map(|group| (group.name, group.password, group.gid.raw(), group.members))
        .collect();
    assert_eq!(found, expected);
    let whole: Vec<&[u8]> = lines.iter().map(|line| line.bytes).collect();
    let mut joined = whole.join(&b'\n');
    if bytes.ends_with(b"\n") {
        joined.push(b'\n');
    }
    assert_eq!(joined, bytes, "every byte is in one line");
    for group in lines.iter().filter_map(|line| line.group) {
        for name in [&b"charon"[..], b"root", b""] {
            let members: Vec<&[u8]> = group.members.split(|byte| *byte == b',').collect();
            let is_member = !name.is_empty() && members.contains(&name);
            assert_eq!(group.lists(name), is_member);
        }
    }
    let entries = entries(bytes, 4);
    for line in parse::gshadow::lines(bytes).flatten() {
        let fields = [line.name, line.password, line.administrators, line.members];
        assert!(entries.iter().any(|entry| *entry == fields));
    }
}

/// What is read is what stands there: written out again it is the same entries, less those of ids that have no name here.
fn acl(bytes: &[u8]) {
    let Ok(acl) = parse::acl::acl(bytes) else {
        return;
    };
    assert_eq!(bytes[..4], [2, 0, 0, 0]);
    let mut given: Vec<[u8; 8]> = bytes[4..]
        .chunks(8)
        .map(|entry| entry.try_into().unwrap())
        .collect();
    let Some(acl) = acl else {
        assert!(
            given.is_empty() || given.len() == 3,
            "no more than the mode says"
        );
        return;
    };
    let bits = |permission: Permission| {
        (0..8)
            .find(|bits| Permission::from_bits(*bits) == permission)
            .unwrap()
    };
    let entry = |tag: u8, permission, id: u32| {
        let [a, b, c, d] = id.to_le_bytes();
        [tag, 0, bits(permission), 0, a, b, c, d]
    };
    let mut read = vec![
        entry(1, acl.owner, 0),
        entry(4, acl.group, 0),
        entry(0x10, acl.mask, 0),
        entry(0x20, acl.other, 0),
    ];
    read.extend(
        acl.users
            .iter()
            .map(|(uid, permission)| entry(2, *permission, uid.raw())),
    );
    read.extend(
        acl.groups
            .iter()
            .map(|(gid, permission)| entry(8, *permission, gid.raw())),
    );
    let is_named = |entry: &[u8; 8]| [2, 8].contains(&entry[0]);
    given.retain(|entry| !is_named(entry) || entry[4..] != [0xff; 4]);
    for entry in given.iter_mut().filter(|entry| !is_named(entry)) {
        entry[4..].fill(0);
    }
    given.sort_unstable();
    read.sort_unstable();
    assert_eq!(read, given);
}

fn id_map(bytes: &[u8]) {
    let Some(map) = parse::id_map::id_map(bytes) else {
        return;
    };
    let numbers: Vec<u64> = bytes
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| str::from_utf8(word).unwrap().parse().unwrap())
        .collect();
    let read: Vec<u64> = map
        .0
        .iter()
        .flat_map(|extent| [extent.inside, extent.outside, extent.count].map(u64::from))
        .collect();
    assert_eq!(read, numbers);
    // The kernel takes no line that leads beyond the last id.
    let is_possible = |extent: &[u64]| extent[0].max(extent[1]) + extent[2] <= 1 << 32;
    if !numbers.chunks(3).all(is_possible) {
        return;
    }
    let wide = |inside: u64| {
        numbers.chunks(3).find_map(|extent| {
            let is_in = inside >= extent[0] && inside < extent[0] + extent[2];
            is_in.then(|| extent[1] + inside - extent[0])
        })
    };
    let edges = numbers
        .chunks(3)
        .flat_map(|extent| [extent[0], extent[0] + extent[2]]);
    let around = edges.flat_map(|edge| [edge.saturating_sub(1), edge, edge + 1]);
    for inside in around.filter_map(|edge| u32::try_from(edge).ok()) {
        let outside = wide(u64::from(inside)).and_then(|outside| u32::try_from(outside).ok());
        assert_eq!(map.outside(inside), outside);
    }
}

fn status(bytes: &[u8]) {
    let Some(status) = parse::status::status(bytes) else {
        return;
    };
    let last = |key: &str| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        // What comes after a NoNewPrivs that says something is not read.
        let ends = |(name, value): &(&str, &str)| {
            *name == "NoNewPrivs" && ["0", "1"].contains(&value.trim_ascii())
        };
        let lines: Vec<_> = text
            .split('\n')
            .filter_map(|line| line.split_once(':'))
            .collect();
        let end = lines.iter().position(ends).unwrap();
        let mut read = lines[..=end].iter().rev();
        let (_, value) = read.find(|(name, _)| *name == key).unwrap();
        value.split_ascii_whitespace().map(str::to_owned).collect()
    };
    let ids = |key| -> Vec<u32> {
        let words = last(key);
        words
            .iter()
            .map(|word| spelled(word.as_bytes()).unwrap())
            .collect()
    };
    assert_eq!(status.uid.map(Uid::raw).to_vec(), ids("Uid"));
    assert_eq!(status.gid.map(Gid::raw).to_vec(), ids("Gid"));
    let groups: Vec<u32> = status.groups.iter().map(|gid| gid.raw()).collect();
    assert_eq!(groups, ids("Groups"));
    for (key, set) in [
        ("CapInh", status.inheritable),
        ("CapPrm", status.permitted),
        ("CapEff", status.effective),
        ("CapBnd", status.bounding),
        ("CapAmb", status.ambient),
    ] {
        assert_eq!(
            u64::from_str_radix(&last(key)[0], 16),
            Ok(set.bits()),
            "{key}"
        );
    }
    assert_eq!(
        last("NoNewPrivs"),
        [u8::from(status.no_new_privileges).to_string()]
    );
}

fn docker_host(bytes: &[u8]) {
    let is_unix = bytes.starts_with(b"unix://");
    match parse::docker_host::docker_host(OsStr::from_bytes(bytes)) {
        Ok(DockerHost::Socket(path)) => {
            assert!(
                is_unix && bytes.len() > 7 && path == Path::new(OsStr::from_bytes(&bytes[7..]))
            );
        }
        Ok(DockerHost::Elsewhere) => {
            let schemes = ["tcp", "ssh", "fd", "http", "https"];
            assert!(
                schemes
                    .iter()
                    .any(|scheme| bytes.starts_with(format!("{scheme}://").as_bytes()))
            );
        }
        Err(_) => assert!(!is_unix || bytes.len() == 7),
    }
}

/// The bytes choose a world of the tests of `decide`, as a seed does; the laws are the first of the contract. Choice by
/// choice from the bytes was rejected: proptest's source for that is halved at every choice between strategies, and one
/// that has run dry is asked for ever.
fn decide(bytes: &[u8]) {
    let mut seed = [0_u8; 32];
    for (index, byte) in bytes.iter().enumerate() {
        seed[index % 32] = seed[index % 32].rotate_left(3) ^ byte;
    }
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let Ok(tree) = any_world().new_tree(&mut TestRunner::new_with_rng(config, rng)) else {
        return;
    };
    let world: World = tree.current();
    let decided = world.decide();
    assert_eq!(
        decided,
        world.decide(),
        "the same world is decided the same way"
    );
    match decided {
        Ok(plan) => lawful(&world, &plan),
        Err(refused) => {
            let findings = refused.findings.iter().map(Finding::message);
            findings
                .chain([refused.refusal.message()])
                .for_each(|message| one_line(&message));
        }
    }
}

fn lawful(world: &World, plan: &Plan) {
    let identity = &plan.identity;
    assert!(!identity.uid.is_root());
    assert!(identity.groups.contains(&identity.gid));
    assert!(identity.groups.is_sorted_by(|one, next| one < next));
    let is_roots = plan
        .steps
        .iter()
        .any(|planned| matches!(planned.step, Step::SetUid { .. }));
    let zero_is_allowed = world.request.allow_gid_0 || !is_roots;
    assert!(zero_is_allowed || !identity.groups.contains(&Gid::ROOT));
    assert!(world.request.allow_gid_0 || !plan.group_add.contains(&Gid::ROOT));
    let verified = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::Verify(expected) => Some(expected),
        _ => None,
    });
    let expected = verified.expect("a plan verifies");
    assert_eq!((expected.uid, expected.gid), (identity.uid, identity.gid));
    let asked = world.request.keep_capabilities.bits();
    assert_eq!(expected.capabilities.permitted.bits() & !asked, 0);
    assert!(expected.no_new_privileges || world.request.allow_new_privileges);
    let last = plan.steps.last().map(|planned| &planned.step);
    assert!(matches!(last, Some(Step::Execute(_) | Step::Supervise(_))));
    plan.findings
        .iter()
        .for_each(|finding| one_line(&finding.message()));
}

fn one_line(message: &Message) {
    let text = message.to_string();
    assert!(!text.contains(char::is_control), "{text:?}");
}
