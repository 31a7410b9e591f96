//! The laws of the contract in random worlds: what must hold whatever is asked for and whatever is so.

use std::collections::BTreeSet;

use charon_init::account::{GroupRef, GroupSpec, UserRef};
use charon_init::facts::{Access, Facts, Found, Meant};
use charon_init::ids::Gid;
use charon_init::message::Message;
use charon_init::parse;
use charon_init::plan::{Plan, Step, Verdict};
use charon_init::request::{Format, Mode, Sockets};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::arbitrary::any_world;
use crate::world::{World, gid};

/// The same worlds every time in CI, other ones on every desk. `PROPTEST_CASES` makes it more.
pub(crate) fn config() -> Config {
    let default = Config::default();
    Config {
        cases: default.cases.saturating_mul(3),
        failure_persistence: None,
        rng_seed: match std::env::var_os("CI") {
            Some(_) => RngSeed::Fixed(988),
            None => default.rng_seed,
        },
        ..default
    }
}

/// Is it decided for root? A dry run always is.
fn is_roots(world: &World) -> bool {
    let is_dry_run = matches!(world.request.mode, Mode::DryRun { .. });
    is_dry_run || world.facts.process.uid.effective.is_root()
}

/// Every gid that the identity may have by the account files and the request.
fn own_gids(world: &World) -> BTreeSet<Gid> {
    let accounts = &world.facts.accounts;
    let lines = || parse::group::lines(&accounts.group.bytes).filter_map(|line| line.group);
    let by_name = |name: &std::ffi::OsStr| {
        let found = lines().find(|line| line.name == name.as_encoded_bytes() && !line.is_ours());
        found.map(|line| line.gid)
    };
    let mut gids: BTreeSet<Gid> = world
        .request
        .groups
        .iter()
        .filter_map(|group| match group {
            GroupSpec::Name(name) => by_name(name),
            GroupSpec::Gid(gid) | GroupSpec::Named(_, gid) => Some(*gid),
        })
        .collect();
    gids.extend(world.request.gid);
    match &world.request.user.group {
        Some(GroupRef::Gid(gid)) => drop(gids.insert(*gid)),
        Some(GroupRef::Name(name)) => gids.extend(by_name(name)),
        None => {
            let passwd = &accounts.passwd.bytes;
            let of_service = accounts.name_service.as_ref();
            let find = |user: &UserRef| {
                match user {
                    UserRef::Name(name) => parse::passwd::by_name(passwd, name),
                    UserRef::Uid(uid) => parse::passwd::by_uid(passwd, *uid),
                }
                .or_else(|| of_service.map(|service| service.account.clone()))
                .filter(|account| match user {
                    UserRef::Name(name) => account.name == *name,
                    UserRef::Uid(uid) => account.uid == *uid,
                })
            };
            let by_number = || match world.request.user.user {
                UserRef::Name(_) => None,
                UserRef::Uid(_) => find(&UserRef::Uid(world.request.uid?)),
            };
            let account = find(&world.request.user.user).or_else(by_number);
            let Some(account) = account else {
                gids.insert(gid(1000)); // what a dry run assumes
                return gids;
            };
            gids.insert(account.gid);
            let listing = lines().filter(|line| line.lists(account.name.as_encoded_bytes()));
            gids.extend(listing.filter(|line| !line.is_ours()).map(|line| line.gid));
            gids.extend(of_service.iter().flat_map(|service| &service.groups));
        }
    }
    gids
}

/// The gids that stand on the paths which were granted.
fn granted_gids(facts: &Facts, plan: &Plan) -> BTreeSet<Gid> {
    let granted = facts.paths.iter().zip(&plan.grants);
    let nodes = granted.filter_map(|(path, grant)| match (&path.found, &grant.verdict) {
        (Found::Node(node), Verdict::Granted { .. }) => Some(node),
        _ => None,
    });
    nodes
        .flat_map(|node| {
            let of_acl = node.acl.iter().flat_map(|acl| &acl.groups);
            of_acl.map(|(gid, _)| *gid).chain([node.gid])
        })
        .collect()
}

fn one_line(message: &Message) -> Result<(), TestCaseError> {
    let text = message.to_string();
    prop_assert!(!text.contains(char::is_control), "{text:?}");
    prop_assert!(
        !message.thing.is_empty() && !message.what.is_empty(),
        "{message:?}"
    );
    prop_assert!(!message.code.is_empty());
    Ok(())
}

/// The place of a step in the order of contract 9 and 10.
fn rank(step: &Step) -> u8 {
    match step {
        Step::EditFile(edit) => {
            let order = ["/etc/gshadow", "/etc/group", "/etc/passwd"];
            let place = order.iter().position(|path| edit.path.ends_with(path));
            u8::try_from(place.unwrap()).unwrap()
        }
        Step::Own(_) => 3,
        Step::DropBoundingSet(_) => 4,
        Step::SetGroups(_) => 5,
        Step::SetGid(_) => 6,
        Step::SetUid { .. } => 7,
        Step::SetCapabilities(_) => 8,
        Step::SetNoNewPrivileges => 9,
        Step::SetUmask(_) => 10,
        Step::Verify(_) => 11,
        Step::Execute(_) | Step::Supervise(_) | Step::Connect(_) => 12,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nobody_is_planned_to_be_root(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        prop_assert!(!plan.identity.uid.is_root());
        prop_assert!(plan.identity.groups.contains(&plan.identity.gid));
        prop_assert!(plan.identity.groups.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn gid_zero_is_planned_only_where_it_was_allowed(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        let is_in = |gids: &[Gid]| gids.contains(&Gid::ROOT);
        if !world.request.allow_gid_0 {
            prop_assert!(!is_in(&plan.group_add), "{:?}", plan.grants);
            prop_assert!(!is_roots(&world) || !is_in(&plan.identity.groups));
        }
    }

    #[test]
    fn every_group_comes_from_somewhere(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        let process = &world.facts.process;
        let own: BTreeSet<Gid> = process.groups.iter().copied().collect();
        let groups: BTreeSet<Gid> = plan.identity.groups.iter().copied().collect();
        if !is_roots(&world) {
            prop_assert_eq!(groups, &own | &BTreeSet::from([process.gid.effective]));
            return Ok(());
        }
        let mut known = &own_gids(&world) | &granted_gids(&world.facts, &plan);
        if world.request.allow_gid_0 {
            known.insert(Gid::ROOT); // it may open no more than a directory on the way
        }
        if world.request.inherit_groups {
            known.extend(own.into_iter().filter(|gid| !gid.is_root()));
        }
        prop_assert!(groups.is_subset(&known), "{groups:?} in {known:?}");
    }

    #[test]
    fn same_world_is_decided_the_same_way(world in any_world()) {
        prop_assert_eq!(world.decide(), world.decide());
    }

    #[test]
    fn edits_are_made_once(world in any_world()) {
        // Of several, the first may take a group that it can do without once it is a member of another one's.
        let world = world.with(|world| world.facts.paths.truncate(1));
        let Ok(plan) = world.decide() else { return Ok(()) };
        let again = world.after_edits(&plan).decide();
        let again = again.map_err(|refused| {
            TestCaseError::fail(format!("refused: {}", refused.refusal.message()))
        })?;
        prop_assert_eq!(again.edits().count(), 0);
        prop_assert_eq!(again.identity, plan.identity);
        prop_assert_eq!(again.group_add, plan.group_add);
    }

    #[test]
    fn edits_that_a_crash_cut_short_are_finished_by_the_next_start(world in any_world()) {
        let world = world.with(|world| world.facts.paths.truncate(1));
        let Ok(plan) = world.decide() else { return Ok(()) };
        for done in 1..plan.edits().count() {
            let mut cut_short = plan.clone();
            let mut edits = 0;
            cut_short.steps.retain(|planned| {
                edits += usize::from(matches!(planned.step, Step::EditFile(_)));
                edits <= done
            });
            let crashed = world.clone().after_edits(&cut_short);
            let next = crashed.decide();
            let next = next.map_err(|refused| {
                TestCaseError::fail(format!("refused: {}", refused.refusal.message()))
            })?;
            prop_assert_eq!(&next.identity, &plan.identity, "after {} edits", done);
            let healed = crashed.after_edits(&next).facts.accounts;
            let whole = world.clone().after_edits(&plan).facts.accounts;
            prop_assert_eq!(healed.passwd, whole.passwd);
            prop_assert_eq!(healed.group, whole.group, "after {} edits", done);
        }
    }

    #[test]
    fn numbers_that_are_asked_for_are_those_of_the_identity(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        if is_roots(&world) {
            prop_assert!(world.request.uid.is_none_or(|uid| uid == plan.identity.uid));
            prop_assert!(world.request.gid.is_none_or(|gid| gid == plan.identity.gid));
        }
    }

    #[test]
    fn file_that_cannot_be_replaced_is_never_edited(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        let accounts = &world.facts.accounts;
        for edit in plan.edits() {
            let file = match edit.path.to_str() {
                Some("/etc/passwd") => &accounts.passwd,
                Some("/etc/group") => &accounts.group,
                _ => accounts.gshadow.as_ref().unwrap(),
            };
            prop_assert_eq!(file.access, Access::Replaceable);
            prop_assert!(edit.new != edit.old, "{:?}", edit);
        }
    }

    #[test]
    fn numbers_change_one_line_of_a_file_and_nothing_else_in_it(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        for edit in plan.edits() {
            let numbers = match edit.path.to_str() {
                Some("/etc/passwd") => 2..4,
                Some("/etc/group") => 2..3,
                _ => 0..0,
            };
            let is_asked = world.request.uid.is_some() || world.request.gid.is_some();
            let mut renumbered = 0;
            for change in &edit.changes {
                let (Some(old), Some(new)) = (&change.old, &change.new) else { continue };
                let [old, new]: [Vec<_>; 2] = [old, new].map(|line| line.split(|byte| *byte == b':').collect());
                prop_assert_eq!(old.len(), new.len());
                renumbered += usize::from(numbers.clone().any(|field| old[field] != new[field]));
                let last = old.len() - 1;
                for field in (0..last).filter(|field| !numbers.contains(field)) {
                    prop_assert_eq!(old[field], new[field]);
                }
                prop_assert!(new[last].starts_with(old[last]));
            }
            prop_assert!(renumbered <= usize::from(is_asked), "{:?}", edit);
            prop_assert!(edit.changes.len() == 1 || !edit.path.ends_with("passwd"));
        }
    }

    #[test]
    fn edits_leave_the_lines_of_others_alone(world in any_world()) {
        let world = world.numbers(None, None);
        let Ok(plan) = world.decide() else { return Ok(()) };
        prop_assert!(is_roots(&world) || plan.edits().count() == 0);
        for edit in plan.edits() {
            let mut new = edit.new.split(|byte| *byte == b'\n');
            for old in edit.old.split(|byte| *byte == b'\n') {
                let fields: Vec<_> = old.split(|byte| *byte == b':').collect();
                if fields.get(1) != Some(&&b"!charon-init"[..]) {
                    prop_assert!(new.any(|line| line.starts_with(old)), "{:?}", edit);
                }
            }
        }
    }

    #[test]
    fn plan_ends_with_the_read_back_and_the_command(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        let ranks: Vec<u8> = plan.steps.iter().map(|planned| rank(&planned.step)).collect();
        prop_assert!(ranks.is_sorted_by(|one, next| one < next), "{ranks:?}");
        prop_assert!(ranks.ends_with(&[11, 12]), "{ranks:?}");
        let Step::Verify(expected) = &plan.steps[ranks.len() - 2].step else { unreachable!() };
        let groups: BTreeSet<Gid> = expected.groups.iter().copied().collect();
        prop_assert_eq!(expected.uid, plan.identity.uid);
        prop_assert_eq!(expected.gid, plan.identity.gid);
        let own_gid = BTreeSet::from([expected.gid]);
        prop_assert_eq!(&groups | &own_gid, plan.identity.groups.into_iter().collect());
    }

    #[test]
    fn what_is_said_is_one_line_about_something(world in any_world()) {
        let findings = match world.decide() {
            Ok(plan) => plan.findings,
            Err(refused) => {
                one_line(&refused.refusal.message())?;
                refused.findings
            }
        };
        for finding in findings {
            one_line(&finding.message())?;
        }
    }

    #[test]
    fn dry_run_of_root_is_the_plan_of_its_start(world in any_world()) {
        let dry_run = Mode::DryRun {
            format: Format::Json,
            service: "charon".to_owned(),
            command: vec!["server".into()],
        };
        let start = world.clone().with(|world| world.request.user_is_default = false);
        if start.facts.process.uid.effective.is_root() {
            let dry_run = start.clone().with(|world| world.request.mode = dry_run);
            prop_assert_eq!(dry_run.decide(), start.decide());
        }
    }

    #[test]
    fn path_that_is_called_open_is_open_to_the_groups_of_the_end(world in any_world()) {
        let Ok(plan) = world.decide() else { return Ok(()) };
        if !is_roots(&world) {
            return Ok(());
        }
        for (path, grant) in world.facts.paths.iter().zip(&plan.grants) {
            let alone = world.clone().with(|world| {
                world.facts.paths = vec![path.clone()];
                world.request.groups = plan.identity.groups.iter().copied().map(GroupSpec::Gid).collect();
            });
            let verdict = alone.decide().map(|plan| plan.grants[0].verdict.clone());
            let is_open = matches!(verdict, Ok(Verdict::Open(_)));
            prop_assert_eq!(is_open, grant.verdict != Verdict::Closed, "{:?}", verdict);
        }
    }

    #[test]
    fn start_that_requires_its_sockets_has_them(world in any_world()) {
        let world = world.with(|world| {
            world.request.require_socket = true;
            world.request.sockets = Sockets::Paths(Vec::new());
        });
        let Ok(plan) = world.decide() else { return Ok(()) };
        let mut of_engines = plan.grants.iter().filter(|grant| grant.meant != Meant::Anything);
        prop_assert!(of_engines.all(|grant| grant.verdict != Verdict::Closed));
    }
}

/// Laws about worlds that are all refused would hold for nothing.
#[test]
fn random_worlds_go_far_enough() {
    let mut runner = TestRunner::deterministic();
    let (mut plans, mut edits, mut grants, mut refusals) = (0, 0, 0, 0);
    for _ in 0..600 {
        let world = any_world().new_tree(&mut runner).unwrap().current();
        let Ok(plan) = world.decide() else {
            refusals += 1;
            continue;
        };
        plans += 1;
        edits += usize::from(plan.edits().next().is_some());
        let is_granted = |verdict: &Verdict| matches!(verdict, Verdict::Granted { .. });
        grants += usize::from(plan.grants.iter().any(|grant| is_granted(&grant.verdict)));
    }
    println!("{plans} plans, {edits} with edits, {grants} with grants, {refusals} refusals");
    assert!(plans > 150 && edits > 50 && grants > 30 && refusals > 50);
}
