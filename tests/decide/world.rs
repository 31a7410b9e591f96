//! Facts and requests as literals: a container with Charon's account, and what a start in it comes to.

use std::ffi::OsString;
use std::path::PathBuf;

use charon_init::account::{UserRef, UserSpec};
use charon_init::capability::{CapSet, Capability};
use charon_init::decide::decide;
use charon_init::facts::*;
use charon_init::ids::{Gid, IdMap, Uid};
use charon_init::permission::{Acl, Mode as Bits, Permission};
use charon_init::plan::{Expected, Grant, Identity, Plan, Step, Verdict};
use charon_init::refusal::{Finding, Refusal, Refused};
use charon_init::request::{Mode, Request};

pub(crate) const SOCKET: &str = "/var/run/docker.sock";
pub(crate) const DOCKER: Meant = Meant::EngineSocket(Engine::Docker);
pub(crate) const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:1000::/app:/bin/sh\n";
pub(crate) const GROUP: &str =
    "root:x:0:root\ndaemon:x:2:root,bin,daemon\nping:x:999:\ncharon:x:1000:\n";

pub(crate) fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

pub(crate) fn gid(number: u32) -> Gid {
    Gid::new(number).unwrap()
}

pub(crate) fn gids(numbers: &[u32]) -> Vec<Gid> {
    numbers.iter().map(|number| gid(*number)).collect()
}

pub(crate) fn capabilities(names: &[&str]) -> CapSet {
    let named = names
        .iter()
        .map(|name| Capability::from_name(name).unwrap());
    named.collect()
}

/// Somebody who is to be: `home` as HOME has it.
pub(crate) fn identity(
    own_uid: u32,
    own_gid: u32,
    groups: &[u32],
    name: Option<&str>,
    home: &str,
) -> Identity {
    Identity {
        uid: uid(own_uid),
        gid: gid(own_gid),
        groups: gids(groups),
        name: name.map(OsString::from),
        home: OsString::from(home),
    }
}

/// The account of the image, in these groups.
pub(crate) fn charon(groups: &[u32]) -> Identity {
    identity(1000, 1000, groups, Some("charon"), "/app")
}

/// What Docker gives a container by default.
pub(crate) fn docker_capabilities() -> CapSet {
    CapSet::from_bits(0xa804_25fb)
}

/// A request and the facts that it is judged on.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) request: Request,
    pub(crate) facts: Facts,
}

/// A root start in a plain container, `--user charon`, no socket yet.
pub(crate) fn world() -> World {
    let has = docker_capabilities();
    World {
        request: Request::new(
            Mode::Start {
                command: vec![OsString::from("server")],
            },
            UserSpec {
                user: UserRef::Name(OsString::from("charon")),
                group: None,
            },
        ),
        facts: Facts {
            process: Process {
                uid: IdSet::all(Uid::ROOT),
                gid: IdSet::all(Gid::ROOT),
                groups: gids(&[0, 2]),
                capabilities: Capabilities {
                    permitted: has,
                    effective: has,
                    bounding: has,
                    ..Capabilities::default()
                },
                no_new_privileges: false,
                executable: Executable::Plain,
                is_pid_1: true,
            },
            namespace: UserNamespace {
                uid_map: IdMap::identity(),
                gid_map: IdMap::identity(),
                overflow_uid: uid(65534),
                overflow_gid: gid(65534),
                setgroups_denied: false,
                is_known: true,
            },
            accounts: Accounts {
                passwd: file(PASSWD),
                group: file(GROUP),
                gshadow: None,
                name_service: None,
            },
            paths: Vec::new(),
            own: OwnFacts::default(),
            command: Some(CommandFacts {
                candidates: vec![PathBuf::from("/bin/server")],
                file_capabilities: None,
            }),
            pid_1: None,
        },
    }
}

pub(crate) fn file(text: &str) -> EtcFile {
    EtcFile {
        bytes: text.as_bytes().to_vec(),
        access: Access::Replaceable,
    }
}

pub(crate) fn directory(path: &str, owner: u32, group: u32, mode: u16) -> Waypoint {
    Waypoint {
        path: PathBuf::from(path),
        kind: Kind::Directory,
        uid: uid(owner),
        gid: gid(group),
        mode: Bits::from_bits(mode),
        acl: None,
    }
}

/// A socket below directories that only root may write.
pub(crate) fn socket(owner: u32, group: u32, mode: u16) -> Node {
    Node {
        kind: Kind::Socket,
        uid: uid(owner),
        gid: gid(group),
        mode: Bits::from_bits(mode),
        acl: None,
        way: vec![directory("/", 0, 0, 0o755), directory("/run", 0, 0, 0o755)],
        allowed_to_us: None,
    }
}

pub(crate) fn acl(
    users: &[(u32, u8)],
    group: u8,
    groups: &[(u32, u8)],
    mask: u8,
    other: u8,
) -> Acl {
    Acl {
        owner: Permission::from_bits(6),
        users: users
            .iter()
            .map(|(number, bits)| (uid(*number), Permission::from_bits(*bits)))
            .collect(),
        group: Permission::from_bits(group),
        groups: groups
            .iter()
            .map(|(number, bits)| (gid(*number), Permission::from_bits(*bits)))
            .collect(),
        mask: Permission::from_bits(mask),
        other: Permission::from_bits(other),
    }
}

impl World {
    pub(crate) fn decide(&self) -> Result<Plan, Refused> {
        decide(&self.request, &self.facts)
    }

    #[track_caller]
    pub(crate) fn plan(&self) -> Plan {
        match self.decide() {
            Ok(plan) => plan,
            Err(refused) => panic!("refused: {}", refused.refusal.message()),
        }
    }

    #[track_caller]
    pub(crate) fn refusal(&self) -> Refusal {
        match self.decide() {
            Ok(plan) => panic!("not refused: {:?}", plan.identity),
            Err(refused) => refused.refusal,
        }
    }

    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.plan().findings
    }

    #[track_caller]
    pub(crate) fn groups(&self) -> Vec<u32> {
        self.plan()
            .identity
            .groups
            .iter()
            .map(|gid| gid.raw())
            .collect()
    }

    #[track_caller]
    pub(crate) fn identity(&self) -> Identity {
        self.plan().identity
    }

    /// HOME, USER and LOGNAME of the command, which are all that changes in its environment.
    #[track_caller]
    pub(crate) fn environment(&self) -> [String; 3] {
        let Some(Step::Execute(command)) = self.steps().pop() else {
            panic!("no command")
        };
        let texts = command
            .environment
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.to_str().unwrap(), value.to_str().unwrap()));
        texts.collect::<Vec<_>>().try_into().unwrap()
    }

    /// What the kernel must say before the command runs.
    #[track_caller]
    pub(crate) fn expected(&self) -> Expected {
        let verify = self.steps().into_iter().find_map(|step| match step {
            Step::Verify(expected) => Some(expected),
            _ => None,
        });
        verify.expect("a plan verifies")
    }

    #[track_caller]
    pub(crate) fn group_add(&self) -> Vec<u32> {
        self.plan().group_add.iter().map(|gid| gid.raw()).collect()
    }

    #[track_caller]
    pub(crate) fn verdict(&self) -> Verdict {
        let grants: Vec<Grant> = self.plan().grants;
        assert_eq!(grants.len(), 1);
        grants[0].verdict.clone()
    }

    /// The content of a file after the plan; `None` where it is not edited.
    #[track_caller]
    pub(crate) fn edited(&self, path: &str) -> Option<String> {
        let plan = self.plan();
        let edit = plan.edits().find(|edit| edit.path == PathBuf::from(path))?;
        Some(String::from_utf8(edit.new.clone()).unwrap())
    }

    #[track_caller]
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.plan()
            .steps
            .into_iter()
            .map(|planned| planned.step)
            .collect()
    }

    /// The same world after the plan's edits were carried out.
    pub(crate) fn after_edits(mut self, plan: &Plan) -> Self {
        for edit in plan.edits() {
            let accounts = &mut self.facts.accounts;
            let file = match edit.path.to_str().unwrap() {
                "/etc/passwd" => &mut accounts.passwd,
                "/etc/group" => &mut accounts.group,
                "/etc/gshadow" => accounts.gshadow.as_mut().unwrap(),
                other => panic!("no such file: {other}"),
            };
            assert_eq!(file.bytes, edit.old);
            file.bytes.clone_from(&edit.new);
        }
        self
    }
}
