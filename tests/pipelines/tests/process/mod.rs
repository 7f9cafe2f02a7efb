//! Runs gst-launch-1.0 as a process of its own on the simulator.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub(crate) mod heap;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

use serde_json::Value;

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

/// A place for a file of a test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs one of the workspace's scripts.
pub(crate) fn script(name: &str) {
    let status = Command::new(root().join(name)).status();
    assert!(status.is_ok_and(|status| status.success()), "{name} works");
}

/// A registry for each set of plugins, so that nobody else's processes fill it anew.
fn registry(plugins: &str) -> PathBuf {
    let set = Path::new(plugins).file_name().unwrap_or_default();
    let set = set.to_string_lossy();
    scratch(&format!("{}-{set}.registry", env!("CARGO_CRATE_NAME")))
}

/// A process that is to be.
pub(crate) struct Launch {
    pub(crate) command: Command,
    report: PathBuf,
}

impl Launch {
    /// `gst-launch-1.0 -q PIPELINE` with our plugin, on the simulator whatever this machine has.
    /// `name` is the caller's alone: files are named after it. The environment goes to
    /// gst-launch-1.0 only, not to what prepares the simulator.
    pub(crate) fn new(
        name: &str,
        plugins: &str,
        environment: &[(&str, &str)],
        pipeline: &str,
    ) -> Self {
        static PLUGIN: Once = Once::new();
        PLUGIN.call_once(|| script("ci/plugin.sh"));
        let report = scratch(&format!("{name}.json"));
        // Of an earlier run.
        let _ = std::fs::remove_file(&report);
        let mut command = Command::new(root().join("ci/sim.sh"));
        command
            // The runner has run for this process already; what it set must be set anew.
            .env_remove("NVMM_SIM_ROOT")
            .env_remove("NVBUF_LIBRARY_PATH")
            .env("NVMM_SIM", "1")
            .env("GST_PLUGIN_PATH", plugins)
            .env("GST_REGISTRY", registry(plugins))
            .arg("env")
            .args(
                environment
                    .iter()
                    .map(|(name, value)| format!("{name}={value}")),
            )
            .arg(format!("NVMM_SIM_REPORT={}", report.display()))
            .args(["gst-launch-1.0", "-q"])
            .args(pipeline.split_whitespace());
        Self { command, report }
    }

    /// Runs it to its end and gives what it wrote; it must succeed.
    pub(crate) fn run(mut self) -> (Output, Report) {
        let output = self.command.output().expect("the process starts");
        assert!(
            output.status.success(),
            "{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        (output, self.report())
    }

    /// What the simulator counted, once the process has ended. Empty if the process used no
    /// library of the platform, as a pipeline of GStreamer's own elements.
    pub(crate) fn report(&self) -> Report {
        match std::fs::read(&self.report) {
            Ok(text) => Report(serde_json::from_slice(&text).expect("the report is JSON")),
            Err(_) => Report(Value::Null),
        }
    }
}

/// The simulator's report; tests/sim/README.md says what the keys are.
pub(crate) struct Report(Value);

impl Report {
    /// A counter.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name} is a counter"))
    }

    /// Surfaces of pools: all but the one with which each copy of the crates has tested the library.
    pub(crate) fn pool_surfaces(&self, copies: u64) -> u64 {
        self.count("surfaces_allocated") - copies
    }

    /// Calls of a function.
    pub(crate) fn calls(&self, function: &str) -> u64 {
        let calls = &self.0["calls"][function];
        calls
            .as_u64()
            .unwrap_or_else(|| panic!("{function} is a function"))
    }

    /// Nothing was done that the platform forbids, and nothing was left behind.
    pub(crate) fn assert_clean(&self) {
        for name in [
            "violations",
            "unsynchronised",
            "surfaces_alive",
            "egl_images_alive",
            "registrations_alive",
            "device_allocations_alive",
        ] {
            assert_eq!(self.count(name), 0, "{name}");
        }
    }
}
