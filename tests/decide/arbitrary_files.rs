//! Random account files: usable lines, broken ones and mess, with and without a newline at the end.

use std::ffi::OsString;

use charon_init::account::Account;
use charon_init::facts::{Access, Accounts, EtcFile, NameService};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;

use crate::arbitrary::{IDS, NAMES, any_gid, any_gids, any_uid, mostly, name};
use crate::world::{gid, uid};

fn number() -> impl Strategy<Value = String> {
    let digits = select(IDS).prop_map(|id| id.to_string());
    let odd = select(&["", "xx", "-1", "00", "0988", "4294967295", " 5"][..]);
    mostly(9, digits, odd.prop_map(str::to_owned))
}

fn mess() -> impl Strategy<Value = String> {
    vec(
        select(&[':', ',', '0', '9', 'a', '+', '-', '#', ' ', '\0'][..]),
        0..12,
    )
    .prop_map(String::from_iter)
}

/// A file of lines, with or without a newline at its end.
fn etc_file(line: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let lines = vec(mostly(9, line, mess()), 0..7);
    (lines, any::<bool>()).prop_map(|(lines, is_ended)| {
        let end = if is_ended && !lines.is_empty() {
            "\n"
        } else {
            ""
        };
        lines.join("\n") + end
    })
}

fn passwd() -> impl Strategy<Value = String> {
    let line = (select(NAMES), number(), number(), select(&["", "/app"][..]))
        .prop_map(|(name, uid, gid, home)| format!("{name}:x:{uid}:{gid}::{home}:/bin/sh"));
    let sane = "root:x:0:0::/root:\ncharon:x:1000:1000::/app:\na:x:1001:44:::\n";
    mostly(8, Just(sane.to_owned()), etc_file(line))
}

fn members() -> impl Strategy<Value = String> {
    vec(select(NAMES), 0..4).prop_map(|names| names.join(","))
}

fn group() -> impl Strategy<Value = String> {
    let password = select(&["x", "", "!charon-init"][..]);
    let line = (select(NAMES), password, number(), members()).prop_map(
        |(name, password, gid, members)| {
            // No line of ours lists root: a start that removed it would inherit the gid from then on.
            let is_ours = password == "!charon-init";
            let members = if is_ours {
                members.replace("root", "a")
            } else {
                members
            };
            format!("{name}:{password}:{gid}:{members}")
        },
    );
    etc_file(line)
}

fn gshadow() -> impl Strategy<Value = String> {
    let password = select(&["!", "", "!charon-init"][..]);
    let line = (select(NAMES), password, members())
        .prop_map(|(name, password, members)| format!("{name}:{password}::{members}"));
    etc_file(line)
}

pub(crate) fn accounts() -> impl Strategy<Value = Accounts> {
    let (owner, of_group) = (uid(5), gid(5));
    let access = mostly(
        8,
        Just(Access::Replaceable),
        select(vec![
            Access::Missing,
            Access::MountPoint,
            Access::ForeignOwner {
                uid: owner,
                gid: of_group,
            },
        ]),
    )
    .boxed();
    let file = |text: BoxedStrategy<String>| {
        (text, access.clone()).prop_map(|(text, access)| EtcFile {
            bytes: text.into_bytes(),
            access,
        })
    };
    let known =
        (name(), any_uid(), any_gid(), any_gids(0..3)).prop_map(|(name, uid, gid, groups)| {
            NameService {
                account: Account {
                    name,
                    uid,
                    gid,
                    home: OsString::from("/nfs"),
                },
                groups,
            }
        });
    (
        file(passwd().boxed()),
        file(group().boxed()),
        of(file(gshadow().boxed())),
        weighted(0.1, known),
    )
        .prop_map(|(passwd, group, gshadow, name_service)| Accounts {
            passwd,
            group,
            gshadow,
            name_service,
        })
}
