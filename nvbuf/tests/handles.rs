//! Several handles of one buffer: buffers of a batch by themselves, views, and what they know of each other.

use std::os::fd::AsRawFd;
use std::sync::Arc;

use nvbuf::{Access, Descriptor, EglImage, ErrorKind, Surface};

fn batch(count: u32) -> Arc<Surface> {
    let builder = Surface::builder(24, 12).batch(count);
    Arc::new(builder.build().expect("run tests through ci/sim.sh"))
}

#[test]
fn buffers_of_a_batch_are_written_by_themselves() {
    let batch = batch(3);
    std::thread::scope(|scope| {
        for i in 0..3 {
            let mut buffer = batch.buffer(i).unwrap();
            scope.spawn(move || {
                let mut map = buffer.map_mut(0).unwrap();
                for row in map.rows_mut(0).unwrap() {
                    row.fill(10 + i as u8);
                }
                map.unmap().unwrap();
            });
        }
    });
    for i in 0..3 {
        let map = batch.map(i).unwrap();
        assert!(map.rows(0).unwrap().flatten().all(|b| *b == 10 + i as u8));
    }
    let error = batch.buffer(3).expect_err("three buffers");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn a_buffer_is_copied_and_filled_by_itself_and_keeps_the_batch() {
    let owner = batch(2);
    let (from, mut to) = (owner.buffer(0).unwrap(), owner.buffer(1).unwrap());
    assert_eq!((to.batch_size(), to.num_filled()), (1, 1));
    assert!(Arc::ptr_eq(to.owner().unwrap(), &owner) && owner.owner().is_none());
    assert_eq!(to.params(0).unwrap(), owner.params(1).unwrap());
    drop(owner);
    let mut first = from;
    first.fill(0, &[77]).unwrap();
    first.copy_to(&mut to).unwrap();
    assert!(
        to.map(0)
            .unwrap()
            .rows(0)
            .unwrap()
            .flatten()
            .all(|b| *b == 77)
    );
    let text = format!("{to:?}");
    assert!(
        text.contains("batch 1") && text.contains("Buffer"),
        "{text}"
    );
    let image = EglImage::map(&Arc::new(to), 0).unwrap();
    drop(first);
    assert_eq!(image.surface().params(0).unwrap().width(), 24);
}

#[test]
fn mappings_of_two_handles_exclude_each_other() {
    let owner = batch(2);
    let mut first = owner.buffer(0).unwrap();
    let mut second = owner.buffer(0).unwrap();
    let busy = |error: nvbuf::Error| assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    let write = first.map_mut(0).unwrap();
    busy(second.map(0).expect_err("written"));
    busy(owner.map_ptr(0, Access::Read).expect_err("written"));
    busy(second.fill(0, &[1]).expect_err("written"));
    busy(
        owner
            .copy_buffer_to(0, &mut owner.buffer(1).unwrap(), 0)
            .expect_err("written"),
    );
    // The other buffer is free.
    owner.map(1).unwrap().unmap().unwrap();
    drop(write);
    let read = first.map(0).unwrap();
    let also = owner.map(0).unwrap();
    busy(second.map_mut(0).expect_err("read"));
    busy(second.dmabuf(0).expect_err("slices of another handle"));
    drop((read, also));
    // A buffer cannot be copied onto itself.
    busy(first.copy_to(&mut second).expect_err("the same"));
    // What exports one handle shares the other.
    assert!(second.dmabuf(0).unwrap().as_raw_fd() > 2);
    let error = first.map(0).expect_err("shared");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let write = first.map_ptr(0, Access::Write).unwrap();
    busy(second.map_ptr(0, Access::Write).expect_err("written"));
    drop(write);
    second.map_mut(0).expect_err("shared");
}

#[test]
fn views_and_their_owner_exclude_each_other() {
    let owner = batch(2);
    let descriptor = Descriptor::read(owner.as_ptr().cast(), owner.raw_size(), 1).unwrap();
    // SAFETY: `owner` outlives the views.
    let [one, two] = [(); 2].map(|()| unsafe { Surface::view(&descriptor) }.unwrap());
    let write = one.map_ptr(0, Access::Write).unwrap();
    for (handle, index) in [(&two, 0), (&*owner, 1)] {
        let error = handle.map_ptr(index, Access::Read).expect_err("written");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    }
    owner.map_ptr(0, Access::Write).unwrap().unmap().unwrap();
    drop(write);
    let reads = (
        owner.map_ptr(1, Access::Read).unwrap(),
        two.map_ptr(0, Access::Read).unwrap(),
    );
    one.map_ptr(0, Access::Write).expect_err("read");
    drop(reads);
    one.map_ptr(0, Access::Write).unwrap().unmap().unwrap();
}

#[test]
fn a_new_surface_knows_nothing_of_one_that_is_gone() {
    for _ in 0..3 {
        let mut surface = Arc::into_inner(batch(1)).unwrap();
        assert!(!surface.as_ptr().is_null());
        // Shared; the next surface gets its fd.
        surface.map_mut(0).expect_err("shared");
    }
    let mut surface = Arc::into_inner(batch(1)).unwrap();
    surface.map_mut(0).unwrap().unmap().unwrap();
}

#[test]
fn filled_buffers_are_said_to_those_who_read_the_c_object() {
    let surface = batch(3);
    assert_eq!(surface.num_filled(), 3);
    let in_c = || {
        // SAFETY: the surface is alive, and this is its only thread.
        unsafe { (*surface.as_ptr()).numFilled }
    };
    assert_eq!(in_c(), 3);
    surface.set_num_filled(1).unwrap();
    assert_eq!((surface.num_filled(), in_c()), (1, 1));
    let error = surface.set_num_filled(4).expect_err("three");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert_eq!(in_c(), 1);
}

#[test]
fn debug_names_every_fd_of_a_small_batch() {
    let surface = batch(2);
    let text = format!("{surface:?}");
    for i in 0..2 {
        let fd = surface.params(i).unwrap().fd_number().unwrap().to_string();
        assert!(text.contains(&fd), "{text}");
    }
    let text = format!("{:?}", batch(11));
    assert!(text.contains("and 3 more"), "{text}");
    assert_eq!((surface.gpu_id(), surface.is_contiguous()), (0, false));
}
