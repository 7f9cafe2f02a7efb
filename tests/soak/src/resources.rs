//! What the process has when no pipeline is left.

use std::time::{Duration, Instant};

use gst::glib;
use nvmm_pipelines::{Usage, alive};

/// Pipelines until caches of GLib, of GStreamer and of the C library are as large as they get.
pub(crate) const WARM_UP: usize = 60;
/// How much memory the process may have more than ever in its first [`WARM_UP`] pipelines. The C library's
/// heap goes to and fro by less; a pipeline that loses one small frame's surface is seen after some hundred.
const MAX_GROWTH_KIB: u64 = 24 << 10;
/// How many files it may have open beside those of the warm-up's end.
const MAX_FILES: usize = 0;

#[derive(Debug)]
pub(crate) struct Resources {
    usage: Usage,
    pipelines: usize,
    files: usize,
    memory: u64,
}

impl Resources {
    pub(crate) fn new() -> Self {
        Self {
            usage: Usage::start(),
            pipelines: 0,
            files: 0,
            memory: 0,
        }
    }

    /// Nothing of a pipeline is left.
    pub(crate) fn check(&mut self, elements: &[glib::WeakRef<gst::Element>]) -> Result<(), String> {
        // A bin's own thread may end a little later, and have the last reference.
        let left = || {
            elements
                .iter()
                .filter_map(|element| element.upgrade())
                .collect::<Vec<_>>()
        };
        let end = Instant::now() + Duration::from_secs(5);
        while (alive() != [0; 4] || !left().is_empty()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        let left = left();
        if !left.is_empty() {
            return Err(format!("elements are left: {left:?}"));
        }
        if alive() != [0; 4] {
            return Err(format!(
                "surfaces, EGLImages, registrations, memory: {:?} are left",
                alive()
            ));
        }
        for counter in ["violations", "unsynchronised", "unsupported"] {
            if self.usage.count(counter) != 0 {
                return Err(format!("{} {counter}", self.usage.count(counter)));
            }
        }
        self.pipelines += 1;
        let (files, memory) = (open_files(), memory());
        if self.pipelines <= WARM_UP {
            self.files = self.files.max(files);
            self.memory = self.memory.max(memory);
            return Ok(());
        }
        if files > self.files + MAX_FILES {
            return Err(format!(
                "{files} files are open, {} after the warm-up",
                self.files
            ));
        }
        if memory > self.memory + MAX_GROWTH_KIB {
            let pipelines = self.pipelines;
            return Err(format!(
                "{memory} KiB after {pipelines} pipelines, {} after the warm-up",
                self.memory
            ));
        }
        Ok(())
    }
}

pub(crate) fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// What the process has of memory, in KiB, when the C library has given back what it can.
pub(crate) fn memory() -> u64 {
    // SAFETY: takes a number.
    unsafe { libc::malloc_trim(0) };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
