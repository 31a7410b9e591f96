//! What the kernel says of a process and of a program → parent, control groups, interpreter, file capabilities.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

use charon_init::parse::cgroup::are_together;
use charon_init::parse::file_capabilities::file_capabilities;
use charon_init::parse::shebang::interpreter;
use charon_init::parse::stat::{Stat, started, stat};

use crate::editor::SEPARATOR;

/// Each reads all of the bytes; of control groups there are two files, with the separator between them.
pub fn process(bytes: &[u8]) {
    numbers_of_a_stat(bytes);
    a_name_forges_nothing(bytes);
    control_groups(bytes);
    first_line(bytes);
    attribute(bytes);
}

/// Field 1 of proc_pid_stat(5) is the first; the name is field 2.
fn numbers_of_a_stat(bytes: &[u8]) {
    let mut halves = bytes.rsplitn(2, |byte| *byte == b')');
    let rest = halves.next().filter(|_| halves.next().is_some());
    let fields: Vec<&[u8]> = rest
        .unwrap_or_default()
        .split(|byte| *byte == b' ')
        .filter(|field| !field.is_empty())
        .collect();
    let number = |field: usize| -> Option<u64> {
        let digits = str::from_utf8(fields.get(field - 3)?).ok()?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let short = |field| number(field).and_then(|number| u32::try_from(number).ok());
    let expected = short(4).zip(short(5));
    assert_eq!(
        stat(bytes),
        expected.map(|(parent, group)| Stat { parent, group })
    );
    assert_eq!(started(bytes), number(22));
}

/// prctl(PR_SET_NAME): any bytes are a name.
fn a_name_forges_nothing(name: &[u8]) {
    let rest = b") S 12 34 34 0 -1 4194304 92 0 0 0 0 0 0 0 20 0 1 0 8123 2646016";
    let file = [b"56 (", name, rest].concat();
    let expected = Stat {
        parent: 12,
        group: 34,
    };
    assert_eq!((stat(&file), started(&file)), (Some(expected), Some(8123)));
}

/// The path in each hierarchy; `None` where the kernel cannot have written it, because one is there twice.
fn hierarchies(file: &[u8]) -> Option<BTreeMap<Vec<u8>, &[u8]>> {
    let mut hierarchies = BTreeMap::new();
    for line in file.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.splitn(3, |byte| *byte == b':').collect();
        if let [number, controllers, path] = fields[..]
            && hierarchies
                .insert([number, controllers].join(&b':'), path)
                .is_some()
        {
            return None;
        }
    }
    Some(hierarchies)
}

/// Steps of a path that lead into another: those that are left, none of which goes up at first.
fn is_below(inner: &[u8], outer: &[u8]) -> bool {
    let outer = outer.strip_suffix(b"/").unwrap_or(outer);
    let is_longer = inner.len() > outer.len() && inner[..outer.len()] == *outer;
    inner == outer
        || (is_longer && inner[outer.len()] == b'/' && !inner[outer.len()..].starts_with(b"/.."))
}

fn control_groups(bytes: &[u8]) {
    let mut files = bytes.splitn(2, |byte| *byte == SEPARATOR);
    let one = files.next().unwrap_or_default();
    let other = files.next().unwrap_or(one);
    let found = are_together(one, other);
    let (Some(ones), Some(others)) = (hierarchies(one), hierarchies(other)) else {
        return;
    };
    let mut shared = ones
        .iter()
        .filter_map(|(key, path)| Some((path, others.get(key)?)));
    let expected = shared.all(|(one, other)| is_below(one, other) || is_below(other, one));
    assert_eq!(found, expected);
    assert_eq!(are_together(other, one), found, "whoever is asked first");
}

/// execve(2): the name ends with a blank, a newline, a NUL or the file, within the 256 bytes that the kernel reads.
fn first_line(bytes: &[u8]) {
    let rest = bytes.strip_prefix(b"#!").unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
    let name = rest[blanks..]
        .split(|byte| b" \t\n\0".contains(byte))
        .next();
    let is_read = |name: &&[u8]| !name.is_empty() && 2 + blanks + name.len() < 256;
    let found = interpreter(bytes);
    let found = found.as_ref().map(|path| path.as_os_str().as_bytes());
    assert_eq!(found, name.filter(is_read));
}

/// `struct vfs_cap_data` of linux/capability.h, by its offsets.
fn attribute(bytes: &[u8]) {
    let revision = bytes.get(3);
    let is_known =
        [(1, 12), (2, 20), (3, 24)].contains(&(revision.copied().unwrap_or(0), bytes.len()));
    let Some((permitted, effective)) = file_capabilities(bytes) else {
        assert!(!is_known);
        return;
    };
    assert!(is_known);
    let mut bits = [0; 8];
    bits[..4].copy_from_slice(&bytes[4..8]);
    if revision != Some(&1) {
        bits[4..].copy_from_slice(&bytes[12..16]);
    }
    assert_eq!(permitted.bits(), u64::from_le_bytes(bits));
    assert_eq!(effective, bytes[0] & 1 == 1);
}
