//! Two files of /etc → the decision to edit them, and contract 9: every byte that is not ours stays.

use charon_init::account::GroupLine;
use charon_init::facts::{Access, Engine, EtcFile, Found, Meant, PathFacts};
use charon_init::parse;
use charon_init::plan::FileEdit;

use crate::world::{SOCKET, World, gid, socket, world};

/// What separates /etc/group from /etc/gshadow in the bytes.
pub const SEPARATOR: u8 = 0x1d;

const USER: &[u8] = b"charon";

/// The first byte chooses the socket's gid; the rest is /etc/group and, behind the separator, /etc/gshadow.
pub fn group_editor(bytes: &[u8]) {
    let (first, files) = bytes.split_first().unwrap_or((&0, b""));
    let wanted = [988, 44, 1, 65534, 999, 4_294_967_294][usize::from(*first) % 6];
    let mut files = files.splitn(2, |byte| *byte == SEPARATOR);
    let file = |bytes: &[u8]| EtcFile {
        bytes: bytes.to_vec(),
        access: Access::Replaceable,
    };
    let mut before = world();
    before.facts.process.groups.clear();
    before.facts.accounts.group = file(files.next().unwrap_or_default());
    before.facts.accounts.gshadow = files.next().map(file);
    before.facts.paths = vec![PathFacts {
        path: SOCKET.into(),
        meant: Meant::EngineSocket(Engine::Docker),
        found: Found::Node(socket(0, wanted, 0o660)),
    }];
    // GID 0 by membership: refused, and nothing edited.
    let Ok(plan) = before.decide() else { return };
    for edit in plan.edits() {
        only_ours_changed(edit);
    }
    if !plan.identity.groups.contains(&gid(wanted)) {
        panic!("the socket's group is granted");
    }
    let after: World = before.clone().after_edits(&plan);
    let group = &after.facts.accounts.group.bytes;
    let is_listed = parse::group::lines(group)
        .filter_map(|line| line.group)
        .any(|line| line.gid == gid(wanted) && line.lists(USER));
    assert!(is_listed, "the result parses and lists the account");
    let again = after
        .decide()
        .expect("what was planned once is planned again");
    assert_eq!(again.edits().count(), 0, "twice is once");
    assert_eq!(again.identity, plan.identity);
}

fn lines(file: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

/// A line that charon-init made: by its password field. A comment and a NIS entry have none.
fn is_ours(line: &[u8]) -> bool {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let is_entry = !b"+-#".contains(line.first().unwrap_or(&b'#')) && !line.contains(&0);
    is_entry && fields.len() == 4 && fields[1] == GroupLine::OURS
}

/// Is `new` the line `old` with the account as its last member?
fn is_joined(old: &[u8], new: &[u8]) -> bool {
    let added = new.strip_prefix(old);
    added.is_some_and(|added| added.strip_prefix(b",").unwrap_or(added) == USER)
}

/// Old lines stay in their order, or gain the account; what goes and what comes is ours.
fn only_ours_changed(edit: &FileEdit) {
    let (old, new) = (lines(&edit.old), lines(&edit.new));
    let mut old = old.into_iter().peekable();
    let mut came = 0;
    for line in new {
        while old
            .next_if(|old| *old != line && !is_joined(old, line) && is_ours(old))
            .is_some()
        {}
        if old
            .next_if(|old| *old == line || is_joined(old, line))
            .is_none()
        {
            assert!(is_ours(line), "{:?}", String::from_utf8_lossy(line));
            came += 1;
        }
    }
    assert!(old.all(is_ours), "{edit:?}");
    assert!(came <= 1, "one group is wanted");
    if came == 0 && !edit.new.is_empty() {
        let ends = |file: &[u8]| file.ends_with(b"\n");
        let last_went = lines(&edit.old).last().is_some_and(|last| is_ours(last));
        assert!(last_went || ends(&edit.old) == ends(&edit.new), "{edit:?}");
    }
}
