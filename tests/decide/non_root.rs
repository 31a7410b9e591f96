//! Contract 6: a start that is not root's; ids and groups stay, the rest is dropped all the same.

use std::path::PathBuf;

use charon_init::facts::Capabilities;
use charon_init::parse;
use charon_init::permission::{Mode, Permission};
use charon_init::plan::{Class, Expected, Step, Verdict};
use charon_init::refusal::{Finding, GidZeroMeaning, GidZeroPath, Refusal};

use crate::world::*;

/// `docker run --user 1000:1000`, with these supplementary groups.
fn start(groups: &[u32]) -> World {
    world().non_root(1000, 1000, groups)
}

fn not_the_user(spec: &str, own_uid: u32, own_gid: u32) -> Finding {
    Finding::NotTheUser {
        spec: parse::spec::user_spec(spec.as_ref()).unwrap(),
        uid: uid(own_uid),
        gid: gid(own_gid),
    }
}

fn zero_path(mode: u16) -> GidZeroPath {
    GidZeroPath {
        path: PathBuf::from(SOCKET),
        meant: DOCKER,
        uid: uid(0),
        gid: gid(0),
        mode: Mode::from_bits(mode),
        meaning: GidZeroMeaning::Host,
    }
}

/// The sets that must be read back: nothing but what the runtime left in the bounding set.
fn nothing() -> Capabilities {
    Capabilities {
        bounding: docker_capabilities(),
        ..Capabilities::default()
    }
}

#[test]
fn ids_and_groups_stay_as_they_are() {
    let world = start(&[44, 0, 988]);
    assert_eq!(world.identity(), charon(&[0, 44, 988, 1000]));
    let expected = Expected {
        uid: uid(1000),
        gid: gid(1000),
        groups: gids(&[44, 0, 988]),
        capabilities: nothing(),
        no_new_privileges: true,
    };
    assert_eq!(world.expected(), expected);
}

#[test]
fn no_new_privs_is_set_and_nothing_that_is_so_already_is_done() {
    let steps = start(&[]).steps();
    assert!(
        matches!(
            steps[..],
            [Step::SetNoNewPrivileges, Step::Verify(_), Step::Execute(_)]
        ),
        "{steps:?}"
    );
    let set = start(&[]).with(|world| world.facts.process.no_new_privileges = true);
    assert!(matches!(
        set.steps()[..],
        [Step::Verify(_), Step::Execute(_)]
    ));
    assert!(set.allow_new_privileges().expected().no_new_privileges);
    let allowed = start(&[]).allow_new_privileges();
    assert!(matches!(
        allowed.steps()[..],
        [Step::Verify(_), Step::Execute(_)]
    ));
    assert!(!allowed.expected().no_new_privileges);
}

#[test]
fn every_capability_set_but_the_bounding_one_is_cleared() {
    let bind = capabilities(&["net_bind_service"]);
    let has = |inheritable, permitted, ambient| Capabilities {
        inheritable,
        permitted,
        effective: permitted,
        ambient,
        bounding: docker_capabilities(),
    };
    let none = capabilities(&[]);
    for sets in [
        has(bind, none, none),
        has(none, bind, none),
        has(bind, bind, bind),
    ] {
        let world = start(&[]).with(|world| world.facts.process.capabilities = sets);
        assert_eq!(world.steps()[0], Step::SetCapabilities(none), "{sets:?}");
        assert_eq!(world.expected().capabilities, nothing());
    }
}

#[test]
fn capability_that_the_runtime_gave_can_be_kept() {
    let bind = capabilities(&["net_bind_service"]);
    let sets = Capabilities {
        inheritable: bind,
        permitted: bind,
        effective: bind,
        ambient: bind,
        bounding: docker_capabilities(),
    };
    let world = start(&[])
        .with(|world| world.facts.process.capabilities = sets)
        .keep(&["net_bind_service"]);
    assert_eq!(world.findings(), []);
    assert_eq!(world.expected().capabilities, sets);
    assert!(matches!(world.steps()[0], Step::SetNoNewPrivileges));
}

#[test]
fn nothing_is_said_where_the_process_is_the_user_already() {
    for spec in [
        "charon",
        "1000",
        "charon:charon",
        "charon:1000",
        "1000:1000",
    ] {
        assert_eq!(start(&[988]).user(spec).findings(), [], "{spec}");
    }
    assert_eq!(start(&[988]).findings(), [], "and by default");
}

#[test]
fn user_that_differs_is_a_finding_and_changes_nothing() {
    for spec in ["other", "1001:1000", "charon:44", "1000:44", "root", "0:0"] {
        let world = start(&[988]).user(spec);
        assert_eq!(world.findings(), [not_the_user(spec, 1000, 1000)], "{spec}");
        assert_eq!(world.identity(), charon(&[988, 1000]));
    }
    let other = world().non_root(4242, 4242, &[]);
    assert_eq!(other.findings(), [not_the_user("charon", 4242, 4242)]);
    assert_eq!(other.identity(), identity(4242, 4242, &[4242], None, "/"));
    assert_eq!(other.environment(), ["HOME=/", "USER=4242", "LOGNAME=4242"]);
}

#[test]
fn nothing_is_asked_for_of_etc_group() {
    let world = start(&[988])
        .group("44")
        .group_file("docker:!charon-init:999:charon\n")
        .socket(0, 988, 0o660);
    assert_eq!(world.edited("/etc/group"), None);
    assert_eq!(world.identity(), charon(&[988, 1000]));
}

#[test]
fn group_that_the_runtime_gave_opens_the_socket() {
    let world = start(&[988]).socket(0, 988, 0o660);
    assert_eq!(world.verdict(), Verdict::Open(Class::Group(gid(988))));
    assert_eq!(world.group_add(), [988]);
    assert_eq!(world.findings(), []);
}

#[test]
fn missing_group_is_a_finding_with_the_remedy_verbatim() {
    let world = start(&[]).socket(0, 988, 0o660);
    let missing = Finding::GroupMissing {
        path: PathBuf::from(SOCKET),
        gid: gid(988),
        uid: uid(1000),
        own_gid: gid(1000),
    };
    assert_eq!(world.findings(), std::slice::from_ref(&missing));
    assert_eq!(world.verdict(), Verdict::Closed);
    assert_eq!(
        missing.message().to_string(),
        "'/var/run/docker.sock': not accessible by the current process (uid=1000 gid=1000); its groups do not include \
         gid 988, and a non-root start cannot add it; \
         Use docker compose group_add: [\"988\"] or run with --group-add 988"
    );
}

#[test]
fn group_that_would_not_help_is_not_asked_for() {
    let finding = Finding::GroupHasNothing {
        path: PathBuf::from(SOCKET),
        meant: DOCKER,
        wanted: Permission::WRITE,
        gid: gid(988),
        mode: Mode::from_bits(0o600),
        has_acl: false,
    };
    assert_eq!(start(&[]).socket(0, 988, 0o600).findings(), [finding]);
}

#[test]
fn missing_gid_zero_is_a_warning_about_the_opt_in_and_the_risk() {
    let world = start(&[]).socket(0, 0, 0o660);
    let would_help = Finding::GidZeroWouldHelp(zero_path(0o660));
    assert_eq!(world.findings(), std::slice::from_ref(&would_help));
    let text = would_help.message().to_string();
    for part in [
        "warning: ",
        "root's group of the host",
        "ALLOW_DOCKER_SOCK_GID_0=true",
    ] {
        assert!(text.contains(part), "{part} in: {text}");
    }
    assert!(!text.contains("--group-add 0"), "{text}");
    assert!(!text.contains("group_add: [\"0\"]"), "{text}");
}

#[test]
fn gid_zero_that_no_path_needs_is_a_finding() {
    for world in [start(&[0]), world().non_root(1000, 0, &[])] {
        let world = world.user("1000").no_socket();
        assert!(world.findings().contains(&Finding::GidZeroHeld));
    }
    let by_other_bits = start(&[0]).socket(0, 0, 0o666);
    assert!(by_other_bits.findings().contains(&Finding::GidZeroHeld));
    let by_other_group = start(&[0, 988]).socket(0, 988, 0o660);
    assert_eq!(by_other_group.findings(), [Finding::GidZeroHeld]);
}

#[test]
fn gid_zero_that_a_path_needs_is_refused_unless_allowed() {
    for world in [start(&[0]), world().non_root(1000, 0, &[]).user("1000:0")] {
        let world = world.socket(0, 0, 0o660);
        assert_eq!(world.refusal(), Refusal::GidZeroPath(zero_path(0o660)));

        let allowed = world.allow_gid_0();
        let accepted = Finding::GidZeroAccepted {
            path: PathBuf::from(SOCKET),
            meant: DOCKER,
            meaning: GidZeroMeaning::Host,
        };
        let findings = allowed.findings();
        assert!(findings.contains(&accepted), "{findings:?}");
        assert!(!findings.contains(&Finding::GidZeroHeld), "{findings:?}");
        assert_eq!(allowed.verdict(), Verdict::Open(Class::Group(gid(0))));
        assert_eq!(allowed.group_add(), [0]);
    }
}

/// Another group would open the socket too, but this process is not in it: what it would go through is GID 0.
#[test]
fn gid_zero_is_needed_where_the_process_lacks_the_other_group() {
    let mut node = socket(0, 0, 0o660);
    node.acl = Some(acl(&[], 6, &[(988, 6)], 6, 0));
    assert_eq!(
        start(&[0]).node(node.clone()).refusal(),
        Refusal::GidZeroPath(zero_path(0o660))
    );
    let member = start(&[0, 988]).node(node);
    assert_eq!(member.findings(), [Finding::GidZeroHeld]);
    assert_eq!(member.group_add(), [988]);
}

#[test]
fn groups_without_a_name_are_left_to_the_kernel_to_judge() {
    let keep_groups = |lets_in| {
        let mut node = socket(65534, 65534, 0o660);
        node.allowed_to_us = Some(if lets_in {
            Permission::WRITE
        } else {
            Permission::READ
        });
        start(&[65534]).user_namespace().node(node)
    };
    assert_eq!(keep_groups(true).verdict(), Verdict::Open(Class::Unnamed));
    assert_eq!(keep_groups(true).findings(), []);
    assert_eq!(keep_groups(true).identity(), charon(&[1000, 65534]));
    let unmapped = Finding::Unmapped {
        path: PathBuf::from(SOCKET),
        meant: DOCKER,
        gid: gid(65534),
    };
    assert_eq!(keep_groups(false).findings(), [unmapped]);
}

/// An ACL entry that this namespace cannot name let the process in: GID 0 is not its only way.
#[test]
fn gid_zero_is_no_matter_where_the_kernel_lets_a_nameless_group_in() {
    let mut node = socket(0, 0, 0o660);
    node.allowed_to_us = Some(Permission::WRITE);
    let world = start(&[65534]).user_namespace().node(node);
    assert_eq!(world.verdict(), Verdict::Open(Class::Unnamed));
    assert_eq!(world.group_add(), [0u32; 0]);
}
