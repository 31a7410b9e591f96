//! A path or a descriptor → bytes.

use std::os::fd::AsFd;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read, retry_on_intr};

/// More than any file of /proc that we read, and than most account files. On the stack: a start this short is done
/// before an allocator pays off.
const CHUNK: usize = 4 * 1024;

/// More than any account file: what is larger is no such file, and would only fill the memory.
const LARGEST: usize = 256 * 1024 * 1024;

/// Read a file of /proc in one call: such a file is one record, and what does not fit is missing from the end, which
/// its parser notices.
pub(super) fn read_proc(path: &str) -> Result<Vec<u8>, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))?;
    let mut chunk = [0; CHUNK];
    let count = retry_on_intr(|| read(&file, chunk.as_mut_slice()))?;
    let mut bytes = chunk.get(..count).unwrap_or_default().to_vec();
    if count == CHUNK {
        bytes.extend(read_all(&file, None)?);
    }
    Ok(bytes)
}

/// Read to the end: where `size` bytes are there, there are no more.
pub(super) fn read_all(file: impl AsFd, size: Option<u64>) -> Result<Vec<u8>, Errno> {
    // A size of 0 says nothing: files that are made up as they are read have it.
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let mut bytes = Vec::new();
    if size.is_some_and(|size| size > LARGEST) {
        return Err(Errno::FBIG);
    }
    bytes
        .try_reserve_exact(size.unwrap_or_default())
        .map_err(|_| Errno::NOMEM)?;
    let mut chunk = [0; CHUNK];
    while size.is_none_or(|size| bytes.len() != size) {
        let count = retry_on_intr(|| read(&file, chunk.as_mut_slice()))?;
        match chunk.get(..count) {
            None | Some([]) => break,
            Some(part) => bytes.extend_from_slice(part),
        }
        if bytes.len() > LARGEST {
            return Err(Errno::FBIG);
        }
    }
    Ok(bytes)
}
