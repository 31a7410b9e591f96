//! Contract 6 and 10: where the kernel, the namespace or our own binary do not let a drop happen; a test a sentence.

use charon_init::facts::{Executable, IdSet};
use charon_init::permission::Mode;
use charon_init::refusal::{Elevation, Finding, Refusal};

use crate::world::*;

#[test]
fn denied_setgroups_is_refused_only_where_the_list_must_change() {
    let denied = world()
        .user_namespace()
        .with(|world| world.facts.namespace.setgroups_denied = true);
    assert_eq!(denied.refusal(), Refusal::SetgroupsDenied);
    assert_eq!(denied.clone().dry_run().refusal(), Refusal::SetgroupsDenied);
    assert_eq!(denied.inherited(&[1000]).groups(), [1000]);
}

#[test]
fn id_that_is_not_mapped_is_refused() {
    let not_mapped = |id: &str| Refusal::NotMapped { id: id.to_owned() };
    let world = world().user_namespace().inherited(&[]);
    for (spec, id) in [
        ("70000:1000", "uid 70000"),
        ("1000:70000", "gid 70000"),
        ("65536:1", "uid 65536"),
    ] {
        assert_eq!(world.clone().user(spec).refusal(), not_mapped(id));
    }
    assert_eq!(
        world.clone().group("70000").refusal(),
        not_mapped("gid 70000")
    );
    assert_eq!(world.user("65535:65535").groups(), [65535]);
}

#[test]
fn binary_with_privileges_of_its_own_refuses_to_run() {
    let set_uid = Mode::from_bits(0o4755);
    for (executable, how) in [
        (Executable::SetId(set_uid), Elevation::SetId(set_uid)),
        (Executable::FileCapabilities, Elevation::FileCapabilities),
    ] {
        let world = world().with(|world| world.facts.process.executable = executable);
        let non_root = world.clone().non_root(1000, 1000, &[]);
        for start in [world, non_root] {
            assert_eq!(start.refusal(), Refusal::Elevated { how });
            assert_eq!(start.dry_run().refusal(), Refusal::Elevated { how });
        }
    }
}

#[test]
fn ids_that_differ_refuse_to_run() {
    let how = Elevation::IdsDiffer;
    let mixed = |real, saved| IdSet {
        real: uid(real),
        effective: uid(0),
        saved: uid(saved),
        filesystem: uid(0),
    };
    for ids in [mixed(1000, 0), mixed(0, 1000)] {
        let world = world().with(|world| world.facts.process.uid = ids);
        assert_eq!(world.refusal(), Refusal::Elevated { how });
    }
    let gids = IdSet {
        effective: gid(0),
        ..IdSet::all(gid(1000))
    };
    let world = world().non_root(1000, 1000, &[]);
    let set_gid = world.with(|world| world.facts.process.gid = gids);
    assert_eq!(set_gid.refusal(), Refusal::Elevated { how });
    assert_eq!(set_gid.dry_run().refusal(), Refusal::Elevated { how });
}

#[test]
fn missing_proc_is_a_finding_and_stops_nothing() {
    let world = world().with(|world| {
        world.facts.namespace.is_known = false;
        world.facts.process.executable = Executable::Unknown;
    });
    assert_eq!(world.findings(), [Finding::NoProc]);
    assert_eq!(world.identity(), charon(&[1000]));
}
