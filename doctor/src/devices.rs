//! Device nodes: which are there, and whether this user may use them.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nvbufsurface_sys::Release;

use crate::finding::{Fault, Finding, Status};
use crate::machine::Machine;
use crate::user;

/// Nodes that are mentioned by name; more are counted.
const NAMED: usize = 6;

/// Nodes of one kind.
struct Kind {
    name: &'static str,
    folder: &'static str,
    prefix: &'static str,
    /// The group that may use them.
    group: &'static str,
    /// That they cannot be used is an error, not a note.
    is_needed: bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "/dev/nvmap",
        folder: "/dev",
        prefix: "nvmap",
        group: "video",
        is_needed: true,
    },
    Kind {
        name: "/dev/nvhost-*",
        folder: "/dev",
        prefix: "nvhost-",
        group: "video",
        is_needed: true,
    },
    Kind {
        name: "/dev/nvidia*",
        folder: "/dev",
        prefix: "nvidia",
        group: "video",
        is_needed: false,
    },
    Kind {
        name: "/dev/dri/*",
        folder: "/dev/dri",
        prefix: "",
        group: "video,render",
        is_needed: false,
    },
    Kind {
        name: "/dev/video*",
        folder: "/dev",
        prefix: "video",
        group: "video",
        is_needed: false,
    },
];

/// A node, and what this user may do with it.
struct Node {
    name: String,
    is_readable: bool,
    is_writable: bool,
}

/// One finding for each kind.
pub(crate) fn look(machine: &Machine) -> Vec<Finding> {
    let judge = |kind: &Kind| kind.judge(&nodes(kind), machine);
    KINDS.iter().map(judge).collect()
}

fn nodes(kind: &Kind) -> Vec<Node> {
    // A folder that is not there, or may not be listed, has none.
    let entries = fs::read_dir(kind.folder).into_iter().flatten().flatten();
    let node = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        // /dev/nvidia-caps and /dev/dri/by-path are folders.
        (name.starts_with(kind.prefix) && !path.is_dir()).then(|| Node {
            name,
            is_readable: may(&path, libc::R_OK),
            is_writable: may(&path, libc::W_OK),
        })
    };
    let mut nodes: Vec<_> = entries.filter_map(node).collect();
    nodes.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    nodes
}

/// Asks the system; nothing is opened, which may switch a device on.
fn may(path: &Path, what: libc::c_int) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: the path is a C string, and the rest are numbers.
    unsafe { libc::faccessat(libc::AT_FDCWD, path.as_ptr(), what, libc::AT_EACCESS) == 0 }
}

impl Kind {
    fn judge(&self, nodes: &[Node], machine: &Machine) -> Finding {
        if nodes.is_empty() {
            return self.judge_none(machine);
        }
        let closed: Vec<_> = nodes
            .iter()
            .filter(|node| !node.is_readable || !node.is_writable)
            .collect();
        let Some(first) = closed.first() else {
            let text = format!("{}: readable and writable", list(nodes.iter()));
            return Finding::ok(self.name, text);
        };
        let what = match (first.is_readable, first.is_writable) {
            (false, false) => "neither readable nor writable",
            (false, true) => "not readable",
            (true, _) => "not writable",
        };
        let text = format!(
            "{} of {} may not be used by this user: {} ({} is {what})",
            closed.len(),
            nodes.len(),
            list(closed.iter().copied()),
            first.name
        );
        let status = match self.is_needed && machine.is_jetson {
            true => Status::Failed,
            false => Status::Note,
        };
        let remedy = match machine.is_container {
            true => format!(
                "in a container: docker run --group-add {}, as a user of that group outside",
                self.group.split(',').next().unwrap_or(self.group)
            ),
            false => user::join(self.group),
        };
        Finding::new(self.name, status, text).with_remedy(remedy)
    }

    fn judge_none(&self, machine: &Machine) -> Finding {
        // Of the kinds that only a Jetson has, nvmap is in all releases to R36; of later ones nobody has said it.
        let is_later = matches!(machine.release, Some(Release::L4t(37.., ..)));
        if !machine.is_jetson || self.prefix != "nvmap" || is_later {
            return Finding::fact(self.name, "none");
        }
        let remedy = match machine.is_container {
            true => "in a container use the NVIDIA runtime: docker run --runtime nvidia",
            false => {
                "the kernel is not L4T's, or its modules are missing: look at dmesg, reinstall L4T's kernel"
            }
        };
        let error = "none: this Jetson has no memory for surfaces without it";
        Finding::failed(self.name, Fault::with_remedy(error, remedy))
    }
}

/// Some names, and how many more there are.
fn list<'a>(nodes: impl ExactSizeIterator<Item = &'a Node>) -> String {
    let more = nodes.len().saturating_sub(NAMED);
    let names: Vec<_> = nodes.take(NAMED).map(|node| node.name.as_str()).collect();
    let names = names.join(" ");
    match more {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(is_jetson: bool, is_container: bool) -> Machine {
        Machine {
            is_jetson,
            is_container,
            release: None,
        }
    }

    fn node(name: &str, is_open: bool) -> Node {
        Node {
            name: name.to_owned(),
            is_readable: is_open,
            is_writable: is_open,
        }
    }

    #[test]
    fn a_closed_node_of_a_jetson_is_an_error_with_its_group() {
        let (nvmap, video) = (&KINDS[0], &KINDS[4]);
        let closed = [node("nvmap", false)];
        let finding = nvmap.judge(&closed, &machine(true, false));
        assert!(finding.has_failed() && finding.text.contains("neither"));
        assert!(finding.remedy.unwrap().contains("usermod -aG video"));
        let finding = nvmap.judge(&closed, &machine(true, true));
        assert!(finding.remedy.unwrap().contains("--group-add video"));
        assert_eq!(
            nvmap.judge(&closed, &machine(false, false)).status,
            Status::Note
        );
        let finding = video.judge(
            &[node("video0", false), node("video1", true)],
            &machine(true, false),
        );
        assert!(finding.status == Status::Note && finding.text.starts_with("1 of 2"));
    }

    #[test]
    fn a_jetson_without_nvmap_cannot_work() {
        let finding = KINDS[0].judge(&[], &machine(true, true));
        assert!(finding.has_failed() && finding.remedy.unwrap().contains("--runtime nvidia"));
        assert_eq!(
            KINDS[0].judge(&[], &machine(false, false)).status,
            Status::Fact
        );
        assert_eq!(
            KINDS[1].judge(&[], &machine(true, false)).status,
            Status::Fact
        );
    }

    #[test]
    fn many_nodes_are_counted() {
        let nodes: Vec<_> = (0..9).map(|i| node(&format!("nvhost-{i}"), true)).collect();
        let finding = KINDS[1].judge(&nodes, &machine(true, false));
        assert!(
            finding.status == Status::Ok && finding.text.contains("and 3 more"),
            "{finding:?}"
        );
    }

    #[test]
    fn the_system_is_asked() {
        assert!(may(Path::new("/dev/null"), libc::R_OK | libc::W_OK));
        assert!(!may(Path::new("/dev/nonexistent"), libc::R_OK));
    }
}
