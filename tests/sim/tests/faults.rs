//! Failures and delays that a program or its environment asks for, through the control crate.

mod support;

use std::time::{Duration, Instant};

use nvmm_sim_control::Simulator;
use support::surface::Surface;
use support::{child, text};

const DELAY: Duration = Duration::from_millis(30);

fn took(body: impl FnOnce()) -> Duration {
    let start = Instant::now();
    body();
    start.elapsed()
}

#[test]
fn a_function_takes_longer_on_demand() {
    let test = "a_function_takes_longer_on_demand";
    let output = child(
        test,
        &[("NVMM_SIM_DELAY", "NvBufSurfaceMemSet:30000")],
        || {
            let surface = Surface::rgba();
            assert!(took(|| assert_eq!(surface.mem_set(0, 0, 1), 0)) >= DELAY);
            let simulator = Simulator::loaded().expect("a library of it is");
            simulator.delay("NvBufSurfaceMemSet", 0).unwrap();
            simulator.delay("NvBufSurfaceDestroy", 30_000).unwrap();
            assert!(took(|| assert_eq!(surface.mem_set(0, 0, 1), 0)) < DELAY);
            assert!(took(|| assert_eq!(surface.destroy(), 0)) >= DELAY);
        },
    );
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_control_crate_sees_and_steers_the_core() {
    let test = "the_control_crate_sees_and_steers_the_core";
    let output = child(test, &[], || {
        let surface = Surface::rgba();
        let simulator = Simulator::loaded().expect("a library of it is");
        let made = simulator.counter("surfaces_allocated").unwrap();
        assert_eq!(simulator.report()["surfaces_allocated"], made);
        assert_eq!(simulator.counter("nothing_counts_this"), None);
        simulator.fail("NvBufSurfaceMemSet", 2, 0).unwrap();
        assert_eq!(
            [surface.mem_set(0, 0, 1), surface.mem_set(0, 0, 1)],
            [0, -1]
        );
        let error = simulator.fail("NvBufSurfaceFly", 1, 0).unwrap_err();
        assert!(error.to_string().contains("NvBufSurfaceFly"), "{error}");
        assert!(simulator.delay("NvBufSurfaceFly", 1).is_err());
        simulator.reset_counters();
        assert_eq!(simulator.counter("surfaces_allocated"), Some(0));
        assert_eq!(simulator.counter("surfaces_alive"), Some(1));
        assert_eq!(surface.destroy(), 0);
    });
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn a_wish_that_cannot_be_read_is_said() {
    let test = "a_wish_that_cannot_be_read_is_said";
    let wishes = [
        (
            "NVMM_SIM_FAIL",
            "NvBufSurfaceMap:x:1,NvBufSurfaceFly:1:1,NvBufSurfaceMap",
        ),
        ("NVMM_SIM_DELAY", "NvBufSurfaceMap:1:2,NvBufSurfaceMap:-1"),
    ];
    let output = child(test, &wishes, || assert_eq!(Surface::rgba().destroy(), 0));
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for wish in wishes.iter().flat_map(|(_, wishes)| wishes.split(',')) {
        assert!(
            said.contains(&format!("{wish:?} is not FUNCTION:")),
            "{wish}: {said}"
        );
    }
}
