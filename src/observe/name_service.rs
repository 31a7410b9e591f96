//! The name service switch → an account that /etc/passwd does not have (nsswitch.conf(5)). Dynamic builds only.

use users::os::unix::UserExt;
use users::{User, get_user_by_name, get_user_by_uid, get_user_groups};

use crate::account::{Account, UserRef};
use crate::facts::NameService;
use crate::ids::{Gid, Uid};

/// Ask for an account and its groups.
pub(super) fn find(user: &UserRef) -> Option<NameService> {
    let found = match user {
        UserRef::Name(name) => get_user_by_name(name),
        UserRef::Uid(uid) => get_user_by_uid(uid.raw()),
    }?;
    let groups = get_user_groups(found.name(), found.primary_group_id()).unwrap_or_default();
    let groups = groups
        .iter()
        .filter_map(|group| Gid::new(group.gid()))
        .collect();
    Some(NameService {
        account: account(&found)?,
        groups,
    })
}

fn account(user: &User) -> Option<Account> {
    Some(Account {
        name: user.name().to_owned(),
        uid: Uid::new(user.uid())?,
        gid: Gid::new(user.primary_group_id())?,
        home: user.home_dir().as_os_str().to_owned(),
    })
}
