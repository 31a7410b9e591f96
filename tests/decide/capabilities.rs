//! Contract 10: the drop, its order, and what it needs; a test a sentence.

use std::ffi::OsString;
use std::path::PathBuf;

use charon_init::capability::{CapSet, Capability};
use charon_init::facts::{Capabilities, FileCapabilities, IdSet};
use charon_init::plan::{Command, Expected, Step};
use charon_init::refusal::{Finding, Refusal};

use crate::world::*;

fn command() -> Command {
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    Command {
        candidates: vec![PathBuf::from("/bin/server")],
        argv: vec![OsString::from("server")],
        environment: vec![
            variable("HOME", "/app"),
            variable("USER", "charon"),
            variable("LOGNAME", "charon"),
        ],
    }
}

/// What must be read back where `kept` is all that is left.
fn expected(groups: &[u32], kept: CapSet, bounding: CapSet) -> Expected {
    Expected {
        uid: uid(1000),
        gid: gid(1000),
        groups: gids(groups),
        capabilities: Capabilities {
            inheritable: kept,
            permitted: kept,
            effective: kept,
            ambient: kept,
            bounding,
        },
        no_new_privileges: true,
    }
}

fn become_charon(keep_permitted: bool) -> Step {
    Step::SetUid {
        uid: uid(1000),
        keep_permitted,
    }
}

fn missing(names: &[&str]) -> Refusal {
    Refusal::MissingCapabilities {
        missing: capabilities(names),
    }
}

/// COMMAND with file capabilities.
fn command_with(world: World, names: &[&str], effective: bool) -> World {
    let file = FileCapabilities {
        path: PathBuf::from("/bin/server"),
        permitted: capabilities(names),
        effective,
    };
    world.with(|world| world.facts.command.as_mut().unwrap().file_capabilities = Some(file))
}

#[test]
fn plain_start_drops_in_the_order_of_the_contract() {
    let none = CapSet::EMPTY;
    assert_eq!(
        world().steps(),
        [
            Step::DropBoundingSet(docker_capabilities()),
            Step::SetGroups(gids(&[1000])),
            Step::SetGid(gid(1000)),
            become_charon(false),
            Step::SetCapabilities(none),
            Step::SetNoNewPrivileges,
            Step::Verify(expected(&[1000], none, none)),
            Step::Execute(command()),
        ]
    );
}

#[test]
fn files_are_edited_before_anything_is_dropped() {
    let steps = world().gshadow("").socket(0, 988, 0o660).steps();
    let paths = steps[..2].iter().map(|step| match step {
        Step::EditFile(edit) => edit.path.to_str().unwrap(),
        other => panic!("{other:?}"),
    });
    assert_eq!(paths.collect::<Vec<_>>(), ["/etc/gshadow", "/etc/group"]);
    assert_eq!(steps[2], Step::DropBoundingSet(docker_capabilities()));
    assert_eq!(steps[3], Step::SetGroups(gids(&[988, 1000])));
}

#[test]
fn dry_run_without_a_command_ends_with_the_read_back() {
    let mut world = world().dry_run();
    world.facts.command = None;
    let last = world.steps().pop().unwrap();
    assert!(matches!(last, Step::Verify(_)), "{last:?}");
}

#[test]
fn groups_that_are_right_already_are_not_set() {
    let world = world().inherited(&[1000, 988, 1000]);
    let steps = world.steps();
    assert!(
        !steps.iter().any(|step| matches!(step, Step::SetGroups(_))),
        "{steps:?}"
    );
    assert_eq!(world.expected().groups, gids(&[988, 1000]));
}

#[test]
fn root_without_the_power_to_become_someone_is_refused() {
    let all_but = |names: &[&str]| {
        let left = docker_capabilities().without(capabilities(names));
        world().with(|world| world.facts.process.capabilities.effective = left)
    };
    assert_eq!(all_but(&["setuid"]).refusal(), missing(&["setuid"]));
    assert_eq!(all_but(&["setgid"]).refusal(), missing(&["setgid"]));
    assert_eq!(
        world().capabilities(&[]).refusal(),
        missing(&["setuid", "setgid"])
    );
    let text = missing(&["setuid", "setgid"]).message().to_string();
    for part in [
        "CAP_SETGID and CAP_SETUID",
        "--cap-add SETGID --cap-add SETUID",
    ] {
        assert!(text.contains(part), "{part} in: {text}");
    }
}

#[test]
fn setgid_is_not_needed_where_groups_and_gid_stay() {
    let same = world()
        .inherited(&[1000])
        .capabilities(&["setuid", "setpcap"])
        .with(|world| world.facts.process.gid = IdSet::all(gid(1000)));
    assert_eq!(
        same.steps()[1],
        become_charon(false),
        "after the bounding set, nothing but the uid"
    );
    let other_groups = same.clone().inherited(&[]);
    assert_eq!(other_groups.refusal(), missing(&["setgid"]));
    let other_gid = same.with(|world| world.facts.process.gid = IdSet::all(gid(0)));
    assert_eq!(other_gid.refusal(), missing(&["setgid"]));
}

#[test]
fn bounding_set_stays_without_setpcap_and_that_is_a_finding() {
    let recipe = world().capabilities(&["setuid", "setgid"]);
    let left = capabilities(&["setuid", "setgid"]);
    assert_eq!(recipe.findings(), [Finding::BoundingSetStays { left }]);
    let steps = recipe.steps();
    assert_eq!(steps[0], Step::SetGroups(gids(&[1000])));
    assert_eq!(recipe.expected(), expected(&[1000], CapSet::EMPTY, left));
    assert_eq!(
        recipe.allow_new_privileges().refusal(),
        Refusal::BoundingSetWouldStay
    );
}

#[test]
fn empty_bounding_set_needs_no_setpcap() {
    let world = world()
        .capabilities(&["setuid", "setgid"])
        .with(|world| world.facts.process.capabilities.bounding = CapSet::EMPTY);
    assert_eq!(world.findings(), []);
    assert!(!world.allow_new_privileges().expected().no_new_privileges);
}

#[test]
fn new_privileges_are_allowed_on_request_only() {
    let world = world().allow_new_privileges();
    assert!(!world.steps().contains(&Step::SetNoNewPrivileges));
    assert!(!world.expected().no_new_privileges);
    let set = world.with(|world| world.facts.process.no_new_privileges = true);
    assert!(set.expected().no_new_privileges, "nothing clears it");
}

#[test]
fn kept_capability_is_in_every_set() {
    let kept = capabilities(&["net_bind_service", "net_raw"]);
    let world = world().keep(&["net_raw", "net_bind_service"]);
    assert_eq!(world.findings(), []);
    let steps = world.steps();
    assert_eq!(
        steps[0],
        Step::DropBoundingSet(docker_capabilities().without(kept))
    );
    assert_eq!(
        steps[3..],
        [
            become_charon(true),
            Step::SetCapabilities(kept),
            Step::SetNoNewPrivileges,
            Step::Verify(expected(&[1000], kept, kept)),
            Step::Execute(command()),
        ]
    );
}

#[test]
fn capability_that_the_runtime_withheld_is_a_finding() {
    let withheld = |name| Finding::KeepWithheld {
        capability: Capability::from_name(name).unwrap(),
    };
    let world = world().keep(&["net_admin", "net_raw", "sys_nice"]);
    assert_eq!(
        world.findings(),
        [withheld("net_admin"), withheld("sys_nice")]
    );
    let kept = capabilities(&["net_raw"]);
    assert_eq!(world.expected(), expected(&[1000], kept, kept));
    let not_permitted = world.keep(&["net_raw"]).with(|world| {
        let sets = &mut world.facts.process.capabilities;
        sets.permitted = sets.permitted.without(kept);
    });
    assert_eq!(not_permitted.findings(), [withheld("net_raw")]);
    assert_eq!(
        not_permitted.expected(),
        expected(&[1000], CapSet::EMPTY, CapSet::EMPTY)
    );
}

/// Permitted still: no file gives it back, so it is not handed on either.
#[test]
fn capability_that_is_out_of_the_bounding_set_is_withheld() {
    let raw = capabilities(&["net_raw"]);
    let world = world().keep(&["net_raw"]).with(|world| {
        let sets = &mut world.facts.process.capabilities;
        sets.permitted = sets.permitted.union(raw);
        sets.bounding = sets.bounding.without(raw);
    });
    let withheld = Finding::KeepWithheld {
        capability: Capability::from_name("net_raw").unwrap(),
    };
    assert_eq!(world.findings(), [withheld]);
    assert_eq!(
        world.expected(),
        expected(&[1000], CapSet::EMPTY, CapSet::EMPTY)
    );
}

#[test]
fn command_whose_capabilities_would_be_dropped_is_refused() {
    let world = command_with(world(), &["net_raw", "net_admin"], true);
    let refusal = Refusal::CommandNeedsCapabilities {
        path: PathBuf::from("/bin/server"),
        dropped: capabilities(&["net_raw"]),
        withheld: capabilities(&["net_admin"]),
    };
    assert_eq!(world.refusal(), refusal);
    assert_eq!(world.clone().dry_run().refusal(), refusal);
    let text = refusal.message().to_string();
    for part in ["--keep-cap net_raw", "--cap-add NET_ADMIN"] {
        assert!(text.contains(part), "{part} in: {text}");
    }
    let non_root = world.non_root(1000, 1000, &[]);
    let Refusal::CommandNeedsCapabilities {
        dropped, withheld, ..
    } = non_root.refusal()
    else {
        panic!("{:?}", non_root.refusal())
    };
    assert_eq!(
        (dropped, withheld),
        (CapSet::EMPTY, capabilities(&["net_admin"])),
        "a process that is not root drops nothing from the bounding set"
    );
}

#[test]
fn command_whose_capabilities_are_left_in_the_bounding_set_runs() {
    let kept = command_with(world(), &["net_raw"], true).keep(&["net_raw"]);
    assert_eq!(kept.findings(), []);
    let recipe = world().capabilities(&["setuid", "setgid", "net_raw"]);
    assert_eq!(command_with(recipe, &["net_raw"], true).groups(), [1000]);
    let without_effective_bit = command_with(world(), &["net_raw", "sys_admin"], false);
    assert_eq!(without_effective_bit.findings(), []);
}
