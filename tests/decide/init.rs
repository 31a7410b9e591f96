//! `--init` → the last step stays, after the same drop and the same verification.

use std::time::Duration;

use charon_init::decide::decide;
use charon_init::plan::{Step, Supervision};
use charon_init::request::{Forward, Init};

use crate::world::*;

const INIT: Init = Init {
    forward: Forward::Group,
    grace: Duration::from_secs(3),
};

fn steps(world: &World) -> Vec<Step> {
    let plan = decide(&world.request, &world.facts).unwrap();
    plan.steps.into_iter().map(|planned| planned.step).collect()
}

#[test]
fn with_init_only_the_last_step_differs_and_stays_with_the_same_command() {
    for is_pid_1 in [true, false] {
        let mut world = world();
        world.facts.process.is_pid_1 = is_pid_1;
        let mut without = steps(&world);
        world.request.init = Some(INIT);
        let mut with = steps(&world);

        let Some(Step::Execute(command)) = without.pop() else {
            panic!("{without:?}")
        };
        let expected = Supervision {
            command,
            init: INIT,
            is_pid_1,
        };
        assert_eq!(with.pop(), Some(Step::Supervise(expected)));
        assert_eq!(with, without);
        assert!(matches!(with.last(), Some(Step::Verify(_))), "{with:?}");
    }
}

#[test]
fn a_non_root_start_may_stay_too() {
    let mut world = world();
    world.facts.process.uid = charon_init::facts::IdSet::all(uid(1000));
    world.facts.process.gid = charon_init::facts::IdSet::all(gid(1000));
    world.facts.process.groups = gids(&[1000]);
    world.facts.process.capabilities = charon_init::facts::Capabilities::default();
    world.request.init = Some(INIT);
    assert!(matches!(steps(&world).last(), Some(Step::Supervise(_))));
}
