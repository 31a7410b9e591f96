//! Account files as we read them and as the C library does (fgetpwent(3), fgetgrent(3)): the same, but for what is
//! listed here.
//!
//! Where a file is well formed both read the same. Beyond that glibc is forgiving, and contract 9 is not: a line that
//! could be read in two ways grants nothing to anyone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use charon_init::parse;

use crate::corpus;
use crate::generate::{Random, WORDS};

/// An entry as text: name, numbers and the rest, the texts in hexadecimal after an `=`.
type Entry = String;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Passwd,
    Group,
}

/// What is odd about a line, and whether it is.
type Difference = (&'static str, fn(Kind, &[u8]) -> bool);

/// Every intended difference: what is odd about the line that one reads and the other does not, or otherwise.
const INTENDED: [Difference; 7] = [
    // C ends a text there, in the middle of a line.
    ("a NUL", |_, line| line.contains(&0)),
    // The C library leaves it to the compat service of nsswitch.conf(5), which an image does not have.
    ("a NIS entry", |_, line| {
        matches!(line.trim_ascii_start().first(), Some(b'+' | b'-'))
    }),
    // glibc strips them; shadow-utils does not, and edits another account than glibc reads.
    ("blanks before the name", |_, line| {
        line.first().is_some_and(u8::is_ascii_whitespace) || is_blank(line[0])
    }),
    ("no name", |_, line| line.starts_with(b":")),
    // glibc fills in what is missing, and takes colons too many as part of the last field.
    ("more or fewer fields", |kind, line| {
        fields(line).len() != kind.fields()
    }),
    // strtoul(3): blanks, signs, and what is above 32 bits becomes 4294967295.
    ("a number in another form", |kind, line| {
        let fields = fields(line);
        let numbers = kind.numbers().iter().filter_map(|index| fields.get(*index));
        numbers.into_iter().any(|number| !is_id(number))
    }),
    // glibc strips blanks before a member and drops empty ones; ours compares whole names.
    ("blanks in the list of members", |kind, line| {
        kind == Kind::Group
            && fields(line)
                .get(3)
                .is_some_and(|list| list.iter().copied().any(is_blank))
    }),
];

impl Kind {
    fn fields(self) -> usize {
        match self {
            Self::Passwd => 7,
            Self::Group => 4,
        }
    }

    fn numbers(self) -> &'static [usize] {
        match self {
            Self::Passwd => &[2, 3],
            Self::Group => &[2],
        }
    }

    fn letter(self) -> u8 {
        match self {
            Self::Passwd => b'p',
            Self::Group => b'g',
        }
    }
}

/// isspace(3).
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn fields(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| *byte == b':').collect()
}

fn is_id(text: &[u8]) -> bool {
    let digits = text.iter().all(u8::is_ascii_digit) && !text.is_empty();
    let number = str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse::<u32>().ok());
    digits && number.is_some_and(|number| number != u32::MAX)
}

fn hex(text: &[u8]) -> String {
    text.iter()
        .fold(String::from("="), |hex, byte| format!("{hex}{byte:02x}"))
}

fn ours(kind: Kind, file: &[u8]) -> Vec<Entry> {
    match kind {
        Kind::Passwd => parse::passwd::accounts(file)
            .map(|line| {
                let (name, home) = (hex(line.name), hex(line.home));
                format!("{name} {} {} {home}", line.uid, line.gid)
            })
            .collect(),
        Kind::Group => parse::group::lines(file)
            .filter_map(|line| line.group)
            .map(|group| {
                let members = group.members.split(|byte| *byte == b',');
                let members = members
                    .filter(|member| !member.is_empty())
                    .map(|member| format!(" {}", hex(member)));
                format!(
                    "{} {}{}",
                    hex(group.name),
                    group.gid,
                    members.collect::<String>()
                )
            })
            .collect(),
    }
}

/// What the C library reads, per document.
fn theirs(documents: &[(Kind, Vec<u8>)]) -> Vec<Vec<Entry>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/entries.c");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("entries");
    let cc = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&program, &source])
        .status();
    assert!(cc.expect("a C compiler is installed").success());
    let mut input = Vec::new();
    for (kind, bytes) in documents {
        input.push(kind.letter());
        input.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        input.extend(bytes);
    }
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let mut entries = vec![Vec::new(); documents.len()];
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (number, entry) = line.split_once(' ').unwrap();
        entries[number.parse::<usize>().unwrap()].push(entry.to_owned());
    }
    entries
}

/// The reasons for which a line may be read differently; none where it may not.
fn reasons(kind: Kind, line: &[u8]) -> BTreeSet<&'static str> {
    let is_one = |(_, is_odd): &&Difference| !line.is_empty() && is_odd(kind, line);
    INTENDED
        .iter()
        .filter(is_one)
        .map(|(reason, _)| *reason)
        .collect()
}

/// Single lines, so that a difference is a line's: each with and without its newline.
fn documents() -> Vec<(Kind, Vec<u8>)> {
    let mut documents = Vec::new();
    for (kind, name) in [(Kind::Passwd, "passwd"), (Kind::Group, "group")] {
        let corpus: Vec<Vec<u8>> = corpus(name)
            .iter()
            .flat_map(|file| {
                file.split_inclusive(|byte| *byte == b'\n')
                    .map(<[u8]>::to_vec)
                    .collect::<Vec<_>>()
            })
            .collect();
        documents.extend(corpus.iter().map(|line| (kind, line.clone())));
        for number in 0..40_000 {
            let input = Random(number << 20).input(WORDS, &corpus);
            let line = input
                .split_inclusive(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            documents.push((kind, line.to_vec()));
        }
    }
    documents
}

#[test]
fn lines_are_read_as_the_c_library_does_but_for_what_is_listed() {
    let documents = documents();
    let theirs = theirs(&documents);
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    let mut agreed = 0;
    for ((kind, bytes), theirs) in documents.iter().zip(theirs) {
        let ours = ours(*kind, bytes);
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if ours == theirs {
            agreed += u32::from(!ours.is_empty());
            continue;
        }
        let reasons = reasons(*kind, line);
        assert!(
            !reasons.is_empty(),
            "{:?}: ours {ours:?}, the C library's {theirs:?}",
            String::from_utf8_lossy(bytes)
        );
        for reason in reasons {
            *met.entry(reason).or_default() += 1;
        }
    }
    let told = format!(
        "account files: {} lines, {agreed} entries read as the C library does, differently for {met:?}\n",
        documents.len()
    );
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    assert!(agreed > 1000, "{agreed}");
    let listed: BTreeSet<&str> = INTENDED.iter().map(|(reason, _)| *reason).collect();
    assert_eq!(
        met.into_keys().collect::<BTreeSet<_>>(),
        listed,
        "each listed difference exists"
    );
}

/// Whole files that are well formed: every entry, in the same order.
#[test]
fn files_of_real_images_are_read_as_the_c_library_does() {
    let etc = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/etc");
    let mut documents = Vec::new();
    for image in ["alpine", "busybox", "debian"] {
        for (kind, name) in [(Kind::Passwd, "passwd"), (Kind::Group, "group")] {
            documents.push((kind, std::fs::read(etc.join(image).join(name)).unwrap()));
        }
    }
    for ((kind, bytes), theirs) in documents.iter().zip(theirs(&documents)) {
        assert!(!theirs.is_empty());
        assert_eq!(ours(*kind, bytes), theirs);
    }
}
