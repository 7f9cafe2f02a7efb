//! Transforms that wait for each other and for fences.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::FromRawFd;
use std::sync::Arc;
use std::time::Duration;

use nvbuf::ErrorKind;
use nvbuf::legacy::{Pending, SyncPoint, Transform};

use super::{BLUE, assert_invalid, has, has_engine, library, paint, pixel, rgba};

/// A new eventfd, which stands for a fence on the simulator.
fn eventfd() -> File {
    // SAFETY: it takes two numbers.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the fd is new, and nobody else's.
    unsafe { File::from_raw_fd(fd) }
}

#[test]
fn a_transform_begins_after_others() {
    if library().is_none() || !has_engine() {
        return;
    }
    let [first, second, third] = [(); 3].map(|()| Arc::new(rgba(64, 48)));
    paint(&first, 0, |_, _| BLUE);
    let transform = Transform::new();
    let before = transform.start(Arc::clone(&first), Arc::clone(&second));
    if !has("NvBufferTransformAsync", &before) {
        return;
    }
    let before = before.unwrap();
    let points = [before.point(); SyncPoint::MAX];
    let after = |points: &[SyncPoint]| {
        transform.start_after(Arc::clone(&second), Arc::clone(&third), points)
    };
    assert_invalid(
        after(&[before.point(); SyncPoint::MAX + 1]),
        "6 sync points to wait for; 5 are possible",
    );
    after(&points).unwrap().wait().unwrap();
    assert_eq!(pixel(&third, 63, 47), BLUE);
    let busy = |result: nvbuf::Result<Pending>, what: &str| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    // What does not come after it may not have its buffers.
    busy(after(&[]), "is being written by a transform");
    let back = |points: &[SyncPoint]| {
        transform.start_after(Arc::clone(&third), Arc::clone(&second), points)
    };
    busy(back(&[]), "is being written by a transform");
    // Who comes after a transform comes after those before it.
    let middle = after(&points).unwrap();
    busy(back(&points), "by a transform");
    let last = back(&[middle.point()]).unwrap();
    drop(middle);
    last.wait().unwrap();
    // One that was reached stays so.
    let point = before.point();
    before.wait().unwrap();
    assert_eq!(pixel(&second, 63, 47), BLUE);
    after(&[]).unwrap().wait().unwrap();
    point.wait().unwrap();
    point.wait_timeout(Duration::ZERO).unwrap();
}

#[test]
fn a_transform_begins_after_a_fence() {
    if library().is_none() || !has_engine() {
        return;
    }
    let mut fence = eventfd();
    let points = SyncPoint::from_fence(&fence);
    if !has("NvBufferSyncObjParamsFromFile", &points) {
        return;
    }
    if nvmm_sim_control::Simulator::find().is_err() {
        println!("not run: an eventfd is a fence on the simulator only");
        return;
    }
    let points = points.unwrap();
    assert_eq!(points.len(), 1);
    let (from, to) = (Arc::new(rgba(64, 48)), Arc::new(rgba(64, 48)));
    paint(&from, 0, |_, _| BLUE);
    let transform = Transform::new();
    let mut pending = transform
        .start_after(Arc::clone(&from), Arc::clone(&to), &points)
        .unwrap();
    let early = [
        points[0].wait_timeout(Duration::from_millis(5)),
        pending.wait_timeout(Duration::from_millis(5)),
    ];
    for early in early {
        let error = early.expect_err("nobody has signalled it");
        assert_eq!(error.kind(), ErrorKind::Call, "{error}");
    }
    fence.write_all(&1_u64.to_ne_bytes()).unwrap();
    pending.wait().unwrap();
    points[0].wait().unwrap();
    assert_eq!(pixel(&to, 63, 47), BLUE);
}
