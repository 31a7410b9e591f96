//! The beginning of a script → its interpreter, as the kernel reads it (execve(2), `fs/binfmt_script.c`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// How much of a file the kernel looks at (`BINPRM_BUF_SIZE`, Linux 5.1).
const HEAD: usize = 256;

/// The interpreter that the first line names.
///
/// `None` when there is no `#!`, when nothing follows it, or when the name might go on beyond what the kernel reads: it
/// does not execute a cut path.
#[must_use]
pub fn interpreter(file: &[u8]) -> Option<PathBuf> {
    let head = file.get(..HEAD).unwrap_or(file);
    let line = head.strip_prefix(b"#!")?;
    let name = line.get(line.iter().position(|byte| !is_blank(*byte))?..)?;
    let name = match name.iter().position(|byte| ends_name(*byte)) {
        Some(end) => name.get(..end)?,
        None if file.len() < HEAD => name,
        None => return None,
    };
    (!name.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(name)))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn ends_name(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\n' | 0)
}
