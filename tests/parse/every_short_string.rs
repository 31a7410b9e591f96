//! Every short string over the alphabet that matters: nothing panics, nothing is invented.

use charon_init::account::{GroupSpec, UserRef};
use charon_init::ids::{Gid, Uid};
use charon_init::parse::edit::{LineEdit, edited};
use charon_init::parse::group::{self, Line};
use charon_init::parse::spec::{group_spec, user_spec};
use charon_init::parse::{
    acl, file_capabilities, gshadow, id_map, number, passwd, shebang, status,
};

use crate::os;

/// Calls `check` with every string of at most `length` bytes over `alphabet`.
fn every(alphabet: &[u8], length: usize, check: &mut impl FnMut(&[u8])) {
    fn grow(text: &mut Vec<u8>, alphabet: &[u8], length: usize, check: &mut impl FnMut(&[u8])) {
        check(text);
        if text.len() == length {
            return;
        }
        for byte in alphabet {
            text.push(*byte);
            grow(text, alphabet, length, check);
            text.pop();
        }
    }
    grow(&mut Vec::new(), alphabet, length, check);
}

const ALPHABET: &[u8] = b":,09+\n\0a";

#[test]
fn no_parser_panics_and_no_id_is_invented() {
    every(ALPHABET, 6, &mut |text| {
        let has_digit = text.iter().any(u8::is_ascii_digit);
        assert!(number(text).is_none() || text.iter().all(u8::is_ascii_digit));
        if let Ok(spec) = user_spec(os(text)) {
            let is_number = matches!(spec.user, UserRef::Uid(_));
            let user = text.split(|byte| *byte == b':').next().unwrap();
            assert_eq!(is_number, user.iter().all(u8::is_ascii_digit));
        }
        if let Ok(GroupSpec::Named(_, gid)) = group_spec(os(text)) {
            assert!(has_digit && Gid::new(gid.raw()).is_some());
        }
        for line in group::lines(text) {
            assert!(line.group.is_none_or(|_| has_digit));
            assert!(line.claimed_name().len() <= line.bytes.len());
        }
        assert_eq!(gshadow::lines(text).count(), group::lines(text).count());
        assert_eq!(passwd::accounts(text).count(), 0, "seven fields need more");
        assert!(acl::acl(text).is_err());
        assert_eq!(file_capabilities::file_capabilities(text), None);
        assert_eq!(shebang::interpreter(text), None);
        assert_eq!(status::status(text), None);
        let _map = id_map::id_map(text);
    });
}

#[test]
fn no_number_of_a_usable_line_is_out_of_range() {
    every(b"0124956789", 4, &mut |digits| {
        let mut number = b"429496".to_vec();
        number.extend_from_slice(digits);
        let raw: u64 = str::from_utf8(&number).unwrap().parse().unwrap();
        let expected = u32::try_from(raw).ok().filter(|raw| *raw != u32::MAX);
        let digits = str::from_utf8(&number).unwrap();
        let group = format!("g:x:{digits}:");
        let group = group::lines(group.as_bytes()).next().unwrap().group;
        assert_eq!(group.map(|group| group.gid.raw()), expected);
        let account = format!("c:x:{digits}:{digits}:::");
        let account = passwd::accounts(account.as_bytes()).next();
        assert_eq!(
            account.map(|account| account.uid),
            expected.and_then(Uid::new)
        );
    });
}

#[test]
fn a_line_that_came_and_went_leaves_every_file_as_it_was() {
    every(ALPHABET, 6, &mut |old| {
        let with = edited(old, &[LineEdit::Append(b"ours".to_vec())]).new;
        let found = group::lines(&with).position(|line| line.bytes == b"ours");
        let without = edited(&with, &[LineEdit::Remove(found.unwrap())]).new;
        let mut expected = old.to_vec();
        let goes_to_the_end = !group::lines(old).any(|line| is_nis(&line));
        if goes_to_the_end && !old.is_empty() && !old.ends_with(b"\n") {
            expected.push(b'\n');
        }
        assert_eq!(without, expected, "{old:?}");
    });
}

#[test]
fn a_member_joins_once_and_no_other_byte_changes() {
    every(ALPHABET, 5, &mut |old| {
        for line in 0..2 {
            let edits = [LineEdit::AddMember {
                line,
                member: b"c".to_vec(),
            }];
            let once = edited(old, &edits);
            let twice = edited(&once.new, &edits);
            assert_eq!(twice.new, once.new, "{old:?}");
            assert_eq!(twice.changes, [], "{old:?}");
            let added: Vec<u8> = once.new[..].to_vec();
            let common = added.iter().zip(old).take_while(|(a, b)| a == b).count();
            let grown = added.len() - old.len();
            assert_eq!(added[common + grown..], old[common..], "{old:?}");
            assert!(matches!(&added[common..common + grown], b"" | b"c" | b",c"));
        }
    });
}

#[test]
fn a_field_is_set_once_and_no_other_byte_changes() {
    every(ALPHABET, 5, &mut |old| {
        for (line, field) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2)] {
            let edits = [LineEdit::SetField {
                line,
                field,
                value: b"42".to_vec(),
            }];
            let once = edited(old, &edits);
            let pieces = |file: &[u8]| -> Vec<Vec<Vec<u8>>> {
                let lines = file.split(|byte| *byte == b'\n');
                let fields = |line: &[u8]| {
                    line.split(|byte| *byte == b':')
                        .map(<[u8]>::to_vec)
                        .collect()
                };
                lines.map(fields).collect()
            };
            let mut expected = pieces(old);
            // A final newline makes no further line, though split() gives one.
            let count = old.split_inclusive(|byte| *byte == b'\n').count();
            if line < count
                && let Some(found) = expected[line].get_mut(field)
            {
                *found = b"42".to_vec();
            }
            assert_eq!(pieces(&once.new), expected, "{old:?} {line} {field}");
            let twice = edited(&once.new, &edits);
            assert_eq!((twice.new, twice.changes), (once.new, vec![]), "{old:?}");
        }
    });
}

#[test]
fn lines_of_passwd_are_counted_as_those_of_group() {
    every(ALPHABET, 5, &mut |text| {
        assert_eq!(passwd::lines(text).count(), group::lines(text).count());
    });
    let file = b"broken\nc:x:1:2::/:\n+\n:x:1:2::/:\nd:x:3:4::/:";
    let found: Vec<_> = passwd::lines(file)
        .map(|line| line.map(|line| line.uid))
        .collect();
    let uid = |number| Uid::new(number);
    assert_eq!(found, [None, uid(1), None, None, uid(3)]);
}

fn is_nis(line: &Line<'_>) -> bool {
    matches!(line.bytes.first(), Some(b'+' | b'-'))
}
