//! Contract 10: a command that carries a file capability, as Caddy does.

use crate::subject::{Process, seen, subject};

const NET_BIND_SERVICE: u64 = 1 << 10;

#[test]
fn a_command_whose_capability_was_dropped_is_refused_and_told_what_helps() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&[], &["/ported"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&[
        "'/ported'",
        "net_bind_service",
        "--keep-cap net_bind_service",
        "CHARON_INIT_KEEP_CAPS=net_bind_service",
    ]);
}

#[test]
fn a_command_with_a_file_capability_has_it_when_it_is_kept() {
    let Some(subject) = subject() else { return };
    let flag = subject.ran(&[], &["--keep-cap", "net_bind_service", "/ported"]);
    let variable = "--env=CHARON_INIT_KEEP_CAPS=CAP_NET_BIND_SERVICE";
    for ran in [flag, subject.ran(&[variable], &["/ported"])] {
        let kept = NET_BIND_SERVICE;
        let process = Process {
            // The kernel clears the ambient set for a file with capabilities (capabilities(7)).
            capabilities: [kept, kept, kept, kept, 0],
            ..Process::without_power(1000, &[1000])
        };
        assert_eq!(seen(&ran).process, process);
    }
}

#[test]
fn a_kept_capability_reaches_a_command_without_file_capabilities() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&[], &["--keep-cap", "net_bind_service", "/probe"]);
    let process = Process {
        capabilities: [NET_BIND_SERVICE; 5],
        ..Process::without_power(1000, &[1000])
    };
    assert_eq!(seen(&ran).process, process);
}

#[test]
fn a_capability_that_the_runtime_withheld_is_asked_of_the_runtime() {
    let Some(subject) = subject() else { return };
    let withheld = "--cap-drop=NET_BIND_SERVICE";
    let keep = "--env=CHARON_INIT_KEEP_CAPS=net_bind_service";
    let ran = subject.ran(&[withheld, keep], &["/ported"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["'/ported'", "--cap-add NET_BIND_SERVICE"]);

    let ran = subject.ran(&[withheld, keep], &["/probe"]);
    let process = Process::without_power(1000, &[1000]);
    assert_eq!(seen(&ran).process, process);
    ran.says(&["--keep-cap net_bind_service", "the runtime withheld it"]);
}

#[test]
fn what_leads_back_to_root_is_kept_for_nobody() {
    let Some(subject) = subject() else { return };
    for capability in ["setuid", "dac_override", "sys_admin", "mknod"] {
        let ran = subject.ran(&[], &["--keep-cap", capability, "/probe"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (78, ""), "{capability}");
        ran.says(&[capability, "leads back to root"]);
    }
}
