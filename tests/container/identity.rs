//! Contract 6: whom the command runs as.

use crate::subject::{Process, seen, subject};

#[test]
fn a_number_without_an_account_is_home_at_the_root_and_called_by_its_number() {
    let Some(subject) = subject() else { return };
    let image = subject.after("rm /etc/passwd");
    let socket = subject.second().socket(4240).mounted();
    let command = ["sh", "-c", "/probe $0; env", "/var/run/docker.sock"];
    let user = "--env=CHARON_INIT_USER=1234:1234";
    let started = subject.docker.run(&[&socket, user], &image, &command);
    let seen = seen(&started.ran);
    assert_eq!(seen.process, Process::without_power(1234, &[1234, 4240]));
    assert_eq!(seen.ping, crate::subject::PONG);
    for line in ["HOME=/", "USER=1234", "LOGNAME=1234"] {
        assert!(
            started.ran.stdout.lines().any(|found| found == line),
            "{line}"
        );
    }
    // Nobody could be listed.
    assert_eq!(started.container.file("/etc/group"), subject.group_file());
}

#[test]
fn without_an_account_file_the_default_user_is_refused() {
    let Some(subject) = subject() else { return };
    let image = subject.after("rm /etc/passwd");
    let ran = subject.docker.run(&[], &image, &["/probe"]).ran;
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["user 'charon'", "no such account", "--user UID:GID"]);
}

#[test]
fn a_number_without_account_and_group_is_refused() {
    let Some(subject) = subject() else { return };
    let ran = subject.ran(&[], &["--user", "1234", "/probe"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    ran.says(&["uid 1234", "no account", "--user 1234:GID"]);
}

#[test]
fn root_is_refused_under_every_name() {
    let Some(subject) = subject() else { return };
    let image = subject.after("echo toor:x:0:1000::/:/bin/sh >>/etc/passwd");
    for user in ["0", "root", "0:1000", "root:charon", "toor"] {
        let ran = subject.docker.run(&[], &image, &["--user", user, "id"]).ran;
        assert_eq!((ran.code, ran.stdout.as_str()), (78, ""), "{user}");
        ran.says(&["never executed as uid 0"]);
    }
}

#[test]
fn home_and_names_are_the_accounts_and_nothing_else_of_the_environment_changes() {
    let Some(subject) = subject() else { return };
    let options = [
        "--env=HOME=/root",
        "--env=KEPT=a b",
        "--workdir=/app",
        "--hostname=h",
    ];
    let ran = subject.ran(&options, &["sh", "-c", "pwd; env | sort"]);
    assert_eq!(
        ran.stdout,
        "/app\nHOME=/home/charon\nHOSTNAME=h\nKEPT=a b\nLOGNAME=charon\n\
         PATH=/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/app\nSHLVL=1\nUSER=charon\n"
    );
}
