//! What was typed and the environment → the request: flag, then variable, then default.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::Fault;
use super::options::{self, OPTIONS, Opt};
use super::typed::{Typed, choice, malformed, words};
use crate::account::{GroupSpec, UserRef, UserSpec};
use crate::capability::{CapSet, Capability};
use crate::parse::boolean;
use crate::parse::duration::duration;
use crate::parse::spec::{SpecFault, group_spec, user_spec};
use crate::refusal::Refusal;
use crate::request::{Forward, Init, Log, LogFormat, LogLevel, Mode, Request};

const LOG_FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

const LOG_LEVELS: [(&str, LogLevel); 6] = [
    ("off", LogLevel::Off),
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

/// `--init`: who gets the signals?
const FORWARDS: [(&str, Forward); 2] = [("child", Forward::Child), ("group", Forward::Group)];

/// `--group-file`: may it be edited?
const GROUP_FILE: [(&str, bool); 2] = [("auto", true), ("never", false)];

/// Both places where something can have been asked for.
pub(super) struct Asked<'a> {
    pub(super) typed: &'a Typed,
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// A value and where it comes from: that decides what a mistake in it is.
pub(super) struct Given {
    pub(super) source: Source,
    pub(super) value: OsString,
}

#[derive(Clone, Copy)]
pub(super) enum Source {
    Flag(Opt),
    Variable(&'static str),
}

impl Asked<'_> {
    /// Is nothing asked for but COMMAND? So nearly every start, which then need not look for each option by itself.
    fn is_silent(&self) -> bool {
        self.typed.has_no_options() && OPTIONS.iter().all(|known| self.variable(known).is_none())
    }

    /// How to log, as far as it can be told, and what was asked for or what is wrong with it.
    pub(super) fn read(&self, mode: Mode) -> (Log, Result<Request, Fault>) {
        let request = Request::new(mode, default_user());
        if self.is_silent() {
            return (Log::DEFAULT, Ok(request));
        }
        self.read_each(request)
    }

    #[inline(never)]
    fn read_each(&self, defaults: Request) -> (Log, Result<Request, Fault>) {
        match self.log() {
            (log, None) => (log, self.request(defaults)),
            (log, Some(fault)) => (log, Err(fault)),
        }
    }

    fn log(&self) -> (Log, Option<Fault>) {
        let Log { format, level } = Log::DEFAULT;
        let asked_format = self.choice(&options::LOG_FORMAT, &LOG_FORMATS, format);
        let asked_level = self.choice(&options::LOG_LEVEL, &LOG_LEVELS, level);
        let log = Log {
            format: *asked_format.as_ref().unwrap_or(&format),
            level: *asked_level.as_ref().unwrap_or(&level),
        };
        (log, asked_format.err().or(asked_level.err()))
    }

    fn request(&self, defaults: Request) -> Result<Request, Fault> {
        let user = self.user()?;
        Ok(Request {
            mode: defaults.mode,
            user_is_default: user.is_none(),
            user: user.unwrap_or(defaults.user),
            uid: self.uid()?,
            gid: self.gid()?,
            sockets: self.sockets(defaults.sockets)?,
            grants: self.grants()?,
            require_socket: self.switch(&options::REQUIRE_SOCKET)?,
            allow_gid_0: self.switch(&options::ALLOW_GID_0)?,
            groups: self.groups()?,
            inherit_groups: !self.switch(&options::NO_INHERIT_GROUPS)?,
            edit_group_file: self.choice(
                &options::GROUP_FILE,
                &GROUP_FILE,
                defaults.edit_group_file,
            )?,
            own: self.own()?,
            own_policy: self.own_policy(defaults.own_policy)?,
            umask: self.mask()?,
            keep_capabilities: self.keep_capabilities()?,
            allow_new_privileges: self.switch(&options::ALLOW_NEW_PRIVS)?,
            init: self.init()?,
        })
    }

    fn user(&self) -> Result<Option<UserSpec>, Fault> {
        let Some(given) = self.single(&options::USER) else {
            return Ok(None);
        };
        match user_spec(&given.value) {
            Ok(user) => Ok(Some(user)),
            Err(fault) => Err(given.bad_spec(fault, "name, uid, name:group or uid:gid")),
        }
    }

    fn groups(&self) -> Result<Vec<GroupSpec>, Fault> {
        let read = |given: Given| {
            group_spec(&given.value).map_err(|fault| given.bad_spec(fault, "name, gid or name:gid"))
        };
        self.list(&options::GROUP).into_iter().map(read).collect()
    }

    fn keep_capabilities(&self) -> Result<CapSet, Fault> {
        let given = self.list(&options::KEEP_CAP);
        given.into_iter().map(Given::kept_capability).collect()
    }

    /// `--init` alone means the command; the variable takes a boolean as well. A grace period is nothing without it.
    fn init(&self) -> Result<Option<Init>, Fault> {
        let grace = match self.single(&options::GRACE_PERIOD) {
            None => Duration::ZERO,
            Some(given) => duration(given.value.as_bytes())
                .ok_or_else(|| given.malformed("a number of ms, s, m or h, such as 10s"))?,
        };
        let typed_alone =
            || self.typed.is_given(&options::INIT) && self.flags(&options::INIT).is_empty();
        let forward = match self.single(&options::INIT) {
            _ if typed_alone() => Some(Forward::Child),
            None => None,
            Some(given) => match (choice(&FORWARDS, &given.value), given.source) {
                (Some(forward), _) => Some(forward),
                (None, Source::Flag(_)) => return Err(given.malformed(&words(&FORWARDS))),
                (None, Source::Variable(_)) => boolean(&given.value)
                    .ok_or_else(|| {
                        given.malformed("child, group, 1 true yes on, or 0 false no off")
                    })?
                    .then_some(Forward::Child),
            },
        };
        if forward.is_none() && self.typed.is_given(&options::GRACE_PERIOD) {
            let message =
                "--grace-period: it means nothing here; only an init can wait; add --init";
            return Err(Fault::Usage(message.to_owned()));
        }
        Ok(forward.map(|forward| Init { forward, grace }))
    }

    /// Is the switch on? A variable is looked at only where the flag was not typed.
    pub(super) fn switch(&self, option: &Opt) -> Result<bool, Fault> {
        if self.typed.is_given(option) {
            return Ok(true);
        }
        let Some(given) = self.variable(option) else {
            return Ok(false);
        };
        match boolean(&given.value) {
            Some(is_true) => Ok(is_true != option.env_is_opposite),
            None => Err(given.malformed("1 true yes on, or 0 false no off")),
        }
    }

    fn choice<T: Copy>(&self, option: &Opt, choices: &[(&str, T)], default: T) -> Result<T, Fault> {
        match self.single(option) {
            None => Ok(default),
            Some(given) => {
                choice(choices, &given.value).ok_or_else(|| given.malformed(&words(choices)))
            }
        }
    }

    /// The value of the flag, else of the variable.
    pub(super) fn single(&self, option: &Opt) -> Option<Given> {
        self.flags(option)
            .into_iter()
            .next()
            .or_else(|| self.variable(option))
    }

    /// The values of the flags, else what stands between the separators of the variable.
    pub(super) fn list(&self, option: &Opt) -> Vec<Given> {
        let flags = self.flags(option);
        if !flags.is_empty() {
            return flags;
        }
        let Some(given) = self.variable(option) else {
            return flags;
        };
        let is_separator = |byte: &u8| {
            option
                .env_separator
                .is_some_and(|separator| *byte == separator)
        };
        let items = given.value.as_bytes().split(is_separator);
        items
            .map(|item| Given {
                source: given.source,
                value: OsStr::from_bytes(item).to_owned(),
            })
            .collect()
    }

    fn flags(&self, option: &Opt) -> Vec<Given> {
        let given = self.typed.values(option).map(|value| Given {
            source: Source::Flag(*option),
            value: value.to_owned(),
        });
        given.collect()
    }

    /// The variable beside the option; an empty one is an unset one.
    pub(super) fn variable(&self, option: &Opt) -> Option<Given> {
        let name = option.env?;
        let value = (self.variable)(name).filter(|value| !value.is_empty())?;
        Some(Given {
            source: Source::Variable(name),
            value,
        })
    }
}

fn default_user() -> UserSpec {
    UserSpec {
        user: UserRef::Name(options::USER.default.unwrap_or_default().into()),
        group: None,
    }
}

pub(super) fn refused(refusal: Refusal) -> Fault {
    Fault::Refused(Box::new(refusal))
}

impl Given {
    /// A flag that means nothing is a usage error, a variable that means nothing is refused.
    #[cold]
    pub(super) fn malformed(self, takes: &str) -> Fault {
        match self.source {
            Source::Flag(option) => Fault::Usage(malformed(&option, &self.value, takes)),
            Source::Variable(name) => refused(Refusal::BadVariable {
                name,
                value: self.value,
                takes: takes.to_owned(),
            }),
        }
    }

    #[cold]
    pub(super) fn bad_spec(self, fault: SpecFault, takes: &str) -> Fault {
        let source = self.source.to_string();
        match fault {
            SpecFault::Malformed(what) => self.malformed(&format!("{takes}; {what}")),
            SpecFault::OutOfRange(number) => refused(Refusal::NumberOutOfRange { source, number }),
            SpecFault::BadName(name) => refused(Refusal::BadGroupName { source, name }),
        }
    }

    fn kept_capability(self) -> Result<Capability, Fault> {
        match self.value.to_str().and_then(Capability::from_name) {
            Some(capability) if capability.leads_to_root() => {
                Err(refused(Refusal::KeepLeadsToRoot { capability }))
            }
            Some(capability) => Ok(capability),
            None => Err(match self.source {
                Source::Flag(_) => self.malformed("a capability such as net_bind_service"),
                Source::Variable(name) => refused(Refusal::UnknownCapability {
                    source: name.to_owned(),
                    name: self.value,
                }),
            }),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(option) => write!(f, "--{}", option.long),
            Self::Variable(name) => f.write_str(name),
        }
    }
}
