//! Patterns of paths: which are sound, and what they match.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use charon_init::pattern::{NamePattern, Pattern};

fn pattern(text: &[u8]) -> Option<Pattern> {
    Pattern::new(OsStr::from_bytes(text))
}

/// Does a pattern of one name match `name`?
fn matches(text: &[u8], name: &[u8]) -> bool {
    let pattern = pattern(text).unwrap();
    let names: Vec<_> = pattern.names().collect();
    assert_eq!(names.len(), 1);
    names[0].matches(OsStr::from_bytes(name))
}

#[test]
fn wildcards_mean_what_they_mean_in_the_shell() {
    let table: [(&str, &[&str], &[&str]); 14] = [
        ("card?", &["card0", "cardX"], &["card", "card10", "Card0"]),
        ("*", &["a", "a.b", "-"], &[".a", "."]),
        ("**", &["a", "ab"], &[".a"]),
        (".*", &[".a", "."], &["a"]),
        ("a*b*c", &["abc", "aXbYc", "abbcc"], &["ab", "abcd", "acb"]),
        ("?b", &["ab"], &[".b", "b"]),
        ("[.]b", &[], &[".b"]),
        ("[a-c]", &["a", "b", "c"], &["d", "-", "ab", ""]),
        ("[a-]", &["a", "-"], &["b"]),
        ("[]a]", &["]", "a"], &["b"]),
        ("[!a-c]", &["d", "!"], &["a", "b"]),
        ("[^a-c]", &["d"], &["a"]),
        ("[!]]x", &["ax"], &["]x"]),
        ("x[*]y", &["x*y"], &["xay"]),
    ];
    for (text, yes, no) in table {
        for name in yes {
            assert!(matches(text.as_bytes(), name.as_bytes()), "{text} {name}");
        }
        for name in no {
            assert!(!matches(text.as_bytes(), name.as_bytes()), "{text} {name}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_match_and_are_matched() {
    assert!(matches(b"\xff*", b"\xff\xfe"));
    assert!(matches(b"?\xfe", b"\xff\xfe"));
    assert!(matches(b"[\xf0-\xff]", b"\xfe"));
}

#[test]
fn what_has_no_wildcard_is_the_path_itself() {
    for text in [
        &b"/dev/dri/card0"[..],
        b"a",
        b"/x]",
        br"/dev/EFI\x20system",
        b"/\xff/!-^",
    ] {
        let pattern = pattern(text).unwrap();
        assert_eq!(pattern.text().as_bytes(), text);
        let literal: Option<Vec<&OsStr>> = pattern.names().map(NamePattern::literal).collect();
        let literal: Vec<&[u8]> = literal
            .unwrap()
            .iter()
            .map(|name| name.as_bytes())
            .collect();
        assert_eq!(literal.join(&b'/'), text);
    }
}

#[test]
fn what_means_nothing_is_no_pattern() {
    for text in [
        "",
        "[",
        "/dev/[a",
        "/dev/[a/b]",
        "[]",
        "[!]",
        "a[[:digit:]]",
        "[[.a.]]",
        "[[=a=]]",
    ] {
        assert_eq!(pattern(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_name_of_stars_takes_no_time() {
    let stars = b"*a".repeat(120);
    assert!(!matches(&stars, &b"a".repeat(119)));
    assert!(matches(&stars, &b"a".repeat(250)));
}

/// Every pattern of up to four bytes and every name of up to three, beside a shell that finds them in a directory.
#[test]
fn short_patterns_match_as_a_shell_has_them() {
    const PATTERN: &[u8] = b"ab*?[]!-.";
    const NAME: &[u8] = b"ab-.";
    let words = |alphabet: &[u8], longest: usize| -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last
                .iter()
                .flat_map(|word: &Vec<u8>| {
                    alphabet.iter().map(|byte| [&word[..], &[*byte]].concat())
                })
                .collect();
            all.extend(last.iter().cloned());
        }
        all.split_off(1)
    };
    let directory = std::env::temp_dir().join(format!("charon-init-glob.{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let names: Vec<Vec<u8>> = words(NAME, 3)
        .into_iter()
        .filter(|name| name != b"." && name != b"..")
        .collect();
    for name in &names {
        fs::write(directory.join(OsStr::from_bytes(name)), "").unwrap();
    }
    let sound: Vec<Vec<u8>> = words(PATTERN, 4)
        .into_iter()
        .filter(|text| pattern(text).is_some() && text.iter().any(|byte| b"*?[".contains(byte)))
        .collect();
    assert!(sound.len() > 3000, "{}", sound.len());
    // One line a pattern; what matches nothing stands for itself, and no such name exists.
    let script = sound
        .iter()
        .map(|text| [b"echo ./", &text[..], b"\n"].concat())
        .collect::<Vec<_>>()
        .concat();
    let script_path = directory.join("ab.script");
    fs::write(&script_path, script).unwrap();
    let shell = Command::new("dash")
        .arg("ab.script")
        .current_dir(&directory)
        .env("LC_ALL", "C")
        .output();
    fs::remove_dir_all(&directory).unwrap();
    let stdout = shell.expect("dash is Debian's sh").stdout;
    let mut lines = stdout.split(|byte| *byte == b'\n');
    let existing: BTreeSet<&[u8]> = names.iter().map(Vec::as_slice).collect();
    for text in &sound {
        let expected: BTreeSet<&[u8]> = lines
            .next()
            .unwrap()
            .split(|byte| *byte == b' ')
            .map(|path| path.strip_prefix(b"./").unwrap())
            .filter(|name| existing.contains(name))
            .collect();
        let found: BTreeSet<&[u8]> = names
            .iter()
            .map(Vec::as_slice)
            .filter(|name| matches(text, name))
            .collect();
        let text = OsString::from_vec(text.clone());
        assert_eq!(found, expected, "{}", text.display());
    }
}
