//! Text that may come from outside → one line that only says what it says.

/// `text` with everything escaped that could end the line, move the cursor or turn the direction of writing.
pub(super) fn line(text: &str) -> String {
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

/// Control characters, line separators, and the bidirectional controls of "Trojan Source" (CVE-2021-42574).
fn forges(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
