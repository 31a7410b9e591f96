//! Contract 3 and 6: 126 and 127, and a message that names what is missing.

use std::fs;

use crate::world::World;

/// The beginning of a program for a machine that is not this one: an ELF header that names it.
fn foreign_program() -> Vec<u8> {
    let machine = if cfg!(target_arch = "x86_64") {
        183
    } else {
        62
    };
    let mut header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    header.extend([machine, 0, 1, 0, 0, 0]);
    header.resize(256, 0);
    header
}

fn furnish(world: &World) {
    fs::create_dir(world.path("bin/directory")).unwrap();
    world.write("bin/plain", "echo this must not run\n", 0o755);
    world.write("bin/empty", "", 0o755);
    world.write("bin/script", "#!/bin/sh\necho script \"$@\"\n", 0o755);
    world.write("bin/locked", "#!/bin/sh\n", 0o644);
    world.write("bin/secret", "#!/bin/nothing\n", 0o711);
    world.write("bin/lost", "#! /usr/bin/bash -e\n", 0o755);
    world.write("bin/dos", "#!/bin/sh\r\n", 0o755);
    world.write("bin/foreign", foreign_program(), 0o755);
    std::os::unix::fs::symlink("loop", world.path("bin/loop")).unwrap();
}

#[test]
fn what_cannot_be_executed_says_why() {
    let Some(world) = World::new("what_cannot_be_executed_says_why") else {
        return;
    };
    furnish(&world);
    let denied = "cannot be executed; permission denied to the identity; give the file mode 0755 in the image, look at the directories above it and at noexec mounts";
    let absent =
        "not found; there is no such file; correct the path or copy the file into the image";
    let not_in_path =
        "not found; no directory of PATH has it; give its full path or install it in the image";
    let no_program = "cannot be executed; it is neither a program nor a script with a first line '#!'; give it one, such as '#!/bin/sh'";
    let lost = |name: &str| {
        format!(
            "its interpreter was not found; the first line of the script names '{name}', which does not exist; install it in the image or correct that line"
        )
    };
    let loader = "its loader was not found; the program is linked with a C library that this image does not have; use an image that has it or a static program";
    let foreign = "cannot be executed; it is a program for another kind of machine; use an image for this architecture";
    let directory = "cannot be executed; it is a directory; name a file in it";
    let table: [(&str, i32, &str, &str); 16] = [
        ("nothing", 127, "nothing", not_in_path),
        ("/bin/nothing", 127, "/bin/nothing", absent),
        ("./nothing", 127, "./nothing", absent),
        ("/bin/script/below", 127, "/bin/script/below", absent),
        ("plain", 126, "/bin/plain", no_program),
        ("/bin/plain", 126, "/bin/plain", no_program),
        ("empty", 126, "/bin/empty", no_program),
        ("locked", 126, "/bin/locked", denied),
        ("directory", 126, "/bin/directory", directory),
        ("/", 126, "/", directory),
        ("/root/hidden", 126, "/root/hidden", denied),
        ("lost", 127, "/bin/lost", &lost("/usr/bin/bash")),
        ("/bin/dos", 127, "/bin/dos", &lost("/bin/sh\\r")),
        ("secret", 127, "/bin/secret", loader),
        ("foreign", 126, "/bin/foreign", foreign),
        ("", 127, "", not_in_path),
    ];
    fs::set_permissions(
        world.path("root"),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    for (command, code, thing, rest) in table {
        let end = world.start(["--no-socket", command, "argument"]).end();
        let said = end.stderr.lines().last().unwrap_or_default().to_owned();
        let expected = format!("charon-init: '{thing}': {rest}");
        assert_eq!(
            (end.code, said, end.stdout),
            (code, expected, String::new()),
            "{command}"
        );
    }
}

#[test]
fn a_program_without_its_loader_is_127_and_says_so() {
    let Some(world) = World::new("a_program_without_its_loader_is_127_and_says_so") else {
        return;
    };
    // The interpreter of an ELF program is a path in its PT_INTERP segment; this one names a file that is nowhere.
    let source = world.path("tmp/main.c");
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let cc = std::process::Command::new("cc")
        .args(["-Wl,--dynamic-linker=/lib/ld-nowhere.so.1", "-o"])
        .args([world.path("bin/dynamic"), source])
        .status();
    assert!(cc.expect("a C compiler is installed").success());
    let end = world.start(["--no-socket", "dynamic"]).end();
    assert_eq!(end.code, 127, "{end:?}");
    let expected = "charon-init: '/bin/dynamic': its loader was not found; the program is linked with a C library that this image does not have; use an image that has it or a static program";
    assert_eq!(end.stderr.lines().last(), Some(expected));
}

#[test]
fn a_script_gets_its_arguments() {
    let Some(world) = World::new("a_script_gets_its_arguments") else {
        return;
    };
    furnish(&world);
    let output = world
        .start(["--no-socket", "script", "one", "two three"])
        .end();
    assert_eq!(output.success(), "script one two three\n");
}

#[test]
fn path_is_searched_as_execvp_does() {
    let Some(world) = World::new("path_is_searched_as_execvp_does") else {
        return;
    };
    furnish(&world);
    fs::create_dir(world.path("first")).unwrap();
    world.write("first/script", "#!/bin/sh\necho first\n", 0o644);
    world.write("first/only", "#!/bin/sh\necho first\n", 0o644);
    world.write("first/lost2", "#!/bin/nothing\n", 0o755);
    world.write("bin/lost2", "#!/bin/sh\necho found\n", 0o755);
    let path = "/nowhere:/etc/passwd:/first:/bin";
    let run = |command: &str| {
        world
            .start(["--no-socket", command])
            .env("PATH", path)
            .end()
    };
    assert_eq!(
        run("script").success(),
        "script\n",
        "one that may not be executed is passed over"
    );
    assert_eq!(
        run("lost2").success(),
        "found\n",
        "one without its interpreter is passed over"
    );
    assert_eq!(run("only").code, 126, "but it is not forgotten");
    assert_eq!(
        run("plain").code,
        126,
        "a file that is no program ends the search"
    );
    assert_eq!(run("neither").code, 127);
}

/// An errno without words of ours has those of the C library.
#[test]
fn any_other_errno_is_126_with_its_number() {
    let Some(world) = World::new("any_other_errno_is_126_with_its_number") else {
        return;
    };
    furnish(&world);
    let end = world.start(["--no-socket", "loop"]).end();
    let said = end.stderr.lines().last().unwrap_or_default();
    assert_eq!(end.code, 126, "{end:?}");
    assert!(
        said.starts_with("charon-init: '/bin/loop': cannot be executed; "),
        "{said}"
    );
    assert!(said.ends_with(" (os error 40)"), "{said}");
}

/// One string of more than 128 KiB is too much for execve(2) (MAX_ARG_STRLEN); a home directory can be one.
#[test]
fn what_the_kernel_finds_too_long_is_126() {
    let Some(world) = World::new("what_the_kernel_finds_too_long_is_126") else {
        return;
    };
    let home = "x".repeat(200_000);
    world.write(
        "etc/passwd",
        format!("charon:x:1000:1000::/{home}:/bin/sh\n"),
        0o644,
    );
    let end = world.start(["--no-socket", "true"]).end();
    let expected =
        "charon-init: '/bin/true': cannot be executed; Argument list too long (os error 7)";
    assert_eq!((end.code, end.stderr.lines().last()), (126, Some(expected)));
}

/// The kernel cannot be given such a variable. Our parser knows no such line; the C library, which a dynamic build asks
/// then, reads it up to the NUL.
#[test]
fn a_home_directory_with_a_nul_byte_makes_no_account() {
    let Some(world) = World::new("a_home_directory_with_a_nul_byte_makes_no_account") else {
        return;
    };
    let passwd = "charon:x:1000:1000::/da\0ta:/bin/sh\n";
    world.write("etc/passwd", passwd, 0o644);
    let end = world.start(["--no-socket", "sh", "-c", "echo $HOME"]).end();
    let expected = if world.is_dynamic {
        (0, "/da\n")
    } else {
        (78, "")
    };
    assert_eq!((end.code, end.stdout.as_str()), expected, "{end:?}");
}
