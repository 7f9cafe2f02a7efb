//! Transforms: pixels of crops, scales and flips, batches, sessions.

mod picture;

use std::thread;

use nvbuf::{
    Access, ColorFormat, Compute, ErrorKind, Filter, Flip, MemType, Rect, Session, Surface,
    Transform,
};
use picture::{counter, functions, on_release, paint, pixel, read, rgba, surface};

/// The number of the source pixel that the nearest one to pixel `i` of `out` is.
fn nearest(i: usize, len: usize, out: usize) -> usize {
    ((i as f64 + 0.5) * len as f64 / out as f64) as usize
}

#[test]
fn a_part_is_scaled_to_a_part_and_the_rest_stays() {
    let (source, from) = rgba(64, 48, 1);
    let (mut target, before) = rgba(96, 40, 2);
    let (crop, place) = (Rect::new(8, 4, 40, 30), Rect::new(10, 2, 60, 22));
    Transform::new()
        .crop(crop)
        .place(place)
        .filter(Filter::NEAREST)
        .run(&source, &mut target)
        .unwrap();
    let after = read(&target, 0, 0);
    for (y, x) in (0..40).flat_map(|y| (0..96).map(move |x| (y, x))) {
        let inside = (10..70).contains(&x) && (2..24).contains(&y);
        let expected = if inside {
            let x = 8 + nearest(x - 10, 40, 60);
            let y = 4 + nearest(y - 2, 30, 22);
            pixel(&from, 64, x, y)
        } else {
            pixel(&before, 96, x, y)
        };
        assert_eq!(pixel(&after, 96, x, y), expected, "{x} {y}");
    }
    assert_eq!(read(&source, 0, 0), from, "the source is only read");
}

#[test]
fn every_flip_puts_pixels_where_it_says() {
    type Place = fn(usize, usize, usize, usize) -> (usize, usize);
    // Where pixel x, y of the result comes from in a picture of w by h.
    let flips: [(Flip, Place); 8] = [
        (Flip::None, |x, y, _, _| (x, y)),
        (Flip::Rotate90, |x, y, w, _| (w - 1 - y, x)),
        (Flip::Rotate180, |x, y, w, h| (w - 1 - x, h - 1 - y)),
        (Flip::Rotate270, |x, y, _, h| (y, h - 1 - x)),
        (Flip::FlipX, |x, y, w, _| (w - 1 - x, y)),
        (Flip::FlipY, |x, y, _, h| (x, h - 1 - y)),
        (Flip::Transpose, |x, y, _, _| (y, x)),
        (Flip::InvTranspose, |x, y, w, h| (w - 1 - y, h - 1 - x)),
    ];
    let (source, from) = rgba(32, 18, 3);
    for (flip, place) in flips {
        let (w, h) = if flip.swaps_axes() {
            (18, 32)
        } else {
            (32, 18)
        };
        let mut target = surface(ColorFormat::RGBA, w, h);
        Transform::new()
            .flip(flip)
            .run(&source, &mut target)
            .unwrap();
        let after = read(&target, 0, 0);
        let (w, h) = (w as usize, h as usize);
        for (y, x) in (0..h).flat_map(|y| (0..w).map(move |x| (y, x))) {
            let (sx, sy) = place(x, y, 32, 18);
            let expected = pixel(&from, 32, sx, sy);
            assert_eq!(pixel(&after, w, x, y), expected, "{flip:?} {x} {y}");
        }
    }
}

#[test]
fn bilinear_is_between_its_neighbours_and_nearest_is_one_of_them() {
    let mut source = surface(ColorFormat::GRAY8, 32, 32);
    let ramp: Vec<u8> = (0..32 * 32).map(|i| (i % 32 * 8) as u8).collect();
    picture::write(&mut source, 0, 0, &ramp);
    let mut target = surface(ColorFormat::GRAY8, 128, 32);
    let scaled = |filter, target: &mut Surface| {
        Transform::new()
            .filter(filter)
            .run(&source, target)
            .unwrap();
        read(target, 0, 0)
    };
    let nearest = scaled(Filter::NEAREST, &mut target);
    assert!(nearest.iter().all(|byte| byte % 8 == 0));
    let bilinear = scaled(Filter::BILINEAR, &mut target);
    assert!(bilinear.iter().any(|byte| byte % 8 != 0));
    for row in bilinear.chunks(128) {
        assert!(row.is_sorted(), "{row:?}");
    }
    assert_eq!(scaled(Filter::DEFAULT, &mut target), nearest);
}

#[test]
fn every_buffer_of_a_batch_with_rectangles_of_its_own() {
    let batch = |n| Surface::builder(32, 16).batch(n).build().unwrap();
    let (mut source, mut target) = (batch(3), batch(4));
    let from = [0, 1, 2].map(|i| paint(&mut source, i, 10 + i));
    let untouched = paint(&mut target, 3, 20);
    Transform::new().run(&source, &mut target).unwrap();
    assert_eq!([0, 1, 2].map(|i| read(&target, i, 0)), from);
    assert_eq!(read(&target, 3, 0), untouched);
    let crops = [0, 8, 16].map(|left| Rect::new(left, 0, 16, 16));
    let places = [16, 4, 0].map(|left| Rect::new(left, 0, 16, 16));
    Transform::new()
        .crop_each(&crops)
        .place_each(&places)
        .run(&source, &mut target)
        .unwrap();
    for i in 0..3 {
        let after = read(&target, i as u32, 0);
        let (from_left, to_left) = (crops[i].left as usize, places[i].left as usize);
        for (y, x) in (0..16).flat_map(|y| (0..16).map(move |x| (y, x))) {
            let expected = pixel(&from[i], 32, from_left + x, y);
            assert_eq!(pixel(&after, 32, to_left + x, y), expected, "{i} {x} {y}");
        }
    }
    // One of them, into another one.
    Transform::new()
        .run_one(&source, 2, &mut target, 0)
        .unwrap();
    assert_eq!(read(&target, 0, 0), from[2]);
}

#[test]
fn buffers_of_several_surfaces_in_one_call() {
    let sources = [rgba(32, 16, 1), rgba(48, 16, 2), rgba(32, 32, 3)];
    let targets = [rgba(32, 16, 4).0, rgba(48, 16, 5).0, rgba(32, 32, 6).0];
    let calls = counter("NvBufSurfTransform");
    let from = sources.each_ref().map(|(surface, _)| (surface, 0));
    let to = targets.each_ref().map(|surface| (surface, 0));
    Transform::new().run_buffers(&from, &to).unwrap();
    for ((_, pixels), target) in sources.iter().zip(&targets) {
        assert_eq!(&read(target, 0, 0), pixels);
    }
    let twice = [to[0], to[0]];
    let error = Transform::new().run_buffers(&from[..2], &twice);
    let error = error.expect_err("a target twice");
    // The sizes differ too, but no engine may write a buffer twice at a time.
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    // What was claimed before is free again.
    drop(targets[0].map_ptr(0, Access::Write).unwrap());
    // Tests of one process run together: at least one call, hence.
    assert!(counter("NvBufSurfTransform") > calls || calls.is_none());
}

#[test]
fn a_view_is_transformed_as_its_owner_s_surface() {
    let (owner, pixels) = rgba(32, 16, 7);
    let descriptor = nvbuf::Descriptor::read(owner.as_ptr().cast(), owner.raw_size(), 0).unwrap();
    // SAFETY: `owner` outlives the view.
    let view = unsafe { Surface::view(&descriptor) }.unwrap();
    let mut target = surface(ColorFormat::RGBA, 32, 16);
    Transform::new().run(&view, &mut target).unwrap();
    assert_eq!(read(&target, 0, 0), pixels);
    // Another surface, the same buffer.
    let error = Transform::new().run_buffers(&[(&view, 0)], &[(&owner, 0)]);
    let error = error.expect_err("it is its own target");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("same buffer"), "{error}");
}

#[test]
fn threads_have_their_own_engines() {
    let cuda = || {
        Surface::builder(32, 16)
            .mem_type(MemType::CUDA_DEVICE)
            .build()
            .unwrap()
    };
    let set = functions().set_session_params;
    thread::scope(|scope| {
        scope.spawn(|| {
            for seed in 0..50 {
                let (source, pixels) = rgba(32, 16, seed);
                let mut target = surface(ColorFormat::RGBA, 32, 16);
                let vic = Transform::new().compute(Compute::Vic);
                vic.run(&source, &mut target).unwrap();
                assert_eq!(read(&target, 0, 0), pixels);
                assert_eq!(Session::of_thread().unwrap(), (Compute::Vic, 0));
            }
        });
        scope.spawn(|| {
            for seed in 50..100 {
                let (source, pixels) = rgba(32, 16, seed);
                let (mut middle, mut target) = (cuda(), surface(ColorFormat::RGBA, 32, 16));
                let gpu = Transform::new().compute(Compute::Gpu);
                gpu.run(&source, &mut middle).unwrap();
                // Other code of the thread changes the session, to one that does not reach the memory.
                let mut other = nvbuf::sys::extended::NvBufSurfTransformConfigParams {
                    compute_mode: Compute::Vic as u32,
                    ..Default::default()
                };
                // SAFETY: a struct that is right for both families.
                assert_eq!(unsafe { set(&raw mut other) }, 0);
                gpu.run(&middle, &mut target).unwrap();
                assert_eq!(read(&target, 0, 0), pixels);
                assert_eq!(Session::of_thread().unwrap(), (Compute::Gpu, 0));
            }
            Session::reset().unwrap();
            assert_eq!(Session::of_thread().unwrap(), (Compute::Default, 0));
        });
    });
}

#[test]
fn the_stream_and_the_gpu_reach_the_library() {
    let (source, mut target) = (rgba(32, 16, 1).0, rgba(32, 16, 2).0);
    if counter("violations").is_none() {
        println!("not run: a stream that is none is for the simulator only");
        return;
    }
    let stream = std::ptr::without_provenance_mut(0x1000);
    // SAFETY: the simulator's transforms use no stream, and the session is reset below.
    let session = unsafe {
        Session::new(Compute::Gpu)
            .with_gpu(3)
            .with_cuda_stream(stream)
    };
    assert_eq!(session.cuda_stream(), stream);
    let transform = Transform::new().session(session);
    transform.run(&source, &mut target).unwrap();
    assert_eq!(Session::of_thread().unwrap(), (Compute::Gpu, 3));
    let get = functions().get_session_params;
    let mut params = nvbuf::sys::extended::NvBufSurfTransformConfigParams::default();
    // SAFETY: the longer family's struct.
    assert_eq!(unsafe { get(&raw mut params) }, 0);
    assert_eq!(params.cuda_stream.addr(), 0x1000);
    Session::reset().unwrap();
}

#[test]
fn all_of_this_on_the_first_release_too() {
    on_release("r32.1");
}

const fn assert_send_sync<T: Send + Sync>() {}
const _: () = {
    assert_send_sync::<Transform>();
    assert_send_sync::<nvbuf::Composite>();
    assert_send_sync::<nvbuf::Blend>();
    assert_send_sync::<nvbuf::SyncObject>();
};
