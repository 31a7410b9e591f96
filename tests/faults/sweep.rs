//! Scenarios → every fault of theirs injected, several at once, and what came of them counted.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;

use crate::common::{charon_init, repository};
use crate::engine::{Server, docker};
use crate::fault::{self, Fault};
use crate::left::left;
use crate::scenario::{Kind, Ran, Scenario, told};
use crate::trace::{calls_with_the_last, inject};
use crate::verdict::verdict;
use crate::world::{End, World};

/// What was injected so far, and what came of it.
pub(crate) struct Sweep {
    test: &'static str,
    every: usize,
    binary: PathBuf,
    counts: BTreeMap<&'static str, usize>,
    scenarios: usize,
    next_starts: usize,
    pub(crate) violations: Vec<String>,
}

/// What one thread came to.
#[derive(Default)]
struct Share {
    counts: BTreeMap<&'static str, usize>,
    next_starts: usize,
    violations: Vec<String>,
}

/// What is shipped, where it was built: the loader of a dynamic build makes most of its calls, and they are not ours.
pub(crate) fn binary() -> PathBuf {
    let shipped = repository().join("target/static/charon-init");
    let is_given = std::env::var_os("CHARON_INIT_BIN").is_some();
    if shipped.exists() && !is_given {
        shipped
    } else {
        charon_init()
    }
}

impl Sweep {
    pub(crate) fn new(test: &'static str, every: usize) -> Self {
        Self {
            test,
            every,
            binary: binary(),
            counts: BTreeMap::new(),
            scenarios: 0,
            next_starts: 0,
            violations: Vec::new(),
        }
    }

    /// Injects the faults of `scenario`, as many at once as there are processors.
    pub(crate) fn run(&mut self, scenario: &Scenario) {
        let Some(place) = Place::new(self.test, &self.binary, scenario) else {
            return;
        };
        scenario.reset(&place.world);
        let (calls, end) = calls_with_the_last(&place.world, scenario.start(&place.world));
        let is_planned = scenario.ran(&end) == Ran::AsPlanned && end.code == 0;
        assert!(is_planned, "{}: {end:?}", scenario.name);
        for file in &scenario.files {
            assert_eq!(place.world.read(file.name), file.after, "{}", scenario.name);
        }
        let faults = fault::all(&calls, self.every);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let (test, binary) = (self.test, &self.binary);
        let shares = thread::scope(|scope| {
            let spawn = |first: usize| {
                let faults = faults.iter().skip(first).step_by(threads);
                scope.spawn(move || share(test, binary, scenario, faults))
            };
            let running: Vec<_> = (0..threads).map(spawn).collect();
            let ended = running.into_iter().map(|thread| thread.join().unwrap());
            ended.collect::<Vec<_>>()
        });
        self.scenarios += 1;
        for share in shares {
            for (outcome, count) in share.counts {
                *self.counts.entry(outcome).or_default() += count;
            }
            self.next_starts += share.next_starts;
            self.violations.extend(share.violations);
        }
    }

    pub(crate) fn faults(&self) -> usize {
        self.counts.values().sum()
    }

    pub(crate) fn told_violations(&self) -> String {
        let shown: Vec<_> = self.violations.iter().take(40).cloned().collect();
        format!("{} violations\n{}", self.violations.len(), shown.join("\n"))
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "fault sweep: {} faults in {} kinds of start, {:?}, {} states left behind started from, {} violations",
            self.faults(),
            self.scenarios,
            self.counts,
            self.next_starts,
            self.violations.len()
        )
    }
}

/// A world, with an engine in it where one is asked.
struct Place {
    world: World,
    server: Option<Server>,
}

impl Place {
    fn new(test: &str, binary: &Path, scenario: &Scenario) -> Option<Self> {
        let world = World::with(test, binary)?;
        let server = match (scenario.kind, scenario.socket) {
            (Kind::Check, Some(gid)) => {
                Some(Server::on(world.path("run/docker.sock"), gid, docker()))
            }
            (_, Some(gid)) => {
                world.socket("run/docker.sock", gid, 0o660);
                None
            }
            (_, None) => None,
        };
        Some(Self { world, server })
    }

    /// Whoever asked the engine was the identity.
    fn was_asked_by_others(&self, scenario: &Scenario) -> bool {
        let identity = (scenario.identity.uid, scenario.identity.gid);
        let server = self.server.as_ref();
        server.is_some_and(|server| server.peers().iter().any(|peer| *peer != identity))
    }
}

fn share<'a>(
    test: &str,
    binary: &Path,
    scenario: &Scenario,
    faults: impl Iterator<Item = &'a Fault>,
) -> Share {
    let mut share = Share::default();
    let place = Place::new(test, binary, scenario).expect("there was one before");
    let world = &place.world;
    scenario.reset(world);
    // From what a start finds here it goes through: that is how the faults were found.
    let mut known = HashSet::from([left(world)]);
    for fault in faults {
        scenario.reset(world);
        let (came_to_it, end) = inject(
            world,
            scenario.start(world),
            &fault.call,
            &fault.expression(),
        );
        let judged = if !came_to_it && !scenario.may_miss(&fault.call) {
            Err("it did not come to that".to_owned())
        } else if place.was_asked_by_others(scenario) {
            Err("the engine was asked by somebody else".to_owned())
        } else {
            verdict(scenario, fault, &end, world)
        };
        let what = |wrong: &str, end: &End| {
            let Fault { call, mishap, .. } = fault;
            format!(
                "{}: {mishap:?} at {}: {wrong}\n  {} {:?} {}",
                scenario.name,
                call.line,
                end.code,
                told(end),
                end.stderr
            )
        };
        match judged {
            Ok(outcome) => *share.counts.entry(outcome).or_default() += 1,
            Err(wrong) => {
                *share.counts.entry("violation").or_default() += 1;
                share.violations.push(what(&wrong, &end));
            }
        }
        if known.insert(left(world)) {
            share.next_starts += 1;
            if let Err(wrong) = next_start(scenario, world) {
                share.violations.push(what(&wrong, &end));
            }
        }
    }
    share
}

/// The next start goes through, finishes what is left to do, and leaves nothing beside.
fn next_start(scenario: &Scenario, world: &World) -> Result<(), String> {
    let end = scenario.start(world).end();
    if end.code != 0 || scenario.ran(&end) != Ran::AsPlanned {
        return Err(format!("the next start does not go through: {end:?}"));
    }
    let litter = world.litter();
    if !litter.is_empty() {
        return Err(format!("the next start leaves {litter:?}"));
    }
    let lines = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    // Lines of ours may stand in another order where one came later than the other.
    let unlike = |file: &&crate::scenario::File| lines(&world.read(file.name)) != lines(file.after);
    match scenario.files.iter().find(unlike) {
        Some(file) => Err(format!(
            "the next start leaves {} {}",
            file.name,
            world.read(file.name)
        )),
        None => Ok(()),
    }
}
