//! Allocator, pool and memory, without a pipeline.

use std::sync::mpsc;
use std::time::Duration;

use gst::prelude::*;
use gst_nvmm::{NvmmAllocator, NvmmBufferExt, NvmmBufferPool, nvmm_caps, read_cpu, write_cpu};
use gst_video::{VideoFormat, VideoInfo};

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
