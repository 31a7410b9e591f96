//! Messages, steps and grants → log lines.

use std::borrow::Cow;

use serde::Serialize;

use crate::plan::{Grant, Planned, Verdict};
use crate::refusal::Message;
use crate::render::{escape, json, words};
use crate::request::{LogFormat, LogLevel};

/// One line with its newline: a single write(2) keeps it whole between those of other processes.
///
/// `colour` concerns text alone. The engine adds the time; a second one would only be in the way.
#[must_use]
pub fn line(format: LogFormat, level: LogLevel, colour: bool, message: &Message) -> String {
    match format {
        LogFormat::Text => {
            let text = message.to_string();
            [&prefix(level, colour), ": ", &escape::line(&text), "\n"].concat()
        }
        LogFormat::Json => json::line(&Record::new(level, message)),
    }
}

/// A step, for [`line()`] at debug level.
#[must_use]
pub fn step(planned: &Planned) -> Message {
    words::step(planned)
}

/// A grant, for [`line()`] at info level; `None` where a finding says it already.
#[must_use]
pub fn grant(grant: &Grant) -> Option<Message> {
    match grant.verdict {
        Verdict::Open(_) | Verdict::Granted { .. } => Some(words::grant(grant)),
        Verdict::Closed => None,
    }
}

/// The name that starts a line, in the colour of the level (ECMA-48 SGR).
fn prefix(level: LogLevel, colour: bool) -> Cow<'static, str> {
    if !colour {
        return Cow::Borrowed("charon-init");
    }
    let code = match level {
        LogLevel::Error => 31,
        LogLevel::Warn => 33,
        LogLevel::Info => 32,
        LogLevel::Off | LogLevel::Debug | LogLevel::Trace => 2,
    };
    Cow::Owned(format!("\x1b[{code}mcharon-init\x1b[0m"))
}

/// The level as `--log-level` spells it.
pub(super) fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Off => "off",
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

#[derive(Serialize)]
struct Record<'a> {
    level: &'static str,
    code: &'static str,
    thing: &'a str,
    what: &'a str,
    why: &'a str,
    remedies: &'a [String],
    message: String,
}

impl<'a> Record<'a> {
    fn new(level: LogLevel, message: &'a Message) -> Self {
        Self {
            level: level_name(level),
            code: message.code,
            thing: &message.thing,
            what: &message.what,
            why: &message.why,
            remedies: &message.remedies,
            message: message.to_string(),
        }
    }
}
