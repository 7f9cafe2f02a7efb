//! The simulator's own counters, where this process runs on it.

use nvmm_sim_control::Simulator;
use serde_json::Value;

/// The report, or `None` on real hardware.
pub(crate) fn read() -> Option<Value> {
    Simulator::loaded().map(|simulator| simulator.report())
}

/// What is alive and should not be.
pub(crate) fn leaks(report: &Value) -> u64 {
    [
        "buffers_alive",
        "egl_images_alive",
        "registrations_alive",
        "device_allocations_alive",
    ]
    .iter()
    .filter_map(|name| report[name].as_u64())
    .sum()
}

/// Bytes of surfaces that the CPU could reach on any thread but the named ones. Pages are
/// inaccessible unless mapped, so what was not mapped was not copied.
pub(crate) fn bytes_between(report: &Value, copying_threads: &[&str]) -> u64 {
    let threads = report["threads"].as_object();
    threads
        .into_iter()
        .flatten()
        .filter(|(name, _)| !copying_threads.contains(&name.as_str()))
        .filter_map(|(_, counts)| counts["cpu_bytes_mapped"].as_u64())
        .sum()
}
