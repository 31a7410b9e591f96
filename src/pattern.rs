//! Paths with wildcards: `*`, `?` and `[a-z]`, as the shell has them, over bytes.
//!
//! Rejected: the crate glob. It passes over names that are not UTF-8, reads `**` as every directory below, and asks the
//! file system for names that have no wildcard.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// A path, or a pattern of paths. Without a wildcard it is the path that it spells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern(OsString);

impl Pattern {
    /// What `text` spells; `None` where it is empty, or a bracket is not closed or holds `[:`, `[.` or `[=`.
    ///
    /// A backslash is an ordinary character, because udev writes it into names; `[*]` is a literal `*`.
    #[must_use]
    pub fn new(text: &OsStr) -> Option<Self> {
        let is_sound = |name: &[u8]| tokens(name).all(|token| token != Token::Broken);
        let is_one = !text.is_empty() && names(text).all(is_sound);
        is_one.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &OsStr {
        &self.0
    }

    /// What stands between its slashes.
    pub fn names(&self) -> impl Iterator<Item = NamePattern<'_>> {
        names(&self.0).map(NamePattern)
    }
}

fn names(text: &OsStr) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| *byte == b'/')
}

/// One component of a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NamePattern<'a>(&'a [u8]);

impl<'a> NamePattern<'a> {
    /// The name, where it has no wildcard: then nothing need be looked for.
    #[must_use]
    pub fn literal(self) -> Option<&'a OsStr> {
        let has_wildcard = self.0.iter().any(|byte| b"*?[".contains(byte));
        (!has_wildcard).then(|| OsStr::from_bytes(self.0))
    }

    /// Is `name` one of those that are meant? A leading dot has to be written.
    #[must_use]
    pub fn matches(self, name: &OsStr) -> bool {
        let name = name.as_bytes();
        let is_hidden = name.first() == Some(&b'.') && self.0.first() != Some(&b'.');
        !is_hidden && matches(&tokens(self.0).collect::<Vec<_>>(), name)
    }
}

/// What one place of a name may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    /// `*`: any number of bytes.
    Any,
    /// `?`: one byte.
    One,
    /// That byte.
    Byte(u8),
    /// `[a-z]`, or `[!a-z]` where it is negated: one byte.
    Set { negated: bool, members: &'a [u8] },
    /// A bracket that means nothing.
    Broken,
}

fn tokens(pattern: &[u8]) -> impl Iterator<Item = Token<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        rest = after;
        Some(match first {
            b'*' => Token::Any,
            b'?' => Token::One,
            b'[' => match set(after) {
                Some((token, after)) => {
                    rest = after;
                    token
                }
                None => Token::Broken,
            },
            byte => Token::Byte(*byte),
        })
    })
}

/// The set whose `[` is behind us, and what follows it. `]` is a member where it comes first; `^` negates as `!` does.
fn set(after: &[u8]) -> Option<(Token<'_>, &[u8])> {
    let (negated, members) = match after.split_first() {
        Some((b'!' | b'^', members)) => (true, members),
        Some(_) | None => (false, after),
    };
    let (_, following) = members.split_first()?;
    let end = following
        .iter()
        .position(|byte| *byte == b']')?
        .saturating_add(1);
    let (members, rest) = members.split_at_checked(end)?;
    let has_class = members
        .windows(2)
        .any(|pair| matches!(pair, [b'[', b':' | b'.' | b'=']));
    let token = Token::Set { negated, members };
    (!has_class).then(|| (token, rest.get(1..).unwrap_or_default()))
}

/// Does the whole of `name` match? After a mismatch the last `*` takes one byte more: no more than both lengths
/// multiplied, whatever the pattern.
fn matches(pattern: &[Token], name: &[u8]) -> bool {
    let (mut tokens, mut bytes) = (pattern, name);
    let mut last_any: Option<(&[Token], &[u8])> = None;
    loop {
        match (tokens.split_first(), bytes.split_first()) {
            (None, None) => return true,
            (Some((Token::Any, after)), _) => {
                last_any = Some((after, bytes));
                tokens = after;
                continue;
            }
            (Some((token, after)), Some((byte, rest))) if token.takes(*byte) => {
                (tokens, bytes) = (after, rest);
                continue;
            }
            (Some(_), _) | (None, Some(_)) => {}
        }
        let Some((after, from)) = last_any else {
            return false;
        };
        let Some((_, rest)) = from.split_first() else {
            return false;
        };
        last_any = Some((after, rest));
        (tokens, bytes) = (after, rest);
    }
}

impl Token<'_> {
    fn takes(self, byte: u8) -> bool {
        match self {
            Self::One => true,
            Self::Byte(meant) => byte == meant,
            Self::Set { negated, members } => holds(members, byte) != negated,
            Self::Any | Self::Broken => false,
        }
    }
}

/// Is `byte` one of `members`, where `a-z` is a range?
fn holds(mut members: &[u8], byte: u8) -> bool {
    loop {
        members = match members {
            [] => return false,
            [from, b'-', to, ..] if (*from..=*to).contains(&byte) => return true,
            [_, b'-', _, rest @ ..] => rest,
            [member, ..] if *member == byte => return true,
            [_, rest @ ..] => rest,
        };
    }
}
