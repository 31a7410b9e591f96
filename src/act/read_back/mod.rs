//! The kernel's word on our ids and capabilities → as planned, or the first difference.

mod sources;

use std::fmt;

use crate::facts::Capabilities;
use crate::failure::{Cause, Failure};
use crate::ids::{Gid, Uid};
use crate::plan::Expected;

/// What the kernel says about us: real, effective, saved and filesystem ids, groups, capabilities, no_new_privs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found {
    uid: [Uid; 4],
    gid: [Gid; 4],
    groups: Vec<Gid>,
    capabilities: Capabilities,
    no_new_privileges: bool,
}

/// Asks the kernel.
pub(super) fn found() -> Result<Found, Failure> {
    match sources::proc() {
        Some(found) => Ok(found),
        None => {
            sources::system_calls().map_err(|errno| Failure::errno("read back the drop", errno))
        }
    }
}

/// Compares whole values; groups as sets, because the kernel sorts them.
pub(super) fn compare(expected: &Expected, found: &Found) -> Result<(), Failure> {
    let set = &expected.capabilities;
    let is = &found.capabilities;
    same("user ids", &List(&[expected.uid; 4]), &List(&found.uid))?;
    same("group ids", &List(&[expected.gid; 4]), &List(&found.gid))?;
    // A plan has them sorted as well, nearly always.
    if expected.groups != found.groups {
        let planned = sorted(&expected.groups);
        let actual = sorted(&found.groups);
        same("supplementary groups", &List(&planned), &List(&actual))?;
    }
    same(
        "inheritable capabilities",
        &set.inheritable,
        &is.inheritable,
    )?;
    same("permitted capabilities", &set.permitted, &is.permitted)?;
    same("effective capabilities", &set.effective, &is.effective)?;
    same("bounding capability set", &set.bounding, &is.bounding)?;
    same("ambient capabilities", &set.ambient, &is.ambient)?;
    let (set, is) = (&expected.no_new_privileges, &found.no_new_privileges);
    same("no_new_privs", set, is)
}

fn same<T: PartialEq + fmt::Display>(what: &str, expected: &T, found: &T) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    Err(different(what, expected, found))
}

#[cold]
fn different(what: &str, expected: &dyn fmt::Display, found: &dyn fmt::Display) -> Failure {
    Failure {
        step: format!("read back the {what}"),
        path: None,
        cause: Cause::ReadBack {
            expected: expected.to_string(),
            found: found.to_string(),
        },
    }
}

/// Ids in their order, separated by blanks, as `/proc/PID/status` prints them.
#[derive(PartialEq)]
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, id) in self.0.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            write!(f, "{blank}{id}")?;
        }
        Ok(())
    }
}

fn sorted(groups: &[Gid]) -> Vec<Gid> {
    let mut groups = groups.to_vec();
    groups.sort_unstable();
    groups.dedup();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::CapSet;

    const CHARON: Option<Uid> = Uid::new(1000);
    const DOCKER: Option<Gid> = Gid::new(988);

    fn found_as_charon() -> Option<Found> {
        Some(Found {
            uid: [CHARON?; 4],
            gid: [DOCKER?; 4],
            groups: vec![DOCKER?],
            capabilities: Capabilities::default(),
            no_new_privileges: true,
        })
    }

    fn expected_charon() -> Option<Expected> {
        Some(Expected {
            uid: CHARON?,
            gid: DOCKER?,
            groups: vec![DOCKER?],
            capabilities: Capabilities::default(),
            no_new_privileges: true,
        })
    }

    fn difference(change: impl FnOnce(&mut Found)) -> Option<(String, Cause)> {
        let mut found = found_as_charon()?;
        change(&mut found);
        let failure = compare(&expected_charon()?, &found).err()?;
        Some((failure.step, failure.cause))
    }

    fn read_back(step: &str, expected: &str, found: &str) -> (String, Cause) {
        let cause = Cause::ReadBack {
            expected: expected.into(),
            found: found.into(),
        };
        (step.into(), cause)
    }

    #[test]
    fn what_is_as_planned_passes() {
        assert_eq!(difference(|_| ()), None);
        let in_another_order = |found: &mut Found| found.groups.extend(DOCKER);
        assert_eq!(difference(in_another_order), None);
    }

    #[test]
    fn each_of_the_four_ids_is_compared() {
        for index in 0..4 {
            let step = difference(|found| {
                found
                    .uid
                    .iter_mut()
                    .skip(index)
                    .take(1)
                    .for_each(|id| *id = Uid::ROOT);
            });
            assert_eq!(
                step.map(|(step, _)| step),
                Some("read back the user ids".into())
            );
            let step = difference(|found| {
                found
                    .gid
                    .iter_mut()
                    .skip(index)
                    .take(1)
                    .for_each(|id| *id = Gid::ROOT);
            });
            assert_eq!(
                step.map(|(step, _)| step),
                Some("read back the group ids".into())
            );
        }
    }

    #[test]
    fn a_difference_says_what_was_planned_and_what_is() {
        assert_eq!(
            difference(|found| found.uid = [Uid::ROOT; 4]),
            Some(read_back(
                "read back the user ids",
                "1000 1000 1000 1000",
                "0 0 0 0"
            ))
        );
        assert_eq!(
            difference(|found| found.groups.clear()),
            Some(read_back(
                "read back the supplementary groups",
                "988",
                "none"
            ))
        );
        assert_eq!(
            difference(|found| found.groups.push(Gid::ROOT)),
            Some(read_back(
                "read back the supplementary groups",
                "988",
                "0 988"
            ))
        );
        assert_eq!(
            difference(|found| found.no_new_privileges = false),
            Some(read_back("read back the no_new_privs", "true", "false"))
        );
    }

    #[test]
    fn each_of_the_five_capability_sets_is_compared() {
        let chown = CapSet::from_bits(1);
        let sets: [fn(&mut Capabilities) -> &mut CapSet; 5] = [
            |sets| &mut sets.inheritable,
            |sets| &mut sets.permitted,
            |sets| &mut sets.effective,
            |sets| &mut sets.bounding,
            |sets| &mut sets.ambient,
        ];
        let names = [
            "inheritable capabilities",
            "permitted capabilities",
            "effective capabilities",
            "bounding capability set",
            "ambient capabilities",
        ];
        for (set, name) in sets.into_iter().zip(names) {
            assert_eq!(
                difference(|found| *set(&mut found.capabilities) = chown),
                Some(read_back(&format!("read back the {name}"), "none", "chown"))
            );
        }
    }
}
