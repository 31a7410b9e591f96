//! `/proc/PID/status` → ids, groups, capability sets and no_new_privs (proc_pid_status(5)).

use super::{line, word};
use crate::capability::CapSet;
use crate::ids::{Gid, Uid};

/// What of the file concerns a privilege drop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// Real, effective, saved and filesystem uid.
    pub uid: [Uid; 4],
    /// Real, effective, saved and filesystem gid.
    pub gid: [Gid; 4],
    /// Supplementary groups, in the kernel's order.
    pub groups: Vec<Gid>,
    /// CapInh.
    pub inheritable: CapSet,
    /// CapPrm.
    pub permitted: CapSet,
    /// CapEff.
    pub effective: CapSet,
    /// CapBnd.
    pub bounding: CapSet,
    /// CapAmb (Linux 4.3).
    pub ambient: CapSet,
    /// NoNewPrivs (Linux 4.10).
    pub no_new_privileges: bool,
}

/// The status; `None` when one of its lines is missing or malformed: a guess would be worth nothing in a read-back.
#[must_use]
pub fn status(file: &[u8]) -> Option<Status> {
    let mut draft = Draft::default();
    for line in line::lines(file) {
        // Of most lines the first letter says enough: two of these files are read at every start.
        let may_matter = matches!(line.first(), Some(b'U' | b'G' | b'C' | b'N'));
        let colon = || line.iter().position(|byte| *byte == b':');
        let split = may_matter.then(colon).flatten();
        if let Some((key, [_colon, value @ ..])) = split.and_then(|at| line.split_at_checked(at)) {
            draft.take(key, value);
        }
        // The last line that is wanted; the longest ones, about processors and memory nodes, come after it.
        if draft.no_new_privileges.is_some() {
            break;
        }
    }
    draft.finish()
}

#[derive(Default)]
struct Draft {
    uid: Option<[Uid; 4]>,
    gid: Option<[Gid; 4]>,
    groups: Option<Vec<Gid>>,
    inheritable: Option<CapSet>,
    permitted: Option<CapSet>,
    effective: Option<CapSet>,
    bounding: Option<CapSet>,
    ambient: Option<CapSet>,
    no_new_privileges: Option<bool>,
}

impl Draft {
    fn take(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"Uid" => self.uid = four(value, word::uid),
            b"Gid" => self.gid = four(value, word::gid),
            b"Groups" => self.groups = word::words(value).map(word::gid).collect(),
            b"CapInh" => self.inheritable = capabilities(value),
            b"CapPrm" => self.permitted = capabilities(value),
            b"CapEff" => self.effective = capabilities(value),
            b"CapBnd" => self.bounding = capabilities(value),
            b"CapAmb" => self.ambient = capabilities(value),
            b"NoNewPrivs" => self.no_new_privileges = bit(value),
            _ => {}
        }
    }

    fn finish(self) -> Option<Status> {
        Some(Status {
            uid: self.uid?,
            gid: self.gid?,
            groups: self.groups?,
            inheritable: self.inheritable?,
            permitted: self.permitted?,
            effective: self.effective?,
            bounding: self.bounding?,
            ambient: self.ambient?,
            no_new_privileges: self.no_new_privileges?,
        })
    }
}

fn four<T>(value: &[u8], id: impl Fn(&[u8]) -> Option<T>) -> Option<[T; 4]> {
    let mut ids = word::words(value).map(id);
    let four = [ids.next()??, ids.next()??, ids.next()??, ids.next()??];
    ids.next().is_none().then_some(four)
}

/// Up to 16 hexadecimal digits.
fn capabilities(value: &[u8]) -> Option<CapSet> {
    let digits = value.trim_ascii();
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let bits = digits.iter().try_fold(0_u64, |bits, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some(bits << 4 | u64::from(digit))
    })?;
    Some(CapSet::from_bits(bits))
}

fn bit(value: &[u8]) -> Option<bool> {
    match value.trim_ascii() {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}
