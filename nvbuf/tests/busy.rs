//! Copies, fills and packed planes beside an engine's work that was not waited for: they are refused
//! through any handle, and nothing was written.

mod picture;

use std::sync::Arc;

use nvbuf::{ErrorKind, Result, Transform};
use picture::{functions, on_release, read, rgba};

#[test]
fn what_an_engine_uses_is_neither_copied_nor_filled_in_a_wrong_way() {
    if functions().transform_async.is_none() {
        println!("not run: no asynchronous transforms");
        return;
    }
    let (source, pixels) = rgba(64, 32, 1);
    let (source, target) = (Arc::new(source), Arc::new(rgba(64, 32, 2).0));
    let (mut other, others) = rgba(64, 32, 3);
    let mut packed = vec![0; pixels.len()];
    let start = Transform::new().start(Arc::clone(&source), Arc::clone(&target));
    let object = start.unwrap();

    let busy = |result: Result<()>, what: &str| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    let mut handle = target.buffer(0).unwrap();
    busy(target.copy_to(&mut other), "is being written");
    busy(handle.copy_buffer_to(0, &mut other, 0), "is being written");
    busy(other.copy_to(&mut handle), "is being written");
    busy(handle.fill(0, &[9]), "is being written");
    busy(handle.read_plane(0, 0, &mut packed), "is being written");
    busy(handle.write_plane(0, 0, &others), "is being written");
    let mut from = source.buffer(0).unwrap();
    busy(other.copy_to(&mut from), "is being read");
    busy(from.fill(0, &[9]), "is being read");
    busy(from.write_plane(0, 0, &others), "is being read");
    assert_eq!(read(&other, 0, 0), others);

    // Its source may be read.
    source.copy_to(&mut other).unwrap();
    assert_eq!(read(&other, 0, 0), pixels);

    // Then all of it is free, and was not touched.
    object.wait().unwrap();
    assert_eq!(read(&source, 0, 0), pixels);
    assert_eq!(read(&target, 0, 0), pixels);
    from.fill(0, &[9]).unwrap();
    from.copy_to(&mut handle).unwrap();
    handle.read_plane(0, 0, &mut packed).unwrap();
    assert!(packed.iter().all(|byte| *byte == 9));
}

#[test]
fn a_batch_is_copied_up_to_the_buffer_that_is_busy() {
    if functions().transform_async.is_none() {
        println!("not run: no asynchronous transforms");
        return;
    }
    let batch = || nvbuf::Surface::builder(64, 32).batch(2).build().unwrap();
    let (mut batch, mut copy) = (batch(), batch());
    let pixels = [0, 1].map(|i| picture::paint(&mut batch, i, 4 + i));
    let before = picture::paint(&mut copy, 1, 6);
    let (batch, source) = (Arc::new(batch), Arc::new(rgba(64, 32, 7).0));
    let start = Transform::new().start_buffers(&[(source, 0)], &[(Arc::clone(&batch), 1)]);
    let object = start.unwrap();
    let error = batch.copy_to(&mut copy).expect_err("its second is written");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(read(&copy, 0, 0), pixels[0]);
    assert_eq!(read(&copy, 1, 0), before);
    object.wait().unwrap();
    batch.copy_to(&mut copy).unwrap();
    assert_eq!(read(&copy, 1, 0), read(&batch, 1, 0));
}

#[test]
fn on_r36() {
    on_release("r36.4");
}
