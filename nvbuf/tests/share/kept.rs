//! Imports that cannot be destroyed: the library may go on with their fd, which stays open.

use nvmm_sim_control::EVERY;

use super::*;

/// Whether a number is an fd of this process.
fn is_open(number: i32) -> bool {
    // SAFETY: asks for the flags of any number.
    unsafe { libc::fcntl(number, libc::F_GETFD) != -1 }
}

/// The simulator, where it is there and its release shares.
fn simulator() -> Option<Simulator> {
    // Loads the library.
    let simulator = can_share().then(Simulator::loaded).flatten();
    if simulator.is_none() {
        println!("not run: needs the simulator (ci/sim.sh) and a release that shares");
    }
    simulator
}

/// An import, and the number of the fd that it was made of.
fn import(surface: &Surface) -> (Surface, i32) {
    let Exported { description, fd } = surface.export(0).unwrap();
    let number = fd.as_raw_fd();
    (Surface::import(&description, fd).unwrap(), number)
}

#[test]
fn the_fd_of_an_import_stays_open_unless_it_is_destroyed() {
    let _alone = alone();
    let Some(simulator) = simulator() else { return };
    let alive = || simulator.counter("surfaces_alive").unwrap();
    let surface = nv12();
    let (destroyed, closed) = import(&surface);
    assert!(is_open(closed));
    drop(destroyed);
    assert!(!is_open(closed), "it is destroyed");
    let before = alive();

    // The library does not destroy it.
    let (kept, open) = import(&surface);
    simulator.fail("NvBufSurfaceDestroy", 1, 0).unwrap();
    drop(kept);
    assert_eq!(alive(), before + 1);
    assert!(is_open(open), "the library may still use it");

    // It is not destroyed, since it is still mapped.
    let (kept, also_open) = import(&surface);
    std::mem::forget(kept.map_ptr(0, Access::Write).unwrap());
    simulator.fail("NvBufSurfaceUnMap", EVERY, 0).unwrap();
    drop(kept);
    simulator.fail("NvBufSurfaceUnMap", 0, 0).unwrap();
    assert_eq!(alive(), before + 2);
    assert!(is_open(also_open), "the library may still use it");
    assert!(is_open(open));

    // The number was not given out again: what is imported now gets another.
    let (next, number) = import(&surface);
    assert!(number != open && number != also_open);
    drop(next);
    assert_eq!(simulator.counter("violations"), Some(0));
}

#[test]
fn an_import_that_the_library_refuses_closes_its_fd() {
    let _alone = alone();
    let Some(simulator) = simulator() else { return };
    let surface = nv12();
    let Exported { description, fd } = surface.export(0).unwrap();
    let number = fd.as_raw_fd();
    simulator.fail("NvBufSurfaceImport", 1, 0).unwrap();
    let error = Surface::import(&description, fd).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Call, "{error}");
    assert!(!is_open(number), "no surface was made of it");
}
