//! From one NVMM buffer into another, without an element; and without the heap. GStreamer, the plugins
//! and the simulator have allocators of their own, which are not counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gst::prelude::*;
use gst_nvmm::nvbuf::{ColorFormat, Filter, Flip, Rect, Surface};
use gst_nvmm::{
    Conversion, Counts, Form, NvmmBufferExt, NvmmBufferPool, read_cpu, with_nvmm, write_cpu,
};
use gst_video::{VideoFormat, VideoInfo};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: all is the system's; the count changes nothing of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // While a thread ends nobody counts.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn info(format: VideoFormat, width: u32, height: u32) -> VideoInfo {
    gst::init().expect("GStreamer starts");
    let info = VideoInfo::builder(format, width, height).fps(gst::Fraction::new(30, 1));
    info.build().expect("a picture")
}

/// The only buffer of a pool.
fn buffer(info: &VideoInfo, form: Form) -> gst::Buffer {
    let caps = with_nvmm(&info.to_caps().expect("caps"));
    let pool = NvmmBufferPool::with_form(&caps, 0, 1, form).expect("a pool");
    pool.set_active(true).expect("it starts");
    pool.acquire_buffer(None).expect("a buffer")
}

fn paint(buffer: &mut gst::Buffer, info: &VideoInfo, byte: impl Fn(usize, usize) -> u8) {
    let buffer = buffer.get_mut().expect("nobody else has it");
    let painted = write_cpu(buffer, info, |map| {
        let plane = map.plane(0)?;
        for row in 0..plane.params.height as usize {
            for column in 0..plane.params.row_bytes() {
                let at = row * plane.params.pitch as usize + column;
                // SAFETY: a byte of a row of the plane, which is mapped for writing.
                let at = unsafe { plane.data.add(at) };
                // SAFETY: as above.
                unsafe { at.write(byte(column, row)) };
            }
        }
        Ok(())
    });
    painted.expect("it is mapped");
}

fn bytes(buffer: &gst::BufferRef, info: &VideoInfo) -> Vec<u8> {
    let read = read_cpu(buffer, info, |map| {
        let plane = map.plane(0)?;
        let mut all = Vec::new();
        for row in 0..plane.params.height as usize {
            let start = plane
                .data
                .as_ptr()
                .wrapping_add(row * plane.params.pitch as usize);
            // SAFETY: a row of the plane, which is mapped for reading.
            all.extend_from_slice(unsafe {
                std::slice::from_raw_parts(start, plane.params.row_bytes())
            });
        }
        Ok(all)
    });
    read.expect("it is mapped")
}

fn byte(x: usize, y: usize) -> u8 {
    (x * 5 + y * 3) as u8
}

#[test]
fn a_part_is_turned_and_made_larger_without_the_heap() {
    let (from, to) = (
        info(VideoFormat::Gray8, 32, 16),
        info(VideoFormat::Gray8, 16, 16),
    );
    let forms = [Form::of_platform(false), Form::Surface];
    for (source, target) in forms
        .into_iter()
        .flat_map(|one| forms.map(|two| (one, two)))
    {
        let (mut input, mut output) = (buffer(&from, source), buffer(&to, target));
        paint(&mut input, &from, byte);
        let conversion = Conversion::new()
            .crop(Rect::new(4, 2, 8, 8))
            .flip(Flip::Rotate180)
            .filter(Filter::NEAREST);
        let output = output.get_mut().expect("nobody else has it");
        let before = Counts::of_thread();
        let mut run = || {
            conversion
                .run(&input, &from, output, &to)
                .expect("it is done")
        };
        run();
        let heap = COUNT.get();
        assert!(heap > 0, "it counts");
        for _ in 0..100 {
            run();
        }
        assert_eq!(COUNT.get() - heap, 0);
        assert_eq!((Counts::of_thread() - before).copies, 101);
        // Each pixel of the part becomes four, from the lower right.
        let after = bytes(output, &to);
        for (i, value) in after.into_iter().enumerate() {
            let (x, y) = (i % 16, i / 16);
            assert_eq!(value, byte(4 + 7 - x / 2, 2 + 7 - y / 2), "{x} {y}");
        }
        assert_eq!(bytes(&input, &from)[..2], [byte(0, 0), byte(1, 0)]);
    }
}

/// The surface's own format counts: caps cannot say that NV12 has the full range.
#[test]
fn a_format_that_says_more_than_caps_is_followed() {
    let (from, to) = (
        info(VideoFormat::Nv12, 16, 16),
        info(VideoFormat::Rgba, 16, 16),
    );
    let white = |format| {
        let surface = Surface::builder(16, 16)
            .format(format)
            .build()
            .expect("a surface");
        let map = surface
            .map_ptr(0, gst_nvmm::nvbuf::Access::Write)
            .expect("a map");
        for (plane, value) in [(0, 235), (1, 128)] {
            let plane = map.plane(plane).expect("a plane");
            // SAFETY: all of the plane, mapped for writing.
            unsafe { plane.data.write_bytes(value, plane.params.byte_len()) };
        }
        map.unmap().expect("an unmap");
        let size = surface.raw_size();
        let held = Box::new(surface);
        let descriptor = held.as_ptr().cast();
        unsafe extern "C" fn free(held: *mut std::ffi::c_void) {
            // SAFETY: the box given below; called once.
            drop(unsafe { Box::from_raw(held.cast::<Surface>()) });
        }
        let flags = gst::ffi::GST_MEMORY_FLAG_READONLY;
        let held = Box::into_raw(held).cast();
        // SAFETY: the descriptor has these bytes and lives as long as the surface, which is freed last.
        let raw = unsafe {
            gst::ffi::gst_buffer_new_wrapped_full(
                flags,
                descriptor,
                size,
                0,
                size,
                held,
                Some(free),
            )
        };
        // SAFETY: a new buffer, which is ours.
        let buffer: gst::Buffer = unsafe { gst::glib::translate::from_glib_full(raw) };
        buffer
    };
    for (format, expected) in [(ColorFormat::NV12, 255), (ColorFormat::NV12_ER, 235)] {
        let input = white(format);
        let mut output = buffer(&to, Form::of_platform(false));
        let target = output.get_mut().expect("nobody else has it");
        let run = Conversion::new().run(&input, &from, target, &to);
        run.expect("it is done");
        let red = bytes(target, &to)[0];
        assert!(red.abs_diff(expected) <= 2, "{format}: {red}");
    }
}

#[test]
fn what_cannot_be_is_refused_before_pixels_change() {
    let (small, large) = (
        info(VideoFormat::Rgba, 16, 16),
        info(VideoFormat::Rgba, 320, 16),
    );
    let form = Form::of_platform(false);
    let (input, mut output) = (buffer(&small, form), buffer(&large, form));
    let target = output.get_mut().expect("nobody else has it");
    let whole = Conversion::new();
    let refused = |result: gst_nvmm::Result<()>, words: &str| {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(whole.run(&input, &small, target, &large), "1/16 to 16");
    refused(
        whole.run(&input, &large, target, &large),
        "negotiated one thing",
    );
    let outside = whole.crop(Rect::new(8, 8, 10, 8));
    refused(outside.run(&input, &small, target, &large), "not inside");
    // Two buffers with one memory.
    let mut other = gst::Buffer::new();
    other
        .get_mut()
        .expect("new")
        .append_memory(input.memory(0).expect("one"));
    let target = other.get_mut().expect("nobody else has it");
    refused(
        whole.run(&output, &large, target, &small),
        "shared with another",
    );
    assert!(output.is_nvmm());
}
