//! The `system.posix_acl_access` attribute → an access ACL (acl(5), `linux/posix_acl_xattr.h`).

use crate::ids::{Gid, Uid};
use crate::permission::{Acl, Permission};

/// The attribute has no meaning that the kernel could have written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MalformedAcl;

const VERSION: u32 = 2;

// Tags of the entries.
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// The ACL; `None` when it says no more than the mode bits: no mask, hence no named entry.
///
/// An id that our user namespace cannot name reads as 4294967295. Nobody in here can have it, so its entry is left
/// out.
///
/// # Errors
///
/// [`MalformedAcl`]: unknown version, tag or permission bits, a cut entry, a missing or repeated one.
#[cold]
pub fn acl(attribute: &[u8]) -> Result<Option<Acl>, MalformedAcl> {
    let (version, entries) = attribute.split_first_chunk().ok_or(MalformedAcl)?;
    let (entries, cut) = entries.as_chunks::<8>();
    if u32::from_le_bytes(*version) != VERSION || !cut.is_empty() {
        return Err(MalformedAcl);
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let mut draft = Draft::default();
    for entry in entries {
        draft.take(*entry)?;
    }
    draft.finish()
}

#[derive(Default)]
struct Draft {
    owner: Option<Permission>,
    users: Vec<(Uid, Permission)>,
    group: Option<Permission>,
    groups: Vec<(Gid, Permission)>,
    mask: Option<Permission>,
    other: Option<Permission>,
    is_named: bool,
}

impl Draft {
    fn take(&mut self, entry: [u8; 8]) -> Result<(), MalformedAcl> {
        let [tag0, tag1, bits, zero, id @ ..] = entry;
        if bits > 7 || zero != 0 {
            return Err(MalformedAcl);
        }
        let permission = Permission::from_bits(bits);
        let id = u32::from_le_bytes(id);
        match u16::from_le_bytes([tag0, tag1]) {
            USER_OBJ => once(&mut self.owner, permission),
            GROUP_OBJ => once(&mut self.group, permission),
            MASK => once(&mut self.mask, permission),
            OTHER => once(&mut self.other, permission),
            USER => {
                self.is_named = true;
                self.users.extend(Uid::new(id).map(|uid| (uid, permission)));
                Ok(())
            }
            GROUP => {
                self.is_named = true;
                self.groups
                    .extend(Gid::new(id).map(|gid| (gid, permission)));
                Ok(())
            }
            _ => Err(MalformedAcl),
        }
    }

    fn finish(self) -> Result<Option<Acl>, MalformedAcl> {
        let owner = self.owner.ok_or(MalformedAcl)?;
        let group = self.group.ok_or(MalformedAcl)?;
        let other = self.other.ok_or(MalformedAcl)?;
        let Some(mask) = self.mask else {
            return if self.is_named {
                Err(MalformedAcl)
            } else {
                Ok(None)
            };
        };
        Ok(Some(Acl {
            owner,
            users: self.users,
            group,
            groups: self.groups,
            mask,
            other,
        }))
    }
}

fn once(entry: &mut Option<Permission>, permission: Permission) -> Result<(), MalformedAcl> {
    match entry.replace(permission) {
        None => Ok(()),
        Some(_) => Err(MalformedAcl),
    }
}
