//! Messages → stderr, one line each, from the chosen level up.

use std::io::{self, IsTerminal, Write};

use crate::refusal::{Finding, Message};
use crate::render;
use crate::request::{Log, LogFormat, LogLevel};

/// Where the operator is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    log: Log,
}

impl Report {
    pub(crate) fn new(log: Log) -> Self {
        Self { log }
    }

    /// Is `level` asked for? Asked before many messages are put together that nobody would read.
    pub(crate) fn has(self, level: LogLevel) -> bool {
        level <= self.log.level
    }

    /// Say `message`, where `level` is asked for.
    pub(crate) fn say(self, level: LogLevel, message: &Message) {
        if !self.has(level) {
            return;
        }
        let line = render::log::line(self.log.format, level, is_colour_wanted(), message);
        // Nobody can be told that stderr is closed or full, and COMMAND must start all the same.
        if let Err(_unheard) = io::stderr().write_all(line.as_bytes()) {}
    }

    /// May a line on stderr be drawn over? On a terminal, where text is asked for and enough of it.
    pub(crate) fn may_draw(self) -> bool {
        let is_wanted = self.log.level >= LogLevel::Info && self.log.format == LogFormat::Text;
        is_wanted && io::stderr().is_terminal()
    }

    /// Say every finding, each at its level.
    pub(crate) fn findings(self, findings: &[Finding]) {
        for finding in findings {
            self.say(finding.level(), &finding.message());
        }
    }
}

/// Colour only for a person: on a terminal, which has a name (engines set TERM along with it) and is no `dumb` one, and
/// not where NO_COLOR asks for none (no-color.org).
fn is_colour_wanted() -> bool {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let has_colours =
        std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
    !is_unwanted && has_colours && io::stderr().is_terminal()
}

/// Draw `line` over the one that was drawn last (ECMA-48 EL).
pub(crate) fn draw(line: &str) {
    let text = format!("\r{line}\x1b[K");
    if let Err(_unheard) = io::stderr().write_all(text.as_bytes()) {}
}
