//! Contract 10: the drop, as COMMAND's own `/proc/self/status` tells it.

use crate::world::{End, World};

const NONE: &str = "0000000000000000";
const NET_BIND_SERVICE: &str = "0000000000000400";

/// The five sets, in the order of the file.
fn capability_sets(end: &End) -> [String; 5] {
    ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(|name| end.field(name))
}

fn status(world: &World, options: &[&str]) -> End {
    let command = ["cat", "/proc/self/status"];
    let end = world.start(options.iter().chain(&command)).end();
    assert_eq!(end.code, 0, "{end:?}");
    end
}

#[test]
fn all_ids_and_all_capability_sets_are_the_planned_ones() {
    let Some(world) = World::new("all_ids_and_all_capability_sets_are_the_planned_ones") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let end = status(&world, &[]);
    assert_eq!(end.field("Uid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Gid"), "1000 1000 1000 1000");
    assert_eq!(end.field("Groups"), "988 1000");
    assert_eq!(capability_sets(&end), [NONE; 5]);
    assert_eq!(end.field("NoNewPrivs"), "1");
}

#[test]
fn a_kept_capability_is_in_all_five_sets_and_alone_there() {
    let Some(world) = World::new("a_kept_capability_is_in_all_five_sets_and_alone_there") else {
        return;
    };
    let end = status(&world, &["--keep-cap", "net_bind_service"]);
    assert_eq!(end.field("Uid"), "1000 1000 1000 1000");
    assert_eq!(capability_sets(&end), [NET_BIND_SERVICE; 5]);
    assert_eq!(end.field("NoNewPrivs"), "1");
}

#[test]
fn ambient_and_inheritable_capabilities_of_the_runtime_go() {
    let Some(world) = World::new("ambient_and_inheritable_capabilities_of_the_runtime_go") else {
        return;
    };
    let start = world.start(["cat", "/proc/self/status"]);
    let caps = "+net_bind_service,+chown,+setuid";
    let end = start
        .under(["setpriv", "--inh-caps", caps, "--ambient-caps", caps])
        .end();
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(capability_sets(&end), [NONE; 5]);
}

#[test]
fn an_ambient_capability_of_the_runtime_does_not_join_a_kept_one() {
    let Some(world) = World::new("an_ambient_capability_of_the_runtime_does_not_join_a_kept_one")
    else {
        return;
    };
    let start = world.start(["--keep-cap", "net_bind_service", "cat", "/proc/self/status"]);
    let caps = "+net_raw,+chown";
    let end = start
        .under(["setpriv", "--inh-caps", caps, "--ambient-caps", caps])
        .end();
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(capability_sets(&end), [NET_BIND_SERVICE; 5]);
}

#[test]
fn securebits_of_the_runtime_do_not_keep_a_capability() {
    let Some(world) = World::new("securebits_of_the_runtime_do_not_keep_a_capability") else {
        return;
    };
    for bits in [
        "+no_setuid_fixup",
        "+noroot",
        "+noroot,+no_setuid_fixup,+keep_caps_locked",
    ] {
        let start = world.start(["cat", "/proc/self/status"]);
        // Under `noroot` only ambient capabilities reach us.
        let caps = "+setuid,+setgid,+setpcap,+sys_chroot,+dac_override,+chown,+fowner";
        let setpriv = [
            "setpriv",
            "--inh-caps",
            caps,
            "--ambient-caps",
            caps,
            "--securebits",
            bits,
        ];
        let end = start.under(setpriv).end();
        assert_eq!(end.code, 0, "{bits}: {end:?}");
        assert_eq!(end.field("Uid"), "1000 1000 1000 1000", "{bits}");
        assert_eq!(capability_sets(&end), [NONE; 5], "{bits}");
    }
}

#[test]
fn groups_of_the_runtime_survive_and_gid_zero_does_not() {
    let Some(world) = World::new("groups_of_the_runtime_survive_and_gid_zero_does_not") else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let start = world.start(["cat", "/proc/self/status"]);
    let end = start.under(["setpriv", "--groups", "0,27,4,4000"]).end();
    assert_eq!(end.field("Groups"), "4 27 988 1000 4000", "{end:?}");
    let start = world.start(["--no-inherit-groups", "cat", "/proc/self/status"]);
    let end = start.under(["setpriv", "--groups", "0,27,4,4000"]).end();
    assert_eq!(end.field("Groups"), "988 1000", "{end:?}");
}

/// The kernel takes 65536 groups; their list is longer than one read of the status.
#[test]
fn a_long_list_of_groups_is_read_back_as_a_whole() {
    let Some(world) = World::new("a_long_list_of_groups_is_read_back_as_a_whole") else {
        return;
    };
    let list: Vec<String> = (100_000..105_000).map(|gid: u32| gid.to_string()).collect();
    let start = world.start(["--no-socket", "cat", "/proc/self/status"]);
    let end = start.under(["setpriv", "--groups", &list.join(",")]).end();
    assert_eq!(end.code, 0, "{}", end.stderr);
    assert_eq!(end.field("Groups"), format!("1000 {}", list.join(" ")));
}

/// `--cap-drop ALL --cap-add SETUID --cap-add SETGID`; the chroot of this test needs its own.
#[test]
fn without_setpcap_the_bounding_set_stays_and_is_a_finding() {
    let Some(world) = World::new("without_setpcap_the_bounding_set_stays_and_is_a_finding") else {
        return;
    };
    let bounding = "-all,+setuid,+setgid,+sys_chroot";
    let start = world.start(["cat", "/proc/self/status"]);
    let end = start.under(["setpriv", "--bounding-set", bounding]).end();
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(
        capability_sets(&end),
        [NONE, NONE, NONE, "00000000000400c0", NONE]
    );
    assert_eq!(end.field("NoNewPrivs"), "1");
    assert!(end.stderr.contains("bounding"), "{end:?}");

    let start = world.start(["--allow-new-privs", "cat", "/proc/self/status"]);
    let end = start.under(["setpriv", "--bounding-set", bounding]).end();
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
}

#[test]
fn root_without_the_right_to_become_someone_else_is_refused_by_name() {
    let Some(world) =
        World::new("root_without_the_right_to_become_someone_else_is_refused_by_name")
    else {
        return;
    };
    let start = world.start(["cat", "/proc/self/status"]);
    let end = start
        .under(["setpriv", "--bounding-set", "-all,+sys_chroot"])
        .end();
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
    for word in ["setuid", "setgid", "--cap-add"] {
        assert!(end.stderr.to_lowercase().contains(word), "{word}: {end:?}");
    }
}

#[test]
fn new_privileges_may_be_allowed_and_the_bounding_set_goes_all_the_same() {
    let Some(world) =
        World::new("new_privileges_may_be_allowed_and_the_bounding_set_goes_all_the_same")
    else {
        return;
    };
    let end = status(&world, &["--allow-new-privs"]);
    assert_eq!(end.field("NoNewPrivs"), "0");
    assert_eq!(capability_sets(&end), [NONE; 5]);
}

#[test]
fn no_new_privs_of_the_runtime_is_no_obstacle() {
    let Some(world) = World::new("no_new_privs_of_the_runtime_is_no_obstacle") else {
        return;
    };
    let start = world.start(["--allow-new-privs", "cat", "/proc/self/status"]);
    let end = start.under(["setpriv", "--no-new-privs"]).end();
    assert_eq!(end.field("NoNewPrivs"), "1", "{end:?}");
    assert_eq!(end.field("Uid"), "1000 1000 1000 1000");
}

/// What COMMAND would have without us, line by line.
const UNCHANGED: [&str; 8] = [
    "Umask", "SigPnd", "ShdPnd", "SigBlk", "SigCgt", "Seccomp", "Threads", "SigIgn",
];

#[test]
fn signals_and_everything_else_are_what_they_would_be_without_us() {
    let Some(world) = World::new("signals_and_everything_else_are_what_they_would_be_without_us")
    else {
        return;
    };
    let wrapper = [
        "env",
        "--ignore-signal=HUP,INT,CHLD,TTOU,RTMAX",
        "--block-signal=USR1,TERM,WINCH",
    ];
    let command = ["cat", "/proc/self/status"];
    for wrapper in [&wrapper[..], &wrapper[..1]] {
        let without = world.run("/bin/busybox", command).under(wrapper).end();
        let with = world.start(command).under(wrapper).end();
        assert_eq!((without.code, with.code), (0, 0), "{with:?}");
        for name in UNCHANGED {
            assert_eq!(with.field(name), without.field(name), "{name}");
        }
    }
}

/// std ignores SIGPIPE from its start on, and an entrypoint may have before: COMMAND gets the default in any case.
#[test]
fn sigpipe_is_at_its_default() {
    let Some(world) = World::new("sigpipe_is_at_its_default") else {
        return;
    };
    let command = ["cat", "/proc/self/status"];
    let default = ["env", "--ignore-signal=HUP"];
    let without = world.run("/bin/busybox", command).under(default).end();
    for signals in ["HUP", "HUP,PIPE"] {
        let ignored = format!("--ignore-signal={signals}");
        let with = world.start(command).under(["env", &ignored]).end();
        assert_eq!(with.field("SigIgn"), without.field("SigIgn"), "{signals}");
    }
}
