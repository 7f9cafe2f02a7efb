//! Who runs this, and in which groups.

use std::io;

use crate::finding::{Fault, Finding};

/// Those that a Jetson's devices belong to.
const WANTED: [&str; 2] = ["video", "render"];

/// Most groups that Linux gives a process.
const MAX_GROUPS: usize = 65_536;

/// The user of this process.
#[derive(Debug)]
pub(crate) struct User {
    id: u32,
    groups: Vec<u32>,
}

impl User {
    /// # Errors
    ///
    /// The system does not say.
    pub(crate) fn of_process() -> io::Result<Self> {
        // SAFETY: takes nothing and cannot fail.
        let id = unsafe { libc::geteuid() };
        // SAFETY: as above.
        let own = unsafe { libc::getegid() };
        let mut groups = vec![0; MAX_GROUPS];
        let room = i32::try_from(groups.len()).unwrap_or(i32::MAX);
        // SAFETY: the array has as much room as is said.
        let count = unsafe { libc::getgroups(room, groups.as_mut_ptr()) };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        groups.truncate(count);
        groups.push(own);
        Ok(Self { id, groups })
    }

    /// Who it is. Not to be in a group is noted where it would matter, on a Jetson; whether it does, the device nodes
    /// show.
    pub(crate) fn finding(&self, is_jetson: bool) -> Finding {
        let (names, all) = (table("/etc/passwd"), table("/etc/group"));
        let name = name_of(&names, self.id).unwrap_or_else(|| self.id.to_string());
        let groups = self.groups.iter().filter_map(|id| name_of(&all, *id));
        let mut groups: Vec<_> = groups.collect();
        groups.sort_unstable();
        groups.dedup();
        let text = format!("{name}, in groups {}", groups.join(", "));
        let lacks = |wanted: &&str| {
            let there = all.iter().find(|(name, _)| name == wanted);
            there.is_some_and(|(_, id)| !self.groups.contains(id))
        };
        let lacking: Vec<_> = WANTED.into_iter().filter(lacks).collect();
        if self.id == 0 || lacking.is_empty() || !is_jetson {
            return Finding::fact("user", text);
        }
        let text = format!("{text}; not in {}", lacking.join(", "));
        Finding::note("user", text).with_remedy(join(&lacking.join(",")))
    }
}

/// The finding of whoever runs this.
pub(crate) fn finding(is_jetson: bool) -> Finding {
    match User::of_process() {
        Ok(user) => user.finding(is_jetson),
        Err(error) => Finding::failed("user", Fault::new(error.to_string())),
    }
}

/// What makes the user a member of groups.
pub(crate) fn join(groups: &str) -> String {
    format!("sudo usermod -aG {groups} $USER, then log in again")
}

/// Names and numbers of a file in which they are the first and the third of fields.
fn table(path: &str) -> Vec<(String, u32)> {
    let bytes = std::fs::read(path).unwrap_or_default();
    entries(&String::from_utf8_lossy(&bytes))
}

fn entries(text: &str) -> Vec<(String, u32)> {
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        Some((name.to_owned(), fields.nth(1)?.parse().ok()?))
    };
    text.lines().filter_map(entry).collect()
}

fn name_of(table: &[(String, u32)], id: u32) -> Option<String> {
    let entry = table.iter().find(|(_, number)| *number == id);
    entry.map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_first_field_and_numbers_the_third() {
        let table = entries("root:x:0:0:root:/root:/bin/sh\nvideo:x:44:a,b\n\nbad\nworse:x:y\n");
        assert_eq!(table, [("root".into(), 0), ("video".into(), 44)]);
        assert_eq!(name_of(&table, 44).as_deref(), Some("video"));
        assert_eq!(name_of(&table, 45), None);
    }

    #[test]
    fn this_process_has_a_user() {
        let finding = User::of_process().unwrap().finding(false);
        assert!(finding.text.contains("in groups"), "{finding:?}");
    }
}
