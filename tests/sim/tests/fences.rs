//! Sync objects and sync points of fences that come as files.

mod canvas;
mod support;

use std::ffi::c_int;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::time::{Duration, Instant};

use canvas::function;
use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;
use support::legacy::{call, create, destroy};
use support::{counter, on_each};

/// A fence that [`signal`] signals.
fn fence() -> OwnedFd {
    // SAFETY: takes numbers.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: a fresh descriptor that nobody else knows.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

fn signal(fence: &OwnedFd) {
    let one = 1u64.to_ne_bytes();
    // SAFETY: eight bytes that live for the call.
    let written = unsafe { libc::write(fence.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    assert_eq!(written, 8);
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_fence_becomes_a_sync_object() {
    let test = "a_fence_becomes_a_sync_object";
    on_each(test, &["r36.3", "r36.4", "r39.2"], || {
        let make: sys::PFN_NvBufSurfTransformSyncObjFromFile =
            function("NvBufSurfTransformSyncObjFromFile");
        let wait: sys::PFN_NvBufSurfTransformSyncObjWait =
            function("NvBufSurfTransformSyncObjWait");
        let end: sys::PFN_NvBufSurfTransformSyncObjDestroy =
            function("NvBufSurfTransformSyncObjDestroy");
        let of = |fd: c_int| {
            let mut objects = [std::ptr::null_mut(); sys::NVBUFSURF_MAX_SYNCOBJ as usize];
            let mut count = 77;
            // SAFETY: a list that is long enough, and valid pointers.
            let result = unsafe { make(fd, objects.as_mut_ptr(), &mut count) };
            assert!(objects[1..].iter().all(|object| object.is_null()));
            (result, count, objects[0])
        };
        let fence = fence();
        let before = descriptors();
        let (result, count, mut object) = of(fence.as_raw_fd());
        assert!(result == 0 && count == 1 && !object.is_null());
        // The file stays the caller's.
        assert_eq!(descriptors(), before + 1);
        // SAFETY: a sync object of the library, here and below.
        assert_eq!(unsafe { wait(object, 0) }, -2);
        let start = Instant::now();
        // SAFETY: as above.
        assert_eq!(unsafe { wait(object, 20) }, -2);
        assert!(start.elapsed() >= Duration::from_millis(20));
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            signal(&fence);
            fence
        });
        // SAFETY: as above.
        assert_eq!(unsafe { wait(object, u32::MAX) }, 0);
        // Signalled for good.
        // SAFETY: as above.
        assert_eq!(unsafe { wait(object, 0) }, 0);
        let fence = other.join().unwrap();
        // SAFETY: as above.
        assert_eq!((unsafe { end(&mut object) }, descriptors()), (0, before));
        // One that is never waited for.
        let (_, _, mut object) = of(fence.as_raw_fd());
        drop(fence);
        // SAFETY: as above.
        assert_eq!(unsafe { end(&mut object) }, 0);
        assert_eq!((counter("violations"), counter("unsynchronised")), (0, 0));
        // Neither a file of another kind nor none is a fence.
        let null = std::fs::File::open("/dev/null").unwrap();
        let refused = [null.as_raw_fd(), 9999, -1].map(of);
        assert_eq!(refused, [(-3, 77, std::ptr::null_mut()); 3]);
        assert_eq!((counter("violations"), counter("bad-argument")), (3, 3));
        // SAFETY: the simulator must refuse it.
        let nowhere = unsafe { make(0, std::ptr::null_mut(), std::ptr::null_mut()) };
        assert_eq!(nowhere, -3);
        // SAFETY: as above.
        assert_eq!(unsafe { end(&mut object) }, -3);
        assert_eq!((counter("violations"), counter("unsupported")), (4, 0));
    });
}

#[test]
fn a_legacy_transform_waits_for_a_fence() {
    on_each("a_legacy_transform_waits_for_a_fence", &["r32.7"], || {
        let make = |fd| {
            let mut points = [legacy::NvBufferSyncObjParams::default(); 5];
            let mut count = 77;
            let result = call!(PFN_NvBufferSyncObjParamsFromFile(
                fd,
                points.as_mut_ptr(),
                &mut count
            ));
            (result, count, points[0])
        };
        let wait = |mut point, limit| call!(PFN_NvBufferSyncObjWait(&mut point, limit));
        let fence = fence();
        let before = descriptors();
        let (result, count, point) = make(fence.as_raw_fd());
        assert_eq!((result, count), (0, 1));
        assert_eq!(wait(point, 0), -1);
        let (from, to) = (create(0).unwrap(), create(0).unwrap());
        let mut params = legacy::NvBufferTransformParams::default();
        let mut object = legacy::NvBufferSyncObj {
            num_insyncobj: 1,
            use_outsyncobj: 1,
            ..Default::default()
        };
        object.insyncobj[0] = point;
        let begin = |params: &mut _, object: &mut _| {
            call!(PFN_NvBufferTransformAsync(from, to, params, object))
        };
        assert_eq!(begin(&mut params, &mut object), 0);
        let done = object.outsyncobj;
        // Nothing happens before the fence is signalled.
        assert_eq!((wait(done, 30), counter("engine_copies")), (-1, 0));
        signal(&fence);
        assert_eq!((wait(done, u32::MAX), counter("engine_copies")), (0, 1));
        // Waited for, its file is closed.
        assert_eq!((wait(point, 0), wait(point, 0)), (0, 0));
        drop(fence);
        assert_eq!(descriptors(), before + 1);
        // Without an own sync object the call waits, for a job as for a fence.
        object.use_outsyncobj = 0;
        (object.num_insyncobj, object.insyncobj[1]) = (2, done);
        assert_eq!(begin(&mut params, &mut object), 0);
        assert_eq!((counter("engine_copies"), counter("violations")), (2, 0));
        // Sync points that there are not, and too many.
        object.insyncobj[1].syncpointID = 99;
        assert_eq!(begin(&mut params, &mut object), -1);
        object.num_insyncobj = 6;
        assert_eq!(begin(&mut params, &mut object), -1);
        assert_eq!((make(9999).0, make(-1).0), (-1, -1));
        assert_eq!((counter("violations"), counter("bad-argument")), (4, 4));
        assert_eq!((destroy(from), destroy(to)), (0, 0));
    });
}
