//! Every call of the library failing at every call of a surface's life: the right error, nothing
//! leaked. One test, since faults and counters belong to the whole process; the other works in a
//! process of its own. Simulator only.

use std::ffi::{CStr, CString, c_char, c_int};
use std::process::{Command, Stdio};
use std::sync::Arc;

use libloading::os::unix::{Library, RTLD_NOW};
use nvbuf::{Access, EglImage, Surface};

/// `RTLD_NOLOAD` of Linux: only what is loaded already.
const RTLD_NOLOAD: i32 = 4;

struct Simulator(Library);

impl Simulator {
    fn find() -> Option<Self> {
        // SAFETY: nothing is loaded, so nothing runs.
        unsafe { Library::open(Some("libnvmm_sim.so"), RTLD_NOW | RTLD_NOLOAD) }
            .ok()
            .map(Self)
    }

    fn counter(&self, name: &CStr) -> u64 {
        type Counter = unsafe extern "C" fn(*const c_char) -> u64;
        // SAFETY: this is the function's type in nvmm_sim.h.
        let counter = unsafe { self.0.get::<Counter>("nvmm_sim_counter") }.unwrap();
        // SAFETY: a string that lives for the call.
        unsafe { counter(name.as_ptr()) }
    }

    fn fail(&self, function: &str, number: u64) {
        type Fail = unsafe extern "C" fn(*const c_char, u64, c_int) -> c_int;
        // SAFETY: this is the function's type in nvmm_sim.h.
        let fail = unsafe { self.0.get::<Fail>("nvmm_sim_fail") }.unwrap();
        let name = CString::new(function).unwrap();
        // SAFETY: a string that lives for the call.
        assert_eq!(unsafe { fail(name.as_ptr(), number, 0) }, 0, "{function}");
    }
}

/// Every function of the crate that calls the library, in a row.
fn life() -> nvbuf::Result<()> {
    let mut surface = Surface::builder(32, 16)
        .format(nvbuf::ColorFormat::NV12)
        .build()?;
    surface.map_mut(0)?.unmap()?;
    surface.map_ptr(0, Access::Read)?.unmap()?;
    let mut copy = Surface::builder(32, 16)
        .format(nvbuf::ColorFormat::NV12)
        .build()?;
    surface.copy_to(&mut copy)?;
    let surface = Arc::new(surface);
    let image = EglImage::map(&surface, 0)?;
    drop(image);
    Ok(())
}

#[test]
fn each_failure_is_an_error_and_leaves_nothing_behind() {
    life().unwrap();
    let Some(simulator) = Simulator::find() else {
        println!("not run: faults need the simulator (ci/sim.sh)");
        return;
    };
    // What a failing call leaves: a surface that cannot be destroyed, or an EGLImage or a plane
    // that cannot be unmapped, stays. Everything else must be given back.
    let mut tried = 0;
    for function in [
        "NvBufSurfaceCreate",
        "NvBufSurfaceMap",
        "NvBufSurfaceSyncForCpu",
        "NvBufSurfaceSyncForDevice",
        "NvBufSurfaceCopy",
        "NvBufSurfaceMapEglImage",
    ] {
        for number in 1.. {
            let before = simulator.counter(c"faults_injected");
            simulator.fail(function, number);
            let result = life();
            if simulator.counter(c"faults_injected") == before {
                simulator.fail(function, 0);
                result.unwrap();
                break;
            }
            let error = result.expect_err(function);
            assert_eq!(error.kind(), nvbuf::ErrorKind::Call, "{error}");
            assert!(error.to_string().contains(function), "{function}: {error}");
            assert_eq!(
                simulator.counter(c"surfaces_alive"),
                0,
                "{function} {number}"
            );
            assert_eq!(
                simulator.counter(c"egl_images_alive"),
                0,
                "{function} {number}"
            );
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried} call sites");
    assert_eq!(simulator.counter(c"violations"), 0);
    println!("{tried} failures injected");
}

/// Set in the process whose stderr is closed.
const CHILD: &str = "NVBUF_TEST_STDERR_IS_CLOSED";

#[test]
fn a_drop_that_fails_does_not_panic_where_stderr_is_closed() {
    let name = "a_drop_that_fails_does_not_panic_where_stderr_is_closed";
    if std::env::var_os(CHILD).is_some() {
        let mut surface = Surface::builder(32, 16).build().unwrap();
        if let Some(simulator) = Simulator::find() {
            simulator.fail("NvBufSurfaceSyncForDevice", 1);
            drop(surface.map_mut(0).unwrap());
            assert_eq!(simulator.counter(c"faults_injected"), 1);
        }
        return;
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", name])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(writer)
        .status();
    assert!(status.unwrap().success(), "it panicked");
}
