//! Contract 9 where /etc/gshadow exists: both files in step, and shadow-utils content with them.

use crate::engine::Container;
use crate::subject::{Subject, subject};

fn original(subject: &Subject, path: &str) -> String {
    let cat = ["--entrypoint=cat"];
    subject
        .docker
        .run(&cat, subject.debian(), &[path])
        .ran
        .out()
}

fn as_root(container: &Container, command: &str) -> String {
    let ran = container.exec(&["--user=0"], &["sh", "-c", command]);
    assert_eq!(ran.code, 0, "{command}: {ran:?}");
    ran.stdout
}

#[test]
fn gshadow_keeps_step_with_group_and_both_keep_owner_and_mode() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4290);
    let container = subject
        .docker
        .run_ready(&[&socket.mounted()], subject.debian());
    let group = original(subject, "/etc/group");
    let gshadow = original(subject, "/etc/gshadow");
    let line = "docker:!charon-init:4290:charon\n";
    let shadow_line = "docker:!charon-init::charon\n";
    assert_eq!(container.file("/etc/group"), group.clone() + line);
    assert_eq!(
        container.file("/etc/gshadow"),
        gshadow.clone() + shadow_line
    );
    assert_eq!(
        as_root(&container, "stat -c '%a %U:%G' /etc/group /etc/gshadow"),
        "644 root:root\n640 root:shadow\n"
    );

    socket.set_group(4291);
    container.restart(2);
    assert_eq!(
        container.file("/etc/group"),
        group.clone() + &line.replace("4290", "4291")
    );
    assert_eq!(
        container.file("/etc/gshadow"),
        gshadow.clone() + shadow_line
    );

    socket.set_group(1000);
    container.restart(3);
    assert_eq!(container.file("/etc/group"), group);
    assert_eq!(container.file("/etc/gshadow"), gshadow);
}

#[test]
fn shadow_utils_go_on_with_the_files_and_grpck_remarks_on_our_mark_alone() {
    let Some(subject) = subject() else { return };
    let socket = subject.second().socket(4292);
    let container = subject
        .docker
        .run_ready(&[&socket.mounted()], subject.debian());
    // Contract 9 wants the mark in the password field; grpck(8) wants an `x` there beside an entry in gshadow.
    assert_eq!(
        as_root(&container, "grpck -r || [ $? = 2 ]"),
        "group docker has an entry in /etc/gshadow, but its password field in /etc/group is not set to 'x'\n\
         grpck: no changes\n"
    );
    assert_eq!(
        as_root(&container, "id charon"),
        "uid=1000(charon) gid=1000(charon) groups=1000(charon),4292(docker)\n"
    );
    as_root(&container, "gpasswd -a nobody docker");
    assert_eq!(
        as_root(&container, "getent group docker"),
        "docker:!charon-init:4292:charon,nobody\n"
    );
    as_root(
        &container,
        "gpasswd -d nobody docker && groupadd -g 7000 added",
    );
    let group = container.file("/etc/group");
    assert!(
        group.ends_with("docker:!charon-init:4292:charon\nadded:x:7000:\n"),
        "{group}"
    );
    let gshadow = container.file("/etc/gshadow");
    assert!(
        gshadow.ends_with("docker:!charon-init::charon\nadded:!::\n"),
        "{gshadow}"
    );
}

#[test]
fn a_group_of_the_image_is_reused_in_both_files() {
    let Some(subject) = subject() else { return };
    // Debian's `users`.
    let socket = subject.second().socket(100);
    let container = subject
        .docker
        .run_ready(&[&socket.mounted()], subject.debian());
    let group = original(subject, "/etc/group");
    let gshadow = original(subject, "/etc/gshadow");
    assert_eq!(
        container.file("/etc/group"),
        group.replace("\nusers:x:100:\n", "\nusers:x:100:charon\n")
    );
    assert_eq!(
        container.file("/etc/gshadow"),
        gshadow.replace("\nusers:*::\n", "\nusers:*::charon\n")
    );
    assert_eq!(as_root(&container, "grpck -r"), "");
}
