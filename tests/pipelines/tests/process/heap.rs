//! Heap allocations per frame, counted by malloc_count.c over a whole process.
//!
//! Two runs of different length; what differs is due to the frames. Two runs are never quite equal:
//! how many surfaces the pools make depends on the moment, and each is some 10 calls.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use super::{Launch, Report, scratch};

/// Frames after which a pipeline is warm, and frames after which it is measured.
pub(crate) const SHORT: u32 = 1_000;
pub(crate) const LONG: u32 = 21_000;
/// What counts as none, in calls per frame: 200 in 20,000 frames, far less than anything that is
/// done for each of them.
pub(crate) const NONE: f64 = 0.01;

/// Allocations per frame by thread name, and the simulator's report of either run.
pub(crate) struct PerFrame {
    pub(crate) threads: BTreeMap<String, f64>,
    pub(crate) short: Report,
    pub(crate) long: Report,
}

impl PerFrame {
    /// Of all threads.
    pub(crate) fn total(&self) -> f64 {
        self.threads.values().sum()
    }

    /// Of the threads whose name starts like this.
    pub(crate) fn of(&self, start: &str) -> f64 {
        let of_thread = |(name, calls): (&String, &f64)| name.starts_with(start).then_some(*calls);
        self.threads.iter().filter_map(of_thread).sum()
    }
}

fn interposer() -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let object = scratch(concat!(env!("CARGO_CRATE_NAME"), "-malloc_count.so"));
        let status = Command::new("cc")
            .args([
                "-shared",
                "-fPIC",
                "-O1",
                "-fno-builtin",
                "-Wall",
                "-Wextra",
                "-Werror",
            ])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/malloc_count.c"))
            .arg("-o")
            .arg(&object)
            .status();
        assert!(status.is_ok_and(|s| s.success()), "malloc_count.c compiles");
        object
    });
    BUILT.clone()
}

fn count(
    name: &str,
    plugins: &str,
    slices: &str,
    pipeline: &str,
) -> (BTreeMap<String, u64>, Report) {
    let (preload, counts) = (interposer(), scratch(&format!("{name}.counts")));
    let environment = [
        ("G_SLICE", slices),
        ("LD_PRELOAD", &preload.to_string_lossy()),
        ("MALLOC_COUNT", &counts.to_string_lossy()),
    ];
    let (_, report) = Launch::new(name, plugins, &environment, pipeline).run();
    let text = std::fs::read_to_string(counts).expect("the interposer wrote its counts");
    let threads = text.lines().filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        let allocations = words.next()?.parse().ok()?;
        Some((words.nth(1)?.to_owned(), allocations))
    });
    (threads.collect(), report)
}

/// Measures a pipeline of so many frames, and prints it. `slices` is G_SLICE: with "" GLib's slices
/// before 2.76 hide behind magazines, with "always-malloc" each is an allocation.
///
/// The least of three, where it is not none: what starts and ends with a process is not the same in each,
/// and what is done for each frame is in all.
pub(crate) fn per_frame(
    name: &str,
    plugins: &str,
    slices: &str,
    pipeline: impl Fn(u32) -> String,
) -> PerFrame {
    // Fills GStreamer's registry, which is many an allocation.
    count(name, plugins, slices, &pipeline(10));
    let mut least = measure(name, plugins, slices, &pipeline);
    for _ in 0..2 {
        if least.total() < NONE {
            break;
        }
        let again = measure(name, plugins, slices, &pipeline);
        if again.total() < least.total() {
            least = again;
        }
    }
    least
}

fn measure(name: &str, plugins: &str, slices: &str, pipeline: impl Fn(u32) -> String) -> PerFrame {
    let (before, short) = count(name, plugins, slices, &pipeline(SHORT));
    let (after, long) = count(name, plugins, slices, &pipeline(LONG));
    let names = before.keys().chain(after.keys());
    let calls =
        |counts: &BTreeMap<String, u64>, name| counts.get(name).copied().unwrap_or(0) as f64;
    let frames = f64::from(LONG - SHORT);
    let threads = names
        .map(|name| {
            (
                name.clone(),
                (calls(&after, name) - calls(&before, name)) / frames,
            )
        })
        .collect();
    let result = PerFrame {
        threads,
        short,
        long,
    };
    let mut text = format!(
        "{name}, G_SLICE={slices}: {:.4} allocations per frame;",
        result.total()
    );
    for (thread, calls) in result.threads.iter().filter(|(_, calls)| **calls != 0.0) {
        text.push_str(&format!(" {thread} {calls:.4}"));
    }
    println!("{text}");
    result
}
