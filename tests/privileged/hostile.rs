//! Hostile surroundings: a clear error or a correct run, and never COMMAND as somebody else.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::probe::build;
use crate::world::{End, World};

/// A start of `/charon-init WORDS` under `condition` of `stage.c`.
fn under(world: &World, condition: &str, words: &[&str]) -> End {
    world.run("/bin/stage", stage(condition, words)).end()
}

fn stage<'a>(condition: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![condition, "/charon-init"];
    all.extend(words);
    all
}

fn world(test: &str) -> Option<World> {
    let world = World::new(test)?;
    fs::copy(build("stage.c"), world.path("bin/stage")).unwrap();
    Some(world)
}

const IDS: &str = "uid 1000 1000 1000 gid 1000 1000 1000 effective 0 bounding 0\n";

#[track_caller]
fn runs(end: End) {
    assert_eq!(end.success(), IDS);
}

/// It ends with `code` before COMMAND, and the last line says `why`.
#[track_caller]
fn ends(end: &End, code: i32, why: &str) {
    assert_eq!((end.code, end.stdout.as_str()), (code, ""), "{end:?}");
    let last = end.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("charon-init: "), "{end:?}");
    assert!(last.contains(why), "{end:?}");
}

#[test]
fn an_environment_of_two_mebibytes_arrives() {
    let Some(world) = world("an_environment_of_two_mebibytes_arrives") else {
        return;
    };
    let words = ["--no-socket", "/bin/stage", "count"];
    let end = under(&world, "2-MiB-environment", &words);
    // PATH, 64 times 32 KiB, HOME, USER and LOGNAME.
    let variables = 1 + 64 + 3;
    let path = format!("PATH={}", crate::world::PATH).len() + 1;
    let own = "HOME=/data USER=charon LOGNAME=charon ".len();
    let bytes = "count ".len() + path + 64 * (32 * 1024 + 1) + own;
    let expected = format!("2 arguments, {variables} variables, {bytes} bytes\n");
    assert_eq!(end.success(), expected);
}

/// The three variables that we add are what no longer fits.
#[test]
fn an_environment_that_is_full_to_the_limit_is_an_error_that_says_so() {
    let test = "an_environment_that_is_full_to_the_limit_is_an_error_that_says_so";
    let Some(world) = world(test) else {
        return;
    };
    let home = "h".repeat(100 * 1024);
    let passwd = format!("charon:x:1000:1000::/{home}:/bin/sh\n");
    world.write("etc/passwd", passwd, 0o644);
    let end = under(&world, "full-environment", &["--no-socket", "id"]);
    ends(&end, 126, "Argument list too long");
}

#[test]
fn a_hundred_thousand_arguments_arrive() {
    let Some(world) = world("a_hundred_thousand_arguments_arrive") else {
        return;
    };
    let words = ["--no-socket", "/bin/stage", "count"];
    let end = under(&world, "100000-arguments", &words);
    let told = end.success();
    assert!(
        told.starts_with("100002 arguments, 4 variables, "),
        "{told}"
    );
}

#[test]
fn without_an_argument_vector_it_is_a_usage_error() {
    let Some(world) = world("without_an_argument_vector_it_is_a_usage_error") else {
        return;
    };
    ends(&under(&world, "no-argv", &["ignored"]), 2, "--help");
}

#[test]
fn the_name_that_we_were_called_by_does_not_matter() {
    let Some(world) = world("the_name_that_we_were_called_by_does_not_matter") else {
        return;
    };
    runs(under(
        &world,
        "empty-name",
        &["--no-socket", "probe", "ids"],
    ));
}

#[test]
fn without_a_descriptor_to_spare_it_is_an_error_that_says_so() {
    let Some(world) = world("without_a_descriptor_to_spare_it_is_an_error_that_says_so") else {
        return;
    };
    let end = under(&world, "no-files", &["--no-socket", "probe", "ids"]);
    if world.is_dynamic {
        // The loader's word, not ours.
        assert_eq!((end.code, end.stdout.as_str()), (127, ""), "{end:?}");
    } else {
        ends(&end, 71, "(os error 24)");
    }
    runs(under(&world, "one-file", &["--no-socket", "probe", "ids"]));
    world.socket("run/docker.sock", 988, 0o660);
    let end = under(&world, "one-file", &["probe", "ids"]);
    ends(&end, 71, "(os error 24)");

    // Where others may rename, a path is walked on two descriptors.
    fs::create_dir(world.path("run/inner")).unwrap();
    fs::set_permissions(world.path("run"), Permissions::from_mode(0o775)).unwrap();
    world.socket("run/inner/docker.sock", 988, 0o660);
    let socket = ["--socket", "/run/inner/docker.sock", "probe", "ids"];
    let end = under(&world, "one-file", &socket);
    assert!(end.stderr.contains("(os error 24)"), "{end:?}");
    runs(end);
}

/// SIGXFSZ would end us in the middle of an edit, without a word and with a file left beside.
#[test]
fn a_group_file_that_is_larger_than_files_may_be_is_an_error_that_says_so() {
    let test = "a_group_file_that_is_larger_than_files_may_be_is_an_error_that_says_so";
    let Some(world) = world(test) else {
        return;
    };
    runs(under(
        &world,
        "no-file-size",
        &["--no-socket", "probe", "ids"],
    ));
    world.socket("run/docker.sock", 988, 0o660);
    let before = world.read("etc/group");
    let end = under(&world, "no-file-size", &["probe", "ids"]);
    ends(&end, 71, "File too large");
    assert_eq!(world.read("etc/group"), before);
    assert_eq!(world.litter(), Vec::<String>::new());
}

#[test]
fn a_user_with_too_many_processes_is_an_error_that_says_so() {
    let Some(world) = world("a_user_with_too_many_processes_is_an_error_that_says_so") else {
        return;
    };
    let end = under(
        &world,
        "no-processes",
        &["--no-socket", "/bin/probe", "ids"],
    );
    ends(&end, 126, "Resource temporarily unavailable");
    let end = under(
        &world,
        "no-processes",
        &["--init", "--no-socket", "/bin/probe", "ids"],
    );
    ends(&end, 71, "fork the command");
}

#[test]
fn a_working_directory_that_is_gone_matters_to_a_relative_path_alone() {
    let test = "a_working_directory_that_is_gone_matters_to_a_relative_path_alone";
    let Some(world) = world(test) else {
        return;
    };
    let condition = "no-working-directory";
    runs(under(&world, condition, &["--no-socket", "probe", "ids"]));
    runs(under(
        &world,
        condition,
        &["--socket", "/run/docker.sock", "probe", "ids"],
    ));
    let end = under(
        &world,
        condition,
        &["--socket", "docker.sock", "probe", "ids"],
    );
    ends(&end, 71, "working directory");
}

#[test]
fn findings_for_a_standard_error_that_nobody_reads_do_not_stop_the_start() {
    let test = "findings_for_a_standard_error_that_nobody_reads_do_not_stop_the_start";
    let Some(world) = world(test) else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o666);
    runs(under(&world, "closed-stderr-pipe", &["probe", "ids"]));
    let end = under(
        &world,
        "closed-stderr-pipe",
        &["--user", "nobody-here", "probe", "ids"],
    );
    assert_eq!((end.code, end.stdout.as_str()), (78, ""), "{end:?}");
}

#[test]
fn a_result_that_cannot_be_printed_is_no_success() {
    let Some(world) = world("a_result_that_cannot_be_printed_is_no_success") else {
        return;
    };
    let full = r#"touch "$ROOT/dev/full"; mount --bind /dev/full "$ROOT/dev/full""#;
    for word in ["--help", "--version", "--dry-run"] {
        let script = format!("exec /charon-init {word} >/dev/full");
        let end = world.run("/bin/sh", ["-c", &script]).mount(full).end();
        ends(&end, 71, "No space left on device");
        // As any other program of a pipeline.
        let end = under(&world, "closed-stdout-pipe", &[word]);
        assert_eq!(end.code, 128 + 13, "{end:?}");
    }
    let script = "exec /charon-init --no-socket probe ids >/dev/full";
    let end = world.run("/bin/sh", ["-c", script]).mount(full).end();
    assert_eq!(end.code, 0, "what COMMAND prints is its own: {end:?}");
}

/// What the runtime puts there is COMMAND's to have; a static binary does not even look.
#[test]
fn variables_of_the_dynamic_loader_pass_through() {
    let Some(world) = world("variables_of_the_dynamic_loader_pass_through") else {
        return;
    };
    world.write("tmp/evil.so", "no library", 0o755);
    let start = world.start(["--no-socket", "cat", "/proc/self/environ"]);
    let end = start
        .env("LD_PRELOAD", "/tmp/evil.so")
        .env("LD_LIBRARY_PATH", "/tmp:")
        .end();
    let told = end.success();
    for variable in ["LD_PRELOAD=/tmp/evil.so\0", "LD_LIBRARY_PATH=/tmp:\0"] {
        assert!(told.contains(variable), "{told:?}");
    }
}

#[test]
fn pid_1_without_a_parent_is_a_start_like_any_other() {
    let Some(world) = world("pid_1_without_a_parent_is_a_start_like_any_other") else {
        return;
    };
    runs(under(&world, "pid-1", &["--no-socket", "probe", "ids"]));
    runs(under(
        &world,
        "pid-1",
        &["--init", "--no-socket", "probe", "ids"],
    ));
    let end = under(&world, "pid-1", &["--user", "root", "probe", "ids"]);
    ends(&end, 78, "it is root");
}

/// Rust's runtime opens /dev/null in the place of a closed standard descriptor, and aborts where it is not there:
/// before main, so that nothing of ours can say why. COMMAND does not run, and nothing was changed.
#[test]
fn a_closed_descriptor_without_the_null_device_ends_before_anything_is_done() {
    let test = "a_closed_descriptor_without_the_null_device_ends_before_anything_is_done";
    let Some(world) = world(test) else {
        return;
    };
    world.socket("run/docker.sock", 988, 0o660);
    let before = world.read("etc/group");
    for condition in ["closed-stdin", "closed-stdout", "closed-stderr"] {
        let end = under(&world, condition, &["probe", "ids"]);
        assert_eq!((end.code, end.stdout.as_str()), (134, ""), "{end:?}");
        assert_eq!(world.read("etc/group"), before);
    }
}
