//! What was asked: the command line and the environment, understood but not yet compared with the world.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::account::{GroupSpec, UserSpec};
use crate::capability::CapSet;
use crate::ids::{Gid, Uid};
use crate::pattern::Pattern;
use crate::permission::Umask;

/// Everything that the operator chose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Start, or only show.
    pub mode: Mode,
    /// Whom to become.
    pub user: UserSpec,
    /// Was `user` asked for, or is it the default?
    pub user_is_default: bool,
    /// The uid that the user runs under, whatever `user` says; `None` for the one that it has.
    pub uid: Option<Uid>,
    /// The primary group that it runs under; `None` for the one that it has.
    pub gid: Option<Gid>,
    /// Which engine sockets matter.
    pub sockets: Sockets,
    /// Devices, files and directories whose group is needed.
    pub grants: Vec<Pattern>,
    /// Refuse to start when an engine socket is out of reach.
    pub require_socket: bool,
    /// Accept that access goes through GID 0.
    pub allow_gid_0: bool,
    /// Extra groups.
    pub groups: Vec<GroupSpec>,
    /// Keep what the runtime added with `--group-add`.
    pub inherit_groups: bool,
    /// May the account files be edited?
    pub edit_group_file: bool,
    /// What is to belong to the identity, with everything below it.
    pub own: Vec<PathBuf>,
    /// When it is walked.
    pub own_policy: OwnPolicy,
    /// The umask of the command; `None` for the one that we have.
    pub umask: Option<Umask>,
    /// Capabilities that the command keeps.
    pub keep_capabilities: CapSet,
    /// Leave no_new_privs unset.
    pub allow_new_privileges: bool,
    /// Stay as PID 1; `None` to become COMMAND by execve(2).
    pub init: Option<Init>,
}

impl Request {
    /// What holds where nothing else is asked for (contract 2).
    #[must_use]
    pub fn new(mode: Mode, user: UserSpec) -> Self {
        Self {
            mode,
            user,
            user_is_default: true,
            uid: None,
            gid: None,
            sockets: Sockets::Search,
            grants: Vec::new(),
            require_socket: false,
            allow_gid_0: false,
            groups: Vec::new(),
            inherit_groups: true,
            edit_group_file: true,
            own: Vec::new(),
            own_policy: OwnPolicy::Always,
            umask: None,
            keep_capabilities: CapSet::EMPTY,
            allow_new_privileges: false,
            init: None,
        }
    }

    /// Is it asked whether the engine can be reached, and nothing else?
    #[must_use]
    pub fn is_check(&self) -> bool {
        matches!(self.mode, Mode::Check { .. })
    }
}

/// As `DOCKER_HOST` would have it; a socket by its path alone.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Elsewhere { docker_host } => docker_host.display().fmt(f),
        }
    }
}

/// When a tree is walked that is to belong to the identity: Kubernetes' fsGroupChangePolicy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnPolicy {
    /// At every start.
    Always,
    /// Where its root belongs to someone else.
    OnRootMismatch,
}

/// How to stay as PID 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Init {
    /// Who gets the signals that we get.
    pub forward: Forward,
    /// How long what is left may take to end; zero to leave it to the kernel.
    pub grace: Duration,
}

/// Who gets the signals that an init gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forward {
    /// COMMAND.
    Child,
    /// COMMAND's process group.
    Group,
}

/// The three ways to be called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Become the identity, then execute the command.
    Start {
        /// COMMAND and its arguments; never empty.
        command: Vec<OsString>,
    },
    /// Print what a root start would do.
    DryRun {
        /// What to print.
        format: Format,
        /// The service or container that the fragment is for.
        service: String,
        /// COMMAND and its arguments; may be empty.
        command: Vec<OsString>,
    },
    /// Ask the engine, as the identity.
    Check {
        /// How to print what came of it.
        format: CheckFormat,
        /// How long all of it may take.
        timeout: Duration,
    },
}

/// What `--check` prints (contract 8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckFormat {
    /// One line for a person.
    Text,
    /// One line for a program; versioned.
    Json,
}

/// Where an engine answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// A socket of this host.
    Socket(PathBuf),
    /// `tcp://HOST:PORT`.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// Somewhere that is reached by other means than a plain connection.
    Elsewhere {
        /// The value of `DOCKER_HOST`.
        docker_host: OsString,
    },
}

/// Which engine sockets matter (contract 4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sockets {
    /// `--no-socket`: none.
    Ignored,
    /// `DOCKER_HOST` names an engine that is reached without a socket.
    NotNeeded {
        /// Its value.
        docker_host: OsString,
    },
    /// These, from `--socket` or `DOCKER_HOST=unix://`.
    Paths(Vec<PathBuf>),
    /// The first of the usual places that exists.
    Search,
}

/// What `--dry-run` prints (contract 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For a person.
    Text,
    /// For a program; versioned.
    Json,
    /// An override file for the compose tool.
    Compose,
    /// Options of `docker run`.
    Docker,
    /// Options of `podman run`.
    Podman,
    /// A pod spec fragment.
    Kubernetes,
    /// A line for an env file.
    Env,
    /// Lines for a quadlet's `[Container]` section.
    Quadlet,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// `charon-init: thing: what; why; what to do`.
    Text,
    /// One object a line.
    Json,
}

/// How much is logged: this level and those above it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LogLevel {
    /// Nothing, not even errors: the exit code alone speaks.
    Off,
    /// Refusals and failures.
    Error,
    /// And findings.
    Warn,
    /// And what was granted.
    Info,
    /// And every step.
    Debug,
    /// The same as debug today.
    Trace,
}

/// How to log: known before anything else can be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Log {
    /// `--log-format`.
    pub format: LogFormat,
    /// `--log-level`.
    pub level: LogLevel,
}

impl Log {
    /// Text, with findings and grants.
    pub const DEFAULT: Self = Self {
        format: LogFormat::Text,
        level: LogLevel::Info,
    };
}

/// What `DOCKER_HOST` comes to (contract 4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DockerHost {
    /// `unix://PATH`.
    Socket(PathBuf),
    /// `tcp`, `ssh`, `fd`, `http` or `https`: no socket is needed.
    Elsewhere,
}

/// What is wrong with a `DOCKER_HOST`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DockerHostFault {
    /// No `://`.
    NoScheme,
    /// `unix://` and nothing after it.
    NoPath,
    /// A scheme that no engine listens on.
    UnknownScheme,
}
