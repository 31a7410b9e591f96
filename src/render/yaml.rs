//! Names → YAML scalars that every YAML version reads as strings.

/// Words that YAML 1.1 or 1.2 reads as something other than a string, in any case.
const NOT_STRINGS: [&str; 9] = ["y", "n", "yes", "no", "true", "false", "on", "off", "null"];

/// `text` as it is where every parser takes it for a string, in double quotes otherwise.
pub(super) fn string(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Starts with a letter or an underscore (so it is no number), goes on harmlessly, and is no word of YAML's own.
fn is_plain(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    let is_word = NOT_STRINGS
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    starts_well && goes_on_well && !is_word
}

/// Double quotes: the only style in which everything can be escaped (YAML 1.2.2, 7.3.1).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            other => quoted.extend(format!("\\U{:08x}", u32::from(other)).chars()),
        }
    }
    quoted.push('"');
    quoted
}
