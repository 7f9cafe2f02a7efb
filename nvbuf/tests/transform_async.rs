//! Asynchronous transforms: order, what is busy meanwhile, what waits, and fences.

mod picture;

use std::fs::File;
use std::io::Write as _;
use std::os::fd::FromRawFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nvbuf::{
    Access, ColorFormat, Composite, ErrorKind, Layer, Rect, SyncObject, Transform, TransformError,
};
use picture::{counter, functions, on_release, read, rgba, surface};

/// Whether the release has them; if not, asks for one and looks at the error.
fn is_there() -> bool {
    let (source, target) = (Arc::new(rgba(32, 16, 1).0), Arc::new(rgba(32, 16, 2).0));
    match Transform::new().start(source, Arc::clone(&target)) {
        Ok(object) => {
            object.wait().unwrap();
            true
        }
        Err(error) => {
            assert!(functions().transform_async.is_none());
            assert_eq!(error.kind(), ErrorKind::Load, "{error}");
            let text = error.to_string();
            assert!(text.contains("NvBufSurfTransformAsync: "), "{text}");
            assert!(text.contains("R32.6"), "{text}");
            // Nothing is busy after it.
            drop(target.map_ptr(0, Access::Write).unwrap());
            false
        }
    }
}

#[test]
fn a_chain_of_transforms_waited_for_in_any_order() {
    if !is_there() {
        return;
    }
    let sources: Vec<_> = (0..6).map(|seed| rgba(640, 480, seed)).collect();
    let targets: Vec<_> = (0..6).map(|_| Arc::new(rgba(640, 480, 99).0)).collect();
    let (surfaces, pixels): (Vec<_>, Vec<_>) = sources.into_iter().unzip();
    let start = |(source, target): (_, &Arc<_>)| {
        let transform = Transform::new();
        transform
            .start(Arc::new(source), Arc::clone(target))
            .unwrap()
    };
    let mut objects: Vec<_> = surfaces.into_iter().zip(&targets).map(start).collect();
    // The last first; by waiting, by dropping, and in other threads.
    let mut number = 0;
    while let Some(object) = objects.pop() {
        match number % 3 {
            0 => object.wait().unwrap(),
            1 => drop(object),
            _ => thread::spawn(move || object.wait())
                .join()
                .unwrap()
                .unwrap(),
        }
        number += 1;
        let i = objects.len();
        assert_eq!(read(&targets[i], 0, 0), pixels[i]);
    }
}

#[test]
fn meanwhile_the_buffers_are_busy() {
    if !is_there() {
        return;
    }
    let (source, pixels) = rgba(640, 480, 1);
    let (source, target) = (Arc::new(source), Arc::new(rgba(640, 480, 2).0));
    let transform = Transform::new();
    let object = transform
        .start(Arc::clone(&source), Arc::clone(&target))
        .unwrap();
    let busy = |result: nvbuf::Result<()>, what: &str| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    for access in [Access::Read, Access::Write] {
        busy(target.map_ptr(0, access).map(drop), "is being written");
    }
    busy(target.map(0).map(drop), "is being written");
    busy(source.map_ptr(0, Access::Write).map(drop), "is being read");
    // Other handles of the buffers know.
    let handle = target.buffer(0).unwrap();
    busy(
        handle.map_ptr(0, Access::Read).map(drop),
        "is being written",
    );
    let handle = source.buffer(0).unwrap();
    busy(handle.map_ptr(0, Access::Write).map(drop), "is being read");
    handle.map_ptr(0, Access::Read).unwrap().unmap().unwrap();
    drop(handle);
    let other = rgba(640, 480, 3).0;
    let from = [(&other, 0)];
    busy(
        transform.run_buffers(&from, &[(&target, 0)]),
        "is being written",
    );
    busy(
        transform.run_buffers(&from, &[(&source, 0)]),
        "is being read",
    );
    busy(
        transform.run_buffers(&[(&target, 0)], &from),
        "is being written",
    );
    let again = transform.start(Arc::new(other), Arc::clone(&target));
    busy(again.map(drop), "is being written");
    // Readers do not disturb each other.
    assert_eq!(read(&source, 0, 0), pixels);
    let second = Arc::new(rgba(640, 480, 4).0);
    let second_object = transform
        .start(Arc::clone(&source), Arc::clone(&second))
        .unwrap();
    // The objects keep what they need.
    let weak = Arc::downgrade(&source);
    drop(source);
    object.wait().unwrap();
    assert!(weak.upgrade().is_some());
    second_object.wait().unwrap();
    assert!(weak.upgrade().is_none());
    assert_eq!(read(&target, 0, 0), pixels);
    assert_eq!(read(&second, 0, 0), pixels);
    drop(target.map_ptr(0, Access::Write).unwrap());
}

#[test]
fn a_batch_has_one_object() {
    if !is_there() {
        return;
    }
    let batch = || nvbuf::Surface::builder(64, 32).batch(3).build().unwrap();
    let (mut source, target) = (batch(), Arc::new(batch()));
    let pixels = [0, 1, 2].map(|i| picture::paint(&mut source, i, i));
    let object = Transform::new().start(Arc::new(source), Arc::clone(&target));
    let mut object = object.unwrap();
    assert!(target.map_ptr(2, Access::Read).is_err());
    object.wait_timeout(Duration::from_secs(10)).unwrap();
    assert!(format!("{object:?}").contains("is_done: true"));
    drop(object);
    assert_eq!([0, 1, 2].map(|i| read(&target, i, 0)), pixels);
}

#[test]
fn a_composition_that_does_not_wait() {
    if !is_there() {
        return;
    }
    let (one, two) = (rgba(32, 32, 1), rgba(32, 32, 2));
    let target = Arc::new(surface(ColorFormat::RGBA, 64, 32));
    let layer = |left| Layer::new().place(Rect::new(left, 0, 32, 32));
    let both = Composite::new().layer(layer(0)).layer(layer(32));
    let sources = [(Arc::new(one.0), 0), (Arc::new(two.0), 0)];
    let object = both.start(&sources, Arc::clone(&target), 0).unwrap();
    assert!(target.map_ptr(0, Access::Read).is_err());
    object.wait().unwrap();
    for (y, row) in read(&target, 0, 0).chunks(256).enumerate() {
        let parts = [&one.1, &two.1].map(|pixels| &pixels[y * 128..][..128]);
        assert_eq!(row, parts.concat());
    }
}

/// A new eventfd, which stands for a fence on the simulator.
fn eventfd() -> File {
    // SAFETY: it takes two numbers.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the fd is new, and nobody else's.
    unsafe { File::from_raw_fd(fd) }
}

#[test]
fn a_fence_of_other_code_can_be_waited_for() {
    surface(ColorFormat::RGBA, 16, 16);
    let mut fence = eventfd();
    let objects = SyncObject::from_fence(&fence);
    if functions().sync_obj_from_file.is_none() {
        let error = objects.expect_err("the release has none");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        let symbol = functions().sync_obj_wait.map_or("Wait", |_| "FromFile");
        assert!(error.call().ends_with(symbol), "{error}");
        return;
    }
    if counter("violations").is_none() {
        println!("not run: an eventfd is a fence on the simulator only");
        return;
    }
    let mut objects = objects.unwrap();
    assert_eq!(objects.len(), 1);
    let early = objects[0].wait_timeout(Duration::from_millis(5));
    let kind = ErrorKind::Transform(TransformError::EXECUTION);
    assert_eq!(early.expect_err("nobody has signalled it").kind(), kind);
    fence.write_all(&1_u64.to_ne_bytes()).unwrap();
    objects[0].wait_timeout(Duration::from_secs(10)).unwrap();
    objects.pop().unwrap().wait().unwrap();
    // One that is never signalled keeps nobody.
    drop(SyncObject::from_fence(eventfd()).unwrap());
}

#[test]
fn all_of_this_where_the_release_has_none() {
    on_release("r32.1");
}
