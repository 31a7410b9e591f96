//! `/proc/PID/stat` → parent and process group (proc_pid_stat(5)).

/// What of the file says where a process belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// Its parent; 0 for one outside our PID namespace.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
}

/// The stat; `None` when it is cut short.
#[must_use]
pub fn stat(file: &[u8]) -> Option<Stat> {
    let mut words = words(file)?;
    let mut number = || {
        let number = super::number(words.next()?)?;
        u32::try_from(number).ok()
    };
    Some(Stat {
        parent: number()?,
        group: number()?,
    })
}

/// When the process was started, in clock ticks since boot; `None` when the stat is cut short.
#[must_use]
pub fn started(file: &[u8]) -> Option<u64> {
    // Field 22, and the words begin at 4.
    super::number(words(file)?.nth(18)?)
}

/// What follows the state. The name, which the process chooses, may hold blanks and brackets: what counts stands behind
/// its last bracket.
fn words(file: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let end = file.iter().rposition(|byte| *byte == b')')?;
    let rest = file.get(end.checked_add(1)?..)?;
    let mut words = rest
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    words.next()?;
    Some(words)
}
