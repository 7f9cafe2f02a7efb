//! Every call of the library failing at every call of a surface's life: the right error, nothing
//! leaked. One test, since faults and counters belong to the whole process; the other works in a
//! process of its own. Simulator only.

use std::process::{Command, Stdio};
use std::sync::Arc;

use nvbuf::{Access, EglImage, Surface};
use nvmm_sim_control::Simulator;

/// Every function of the crate that calls the library, in a row.
fn life() -> nvbuf::Result<()> {
    let mut surface = Surface::builder(32, 16)
        .format(nvbuf::ColorFormat::NV12)
        .build()?;
    surface.map_mut(0)?.unmap()?;
    surface.map_ptr(0, Access::Read)?.unmap()?;
    surface.map_plane_mut(0, 1)?.unmap()?;
    let (one, two) = (surface.map_ptr(0, Access::Read)?, surface.map_plane(0, 0)?);
    one.unmap()?;
    two.unmap()?;
    // The other plane: after a failed synchronisation nobody reads what an engine wrote.
    surface.write_plane(0, 0, &[7; 32 * 16])?;
    surface.read_plane(0, 1, &mut [0; 32 * 8])?;
    surface.fill(0, &[16, 128])?;
    let mut copy = Surface::builder(32, 16)
        .format(nvbuf::ColorFormat::NV12)
        .build()?;
    surface.copy_to(&mut copy)?;
    let surface = Arc::new(surface);
    let image = EglImage::map(&surface, 0)?;
    drop(image);
    let batch = Arc::new(Surface::builder(16, 16).batch(2).build()?);
    batch.buffer(1)?.map_mut(0)?.unmap()?;
    Ok(())
}

#[test]
fn each_failure_is_an_error_and_leaves_nothing_behind() {
    life().unwrap();
    let Some(simulator) = Simulator::loaded() else {
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
        "NvBufSurfaceMemSet",
        "NvBufSurface2Raw",
        "Raw2NvBufSurface",
        "NvBufSurfaceMapEglImage",
    ] {
        for number in 1.. {
            let before = simulator.counter("faults_injected").unwrap();
            simulator.fail(function, number, 0).unwrap();
            let result = life();
            if simulator.counter("faults_injected").unwrap() == before {
                simulator.fail(function, 0, 0).unwrap();
                result.unwrap();
                break;
            }
            let error = result.expect_err(function);
            assert_eq!(error.kind(), nvbuf::ErrorKind::Call, "{error}");
            assert!(error.to_string().contains(function), "{function}: {error}");
            assert_eq!(
                simulator.counter("surfaces_alive").unwrap(),
                0,
                "{function} {number}"
            );
            assert_eq!(
                simulator.counter("egl_images_alive").unwrap(),
                0,
                "{function} {number}"
            );
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried} call sites");
    assert_eq!(simulator.counter("violations").unwrap(), 0);
    println!("{tried} failures injected");
}

/// Set in the process whose stderr is closed.
const CHILD: &str = "NVBUF_TEST_STDERR_IS_CLOSED";

#[test]
fn a_drop_that_fails_does_not_panic_where_stderr_is_closed() {
    let name = "a_drop_that_fails_does_not_panic_where_stderr_is_closed";
    if std::env::var_os(CHILD).is_some() {
        let mut surface = Surface::builder(32, 16).build().unwrap();
        if let Some(simulator) = Simulator::loaded() {
            simulator.fail("NvBufSurfaceSyncForDevice", 1, 0).unwrap();
            drop(surface.map_mut(0).unwrap());
            assert_eq!(simulator.counter("faults_injected").unwrap(), 1);
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
