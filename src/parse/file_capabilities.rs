//! The `security.capability` attribute → what the file asks for (capabilities(7), `struct vfs_cap_data`).

use crate::capability::CapSet;

const EFFECTIVE: u32 = 1;
const REVISION: u32 = 0xff00_0000;

/// The permitted set and the effective bit; `None` for a revision that we do not know or a length that is not its own.
#[must_use]
pub fn file_capabilities(attribute: &[u8]) -> Option<(CapSet, bool)> {
    let (words, cut) = attribute.as_chunks();
    if !cut.is_empty() {
        return None;
    }
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    // Permitted and inheritable follow one another, 32 bits at a time; revision 3 ends in the root uid of a namespace.
    let (magic, low, high) = match *words {
        [magic, low, _] if magic & REVISION == 0x0100_0000 => (magic, low, 0),
        [magic, low, _, high, _] if magic & REVISION == 0x0200_0000 => (magic, low, high),
        [magic, low, _, high, _, _] if magic & REVISION == 0x0300_0000 => (magic, low, high),
        _ => return None,
    };
    let permitted = CapSet::from_bits(u64::from(high) << 32 | u64::from(low));
    Some((permitted, magic & EFFECTIVE != 0))
}
