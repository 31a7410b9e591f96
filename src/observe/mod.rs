//! The world → Facts. Reads only, judges nothing.

mod attribute;
mod command;
mod etc;
mod file;
mod glob;
#[cfg(feature = "nss")]
mod name_service;
mod namespace;
mod own;
mod place;
mod process;
mod stop;
mod walk;

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::account::{ASSUMED_ID, Account, UserRef};
use crate::facts::{
    Access, Accounts, Engine, Facts, Found, Meant, NameService, PathFacts, Process, UserNamespace,
};
use crate::failure::Failure;
use crate::ids::Uid;
use crate::parse;
use crate::pattern::Pattern;
use crate::request::{Mode, Request, Sockets};

use etc::Etc;
pub use etc::Look;
use glob::Expansion;
use walk::Walker;

/// Where Docker Engine listens, and what is reported when nothing is found.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// Read everything that a decision on `request` rests on.
///
/// # Errors
/// What could not be read although it is there: guessing it could grant too much.
pub fn observe(request: &Request) -> Result<Facts, Failure> {
    let process = process::observe(request.init.is_some())?;
    let namespace = namespace::observe()?;
    let look = match request.mode {
        Mode::Start { .. } | Mode::Check { .. } => Look::Glance,
        Mode::DryRun { .. } if process.uid.effective.is_root() => Look::Close,
        Mode::DryRun { .. } => Look::ForRoot,
    };
    let accounts = accounts(request, &process, look)?;
    let uid = || identity_uid(request, &accounts, &process);
    let paths = paths(request, uid, &process, &namespace)?;
    let own = own::observe(&request.own)?;
    let command = match &request.mode {
        Mode::Start { command } | Mode::DryRun { command, .. } => command::observe(command),
        Mode::Check { .. } => None,
    };
    let pid_1 = match request.mode {
        Mode::Check { .. } if process.uid.effective.is_root() => process::pid_1(),
        Mode::Check { .. } | Mode::Start { .. } | Mode::DryRun { .. } => None,
    };
    Ok(Facts {
        process,
        namespace,
        accounts,
        paths,
        own,
        command,
        pid_1,
    })
}

/// Read the account files; a second time, and closely, where they were locked meanwhile.
///
/// # Errors
/// What could not be read although it is there.
pub fn accounts(request: &Request, process: &Process, look: Look) -> Result<Accounts, Failure> {
    let etc = Etc::observe(process, look);
    let passwd = etc.deciding("/etc/passwd")?;
    let group = etc.deciding("/etc/group")?;
    let gshadow = match look {
        // It is edited only along with group: a start that edits reads it under the lock.
        Look::Glance => None,
        Look::Close => {
            Some(etc.file("/etc/gshadow")?).filter(|file| file.access != Access::Missing)
        }
        // Nobody but root may read it; that root could is no finding.
        Look::ForRoot => Some(etc.file("/etc/gshadow")?)
            .filter(|file| ![Access::Missing, Access::Denied].contains(&file.access)),
    };
    let name_service = name_service(&request.user.user, &passwd.bytes);
    Ok(Accounts {
        passwd,
        group,
        gshadow,
        name_service,
    })
}

#[cfg(feature = "nss")]
fn name_service(user: &UserRef, passwd: &[u8]) -> Option<NameService> {
    match find_account(user, passwd) {
        Some(_) => None,
        None => name_service::find(user),
    }
}

/// A static build has no name service switch: it would crash (static glibc) or find nothing (musl).
#[cfg(not(feature = "nss"))]
fn name_service(_user: &UserRef, _passwd: &[u8]) -> Option<NameService> {
    None
}

fn find_account(user: &UserRef, passwd: &[u8]) -> Option<Account> {
    match user {
        UserRef::Name(name) => parse::passwd::by_name(passwd, name),
        UserRef::Uid(uid) => parse::passwd::by_uid(passwd, *uid),
    }
}

/// The uid in whose runtime directory a rootless engine's socket would be.
fn identity_uid(request: &Request, accounts: &Accounts, process: &Process) -> Option<Uid> {
    let own = process.uid.effective;
    let number = request.uid;
    match (&request.user.user, &request.mode) {
        (_, Mode::Start { .. } | Mode::Check { .. }) if !own.is_root() => Some(own),
        (_, _) if number.is_some() => number,
        (UserRef::Uid(uid), _) => Some(*uid),
        (UserRef::Name(_), _) => {
            let service = accounts
                .name_service
                .as_ref()
                .map(|service| service.account.uid);
            let assumed = || Uid::new(ASSUMED_ID).filter(|_| request.user_is_default);
            find_account(&request.user.user, &accounts.passwd.bytes)
                .map(|account| account.uid)
                .or(service)
                .or_else(assumed)
        }
    }
}

/// The engine sockets, then what `--grant` names, each path once.
fn paths(
    request: &Request,
    uid: impl FnOnce() -> Option<Uid>,
    process: &Process,
    namespace: &UserNamespace,
) -> Result<Vec<PathFacts>, Failure> {
    let needs_no_socket = match &request.sockets {
        Sockets::Ignored | Sockets::NotNeeded { .. } => true,
        Sockets::Paths(_) | Sockets::Search => false,
    };
    if needs_no_socket && request.grants.is_empty() {
        return Ok(Vec::new());
    }
    // As root the kernel would say yes to everything; elsewhere it is asked only where groups have no names.
    let ask_kernel = !process.uid.effective.is_root() && !namespace.gid_map.is_identity();
    let mut walker = Walker::from_root(ask_kernel)?;
    let mut paths = sockets(&request.sockets, uid, &mut walker)?;
    if !request.grants.is_empty() {
        paths.extend(granted(&request.grants, &mut walker)?);
    }
    Ok(paths)
}

#[cold]
fn granted(patterns: &[Pattern], walker: &mut Walker) -> Result<Vec<PathFacts>, Failure> {
    let mut paths = Vec::new();
    let mut known = BTreeSet::new();
    for pattern in patterns {
        let Expansion {
            paths: named,
            trouble,
        } = glob::expand(pattern);
        for path in &named {
            if known.insert(path.clone()) {
                let path = glob::path_of(path.clone());
                let found = walker.walk(&path)?;
                paths.push(anything(path, found));
            }
        }
        let text = || PathBuf::from(pattern.text());
        paths.extend(trouble.into_iter().map(|found| anything(text(), found)));
    }
    Ok(paths)
}

fn anything(path: PathBuf, found: Found) -> PathFacts {
    let meant = Meant::Anything;
    PathFacts { path, meant, found }
}

fn sockets(
    sockets: &Sockets,
    uid: impl FnOnce() -> Option<Uid>,
    walker: &mut Walker,
) -> Result<Vec<PathFacts>, Failure> {
    match sockets {
        Sockets::Ignored | Sockets::NotNeeded { .. } => Ok(Vec::new()),
        Sockets::Paths(paths) => paths
            .iter()
            .map(|path| engine_socket(walker, path.clone()))
            .collect(),
        Sockets::Search => search(walker, uid),
    }
}

/// The usual places, up to the first that exists; those that could not be looked at are facts of their own. When none
/// exists, Docker's place stands for all (contract 4).
fn search(
    walker: &mut Walker,
    uid: impl FnOnce() -> Option<Uid>,
) -> Result<Vec<PathFacts>, Failure> {
    let uid = LazyCell::new(uid);
    let of_user = |rest: &str| {
        let uid = (*uid)?;
        Some(PathBuf::from(format!("/run/user/{uid}/{rest}")))
    };
    let places: [&dyn Fn() -> Option<PathBuf>; 4] = [
        &|| Some(PathBuf::from(DOCKER_SOCKET)),
        &|| of_user("docker.sock"),
        &|| Some(PathBuf::from("/run/podman/podman.sock")),
        &|| of_user("podman/podman.sock"),
    ];
    let mut blocked = Vec::new();
    let mut missing = Vec::new();
    for place in places.into_iter().filter_map(|place| place()) {
        let facts = engine_socket(walker, place)?;
        match facts.found {
            Found::Missing | Found::Unmatched => missing.push(facts),
            Found::Blocked { .. } => blocked.push(facts),
            Found::Node(_) => {
                blocked.push(facts);
                return Ok(blocked);
            }
        }
    }
    let docker = missing
        .into_iter()
        .find(|facts| facts.path == Path::new(DOCKER_SOCKET));
    blocked.extend(docker);
    Ok(blocked)
}

/// What a process that only looks needs: itself, its namespace and one path.
///
/// # Errors
/// What could not be read although it is there.
pub fn own_view(path: &Path) -> Result<(Process, UserNamespace, PathFacts), Failure> {
    let process = process::observe(false)?;
    let namespace = namespace::observe()?;
    let ask_kernel = !process.uid.effective.is_root() && !namespace.gid_map.is_identity();
    let facts = engine_socket(&mut Walker::from_root(ask_kernel)?, path.to_owned())?;
    Ok((process, namespace, facts))
}

fn engine_socket(walker: &mut Walker, path: PathBuf) -> Result<PathFacts, Failure> {
    let found = walker.walk(&path)?;
    let meant = Meant::EngineSocket(Engine::of(&path));
    Ok(PathFacts { path, meant, found })
}
