//! A path or a descriptor → bytes.

use std::borrow::Cow;
use std::os::fd::AsFd;

use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read, retry_on_intr};

/// More than nearly every file of /proc that we read.
pub(super) const CHUNK: usize = 2 * 1024;

/// More than any account file: what is larger is no such file, and would only fill the memory.
const LARGEST: usize = 256 * 1024 * 1024;

/// Read a file of /proc in one call: such a file is one record, and what does not fit is missing from the end, which
/// its parser notices.
pub(super) fn read_proc(path: &str) -> Result<Vec<u8>, Errno> {
    let mut room = [0; CHUNK];
    read_proc_into(&mut room, path).map(Cow::into_owned)
}

/// The same, in the caller's `room` where it fits: no page of memory is touched for it then.
pub(super) fn read_proc_into<'a>(
    room: &'a mut [u8; CHUNK],
    path: &str,
) -> Result<Cow<'a, [u8]>, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))?;
    let length = retry_on_intr(|| read(&file, &mut *room))?;
    if length < CHUNK {
        return Ok(Cow::Borrowed(room.get(..length).unwrap_or_default()));
    }
    let mut bytes = room.to_vec();
    bytes.extend(read_all(&file, None)?);
    Ok(Cow::Owned(bytes))
}

/// Read to the end: where `size` bytes are there, there are no more.
pub(super) fn read_all(file: impl AsFd, size: Option<u64>) -> Result<Vec<u8>, Errno> {
    // A size of 0 says nothing: files that are made up as they are read have it.
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    if size.is_some_and(|size| size > LARGEST) {
        return Err(Errno::FBIG);
    }
    let mut bytes = Vec::new();
    while size.is_none_or(|size| bytes.len() < size) {
        // Straight into what is returned: a buffer on the way would be one more page of memory.
        let wanted = size.map_or(CHUNK, |size| size.saturating_sub(bytes.len()));
        bytes.try_reserve(wanted).map_err(|_| Errno::NOMEM)?;
        if retry_on_intr(|| read(&file, spare_capacity(&mut bytes)))? == 0 {
            break;
        }
        if bytes.len() > LARGEST {
            return Err(Errno::FBIG);
        }
    }
    Ok(bytes)
}
