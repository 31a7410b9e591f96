//! A sentence for the operator in four parts, and how paths stand in it.

use std::fmt;
use std::path::Path;

/// A sentence for the operator, in four parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// A stable word for programs.
    pub code: &'static str,
    /// What it is about: a path in quotes, a flag, a name.
    pub thing: String,
    /// What happened.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do; each on its own is enough.
    pub remedies: Vec<String>,
}

/// `<thing>: <what>; <why>; <what to do>`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.thing, self.what)?;
        if !self.why.is_empty() {
            write!(f, "; {}", self.why)?;
        }
        if !self.remedies.is_empty() {
            write!(f, "; {}", self.remedies.join(", or "))?;
        }
        Ok(())
    }
}

/// A path in quotes, with control characters escaped: it may come from outside.
pub fn quoted(text: impl AsRef<Path>) -> String {
    let text = text.as_ref().to_string_lossy();
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'\'' && byte != b'\\';
    if text.bytes().all(is_plain) {
        return ["'", &text, "'"].concat();
    }
    escaped(&text)
}

#[cold]
fn escaped(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        if character.is_control() || character == '\'' || character == '\\' {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}
