//! Each test in a process of its own: libEGL and the counters belong to the whole of it.

use std::process::Command;

use nvmm_sim_control::Simulator;

use crate::common::is_child;

/// What the tests run on: a release of each kind of driver.
const RELEASES: [&str; 3] = ["r32.7", "r36.4", "r39.2"];

/// Runs the body in a child: on the simulator with its libEGL in strict mode, on every release of
/// [`RELEASES`] if none was asked for; on hardware as it is.
pub(crate) fn each(test: &str, body: impl FnOnce()) {
    if is_child() {
        return body();
    }
    let simulator = Simulator::find().ok();
    let current = simulator.map(|s| s.report()["release"].as_str().unwrap().to_owned());
    let releases = match &current {
        Some(current) if current == RELEASES[0] => RELEASES.to_vec(),
        Some(current) => vec![current.as_str()],
        None => vec!["hardware"],
    };
    for release in releases {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ci/sim.sh"))
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env("EGL_CUDA_TEST_CHILD", "1")
            .env("NVMM_SIM_RELEASE", release)
            .env("NVMM_SIM_STRICT", "1")
            .env("NVMM_SIM_EGL", "1")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{release}: {}\n{text}",
            output.status
        );
    }
}
