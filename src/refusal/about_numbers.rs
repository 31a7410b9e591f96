//! Findings about `--uid` and `--gid` → their sentences.

use crate::ids::{Gid, Uid};
use crate::refusal::{Message, Taken, quoted};

pub(super) fn not_the_numbers(uid: Option<Uid>, gid: Option<Gid>, own: (Uid, Gid)) -> Message {
    let flags = [
        uid.map(|uid| format!("--uid {uid}")),
        gid.map(|gid| format!("--gid {gid}")),
    ];
    let flags: Vec<String> = flags.into_iter().flatten().collect();
    let wanted = (uid.unwrap_or(own.0), gid.unwrap_or(own.1));
    Message {
        code: "not-the-numbers",
        thing: flags.join(" "),
        what: format!("the process stays uid {} gid {}", own.0, own.1),
        why: "a start that is not by root cannot take other numbers".to_owned(),
        remedies: vec![
            "start the container as root".to_owned(),
            format!(
                "have the engine start it so: --user {}:{}",
                wanted.0, wanted.1
            ),
        ],
    }
}

pub(super) fn number_taken(taken: &Taken) -> Message {
    let (thing, whose, flag) = match taken {
        Taken::Uid(uid, account) => (
            format!("uid {uid}"),
            format!("account {}", quoted(account)),
            "--uid (PUID)",
        ),
        Taken::Gid(gid, group) => (
            format!("gid {gid}"),
            format!("group {}", quoted(group)),
            "--gid (PGID)",
        ),
    };
    Message {
        code: "number-taken",
        thing,
        what: format!("the number is taken in this image, by {whose}"),
        why: "the command can now open what that one may open, as after 'usermod -o'".to_owned(),
        remedies: vec![format!("choose another {flag}")],
    }
}
