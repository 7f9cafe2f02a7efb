//! Transforms by libnvbufsurftransform: geometry, errors, sessions.

mod canvas;
mod support;

use canvas::{Area, Ask, Canvas, function, is_extended, transform, use_engine};
use nvbufsurface_sys::{classic as sys, extended};
use support::{counter, fail, on_each, release};

const RELEASES: [&str; 4] = ["r32.5.2", "r32.7", "r36.4", "r39.2"];
const NV12: u32 = sys::NVBUF_COLOR_FORMAT_NV12;
const GRAY: u32 = sys::NVBUF_COLOR_FORMAT_GRAY8;
const RGBA: u32 = sys::NVBUF_COLOR_FORMAT_RGBA;

#[test]
fn crops_leave_the_rest() {
    on_each("crops_leave_the_rest", &RELEASES, || {
        let (from, to) = (Canvas::new(RGBA, 64, 32), Canvas::new(RGBA, 40, 48));
        let (source, before) = (from.paint(0, 1), to.paint(0, 2));
        let ask = Ask::crop([6, 4, 20, 18], [10, 26, 20, 18]);
        assert_eq!(transform(from, to, &ask), 0);
        let after = to.read(0);
        for (i, pixel) in after.chunks(4).enumerate() {
            let (x, y) = (i % 40, i / 40);
            let inside = (10..30).contains(&x) && (26..44).contains(&y);
            let expected = if inside {
                &source[((y - 26 + 4) * 64 + x - 10 + 6) * 4..][..4]
            } else {
                &before[i * 4..][..4]
            };
            assert_eq!(pixel, expected, "{x} {y}");
        }
        assert_eq!(
            (counter("engine_copies"), counter("engine_bytes")),
            (1, 20 * 18 * 4)
        );
        assert_eq!((from.destroy(), to.destroy()), (0, 0));
        assert_eq!((counter("violations"), counter("unsupported")), (0, 0));
    });
}

#[test]
fn flips_and_turns() {
    // It has NV24.
    on_each("flips_and_turns", &["r36.4"], || {
        let (w, h) = (16usize, 8usize);
        type Place = fn(usize, usize, usize, usize) -> (usize, usize);
        // Where a pixel of the result comes from.
        let flips: [(u32, bool, Place); 8] = [
            (sys::NvBufSurfTransform_None, false, |x, y, _, _| (x, y)),
            (sys::NvBufSurfTransform_Rotate90, true, |x, y, w, _| {
                (w - 1 - y, x)
            }),
            (sys::NvBufSurfTransform_Rotate180, false, |x, y, w, h| {
                (w - 1 - x, h - 1 - y)
            }),
            (sys::NvBufSurfTransform_Rotate270, true, |x, y, _, h| {
                (y, h - 1 - x)
            }),
            (sys::NvBufSurfTransform_FlipX, false, |x, y, w, _| {
                (w - 1 - x, y)
            }),
            (sys::NvBufSurfTransform_FlipY, false, |x, y, _, h| {
                (x, h - 1 - y)
            }),
            (sys::NvBufSurfTransform_Transpose, true, |x, y, _, _| (y, x)),
            (sys::NvBufSurfTransform_InvTranspose, true, |x, y, w, h| {
                (w - 1 - y, h - 1 - x)
            }),
        ];
        for format in [GRAY, RGBA, sys::NVBUF_COLOR_FORMAT_NV24] {
            for (flip, turns, place) in flips {
                let (tw, th) = if turns { (h, w) } else { (w, h) };
                let from = Canvas::new(format, w as u32, h as u32);
                let to = Canvas::new(format, tw as u32, th as u32);
                let source = from.paint(0, flip + 3);
                assert_eq!(transform(from, to, &Ask::flip(flip)), 0);
                let result = to.read(0);
                let mut start = 0;
                for bytes in from
                    .entry(0)
                    .planeParams
                    .bytesPerPix
                    .iter()
                    .take_while(|b| **b > 0)
                {
                    let n = *bytes as usize;
                    for i in 0..tw * th {
                        let (x, y) = place(i % tw, i / tw, w, h);
                        let (ours, theirs) = (start + i * n, start + (y * w + x) * n);
                        assert_eq!(
                            result[ours..ours + n],
                            source[theirs..theirs + n],
                            "{flip} {i}"
                        );
                    }
                    start += w * h * n;
                }
            }
        }
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn every_filled_buffer_of_a_batch() {
    on_each("every_filled_buffer_of_a_batch", &RELEASES, || {
        let memory = sys::NVBUF_MEM_DEFAULT;
        let from = Canvas::of(3, NV12, 32, 16, memory);
        let to = Canvas::of(3, NV12, 32, 16, memory);
        from.fill(2);
        let pixels = [0, 1, 2].map(|i| from.paint(i, i as u32));
        let untouched = to.paint(2, 9);
        assert_eq!(transform(from, to, &Ask::default()), 0);
        assert_eq!([to.read(0), to.read(1)], pixels[..2]);
        assert_eq!(to.read(2), untouched);
        // A rectangle for each, in the struct of the family.
        let mut ask = Ask::crop([0, 0, 16, 8], [0, 0, 16, 8]);
        ask.from.push([16, 8, 16, 8]);
        ask.to.push([0, 0, 16, 8]);
        assert_eq!(transform(from, to, &ask), 0);
        assert_eq!(to.read(1)[..16], pixels[1][8 * 32 + 16..][..16]);
    });
}

#[test]
fn what_cannot_be_done_has_its_error() {
    on_each(
        "what_cannot_be_done_has_its_error",
        &["r32.7", "r36.4", "r39.2"],
        || {
            let (from, to) = (Canvas::new(NV12, 640, 480), Canvas::new(NV12, 320, 240));
            let whole: Area = [0, 0, 320, 240];
            let cropped = |from_rect, to_rect| transform(from, to, &Ask::crop(from_rect, to_rect));
            let (engine, params, outside) = (
                sys::NvBufSurfTransformError_Execution_Error,
                sys::NvBufSurfTransformError_Invalid_Params,
                sys::NvBufSurfTransformError_ROI_Error,
            );
            assert_eq!(cropped([0, 0, 0, 480], whole), params);
            assert_eq!(cropped([0, 0, 641, 480], whole), params);
            assert_eq!(cropped([1, 0, 320, 240], whole), params);
            assert_eq!(
                (counter("unaligned-rectangle"), counter("violations")),
                (2, 2)
            );
            assert_eq!(cropped([0, 0, 642, 480], whole), outside);
            assert_eq!(cropped([u32::MAX - 1, 0, 640, 480], whole), outside);
            assert_eq!(cropped([0, 0, 640, 480], [2, 0, 320, 240]), outside);
            assert_eq!(cropped([0, 0, 640, 480], [0, 0, 38, 240]), engine);
            assert_eq!(cropped([0, 0, 18, 480], whole), engine);
            assert_eq!((counter("vic-limit"), counter("violations")), (2, 4));
            assert_eq!(cropped([0, 0, 640, 480], [0, 0, 40, 30]), 0);
            // The GPU has no such limit.
            assert_eq!(use_engine(sys::NvBufSurfTransformCompute_GPU), 0);
            assert_eq!(cropped([0, 0, 18, 480], whole), 0);
            assert_eq!(use_engine(3), params);
            assert_eq!(use_engine(sys::NvBufSurfTransformCompute_VIC), 0);
            let mut ask = Ask::crop([2, 2, 317, 239], [0, 0, 317, 239]);
            ask.flags |= sys::NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP;
            let odd = if release() == "r32.7" { params } else { 0 };
            assert_eq!(transform(from, to, &ask), odd);
            // R32 has no such flag, and looks no further.
            assert_eq!(counter("violations"), 4);
            assert_eq!(transform(from, to, &Ask::flip(8)), params);
            assert_eq!(transform(from, to, &Ask::filter(7)), params);
            let other = Canvas::new(sys::NVBUF_COLOR_FORMAT_SIGNED_R16G16, 320, 240);
            assert_eq!(transform(from, other, &Ask::default()), params);
            from.fill(0);
            assert_eq!(transform(from, to, &Ask::default()), params);
            from.fill(1);
            assert_eq!((counter("violations"), counter("unsupported")), (4, 0));
            // Memory that the VIC does not reach.
            let cuda = Canvas::of(1, NV12, 320, 240, sys::NVBUF_MEM_CUDA_DEVICE);
            assert_eq!(transform(from, cuda, &Ask::default()), engine);
            assert_eq!(counter("violations"), 4);
            assert_eq!(fail("NvBufSurfTransform", 1, -2), 0);
            assert_eq!(transform(from, to, &Ask::default()), -2);
            // Destroyed: this breaks a rule. Its struct is gone too, so a copy of it is used.
            let mut head = [0u64; 9];
            let words = if is_extended() { 9 } else { 8 };
            // SAFETY: as many words as the struct has.
            unsafe { std::ptr::copy_nonoverlapping(from.raw.cast(), head.as_mut_ptr(), words) };
            let entry = Box::leak(Box::new([0u64; 64]));
            // SAFETY: a live surface.
            let list = unsafe { (*from.raw).surfaceList.cast::<u64>() };
            // SAFETY: an entry is at most 52 words; 48 are enough for what all families have.
            unsafe { std::ptr::copy_nonoverlapping(list, entry.as_mut_ptr(), 48) };
            head[3] = entry.as_ptr().expose_provenance() as u64;
            assert_eq!(from.destroy(), 0);
            let stale = Canvas {
                raw: head.as_mut_ptr().cast(),
            };
            assert_eq!(transform(stale, to, &Ask::default()), params);
            assert_eq!(counter("violations"), 5);
        },
    );
}

#[test]
fn sessions_are_per_thread() {
    on_each(
        "sessions_are_per_thread",
        &["r32.7", "r36.4", "r39.2"],
        || {
            let engine = || {
                let mut params = extended::NvBufSurfTransformConfigParams::default();
                let get: sys::PFN_NvBufSurfTransformGetSessionParams =
                    function("NvBufSurfTransformGetSessionParams");
                // SAFETY: at least as long as the struct of the release.
                assert_eq!(unsafe { get((&raw mut params).cast()) }, 0);
                params.compute_mode
            };
            let gpu = sys::NvBufSurfTransformCompute_GPU;
            assert_eq!(engine(), sys::NvBufSurfTransformCompute_Default);
            assert_eq!((use_engine(gpu), engine()), (0, gpu));
            let other = std::thread::spawn(engine).join().unwrap();
            assert_eq!(other, sys::NvBufSurfTransformCompute_Default);
            if release() != "r32.7" {
                let reset: sys::PFN_NvBufSurfTransformSetDefaultSession =
                    function("NvBufSurfTransformSetDefaultSession");
                // SAFETY: takes nothing.
                assert_eq!(unsafe { reset() }, 0);
                assert_eq!(engine(), sys::NvBufSurfTransformCompute_Default);
            }
        },
    );
}

#[test]
fn asynchronous_work_is_done_when_waited_for() {
    let test = "asynchronous_work_is_done_when_waited_for";
    on_each(test, &["r32.7", "r39.2"], || {
        // Large: it takes much longer than a call.
        let (from, to) = (Canvas::new(RGBA, 4096, 4096), Canvas::new(NV12, 4096, 4096));
        let mark = Canvas::new(GRAY, 64, 64);
        let (small, pixels) = (Canvas::new(GRAY, 64, 64), mark.paint(0, 5));
        let start: sys::PFN_NvBufSurfTransformAsync = function("NvBufSurfTransformAsync");
        let wait: sys::PFN_NvBufSurfTransformSyncObjWait =
            function("NvBufSurfTransformSyncObjWait");
        let end: sys::PFN_NvBufSurfTransformSyncObjDestroy =
            function("NvBufSurfTransformSyncObjDestroy");
        let begin = |from: Canvas, to: Canvas| {
            let mut object = std::ptr::null_mut();
            let params = Ask::default().params();
            // SAFETY: live surfaces and valid pointers.
            let result = unsafe { start(from.raw, to.raw, params, &mut object) };
            assert!(result == 0 && !object.is_null());
            object
        };
        let (mut first, mut second) = (begin(from, to), begin(mark, small));
        // Behind the large one in the queue.
        assert_eq!(small.read(0), vec![0; 64 * 64]);
        // SAFETY: a sync object of the library.
        let early = unsafe { wait(second, 0) };
        assert_eq!(early, sys::NvBufSurfTransformError_Execution_Error);
        // SAFETY: as above.
        assert_eq!(unsafe { wait(first, u32::MAX) }, 0);
        // SAFETY: as above.
        assert_eq!(unsafe { wait(second, u32::MAX) }, 0);
        assert_eq!(small.read(0), pixels);
        let handle = second;
        // SAFETY: as above.
        assert_eq!(unsafe { end(&mut second) }, 0);
        assert_eq!(second, handle);
        assert_eq!(counter("violations"), 0);
        // SAFETY: the simulator must refuse it.
        assert_eq!(unsafe { end(&mut second) }, -3);
        assert_eq!(counter("violations"), 1);
        // SAFETY: as above.
        assert_eq!(unsafe { end(&mut first) }, 0);
        // Nobody to wait for: done at once.
        let params = Ask::flip(sys::NvBufSurfTransform_FlipX).params();
        // SAFETY: live surfaces.
        let result = unsafe { start(mark.raw, small.raw, params, std::ptr::null_mut()) };
        assert_eq!((result, small.read(0)[0]), (0, pixels[63]));
    });
}
