//! Arguments and environment → the settings: flag, then variable, then default; an empty variable is an unset one.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use charon_init::message::{Message, quoted};
use charon_init::parse::boolean;
use charon_init::parse::duration::duration;

use crate::address::Address;
use crate::servers::{self, RemoteServer};

const HELP: &str = "\
Lists the containers of Docker engines, as the backend of Charon does.

Usage:
  charon-server [--listen ADDRESS:PORT]

  --listen ADDRESS:PORT  [CHARON_LISTEN]  where to listen; 0.0.0.0:8080 by default
  -h, --help                              this text
  -V, --version                           the version

  [DOCKER_HOST]            the local engine: unix://PATH or tcp://HOST:PORT; otherwise
                           /var/run/docker.sock or /run/user/UID/docker.sock
  [CHARON_DOCKER_ENABLED]  false switches the local engine off
  [CHARON_DOCKER_TIMEOUT]  the deadline of a call to an engine: 10s by default, ms s m h
  [CHARON_REMOTE_SERVERS]  further engines: a JSON file, or the JSON itself:
                           [{\"id\": UUID, \"name\": TEXT, \"url\": \"tcp://HOST:PORT\"}]

Exit codes: 0 after TERM or INT, 2 usage, 71 it cannot listen, 78 a variable is not understood
";

const LISTEN: &str = "0.0.0.0:8080";
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the server does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    /// Is the local engine looked for at all?
    pub(crate) docker_enabled: bool,
    /// What `DOCKER_HOST` names, where it is of use.
    pub(crate) docker_host: Option<Address>,
    /// How long a call to an engine may take. Shorter than the patience of a proxy in front of us, which would answer
    /// for us.
    pub(crate) timeout: Duration,
    pub(crate) remote_servers: Vec<RemoteServer>,
}

/// What a command line and its environment come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Run(Box<Settings>),
    /// Help or version, for stdout.
    Print(String),
    /// Not a command line of ours.
    Usage(String),
    /// A variable that is not understood.
    Refused(Message),
}

/// What `args` (without the program's own name) and the variables ask for.
pub(crate) fn parse(
    args: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Outcome {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    match typed(args) {
        Ok(Typed::Listen(listen)) => match settings(listen, &variable) {
            Ok(settings) => Outcome::Run(Box::new(settings)),
            Err(message) => Outcome::Refused(message),
        },
        Ok(Typed::Help) => Outcome::Print(HELP.to_owned()),
        Ok(Typed::Version) => Outcome::Print(format!(
            "{} {}\n",
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION")
        )),
        Err(message) => Outcome::Usage(message),
    }
}

enum Typed {
    Listen(Option<SocketAddr>),
    Help,
    Version,
}

fn typed(args: impl IntoIterator<Item = OsString>) -> Result<Typed, String> {
    use lexopt::prelude::{Long, Short, Value};
    let mut parser = lexopt::Parser::from_args(args);
    let mut listen = None;
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Short('h') | Long("help") => return Ok(Typed::Help),
            Short('V') | Long("version") => return Ok(Typed::Version),
            Long("listen") => {
                let value = parser.value().map_err(|error| error.to_string())?;
                let address = address(&value).ok_or_else(|| {
                    let value = quoted(&value);
                    format!("--listen {value}: is not understood; it takes {LISTEN_TAKES}")
                })?;
                if listen.replace(address).is_some() {
                    return Err("--listen: given twice; give it once".to_owned());
                }
            }
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected().to_string()),
        }
    }
    Ok(Typed::Listen(listen))
}

const LISTEN_TAKES: &str = "ADDRESS:PORT, such as 0.0.0.0:8080 or [::1]:8080";

fn address(value: &OsStr) -> Option<SocketAddr> {
    value.to_str()?.parse().ok()
}

fn settings(
    listen: Option<SocketAddr>,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Settings, Message> {
    let listen = match (listen, variable("CHARON_LISTEN")) {
        (Some(listen), _) => listen,
        (None, given) => {
            let value = given.unwrap_or_else(|| LISTEN.into());
            address(&value).ok_or_else(|| misunderstood("CHARON_LISTEN", &value, LISTEN_TAKES))?
        }
    };
    Ok(Settings {
        listen,
        docker_enabled: match variable("CHARON_DOCKER_ENABLED") {
            None => true,
            Some(value) => boolean(&value).ok_or_else(|| {
                let takes = "1 true yes on, or 0 false no off";
                misunderstood("CHARON_DOCKER_ENABLED", &value, takes)
            })?,
        },
        docker_host: match variable("DOCKER_HOST") {
            None => None,
            Some(value) => docker_host(&value)?,
        },
        timeout: match variable("CHARON_DOCKER_TIMEOUT") {
            None => TIMEOUT,
            Some(value) => timeout(&value)?,
        },
        remote_servers: match variable("CHARON_REMOTE_SERVERS") {
            None => Vec::new(),
            Some(value) => servers::read(&value)?,
        },
    })
}

/// Nothing to wait for is no deadline, and a longer one than this is none either.
fn timeout(value: &OsStr) -> Result<Duration, Message> {
    let allowed = Duration::from_millis(1)..=Duration::from_mins(10);
    duration(value.as_bytes())
        .filter(|timeout| allowed.contains(timeout))
        .ok_or_else(|| {
            let takes = "a number of ms, s, m or h, such as 10s, and at most 10m";
            misunderstood("CHARON_DOCKER_TIMEOUT", value, takes)
        })
}

/// `None` for what names neither a socket nor a TCP address: the local engine is then where it usually is.
fn docker_host(value: &OsStr) -> Result<Option<Address>, Message> {
    let misunderstood = || misunderstood("DOCKER_HOST", value, "unix:///PATH or tcp://HOST:PORT");
    let text = value.to_str().ok_or_else(misunderstood)?;
    if let Some(path) = text.strip_prefix("unix://") {
        return Ok((!path.is_empty()).then(|| Address::Socket(path.to_owned())));
    }
    if text.starts_with("tcp://") {
        return Address::tcp(text).map(Some).ok_or_else(misunderstood);
    }
    Ok(None)
}

/// The refusal of a variable's value.
pub(crate) fn misunderstood(name: &str, value: &OsStr, takes: &str) -> Message {
    Message {
        code: "bad-variable",
        thing: format!("{name}={}", quoted(value)),
        what: "is not understood".to_owned(),
        why: format!("it takes {takes}"),
        remedies: vec!["correct or unset it".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    fn outcome(args: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let find = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| OsString::from(value))
        };
        parse(args.iter().map(OsString::from), find)
    }

    fn settings(args: &[&str], variables: &[(&str, &str)]) -> Settings {
        let Outcome::Run(settings) = outcome(args, variables) else {
            panic!("{variables:?} are refused");
        };
        *settings
    }

    fn default() -> Settings {
        Settings {
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            docker_enabled: true,
            docker_host: None,
            timeout: Duration::from_secs(10),
            remote_servers: Vec::new(),
        }
    }

    #[test]
    fn empty_variables_are_unset_ones() {
        let names = [
            "CHARON_LISTEN",
            "CHARON_DOCKER_ENABLED",
            "CHARON_DOCKER_TIMEOUT",
            "CHARON_REMOTE_SERVERS",
            "DOCKER_HOST",
        ];
        assert_eq!(settings(&[], &names.map(|name| (name, ""))), default());
        assert_eq!(settings(&[], &[]), default());
    }

    #[test]
    fn flag_wins_over_its_variable() {
        let variable = [("CHARON_LISTEN", "127.0.0.1:1")];
        assert_eq!(settings(&[], &variable).listen.port(), 1);
        let flag = ["--listen", "127.0.0.1:2"];
        assert_eq!(settings(&flag, &variable).listen.port(), 2);
    }

    #[test]
    fn docker_host_is_of_use_where_it_names_a_socket_or_a_tcp_address() {
        for (value, expected) in [
            (
                "unix:///run/x.sock",
                Some(Address::Socket("/run/x.sock".to_owned())),
            ),
            ("tcp://proxy:2375", Address::tcp("tcp://proxy:2375")),
            ("unix://", None),
            ("ssh://host", None),
            ("fd://", None),
            ("nonsense", None),
        ] {
            let settings = settings(&[], &[("DOCKER_HOST", value)]);
            assert_eq!(settings.docker_host, expected, "{value}");
        }
    }

    #[test]
    fn variable_that_is_not_understood_is_refused_by_name() {
        for (name, value) in [
            ("CHARON_LISTEN", "8080"),
            ("CHARON_DOCKER_ENABLED", "maybe"),
            ("CHARON_DOCKER_TIMEOUT", "0"),
            ("CHARON_DOCKER_TIMEOUT", "11m"),
            ("CHARON_DOCKER_TIMEOUT", "soon"),
            ("DOCKER_HOST", "tcp://"),
            ("DOCKER_HOST", "tcp://a/b"),
        ] {
            let Outcome::Refused(message) = outcome(&[], &[(name, value)]) else {
                panic!("{name}={value} was accepted");
            };
            let start = format!("{name}='{value}': is not understood; it takes ");
            assert!(message.to_string().starts_with(&start), "{message}");
        }
    }

    #[test]
    fn command_line_that_is_not_ours_is_a_usage_error() {
        for args in [
            &["--listen"][..],
            &["--listen", "8080"],
            &["--listen=[::1]:1", "--listen=[::1]:2"],
            &["--no-such-flag"],
            &["word"],
        ] {
            assert!(
                matches!(outcome(args, &[]), Outcome::Usage(_)),
                "{args:?} was accepted"
            );
        }
    }
}
