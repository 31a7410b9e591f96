//! The value of `--umask` → a mask.

use crate::permission::Umask;

/// Octal digits and nothing else, at least one, up to 0777: `0`, `022`, `0077`. No prefix and no symbols: umask(1)'s
/// `u=rwx` names what stays, and would be read the wrong way round.
#[must_use]
pub fn mask(text: &[u8]) -> Option<Umask> {
    if text.is_empty() {
        return None;
    }
    let bits = text.iter().try_fold(0_u16, |bits, byte| {
        let digit = matches!(byte, b'0'..=b'7').then(|| u16::from(byte - b'0'))?;
        bits.checked_mul(8)?.checked_add(digit)
    })?;
    Umask::new(bits)
}
