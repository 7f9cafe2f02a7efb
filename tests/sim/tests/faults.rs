//! Failures and delays that a program or its environment asks for, through the control crate.

mod support;

use std::time::{Duration, Instant};

use nvmm_sim_control::{EVERY, FailError, Simulator};
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
        ("NVMM_SIM_MEMORY", "12X"),
    ];
    let output = child(test, &wishes, || assert_eq!(Surface::rgba().destroy(), 0));
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    let memory = "NVMM_SIM_MEMORY: \"12X\" is not BYTES, BYTESK, BYTESM or BYTESG";
    assert!(said.contains(memory), "{said}");
    for wish in wishes[..2].iter().flat_map(|(_, wishes)| wishes.split(',')) {
        assert!(
            said.contains(&format!("{wish:?} is not FUNCTION:")),
            "{wish}: {said}"
        );
    }
}

#[test]
fn failures_of_one_function_add_up() {
    let test = "failures_of_one_function_add_up";
    let wish = [(
        "NVMM_SIM_FAIL",
        "NvBufSurfaceMemSet:1:-3,NvBufSurfaceMemSet:3:-5,cuInit:*:100",
    )];
    let output = child(test, &wish, || {
        let surface = Surface::rgba();
        let set = || surface.mem_set(0, 0, 1);
        assert_eq!([set(), set(), set(), set()], [-3, 0, -5, 0]);
        let cuda = support::cuda::Cuda::load();
        assert_eq!([cuda.init(0), cuda.init(0), cuda.init(0)], [100; 3]);
        let simulator = Simulator::loaded().expect("a library of it is");
        let fail = |number, error| simulator.fail("NvBufSurfaceMemSet", number, error);
        // The first that was armed wins where two are due; both are over then.
        for (number, error) in [(2, -7), (2, -8), (4, -9)] {
            fail(number, error).unwrap();
        }
        assert_eq!([set(), set(), set(), set(), set()], [0, -7, 0, -9, 0]);
        // Each function has its own.
        fail(1, -7).unwrap();
        simulator.fail("cuInit", 0, 0).unwrap();
        assert_eq!((cuda.init(0), set(), set()), (0, -7, 0));
        fail(EVERY, -7).unwrap();
        fail(2, -8).unwrap();
        assert_eq!([set(), set(), set()], [-7; 3]);
        fail(0, 0).unwrap();
        assert_eq!(set(), 0);
        // 64 have room.
        (1..=64).for_each(|number| fail(number, -2).unwrap());
        assert_eq!(fail(65, -2), Err(FailError::TooMany));
        assert_eq!((set(), set()), (-2, -2));
        fail(63, -6).unwrap();
        fail(64, -6).unwrap();
        assert_eq!(fail(65, -6), Err(FailError::TooMany));
        fail(0, 0).unwrap();
        assert_eq!((set(), surface.destroy()), (0, 0));
    });
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    let full = "NvBufSurfaceMemSet cannot be made to fail: 64 failures are armed already";
    assert_eq!(said.matches(full).count(), 2, "{said}");
}

#[test]
fn each_failure_is_one_call_s_even_of_two_threads() {
    let test = "each_failure_is_one_call_s_even_of_two_threads";
    support::isolated(test, || {
        let simulator = Simulator::find().unwrap();
        for number in [1, 10, 500, 999] {
            simulator.fail("NvBufferGetSize", number, -4).unwrap();
        }
        let failed = || {
            let calls = (0..500).map(|_| support::legacy::call!(PFN_NvBufferGetSize()));
            calls.filter(|result| *result == -4).count()
        };
        let other = std::thread::spawn(failed);
        assert_eq!(failed() + other.join().unwrap(), 4);
        assert_eq!(simulator.counter("faults_injected"), Some(4));
    });
}
