//! Words of the command line → options as they were typed, and COMMAND.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use lexopt::{Arg, Error, Parser};

use super::options::{self, OPTIONS, Opt};
use super::{Outcome, help};
use crate::parse::duration::duration;
use crate::refusal::quoted;
use crate::request::{CheckFormat, Format, Mode};

/// What `--format` takes.
const FORMATS: [(&str, Format); 8] = [
    ("text", Format::Text),
    ("json", Format::Json),
    ("compose", Format::Compose),
    ("docker", Format::Docker),
    ("podman", Format::Podman),
    ("kubernetes", Format::Kubernetes),
    ("env", Format::Env),
    ("quadlet", Format::Quadlet),
];

/// What it takes with `--check`.
const CHECK_FORMATS: [(&str, CheckFormat); 2] =
    [("text", CheckFormat::Text), ("json", CheckFormat::Json)];

/// A command line, taken apart.
#[derive(Default)]
pub(super) struct Typed {
    /// The options in their order, each with its value if it takes one.
    options: Vec<(Opt, Option<OsString>)>,
    /// COMMAND and its arguments, verbatim.
    command: Vec<OsString>,
}

/// What was typed; the early `Outcome` is a help, a version or a usage error.
pub(super) fn typed(args: impl IntoIterator<Item = OsString>) -> Result<Typed, Outcome> {
    let mut parser = Parser::from_args(args);
    let mut typed = Typed::default();
    while let Some(word) = parser.next().map_err(usage)? {
        let known = match &word {
            Arg::Short(short) => OPTIONS.iter().find(|known| known.short == Some(*short)),
            Arg::Long(long) => OPTIONS.iter().find(|known| known.long == *long),
            Arg::Value(first) => {
                typed.command.push(first.clone());
                typed.command.extend(parser.raw_args().map_err(usage)?);
                return Ok(typed);
            }
        };
        let option = known.ok_or_else(|| usage(word.unexpected()))?;
        match *option {
            options::HELP => return Err(Outcome::Help(help::help())),
            options::VERSION => return Err(Outcome::Version(help::version())),
            option => typed.take(option, &mut parser)?,
        }
    }
    Ok(typed)
}

/// A usage error in our own words.
#[cold]
fn usage(error: Error) -> Outcome {
    Outcome::Usage(match error {
        Error::UnexpectedOption(option) => format!(
            "{}: no such option; options before COMMAND are ours; see --help, or write -- before COMMAND",
            quoted(option)
        ),
        Error::UnexpectedValue { option, value } => format!(
            "{option}: it takes no value; {} was given; leave that out",
            quoted(value)
        ),
        Error::MissingValue { option } => format!(
            "{}: its value is missing; the command line ends there; give one, see --help",
            option.unwrap_or_default()
        ),
        // What lexopt says to callers that we are not.
        other @ (Error::UnexpectedArgument(_)
        | Error::ParsingFailed { .. }
        | Error::NonUnicodeValue(_)
        | Error::Custom(_)) => other.to_string(),
    })
}

impl Typed {
    #[cold]
    fn take(&mut self, option: Opt, parser: &mut Parser) -> Result<(), Outcome> {
        if self.is_given(&option) && !option.repeatable {
            return Err(Outcome::Usage(format!(
                "--{}: given twice; there can be one only; leave one out",
                option.long
            )));
        }
        let value = match option.value {
            Some(_) if option.value_is_optional => parser.optional_value(),
            Some(_) => Some(parser.value().map_err(usage)?),
            None => None,
        };
        self.options.push((option, value));
        Ok(())
    }

    pub(super) fn has_no_options(&self) -> bool {
        self.options.is_empty()
    }

    /// Was the option typed?
    pub(super) fn is_given(&self, option: &Opt) -> bool {
        self.options.iter().any(|(given, _)| given == option)
    }

    /// Every value that the option was given.
    pub(super) fn values(&self, option: &Opt) -> impl Iterator<Item = &OsStr> {
        self.options
            .iter()
            .filter(move |(given, _)| given == option)
            .filter_map(|(_, value)| value.as_deref())
    }

    /// Which of the ways to be called it is, with COMMAND, which is not kept here; the `Err` is a usage message.
    pub(super) fn mode(&mut self) -> Result<Mode, String> {
        if self.is_given(&options::CHECK) {
            return self.check();
        }
        let command = std::mem::take(&mut self.command);
        if self.is_given(&options::TIMEOUT) {
            return Err(
                "--timeout: it means nothing here; it bounds --check; add --check".to_owned(),
            );
        }
        if self.is_given(&options::DRY_RUN) {
            return Ok(Mode::DryRun {
                format: self.format()?,
                service: self.service()?,
                command,
            });
        }
        for option in [options::FORMAT, options::SERVICE] {
            if self.is_given(&option) {
                return Err(format!(
                    "--{}: it means nothing here; it says what --dry-run prints; add --dry-run",
                    option.long
                ));
            }
        }
        if command.is_empty() {
            return Err(
                "COMMAND: it is missing; there is nothing to execute; name it, or add --dry-run"
                    .to_owned(),
            );
        }
        Ok(Mode::Start { command })
    }

    /// `--check`, which neither executes nor plans anything else.
    #[cold]
    fn check(&self) -> Result<Mode, String> {
        let others = [
            (self.is_given(&options::DRY_RUN), "--dry-run"),
            (self.is_given(&options::SERVICE), "--service"),
            (!self.command.is_empty(), "COMMAND"),
        ];
        if let Some((_, other)) = others.into_iter().find(|(is_given, _)| *is_given) {
            return Err(format!(
                "{other}: it does not go with --check; a check executes nothing and prints what came of it; leave one out"
            ));
        }
        let format = match self.values(&options::FORMAT).next() {
            None => CheckFormat::Text,
            Some(value) => choice(&CHECK_FORMATS, value)
                .ok_or_else(|| malformed(&options::FORMAT, value, &words(&CHECK_FORMATS)))?,
        };
        Ok(Mode::Check {
            format,
            timeout: self.timeout()?,
        })
    }

    fn timeout(&self) -> Result<Duration, String> {
        let typed = self.values(&options::TIMEOUT).next();
        let value = typed.unwrap_or(OsStr::new(options::TIMEOUT.default.unwrap_or_default()));
        duration(value.as_bytes())
            .filter(|timeout| !timeout.is_zero())
            .ok_or_else(|| {
                let takes = "a number of ms, s, m or h above 0, such as 10s";
                malformed(&options::TIMEOUT, value, takes)
            })
    }

    fn format(&self) -> Result<Format, String> {
        match self.values(&options::FORMAT).next() {
            None => Ok(Format::Text),
            Some(value) => choice(&FORMATS, value)
                .ok_or_else(|| malformed(&options::FORMAT, value, &words(&FORMATS))),
        }
    }

    fn service(&self) -> Result<String, String> {
        let Some(value) = self.values(&options::SERVICE).next() else {
            return Ok(options::SERVICE.default.unwrap_or_default().to_owned());
        };
        let is_plain = |text: &&str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        match value.to_str().filter(is_plain) {
            Some(name) => Ok(name.to_owned()),
            None => Err(malformed(
                &options::SERVICE,
                value,
                "letters, digits, dots, underscores and dashes",
            )),
        }
    }
}

/// What the word `value` stands for.
pub(super) fn choice<T: Copy>(choices: &[(&str, T)], value: &OsStr) -> Option<T> {
    choices
        .iter()
        .find(|(word, _)| value == *word)
        .map(|(_, meant)| *meant)
}

/// The words of a choice, for a message.
pub(super) fn words<T>(choices: &[(&str, T)]) -> String {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    words.join(" ")
}

/// The usage message for a flag's value that means nothing.
pub(super) fn malformed(option: &Opt, value: &OsStr, takes: &str) -> String {
    format!(
        "--{}: {} is not understood; it takes {takes}; correct it",
        option.long,
        quoted(value)
    )
}
