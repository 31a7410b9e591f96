//! Text that may come from outside → one line that only says what it says.

/// `text` with everything escaped that could end the line, move the cursor or turn the direction of writing.
#[must_use]
pub fn line(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    escaped(text)
}

#[cold]
fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if forges(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// The same for finished JSON, where such a character can only stand inside a string: serde leaves DEL, the C1 controls
/// and U+2028 as they are, and some readers of "one object a line" end a line there.
pub(super) fn json(text: &str) -> String {
    let escaped = |character| {
        if forges(character) {
            format!("\\u{:04x}", u32::from(character))
        } else {
            character.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

/// Control characters, line separators, and the bidirectional controls of "Trojan Source" (CVE-2021-42574).
fn forges(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
