//! A path or a descriptor → bytes.

use std::os::fd::AsFd;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read};

/// More than any file of /proc that we read, and than most account files.
const CHUNK: usize = 8 * 1024;

/// Read a file of /proc in one call: such a file is one record, and what does not fit is missing from the end, which
/// its parser notices.
pub(super) fn read_proc(path: &str) -> Result<Vec<u8>, Errno> {
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = vec![0; CHUNK];
    let count = retry(|| read(&file, &mut bytes))?;
    if count == bytes.len() {
        let rest = read_all(&file, CHUNK)?;
        bytes.extend(rest);
    } else {
        bytes.truncate(count);
    }
    Ok(bytes)
}

/// Read to the end; `size` is a guess.
pub(super) fn read_all(file: impl AsFd, size: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; size.max(1)];
    loop {
        let count = retry(|| read(&file, &mut chunk))?;
        match chunk.get(..count) {
            None | Some([]) => return Ok(bytes),
            Some(part) => bytes.extend_from_slice(part),
        }
    }
}

/// Again, when a signal came in between (signal(7)).
pub(super) fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}
