//! What a handle of one buffer leaves mapped, and the batch that it is of. One test, since faults and
//! counters belong to the whole process. Simulator only.

use std::sync::Arc;

use nvbuf::{Access, EglImage, Surface};
use nvmm_sim_control::{EVERY, Simulator};

#[test]
fn a_batch_is_not_destroyed_while_a_handle_s_buffer_is_mapped() {
    let batch = || Arc::new(Surface::builder(32, 16).batch(2).build().unwrap());
    let first = batch();
    let Some(simulator) = Simulator::loaded() else {
        println!("not run: faults need the simulator (ci/sim.sh)");
        return;
    };
    let alive = || simulator.counter("surfaces_alive").unwrap();

    // A forgotten guard's planes are unmapped with the handle.
    let handle = first.buffer(1).unwrap();
    std::mem::forget(handle.map_ptr(0, Access::Write).unwrap());
    drop(first);
    assert_eq!(alive(), 1);
    drop(handle);
    assert_eq!(alive(), 0);

    // A plane that was not unmapped at once is, with the handle.
    let second = batch();
    let handle = second.buffer(1).unwrap();
    let guard = handle.map_ptr(0, Access::Read).unwrap();
    simulator.fail("NvBufSurfaceUnMap", 1, 0).unwrap();
    guard.unmap().expect_err("the library refuses");
    // Before it is mapped again, too.
    handle.map_ptr(0, Access::Read).unwrap().unmap().unwrap();
    let guard = handle.map_ptr(0, Access::Read).unwrap();
    simulator.fail("NvBufSurfaceUnMap", 1, 0).unwrap();
    guard.unmap().expect_err("the library refuses");
    drop((handle, second));
    assert_eq!(alive(), 0);

    // An EGLImage says that it was not destroyed, and is with the surface.
    let image = EglImage::map(&batch(), 1).unwrap();
    simulator.fail("NvBufSurfaceUnMapEglImage", 1, 0).unwrap();
    let error = image.unmap().expect_err("the library refuses");
    assert_eq!(error.call(), "NvBufSurfaceUnMapEglImage");
    assert_eq!(simulator.counter("egl_images_alive"), Some(0));
    assert_eq!(alive(), 0);

    // One that the library never unmaps keeps the batch.
    let third = batch();
    let handle = third.buffer(0).unwrap();
    let guard = handle.map_ptr(0, Access::Read).unwrap();
    simulator.fail("NvBufSurfaceUnMap", EVERY, 0).unwrap();
    drop(guard);
    drop(handle);
    simulator.fail("NvBufSurfaceUnMap", 0, 0).unwrap();
    drop(third);
    assert_eq!(alive(), 1, "it leaks");
    assert_eq!(simulator.counter("violations"), Some(0));
}
