//! What a test changes in the world: one word each.

use std::ffi::OsString;
use std::path::PathBuf;

use charon_init::account::Account;
use charon_init::facts::*;
use charon_init::parse;
use charon_init::request::{Format, Mode, Sockets};

use crate::world::*;

impl World {
    pub(crate) fn found(mut self, path: &str, found: Found) -> Self {
        let path = PathBuf::from(path);
        let meant = Meant::EngineSocket(Engine::of(&path));
        self.facts.paths.push(PathFacts { path, meant, found });
        self
    }

    pub(crate) fn grant(mut self, path: &str, found: Found) -> Self {
        let (path, meant) = (PathBuf::from(path), Meant::Anything);
        self.facts.paths.push(PathFacts { path, meant, found });
        self
    }

    pub(crate) fn socket(self, owner: u32, group: u32, mode: u16) -> Self {
        self.node(socket(owner, group, mode))
    }

    pub(crate) fn node(self, node: Node) -> Self {
        self.found(SOCKET, Found::Node(node))
    }

    pub(crate) fn user(mut self, spec: &str) -> Self {
        self.request.user = parse::spec::user_spec(spec.as_ref()).unwrap();
        self.request.user_is_default = false;
        self
    }

    /// `--uid` and `--gid`.
    pub(crate) fn numbers(mut self, uid: Option<u32>, gid: Option<u32>) -> Self {
        self.request.uid = uid.map(crate::world::uid);
        self.request.gid = gid.map(crate::world::gid);
        self
    }

    pub(crate) fn group(mut self, spec: &str) -> Self {
        self.request
            .groups
            .push(parse::spec::group_spec(spec.as_ref()).unwrap());
        self
    }

    pub(crate) fn allow_gid_0(mut self) -> Self {
        self.request.allow_gid_0 = true;
        self
    }

    pub(crate) fn require_socket(mut self) -> Self {
        self.request.require_socket = true;
        self
    }

    pub(crate) fn passwd(mut self, text: &str) -> Self {
        self.facts.accounts.passwd = file(text);
        self
    }

    pub(crate) fn group_file(mut self, text: &str) -> Self {
        self.facts.accounts.group = file(text);
        self
    }

    pub(crate) fn gshadow(mut self, text: &str) -> Self {
        self.facts.accounts.gshadow = Some(file(text));
        self
    }

    pub(crate) fn inherited(mut self, groups: &[u32]) -> Self {
        self.facts.process.groups = gids(groups);
        self
    }

    pub(crate) fn non_root(mut self, own_uid: u32, own_gid: u32, groups: &[u32]) -> Self {
        let process = &mut self.facts.process;
        process.uid = IdSet::all(uid(own_uid));
        process.gid = IdSet::all(gid(own_gid));
        process.groups = gids(groups);
        process.capabilities = Capabilities {
            bounding: docker_capabilities(),
            ..Capabilities::default()
        };
        self
    }

    pub(crate) fn capabilities(mut self, names: &[&str]) -> Self {
        let set = capabilities(names);
        self.facts.process.capabilities = Capabilities {
            permitted: set,
            effective: set,
            bounding: set,
            ..Capabilities::default()
        };
        self
    }

    pub(crate) fn dry_run(mut self) -> Self {
        let command = vec![OsString::from("server")];
        self.request.mode = Mode::DryRun {
            format: Format::Text,
            service: "charon".to_owned(),
            command,
        };
        self
    }

    /// A user namespace with ids 0 to 65535 mapped to 100000 and up, as userns-remap makes it.
    pub(crate) fn user_namespace(mut self) -> Self {
        let map = parse::id_map::id_map(b"0 100000 65536\n").unwrap();
        self.facts.namespace.uid_map = map.clone();
        self.facts.namespace.gid_map = map;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn no_socket(self) -> Self {
        self.with(|world| world.request.sockets = Sockets::Ignored)
    }

    pub(crate) fn group_access(self, access: Access) -> Self {
        self.with(|world| world.facts.accounts.group.access = access)
    }

    pub(crate) fn keep(self, names: &[&str]) -> Self {
        self.with(|world| world.request.keep_capabilities = capabilities(names))
    }

    pub(crate) fn allow_new_privileges(self) -> Self {
        self.with(|world| world.request.allow_new_privileges = true)
    }

    pub(crate) fn name_service(self, account: Account, groups: &[u32]) -> Self {
        let groups = gids(groups);
        let found = NameService { account, groups };
        self.with(|world| world.facts.accounts.name_service = Some(found))
    }
}
