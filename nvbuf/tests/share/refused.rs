//! What fails to share a surface leaves it as it was: slices are still given.

use super::*;

/// The process has no file descriptor left until drop.
struct NoFds(libc::rlimit);

fn set_limit(limit: &libc::rlimit) {
    // SAFETY: reads the limit.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) }, 0);
}

impl NoFds {
    fn new() -> Self {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: writes the limit.
        let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
        assert_eq!(result, 0);
        // 0 to 3 are open: a surface is.
        set_limit(&libc::rlimit {
            rlim_cur: 4,
            ..limit
        });
        Self(limit)
    }
}

impl Drop for NoFds {
    fn drop(&mut self) {
        set_limit(&self.0);
    }
}

#[track_caller]
fn still_gives_slices(surface: &mut Surface) {
    drop(surface.map(0).unwrap());
    surface.map_plane_mut(0, 1).unwrap().unmap().unwrap();
}

#[test]
fn an_export_that_the_library_refuses_takes_no_slices_away() {
    let _alone = alone();
    let call = "NvBufSurfaceGetMapParams";
    let Some(simulator) = can_share().then(Simulator::loaded).flatten() else {
        println!("not run: needs the simulator (ci/sim.sh) and a release that shares");
        return;
    };
    let mut surface = nv12();
    simulator.fail(call, 1, 0).unwrap();
    let error = surface.export(0).expect_err("on demand");
    assert_eq!((error.kind(), error.call()), (ErrorKind::Call, call));
    assert!(error.to_string().contains("Surface::dmabuf"), "{error}");
    still_gives_slices(&mut surface);
    drop(surface.export(0).unwrap());
    let error = surface.map(0).expect_err("shared");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn a_process_without_file_descriptors_keeps_its_slices() {
    let _alone = alone();
    let mut surface = nv12();
    let no_fds = NoFds::new();
    let duplicate = surface.clone_dmabuf(0).map(drop);
    let export = surface.export(0).map(drop);
    drop(no_fds);
    let says = |result: nvbuf::Result<()>| {
        let error = result.expect_err("no fd");
        assert_eq!((error.kind(), error.call()), (ErrorKind::Call, "fcntl"));
        assert!(error.to_string().contains("ulimit -n"), "{error}");
    };
    says(duplicate);
    if can_share() {
        says(export);
    }
    still_gives_slices(&mut surface);
    drop(surface.clone_dmabuf(0).unwrap());
    let error = surface.map(0).expect_err("shared");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}
