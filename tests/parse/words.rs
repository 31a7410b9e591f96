//! Words of the command line and the environment.

use std::ffi::OsStr;
use std::path::PathBuf;

use charon_init::account::{GroupName, GroupRef, GroupSpec, UserRef, UserSpec};
use charon_init::parse::docker_host::docker_host;
use charon_init::parse::mask::mask;
use charon_init::parse::shebang::interpreter;
use charon_init::parse::spec::{SpecFault, group_spec, user_spec};
use charon_init::parse::{boolean, number};
use charon_init::permission::Umask;
use charon_init::request::{DockerHost, DockerHostFault};

use crate::{gid, os, uid};

#[test]
fn a_number_is_ascii_digits_and_nothing_else() {
    let table: [(&[u8], Option<u64>); 16] = [
        (b"0", Some(0)),
        (b"00", Some(0)),
        (b"000000000000000000000000000007", Some(7)),
        (b"4294967294", Some(4_294_967_294)),
        (b"18446744073709551615", Some(u64::MAX)),
        (b"18446744073709551616", Some(u64::MAX)),
        (b"99999999999999999999999999", Some(u64::MAX)),
        (b"", None),
        (b"+1", None),
        (b"-1", None),
        (b" 1", None),
        (b"1 ", None),
        (b"0x1", None),
        (b"1\0", None),
        (b"1\n", None),
        ("\u{0661}".as_bytes(), None),
    ];
    for (text, expected) in table {
        assert_eq!(number(text), expected, "{text:?}");
    }
}

#[test]
fn a_boolean_is_one_of_eight_words_in_any_case() {
    for text in ["1", "true", "yes", "on", "TRUE", "Yes", "oN"] {
        assert_eq!(boolean(OsStr::new(text)), Some(true), "{text}");
    }
    for text in ["0", "false", "no", "off", "FALSE", "No", "oFF"] {
        assert_eq!(boolean(OsStr::new(text)), Some(false), "{text}");
    }
    for text in ["", "maybe", "2", "01", "true ", "y", "t", "enabled"] {
        assert_eq!(boolean(OsStr::new(text)), None, "{text}");
    }
    assert_eq!(boolean(os(b"\xff")), None);
}

#[test]
fn a_umask_is_every_octal_number_of_nine_bits_and_nothing_else() {
    let bits = |text: &str| mask(text.as_bytes()).map(Umask::bits);
    for expected in 0..=0o777 {
        for text in [
            format!("{expected:o}"),
            format!("{expected:03o}"),
            format!("000{expected:04o}"),
        ] {
            assert_eq!(bits(&text), Some(expected), "{text}");
        }
        let shown = mask(format!("{expected:o}").as_bytes()).unwrap();
        assert_eq!(shown.to_string(), format!("{expected:04o}"));
    }
    for text in [
        "",
        "8",
        "0o22",
        "0x12",
        "1000",
        "07777",
        "22 ",
        "u=rwx",
        "-1",
        "200000000000",
    ] {
        assert_eq!(bits(text), None, "{text}");
    }
}

fn name(text: &str) -> UserRef {
    UserRef::Name(text.into())
}

fn user(user: UserRef, group: Option<GroupRef>) -> UserSpec {
    UserSpec { user, group }
}

#[test]
fn a_user_spec_is_a_name_or_number_and_perhaps_a_group() {
    let named = |text: &str| Some(GroupRef::Name(text.into()));
    let numbered = |number| Some(GroupRef::Gid(gid(number)));
    let table = [
        ("charon", user(name("charon"), None)),
        ("1000", user(UserRef::Uid(uid(1000)), None)),
        ("charon:docker", user(name("charon"), named("docker"))),
        ("charon:988", user(name("charon"), numbered(988))),
        (
            "1000:docker",
            user(UserRef::Uid(uid(1000)), named("docker")),
        ),
        ("1000:988", user(UserRef::Uid(uid(1000)), numbered(988))),
        ("0:0", user(UserRef::Uid(uid(0)), numbered(0))),
        ("007", user(UserRef::Uid(uid(7)), None)),
        ("4294967294", user(UserRef::Uid(uid(4_294_967_294)), None)),
        ("-1", user(name("-1"), None)),
        ("+5", user(name("+5"), None)),
        ("1000 ", user(name("1000 "), None)),
        ("0x0", user(name("0x0"), None)),
        ("Jane.Doe@example", user(name("Jane.Doe@example"), None)),
    ];
    for (text, expected) in table {
        assert_eq!(user_spec(OsStr::new(text)), Ok(expected), "{text}");
    }
}

#[test]
fn a_user_name_may_be_any_bytes() {
    let expected = user(UserRef::Name(os(b"\xff\xfe").to_owned()), None);
    assert_eq!(user_spec(os(b"\xff\xfe")), Ok(expected));
}

#[test]
fn a_user_spec_with_an_empty_half_or_a_second_colon_is_malformed() {
    let table = [
        ("", "it names no user"),
        (":", "it names no user"),
        (":docker", "it names no user"),
        ("::", "it names no user"),
        ("charon:", "nothing stands after the colon"),
        ("1000:", "nothing stands after the colon"),
        ("5:5:5", "it has more than one colon"),
        ("charon::", "it has more than one colon"),
        ("charon::docker", "it has more than one colon"),
    ];
    for (text, what) in table {
        let expected = Err(SpecFault::Malformed(what));
        assert_eq!(user_spec(OsStr::new(text)), expected, "{text}");
    }
}

#[test]
fn a_number_above_4294967294_is_out_of_range() {
    let table = [
        ("4294967295", "4294967295"),
        ("4294967296", "4294967296"),
        ("charon:4294967295", "4294967295"),
        ("1:99999999999999999999999", "99999999999999999999999"),
    ];
    for (text, digits) in table {
        let expected = SpecFault::OutOfRange(digits.to_owned());
        assert_eq!(user_spec(OsStr::new(text)), Err(expected), "{text}");
    }
    for text in ["4294967295", "docker:4294967295"] {
        let expected = SpecFault::OutOfRange("4294967295".to_owned());
        assert_eq!(group_spec(OsStr::new(text)), Err(expected), "{text}");
    }
}

#[test]
fn a_group_spec_is_a_name_a_number_or_both() {
    let named = |name, number| GroupSpec::Named(GroupName::new(name).unwrap(), gid(number));
    let longest = "a".repeat(32);
    let table = [
        ("docker", GroupSpec::Name("docker".into())),
        ("Domain Users", GroupSpec::Name("Domain Users".into())),
        ("988", GroupSpec::Gid(gid(988))),
        ("0", GroupSpec::Gid(gid(0))),
        ("docker:988", named("docker", 988)),
        ("_x-1$:0", named("_x-1$", 0)),
        (&format!("{longest}:1"), named(&longest, 1)),
    ];
    for (text, expected) in table {
        assert_eq!(group_spec(OsStr::new(text)), Ok(expected), "{text}");
    }
}

#[test]
fn a_new_group_has_a_name_that_shadow_utils_accepts_and_a_number() {
    let bad_name = |name: &[u8]| SpecFault::BadName(os(name).to_owned());
    let no_number = || SpecFault::Malformed("what stands after the colon is not a number");
    let too_long = "a".repeat(33);
    let table: [(&[u8], SpecFault); 10] = [
        (b"Docker:988", bad_name(b"Docker")),
        (b"988:988", bad_name(b"988")),
        (b"-x:988", bad_name(b"-x")),
        (b"a b:988", bad_name(b"a b")),
        (b"a,b:988", bad_name(b"a,b")),
        (b"a\nroot:988", bad_name(b"a\nroot")),
        (b"\xff:988", bad_name(b"\xff")),
        (b"docker:x", no_number()),
        (b"docker:-1", no_number()),
        (b"Docker:x", no_number()),
    ];
    for (text, fault) in table {
        assert_eq!(group_spec(os(text)), Err(fault), "{text:?}");
    }
    assert_eq!(
        group_spec(OsStr::new(&format!("{too_long}:1"))),
        Err(bad_name(too_long.as_bytes()))
    );
}

#[test]
fn a_group_spec_with_an_empty_half_or_a_second_colon_is_malformed() {
    let table = [
        ("", "it names no group"),
        (":988", "it names no group"),
        ("docker:", "nothing stands after the colon"),
        ("docker:988:", "it has more than one colon"),
        ("docker:9:9", "it has more than one colon"),
    ];
    for (text, what) in table {
        let expected = Err(SpecFault::Malformed(what));
        assert_eq!(group_spec(OsStr::new(text)), expected, "{text}");
    }
}

#[test]
fn docker_host_is_a_socket_or_an_engine_that_needs_none() {
    let socket = |path: &str| Ok(DockerHost::Socket(PathBuf::from(path)));
    let table = [
        (
            "unix:///var/run/docker.sock",
            socket("/var/run/docker.sock"),
        ),
        ("unix://run/docker.sock", socket("run/docker.sock")),
        ("unix:///a://b", socket("/a://b")),
        ("tcp://proxy:2375", Ok(DockerHost::Elsewhere)),
        ("ssh://host", Ok(DockerHost::Elsewhere)),
        ("fd://", Ok(DockerHost::Elsewhere)),
        ("http://host", Ok(DockerHost::Elsewhere)),
        ("https://host", Ok(DockerHost::Elsewhere)),
        ("/var/run/docker.sock", Err(DockerHostFault::NoScheme)),
        ("unix:/var/run/docker.sock", Err(DockerHostFault::NoScheme)),
        ("unix", Err(DockerHostFault::NoScheme)),
        ("://x", Err(DockerHostFault::NoScheme)),
        ("unix://", Err(DockerHostFault::NoPath)),
        ("npipe:////./pipe/x", Err(DockerHostFault::UnknownScheme)),
        ("UNIX:///x", Err(DockerHostFault::UnknownScheme)),
        ("tcp2://x", Err(DockerHostFault::UnknownScheme)),
    ];
    for (text, expected) in table {
        assert_eq!(docker_host(OsStr::new(text)), expected, "{text}");
    }
}

#[test]
fn the_interpreter_of_a_script_is_read_as_the_kernel_reads_it() {
    let table: [(&[u8], Option<&str>); 14] = [
        (b"#!/bin/sh\necho", Some("/bin/sh")),
        (b"#!/bin/sh", Some("/bin/sh")),
        (b"#! \t /bin/sh -e -x\n", Some("/bin/sh")),
        (b"#!/bin/sh\t-e\n", Some("/bin/sh")),
        (b"#!/bin/sh\0-e\n", Some("/bin/sh")),
        (b"#!sh\n", Some("sh")),
        (b"#!/bin/sh\r\n", Some("/bin/sh\r")),
        (b"#!\n/bin/sh\n", None),
        (b"#!  \n", None),
        (b"#!", None),
        (b"", None),
        (b" #!/bin/sh\n", None),
        (b"\x7fELF", None),
        (b"echo\n", None),
    ];
    for (file, expected) in table {
        assert_eq!(interpreter(file), expected.map(PathBuf::from), "{file:?}");
    }
}

#[test]
fn an_interpreter_that_may_be_cut_off_is_none() {
    let script = |blanks: usize, name: usize, rest: &str| {
        format!("#!{}{}{rest}", " ".repeat(blanks), "/".repeat(name)).into_bytes()
    };
    let whole = |length| Some(PathBuf::from("/".repeat(length)));
    assert_eq!(interpreter(&script(0, 253, "\n")), whole(253));
    assert_eq!(interpreter(&script(0, 253, " -e\n")), whole(253));
    assert_eq!(interpreter(&script(3, 250, "\n")), whole(250));
    assert_eq!(interpreter(&script(0, 253, "")), whole(253));
    assert_eq!(interpreter(&script(0, 254, "\n")), None);
    assert_eq!(interpreter(&script(0, 254, "")), None);
    assert_eq!(interpreter(&script(300, 5, "\n")), None);
}
