//! Rust source text → code without comments and strings, and the paths that it names.

/// Is `word` there, and not as the end of a longer one?
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    code.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).map(|before| code.as_bytes()[before]);
        !is_part(word.as_bytes()[0]) || !before.is_some_and(is_part)
    })
}

/// The same text with the content of comments, strings and characters blanked; lines stay where they are.
pub(crate) fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |text: &str| -> String {
        text.chars()
            .map(|c| if c == '\n' { c } else { ' ' })
            .collect()
    };
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => string_length(rest),
            'r' if rest.starts_with("r#\"") => rest.find("\"#").unwrap() + 2,
            '\'' => character_length(rest),
            _ => 0,
        };
        if length == 0 {
            code.push(character);
            rest = &rest[character.len_utf8()..];
        } else {
            code.push_str(&blank(&rest[..length]));
            rest = &rest[length..];
        }
    }
    code
}

fn string_length(text: &str) -> usize {
    let mut is_escaped = true; // the opening quote does not end it
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'"' && !is_escaped {
            return at + 1;
        }
        is_escaped = at > 0 && byte == b'\\' && !is_escaped;
    }
    text.len()
}

/// A character, or 0 for a lifetime.
fn character_length(text: &str) -> usize {
    let is_escape = text.as_bytes().get(1) == Some(&b'\\');
    let end = text
        .char_indices()
        .skip(2)
        .find(|(at, c)| *c == '\'' && (!is_escape || *at > 2));
    match end {
        Some((at, _)) if is_escape || text[..at].chars().count() == 2 => at + 1,
        _ => 0,
    }
}

/// Every path with more than one name, groups written out: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub(crate) fn paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = code;
    while let Some(at) = rest.find(is_name) {
        rest = &rest[at..];
        rest = tree(rest, "", &mut paths);
    }
    paths.retain(|path| path.contains("::"));
    paths
}

/// Reads one path or group of paths; what follows it.
fn tree<'a>(text: &'a str, prefix: &str, paths: &mut Vec<String>) -> &'a str {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}::{name}")
    };
    let Some(rest) = rest.strip_prefix("::") else {
        paths.push(path);
        return rest;
    };
    let Some(mut rest) = rest.strip_prefix('{') else {
        return tree(rest, &path, paths);
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(rest) = rest.strip_prefix('}') {
            return rest;
        }
        let before = rest.len();
        rest = tree(rest, &path, paths);
        rest = rest
            .split_once([',', '}'])
            .map_or(rest, |(renamed, _)| &rest[renamed.len()..]);
        assert!(rest.len() < before, "not a list of imports: {rest}");
    }
}
