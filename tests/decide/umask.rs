//! `--umask` → one step more, right before the read-back, for every start.

use charon_init::facts::{Capabilities, IdSet};
use charon_init::permission::Umask;
use charon_init::plan::Step;

use crate::world::*;

/// Charon from the beginning, with nothing to drop.
fn non_root() -> World {
    let mut world = world().inherited(&[1000]);
    world.facts.process.uid = IdSet::all(uid(1000));
    world.facts.process.gid = IdSet::all(gid(1000));
    world.facts.process.capabilities = Capabilities::default();
    world.facts.process.no_new_privileges = true;
    world
}

#[test]
fn umask_that_was_asked_for_is_set_before_everything_is_read_back() {
    for world in [world(), non_root()] {
        let without = world.steps();
        let mask = Umask::new(0o27).unwrap();
        let with = world.with(|world| world.request.umask = Some(mask)).steps();
        let mut expected = without.clone();
        let is_verify = |step: &Step| matches!(step, Step::Verify(_));
        let place = expected.iter().position(is_verify).unwrap();
        expected.insert(place, Step::SetUmask(mask));
        assert_eq!(with, expected);
    }
}
