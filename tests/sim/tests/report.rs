//! What the simulator tells, and failing on demand.

mod support;

use std::os::unix::process::ExitStatusExt as _;

use nvbufsurface_sys::classic as sys;
use support::cuda::Cuda;
use support::surface::Surface;
use support::{child, counter, fail, isolated, report, text};

#[test]
fn the_report_counts_by_thread() {
    isolated("the_report_counts_by_thread", || {
        let surface = Surface::rgba();
        for _ in 0..2 {
            std::thread::scope(|scope| {
                let surface = Surface { raw: surface.raw };
                // A test-only promise: the scope ends before the surface does.
                let address = surface.raw.expose_provenance();
                let work = move || {
                    let surface = Surface {
                        raw: std::ptr::with_exposed_provenance_mut(address),
                    };
                    surface.first_byte(0);
                };
                std::thread::Builder::new()
                    .name("a \"worker\"".into())
                    .spawn_scoped(scope, work)
                    .unwrap();
            });
        }
        let report = report();
        assert_eq!(report["release"], "r32.7");
        assert_eq!(report["surfaces_allocated"], 1);
        assert_eq!(report["calls"]["NvBufSurfaceMap"], 2);
        assert_eq!(report["calls"]["cuInit"], 0);
        let worker = &report["threads"]["a \"worker\""];
        assert_eq!(
            (&worker["cpu_maps"], &worker["calls"]),
            (&2.into(), &6.into())
        );
        assert_eq!(worker["cpu_bytes_mapped"], 2 * 256 * 32);
        assert_eq!(counter("NvBufSurfaceUnMap"), 2);
        assert_eq!(surface.destroy(), 0);
    });
}

#[test]
fn the_report_is_written_at_exit() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join("at-exit.json");
    let _ = std::fs::remove_file(&path);
    let variables = [("NVMM_SIM_REPORT", path.to_str().unwrap())];
    let output = child("the_report_is_written_at_exit", &variables, || {
        let surface = Surface::rgba();
        assert_eq!(surface.first_byte(0), 0);
    });
    assert!(output.status.success(), "{}", text(&output));
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(
        (&report["surfaces_alive"], &report["cpu_maps"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn a_strict_simulator_aborts() {
    let output = child(
        "a_strict_simulator_aborts",
        &[("NVMM_SIM_STRICT", "1")],
        || {
            let surface = Surface::rgba();
            assert_eq!(surface.destroy(), 0);
            surface.destroy();
        },
    );
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    assert!(
        text(&output).contains("nvmm-sim: [double-destroy] NvBufSurfaceDestroy"),
        "{}",
        text(&output)
    );
}

#[test]
fn log_lines_can_be_silenced() {
    let body = || {
        let surface = Surface::rgba();
        assert_eq!(surface.unmap(0, 0), -1);
    };
    let output = child("log_lines_can_be_silenced", &[("NVMM_SIM_LOG", "0")], body);
    assert!(
        output.status.success() && !text(&output).contains("nvmm-sim:"),
        "{}",
        text(&output)
    );
}

#[test]
fn calls_fail_on_demand() {
    isolated("calls_fail_on_demand", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(fail("NvBufSurfaceMap", 2, 0), 0);
        assert_eq!(fail("cuStreamSynchronize", 1, 719), 0);
        assert_eq!(fail("cuNoSuchThing", 1, 1), -1);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(surface.unmap(0, 0), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), -1);
        assert!(surface.addr(0).is_null());
        assert_eq!(surface.first_byte(0), 0);
        assert_eq!(
            (cuda.stream_synchronize(0), cuda.stream_synchronize(0)),
            (719, 0)
        );
        assert_eq!((counter("faults_injected"), counter("violations")), (2, 0));
        support::reset_counters();
        assert_eq!((counter("faults_injected"), counter("cpu_maps")), (0, 0));
        assert_eq!(
            (counter("surfaces_alive"), counter("surfaces_peak")),
            (1, 1)
        );
    });
}

#[test]
fn the_environment_can_ask_for_failures() {
    let wish = [(
        "NVMM_SIM_FAIL",
        "NvBufSurfaceCreate:2:0,cuInit:1:100,nonsense",
    )];
    let output = child("the_environment_can_ask_for_failures", &wish, || {
        let surface = Surface::rgba();
        let more = support::surface::params(sys::NVBUF_COLOR_FORMAT_RGBA);
        assert!(Surface::create(1, more).is_none());
        assert_eq!(Cuda::load().init(0), 100);
        assert_eq!(surface.destroy(), 0);
    });
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("NVMM_SIM_FAIL: \"nonsense\""),
        "{}",
        text(&output)
    );
}
