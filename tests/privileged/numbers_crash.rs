//! Contract 9 where three files change together: a crash or an error at any system call of a start with numbers leaves
//! each of them old or new, and the next start ends right.

use crate::trace::{Call, calls, can_trace, inject};
use crate::world::{GSHADOW, Start, World};

/// A start that edits /etc/passwd, group and gshadow: the files before and after it, and what COMMAND prints.
struct Scenario {
    passwd: [&'static str; 2],
    group: [&'static str; 2],
    gshadow: [&'static str; 2],
    /// What /etc/group may say besides, where a part of the edit could not be carried out.
    group_between: &'static [&'static str],
    /// The same of gshadow.
    gshadow_between: &'static [&'static str],
    says: &'static str,
}

const ROOT: &str = "root:x:0:0:root:/root:/bin/sh\n";

/// The account's own group takes the number, and a socket asks for a line of ours.
const OWN_GROUP: Scenario = Scenario {
    passwd: [
        "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:1000:C:/data:/bin/sh\n",
        "root:x:0:0:root:/root:/bin/sh\ncharon:x:1001:1002:C:/data:/bin/sh\n",
    ],
    group: [
        "root:x:0:\nshadow:x:42:\ncharon:x:1000:charon\n",
        "root:x:0:\nshadow:x:42:\ncharon:x:1002:charon\ndocker:!charon-init:988:charon\n",
    ],
    gshadow: [
        GSHADOW,
        "root:*::\nshadow:*::\ncharon:!::\ndocker:!charon-init::charon\n",
    ],
    group_between: &[
        "root:x:0:\nshadow:x:42:\ncharon:x:1000:charon\ndocker:!charon-init:988:charon\n",
        "root:x:0:\nshadow:x:42:\ncharon:x:1002:charon\n",
    ],
    gshadow_between: &[],
    says: "1001\n1002 988\ncharon\ncharon\n",
};

/// The account is in a group of others: the number gets a line of ours.
const NEW_GROUP: Scenario = Scenario {
    passwd: [
        "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:100:C:/data:/bin/sh",
        "root:x:0:0:root:/root:/bin/sh\ncharon:x:1001:1002:C:/data:/bin/sh",
    ],
    group: [
        "root:x:0:\nusers:x:100:charon",
        "root:x:0:\nusers:x:100:charon\ndocker:!charon-init:988:charon\ncharon:!charon-init:1002:\n",
    ],
    gshadow: [
        "root:*::\n",
        "root:*::\ndocker:!charon-init::charon\ncharon:!charon-init::\n",
    ],
    group_between: &["root:x:0:\nusers:x:100:charon\ndocker:!charon-init:988:charon\n"],
    gshadow_between: &["root:*::\ndocker:!charon-init::charon\n"],
    says: "1001\n1002 100 988\ncharon\ncharon\n",
};

const SCENARIOS: [&Scenario; 2] = [&OWN_GROUP, &NEW_GROUP];

/// Ids, and whether they resolve; what resolves is not looked at where it need not.
fn start<'w>(world: &'w World, script: &str) -> Start<'w> {
    world
        .start(["sh", "-c", script])
        .env("PUID", "1001")
        .env("PGID", "1002")
}

const NUMBERS: &str = "id -u; id -G";
const NAMES: &str = "id -u; id -G; id -un; id -gn";

fn world(test: &str) -> Option<World> {
    if !can_trace(test) {
        return None;
    }
    let world = World::new(test)?;
    world.socket("run/docker.sock", 988, 0o660);
    Some(world)
}

impl Scenario {
    fn reset(&self, world: &World) {
        world.write("etc/passwd", self.passwd[0], 0o644);
        world.write("etc/group", self.group[0], 0o644);
        world.write("etc/gshadow", self.gshadow[0], 0o640);
    }

    fn numbers(&self) -> String {
        let lines = self.says.split_inclusive('\n');
        lines.take(2).collect()
    }

    /// The calls of a first start, with its edits.
    fn calls(&self, world: &World) -> Vec<Call> {
        self.reset(world);
        let (calls, end) = calls(world, start(world, NUMBERS));
        assert_eq!(end.success(), self.numbers());
        let names = calls.iter().map(|call| call.name.as_str());
        let renames = names.filter(|name| name.starts_with("rename")).count();
        assert_eq!(renames, 3, "gshadow, group and passwd");
        calls
    }

    /// Each file is the old one or the new one, and the account never promises a group that is not there.
    fn is_whole(&self, world: &World, context: &str) {
        let passwd = world.read("etc/passwd");
        let group = world.read("etc/group");
        let gshadow = world.read("etc/gshadow");
        let is_known = |known: &[&str], found: &str| known.contains(&found);
        let between = self.gshadow_between;
        assert!(is_known(&self.passwd, &passwd), "{context}: {passwd}");
        let is_whole = is_known(&self.gshadow, &gshadow) || is_known(between, &gshadow);
        assert!(is_whole, "{context}: {gshadow}");
        let is_whole = is_known(&self.group, &group) || is_known(self.group_between, &group);
        assert!(is_whole, "{context}: {group}");
        let has_group = group
            .lines()
            .any(|line| line.starts_with("charon:") && line.contains(":1002:"));
        assert!(passwd == self.passwd[0] || has_group, "{context}: {group}");
        let is_ours = group.contains("docker:");
        assert!(!is_ours || gshadow.contains("docker:"), "{context}");
    }

    /// The next start has the planned ids, their names resolve, and the files are those of a start that went through.
    fn next_start_heals(&self, world: &World, context: &str) {
        let end = start(world, NAMES).end();
        assert_eq!(
            (end.code, end.stdout.as_str()),
            (0, self.says),
            "{context}: {}",
            end.stderr
        );
        assert_eq!(world.read("etc/passwd"), self.passwd[1], "{context}");
        let mut expected: Vec<_> = self.group[1].lines().collect();
        let group = world.read("etc/group");
        let mut found: Vec<_> = group.lines().collect();
        // Lines of ours may stand in another order where one came later than the other.
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{context}");
        assert_eq!(
            world.read("etc/gshadow").len(),
            self.gshadow[1].len(),
            "{context}"
        );
        assert_eq!(world.litter(), Vec::<String>::new(), "{context}");
    }
}

#[test]
fn a_start_with_numbers_killed_at_any_system_call_is_finished_by_the_next() {
    let Some(world) =
        world("a_start_with_numbers_killed_at_any_system_call_is_finished_by_the_next")
    else {
        return;
    };
    for scenario in SCENARIOS {
        assert!(scenario.passwd[0].starts_with(ROOT));
        let calls = scenario.calls(&world);
        for call in &calls {
            scenario.reset(&world);
            let context = format!("killed at {}", call.line);
            let (came_to_it, end) = inject(&world, start(&world, NUMBERS), call, "signal=KILL");
            assert!(came_to_it, "{context}: {end:?}");
            assert_eq!(end.code, 137, "{context}: {end:?}");
            scenario.is_whole(&world, &context);
            scenario.next_start_heals(&world, &context);
        }
        println!("killed at each of {} system calls", calls.len());
    }
}

/// From the lock to the drop, without what concerns memory alone.
fn edit_window(calls: Vec<Call>) -> Vec<Call> {
    let memory = ["brk", "madvise", "mmap", "mprotect", "mremap", "munmap"];
    calls
        .into_iter()
        .skip_while(|call| !call.line.contains(".pwd.lock"))
        .take_while(|call| call.name != "prctl" && call.name != "setgroups")
        .filter(|call| !memory.contains(&call.name.as_str()))
        .collect()
}

#[test]
fn an_error_at_any_system_call_of_a_renumbering_leaves_whole_files_and_a_way_on() {
    let Some(world) =
        world("an_error_at_any_system_call_of_a_renumbering_leaves_whole_files_and_a_way_on")
    else {
        return;
    };
    for scenario in SCENARIOS {
        let window = edit_window(scenario.calls(&world));
        assert!(window.iter().any(|call| call.name.starts_with("fsync")));
        for call in &window {
            for errno in ["ENOSPC", "EROFS", "EBUSY"] {
                scenario.reset(&world);
                let context = format!("{errno} at {}", call.line);
                let fault = format!("error={errno}");
                let (came_to_it, end) = inject(&world, start(&world, NUMBERS), call, &fault);
                assert!(came_to_it, "{context}: {end:?}");
                // Either the start failed and says so, or COMMAND runs under its numbers, written down or not.
                match end.code {
                    0 => assert_eq!(end.stdout, scenario.numbers(), "{context}"),
                    71 => assert_eq!(end.stdout, "", "{context}"),
                    _ => panic!("{context}: {end:?}"),
                }
                let is_new = world.read("etc/passwd") == scenario.passwd[1];
                assert!(is_new || end.stderr.contains("/etc/"), "{context}: {end:?}");
                scenario.is_whole(&world, &context);
                scenario.next_start_heals(&world, &context);
            }
        }
        println!("three errors at each of {} system calls", window.len());
    }
}
