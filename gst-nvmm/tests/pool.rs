//! Allocator, pool and memory, without a pipeline.

use std::sync::mpsc;
use std::time::Duration;

use gst::prelude::*;
use gst_nvmm::{
    Form, NvmmAllocator, NvmmBufferExt, NvmmBufferPool, allocation, nvmm_caps, read_cpu,
    with_field, write_cpu,
};
use gst_video::{VideoFormat, VideoInfo, VideoMeta};

fn info() -> VideoInfo {
    gst::init().expect("GStreamer starts");
    VideoInfo::builder(VideoFormat::Rgba, 16, 8)
        .build()
        .unwrap()
}

fn caps() -> gst::Caps {
    let mut caps = nvmm_caps([VideoFormat::Rgba]);
    caps.make_mut().set("width", 16);
    caps.make_mut().set("height", 8);
    caps.make_mut().set("framerate", gst::Fraction::new(30, 1));
    caps.fixate();
    caps
}

fn pool(max: u32) -> NvmmBufferPool {
    gst::init().expect("GStreamer starts");
    let pool = NvmmBufferPool::new(&caps(), 0, max).unwrap();
    pool.set_active(true).unwrap();
    pool
}

fn fill(buffer: &mut gst::BufferRef, value: u8) {
    write_cpu(buffer, &info(), |map| {
        let plane = map.plane(0)?;
        // SAFETY: `byte_len` bytes are mapped for writing.
        unsafe { plane.data.write_bytes(value, plane.params.byte_len()) };
        Ok(())
    })
    .unwrap();
}

fn first_byte(buffer: &gst::BufferRef) -> u8 {
    read_cpu(buffer, &info(), |map| {
        let data = map.plane(0)?.data;
        // SAFETY: the plane has at least one byte, mapped for reading.
        Ok(unsafe { data.as_ptr().read_volatile() })
    })
    .unwrap()
}

#[test]
fn pixels_survive_in_a_real_copy_and_the_descriptor_is_not_cloned() {
    let pool = pool(2);
    let mut buffer = pool.acquire_buffer(None).unwrap();
    fill(buffer.get_mut().unwrap(), 0x5a);
    let copy = buffer.copy_deep().unwrap();
    let (ours, copied) = (buffer.nvmm_memory().unwrap(), copy.nvmm_memory().unwrap());
    assert_eq!(ours.form(), copied.form());
    let fd = |memory: &gst_nvmm::NvmmMemoryRef| {
        let params = *memory.surface().unwrap().params(0).unwrap();
        params.fd_number().unwrap()
    };
    assert_ne!(fd(ours), fd(copied), "a clone of the descriptor");
    fill(buffer.get_mut().unwrap(), 0x11);
    assert_eq!((first_byte(&copy), first_byte(&buffer)), (0x5a, 0x11));
    // The copy is outside the pool: both of its buffers are still to be had.
    let second = pool.acquire_buffer(None).unwrap();
    drop((buffer, second, copy));
}

#[test]
fn part_of_a_descriptor_is_neither_shared_nor_copied() {
    let pool = pool(1);
    let buffer = pool.acquire_buffer(None).unwrap();
    let memory: *mut gst::ffi::GstMemory = buffer.peek_memory(0).as_ptr().cast_mut();
    // SAFETY: the buffer holds the memory.
    let shared = unsafe { gst::ffi::gst_memory_share(memory, 8, 8) };
    assert!(shared.is_null());
    // SAFETY: as above.
    let copied = unsafe { gst::ffi::gst_memory_copy(memory, 8, 8) };
    assert!(copied.is_null());
}

#[test]
fn memory_shared_by_two_buffers_is_not_written() {
    let pool = pool(1);
    let buffer = pool.acquire_buffer(None).unwrap();
    let mut copy = buffer.copy();
    let copy = copy.get_mut().unwrap();
    let error = write_cpu(copy, &info(), |_| Ok(())).expect_err("two buffers share the memory");
    assert!(error.to_string().contains("shared"), "{error}");
}

#[test]
fn the_allocator_makes_no_memory_of_a_size() {
    let allocator = NvmmAllocator::new(&info(), 1).unwrap();
    assert!(
        allocator
            .upcast_ref::<gst::Allocator>()
            .alloc(64, None)
            .is_err()
    );
}

#[test]
fn a_format_without_surface_format_is_refused_by_name() {
    gst::init().expect("GStreamer starts");
    let info = VideoInfo::builder(VideoFormat::Argb64, 16, 8)
        .build()
        .unwrap();
    let error = NvmmAllocator::new(&info, 1).expect_err("no such surface");
    assert!(error.to_string().contains("ARGB64"), "{error}");
}

#[test]
fn caps_without_the_feature_are_refused_with_the_remedy() {
    let error =
        NvmmBufferPool::new(&gst_nvmm::without_nvmm(&caps()), 0, 2).expect_err("system memory");
    assert!(error.to_string().contains("memory:NVMM"), "{error}");
}

#[test]
fn an_empty_pool_blocks_until_the_surface_comes_back_not_the_buffer() {
    let pool = pool(1);
    let buffer = pool.acquire_buffer(None).unwrap();
    // The buffer goes, its memory stays in a copy: as behind a tee.
    let copy = buffer.copy();
    drop(buffer);
    let (sent, received) = mpsc::channel();
    let waiting = pool.clone();
    let thread = std::thread::spawn(move || {
        let buffer = waiting.acquire_buffer(None);
        sent.send(()).unwrap();
        buffer
    });
    let early = received.recv_timeout(Duration::from_millis(200));
    assert!(early.is_err(), "the only surface is in use");
    drop(copy);
    received
        .recv_timeout(Duration::from_secs(10))
        .expect("the surface is back");
    thread.join().unwrap().unwrap();
}

#[test]
fn dont_wait_is_honoured_and_flushing_wakes() {
    let pool = pool(1);
    let buffer = pool.acquire_buffer(None).unwrap();
    let copy = buffer.copy();
    drop(buffer);
    let params = gst::BufferPoolAcquireParams::with_flags(gst::BufferPoolAcquireFlags::DONTWAIT);
    assert_eq!(
        pool.acquire_buffer(Some(&params)).expect_err("empty"),
        gst::FlowError::Eos
    );
    let waiting = pool.clone();
    let thread = std::thread::spawn(move || waiting.acquire_buffer(None));
    std::thread::sleep(Duration::from_millis(100));
    pool.set_active(false).unwrap();
    assert_eq!(
        thread.join().unwrap().expect_err("flushing"),
        gst::FlowError::Flushing
    );
    drop(copy);
    // The pool can be used again.
    pool.set_active(true).unwrap();
    pool.acquire_buffer(None).unwrap();
}

#[test]
fn a_buffer_that_comes_back_wakes_who_waits_for_a_surface() {
    let pool = pool(2);
    let first = pool.acquire_buffer(None).unwrap();
    let second = pool.acquire_buffer(None).unwrap();
    // The first one's surface stays in use by a copy, so the waiter waits for a surface.
    let copy = first.copy();
    drop(first);
    let (sent, received) = mpsc::channel();
    let waiting = pool.clone();
    let thread = std::thread::spawn(move || {
        let buffer = waiting.acquire_buffer(None);
        sent.send(()).unwrap();
        buffer
    });
    std::thread::sleep(Duration::from_millis(100));
    drop(second);
    received
        .recv_timeout(Duration::from_secs(10))
        .expect("the second buffer is back in the pool");
    thread.join().unwrap().unwrap();
    drop(copy);
}

#[test]
fn a_pool_with_a_minimum_starts_again() {
    gst::init().expect("GStreamer starts");
    let pool = NvmmBufferPool::new(&caps(), 2, 4).unwrap();
    for _ in 0..3 {
        pool.set_active(true).unwrap();
        pool.acquire_buffer(None).unwrap();
        pool.set_active(false).unwrap();
    }
}

/// The configuration of somebody else: an appsrc's or a base class's, who knows the size of a raw frame.
fn configure(
    pool: &NvmmBufferPool,
    caps: &gst::Caps,
    (min, max): (u32, u32),
    options: &[&str],
) -> bool {
    let mut config = pool.config();
    config.set_params(Some(caps), 1920 * 1080 * 4, min, max);
    options.iter().for_each(|option| config.add_option(option));
    pool.set_config(config).is_ok()
}

fn params(pool: &NvmmBufferPool) -> (u32, u32, u32) {
    let (_, size, min, max) = pool.config().params().unwrap();
    (size, min, max)
}

fn form_size() -> usize {
    Form::of_platform(false).memory_size().unwrap()
}

/// One that nobody has configured, as `g_object_new` makes it.
fn bare_pool() -> NvmmBufferPool {
    gst::init().expect("GStreamer starts");
    gst::glib::Object::new()
}

#[test]
fn a_pool_has_its_bound_of_surfaces_and_they_are_the_same_ones_round_after_round() {
    let pool = pool(3);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..50 {
        let held: Vec<_> = (0..3).map(|_| pool.acquire_buffer(None).unwrap()).collect();
        for buffer in &held {
            let pixels = buffer.nvmm_pixels(0).unwrap();
            let params = *pixels.surface().unwrap().params(0).unwrap();
            seen.insert(params.fd_number().unwrap());
        }
        let at_once = gst::BufferPoolAcquireFlags::DONTWAIT;
        let params = gst::BufferPoolAcquireParams::with_flags(at_once);
        assert!(pool.acquire_buffer(Some(&params)).is_err(), "a fourth");
    }
    assert_eq!(seen.len(), 3);
}

#[test]
fn the_size_of_the_configuration_is_the_forms_whoever_configures() {
    let pool = bare_pool();
    assert!(configure(&pool, &caps(), (2, 4), &[]));
    assert_eq!(params(&pool), (form_size() as u32, 2, 4));
    pool.set_active(true).unwrap();
    let buffer = pool.acquire_buffer(None).unwrap();
    assert_eq!(buffer.size(), form_size());
    assert_eq!(buffer.map_readable().unwrap().size(), form_size());
}

#[test]
fn a_pool_without_a_maximum_is_bounded_all_the_same() {
    let pool = bare_pool();
    assert!(configure(&pool, &caps(), (0, 0), &[]));
    let (_, _, max) = params(&pool);
    assert!((1..=64).contains(&max), "{max}");
    assert!(configure(&pool, &caps(), (20, 0), &[]));
    assert_eq!(params(&pool).2, 20, "at least the minimum");
}

#[test]
fn there_is_a_video_meta_only_if_it_is_asked_for_and_it_says_the_surfaces_planes() {
    let plain = pool(1).acquire_buffer(None).unwrap();
    assert!(plain.meta::<VideoMeta>().is_none());

    let pool = bare_pool();
    assert!(pool.has_option("GstBufferPoolOptionVideoMeta"));
    let nv12 = with_field(&caps(), "format", "NV12");
    let asked = ["GstBufferPoolOptionVideoMeta"];
    assert!(configure(&pool, &nv12, (0, 1), &asked));
    pool.set_active(true).unwrap();
    // Also when it is recycled.
    for _ in 0..3 {
        let buffer = pool.acquire_buffer(None).unwrap();
        let meta = buffer.meta::<VideoMeta>().expect("asked for");
        let pixels = buffer.nvmm_pixels(0).unwrap();
        let planes = pixels.planes().unwrap();
        let pitches: Vec<_> = planes.iter().map(|plane| plane.pitch as i32).collect();
        let offsets: Vec<_> = planes.iter().map(|plane| plane.offset as usize).collect();
        assert_eq!((meta.stride(), meta.offset()), (&*pitches, &*offsets));
        assert_eq!((meta.width(), meta.height()), (16, 8));
    }
}

#[test]
fn a_configuration_that_cannot_be_is_refused_and_the_pool_lives_on() {
    let pool = bare_pool();
    for wrong in [
        "video/x-raw(memory:NVMM)",
        "video/x-raw(memory:NVMM),format=ARGB64,width=16,height=8,framerate=30/1",
        "audio/x-raw",
    ] {
        let wrong: gst::Caps = wrong.parse().unwrap();
        assert!(!configure(&pool, &wrong, (0, 2), &[]), "{wrong}");
    }
    assert!(configure(&pool, &caps(), (0, 2), &[]));
    pool.set_active(true).unwrap();
    pool.acquire_buffer(None).unwrap();
}

#[test]
fn other_caps_rebuild_the_pool_once_its_buffers_are_back() {
    let pool = pool(2);
    let buffer = pool.acquire_buffer(None).unwrap();
    let wide = with_field(&caps(), "width", 32);
    assert!(!configure(&pool, &wide, (0, 2), &[]), "it is active");
    pool.set_active(false).unwrap();
    assert!(!configure(&pool, &wide, (0, 2), &[]), "a buffer is out");
    drop(buffer);
    assert!(configure(&pool, &wide, (0, 2), &[]));
    pool.set_active(true).unwrap();
    for _ in 0..4 {
        let buffer = pool.acquire_buffer(None).unwrap();
        let pixels = buffer.nvmm_pixels(0).unwrap();
        let params = *pixels.surface().unwrap().params(0).unwrap();
        assert_eq!((params.width(), params.height()), (32, 8));
    }
    assert_eq!(pool.info().unwrap().width(), 32);
}

/// What nvv4l2h264enc answers (facts): its own pool, a raw frame's size, a minimum, 64, and a video meta.
fn encoders_answer(min: u32) -> gst::query::Allocation<gst::Query> {
    let mut query = gst::query::Allocation::new(Some(&caps()), true);
    let theirs = gst::BufferPool::new();
    query.add_allocation_pool(Some(&theirs), 16 * 8 * 4, min, 64);
    query.add_allocation_meta::<VideoMeta>(None);
    query
}

#[test]
fn what_an_encoder_proposes_gives_way_and_its_minimum_is_honoured() {
    gst::init().expect("GStreamer starts");
    let form = Form::of_platform(false);
    for (min, at_least, expected) in [(2, 4, 4), (6, 4, 8), (0, 3, 3), (1000, 4, 64)] {
        let mut query = encoders_answer(min);
        let pool = allocation::decide(&mut query, &caps(), form, at_least).unwrap();
        assert_eq!(params(&pool), (form_size() as u32, 0, expected));
        let pools: Vec<_> = query.allocation_pools().collect();
        let [(ours, size, 0, max)] = &pools[..] else {
            panic!("{pools:?}");
        };
        assert_eq!(ours.as_ref(), Some(pool.upcast_ref()));
        assert_eq!((*size as usize, *max), (form_size(), expected));
        assert!(query.find_allocation_meta::<VideoMeta>().is_none());
        // The encoder may keep its minimum, and we still have two.
        pool.set_active(true).unwrap();
        let held = expected.saturating_sub(2).min(min);
        let held: Vec<_> = (0..held).map(|_| pool.acquire_buffer(None)).collect();
        assert!(held.iter().all(Result::is_ok));
        let ours = [pool.acquire_buffer(None), pool.acquire_buffer(None)];
        assert!(ours.iter().all(Result::is_ok));
    }
}

#[test]
fn upstream_is_told_how_many_are_held_and_offered_nothing_else() {
    gst::init().expect("GStreamer starts");
    let form = Form::of_platform(false);
    let mut query = gst::query::Allocation::new(Some(&caps()), true);
    allocation::propose(&mut query, form, 5).unwrap();
    let pools: Vec<_> = query.allocation_pools().collect();
    let [(None, size, 5, 0)] = &pools[..] else {
        panic!("{pools:?}");
    };
    assert_eq!(*size as usize, form_size());
    assert!(query.find_allocation_meta::<VideoMeta>().is_none());
    // Of system memory nothing is said.
    let system = gst_nvmm::without_nvmm(&caps());
    let mut query = gst::query::Allocation::new(Some(&system), true);
    allocation::propose(&mut query, form, 5).unwrap();
    assert_eq!(query.allocation_pools().count(), 0);
}

/// GStreamer's calls say that they failed, the pool why.
#[test]
fn the_pool_keeps_why_it_failed() {
    let pool = pool(1);
    assert!(pool.failure().is_none());
    let held = pool.acquire().unwrap();
    pool.set_flushing(true);
    assert!(matches!(pool.acquire(), Err(gst_nvmm::Error::Flushing)));
    drop(held);
    let unfit = gst::Caps::builder("video/x-raw")
        .features(["memory:NVMM"])
        .field("format", "ARGB64")
        .build();
    let mut config = pool.config();
    config.set_params(Some(&unfit), 0, 0, 1);
    pool.set_active(false).unwrap();
    pool.set_config(config).unwrap_err();
    let error = pool.failure().unwrap().to_string();
    assert!(error.contains("not fixed raw video"), "{error}");
}
