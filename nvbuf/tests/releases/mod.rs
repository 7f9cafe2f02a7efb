//! Runs a test file on other releases of the simulator as well.

use std::process::Command;

/// One of each kind: without sharing, classic with it (two formats of CUDA apart), extended.
const RELEASES: [&str; 4] = ["r32.7", "r35.4.1", "r36.4", "r39.2"];

/// Runs every test of this file but `this` on each of the other releases, strictly. Nothing on
/// hardware, and where a release was asked for.
pub(crate) fn run_on_others(this: &str) {
    if nvmm_sim_control::Simulator::find().is_err() {
        println!("not run: hardware has one release");
        return;
    }
    let current = release();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    if current != RELEASES[0] {
        println!("not run: {current} was asked for");
        return;
    }
    for release in &RELEASES[1..] {
        let output = Command::new(format!("{root}/ci/sim.sh"))
            .arg(std::env::current_exe().unwrap())
            .args(["--skip", this])
            .env("NVMM_SIM_RELEASE", release)
            .env("NVMM_SIM_STRICT", "1")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{release}: {}\n{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}

/// The release that is simulated; nothing on hardware.
pub(crate) fn release() -> String {
    match nvmm_sim_control::Simulator::find() {
        Ok(simulator) => simulator.report()["release"].as_str().unwrap().to_owned(),
        Err(_) => String::new(),
    }
}
