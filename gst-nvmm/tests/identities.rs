//! What a memory of ours looks like to NVIDIA's elements, release by release.

use gst::prelude::*;
use gst_nvmm::nvbuf::legacy::NvBuffer;
use gst_nvmm::nvbuf::sys::{Family, Library, classic, extended};
use gst_nvmm::{Form, NvmmAllocator, NvmmBufferExt, NvmmBufferPool, NvmmMemory, nvmm_caps};
use gst_video::{VideoFormat, VideoInfo};

/// Whether elements of the release speak the legacy form.
fn is_r32() -> bool {
    std::env::var("NVMM_SIM_RELEASE").is_ok_and(|release| release.starts_with("r32"))
}

fn info() -> VideoInfo {
    gst::init().expect("GStreamer starts");
    let info = VideoInfo::builder(VideoFormat::Nv12, 64, 48);
    info.build().unwrap()
}

fn memory(form: Form) -> gst::Memory {
    let allocator = NvmmAllocator::with_form(&info(), 1, form).unwrap();
    assert_eq!(allocator.form().unwrap(), form);
    allocator.acquire(false).unwrap()
}

fn assert_shell(memory: &gst::MemoryRef, mem_type: &str, size: usize) {
    let found = (memory.size(), memory.maxsize(), memory.offset());
    assert_eq!(found, (size, size, 0));
    assert!(memory.is_type(mem_type), "not {mem_type}");
    assert!(!memory.flags().contains(gst::MemoryFlags::NO_SHARE));
    assert!(!memory.flags().contains(gst::MemoryFlags::READONLY));
    assert_eq!(memory.map_readable().unwrap().size(), size);
}

#[test]
fn r32_has_the_legacy_form_unless_bufapi_version_is_set_and_others_the_surface() {
    info();
    Library::get().unwrap();
    let usual = if is_r32() {
        Form::Legacy
    } else {
        Form::Surface
    };
    assert_eq!(Form::of_platform(false), usual);
    assert_eq!(Form::of_platform(true), Form::Surface);
    let allocator = NvmmAllocator::new(&info(), 1).unwrap();
    assert_eq!(allocator.form().unwrap(), usual);
    if !is_r32() {
        let error = NvmmAllocator::with_form(&info(), 1, Form::Legacy).expect_err("not R32");
        assert!(error.to_string().contains("L4T R32"), "{error}");
    }
}

#[test]
fn the_surface_form_is_the_surface_and_exactly_its_size() {
    let memory = memory(Form::Surface);
    let size = match Library::get().unwrap().family() {
        Family::Classic => size_of::<classic::NvBufSurface>(),
        Family::Extended => size_of::<extended::NvBufSurface>(),
    };
    assert_shell(&memory, "nvstream", size);
    let map = memory.map_readable().unwrap();
    // SAFETY: both families begin with the same fields; the memory holds the surface.
    let surface = unsafe { &*map.as_ptr().cast::<classic::NvBufSurface>() };
    assert_eq!((surface.batchSize, surface.numFilled), (1, 1));
    let ours = memory.downcast_memory_ref::<NvmmMemory>().unwrap();
    assert_eq!(ours.form(), Form::Surface);
    assert!(std::ptr::eq(
        map.as_ptr().cast(),
        ours.surface().unwrap().as_ptr()
    ));
}

#[test]
fn the_legacy_form_is_the_block_of_the_same_surface() {
    info();
    Library::get().unwrap();
    if !is_r32() {
        return;
    }
    let memory = memory(Form::Legacy);
    let size = NvBuffer::memory_size().unwrap();
    assert_ne!(size, size_of::<classic::NvBufSurface>());
    assert_shell(&memory, "nvfilter", size);
    let ours = memory.downcast_memory_ref::<NvmmMemory>().unwrap();
    assert_eq!(ours.form(), Form::Legacy);
    let surface = ours.surface().unwrap();
    let map = memory.map_readable().unwrap();
    // SAFETY: the surface is a classic one, alive as long as the memory.
    let raw = unsafe { &*surface.as_ptr().cast::<classic::NvBufSurface>() };
    // SAFETY: it has one entry.
    let entry = unsafe { &*raw.surfaceList };
    // What omxvideosink relies on: one buffer under both names.
    assert!(std::ptr::eq(map.as_ptr().cast(), entry.dataPtr));
    let buffer = NvBuffer::from_fd(surface.dmabuf(0).unwrap()).unwrap();
    assert!(std::ptr::eq(map.as_ptr().cast(), buffer.as_ptr()));
    assert_eq!(
        buffer.params().planes(),
        surface.params(0).unwrap().planes()
    );
}

#[test]
fn the_option_of_a_pool_decides_and_gives_its_size() {
    info();
    let mut caps = nvmm_caps([VideoFormat::Rgba]);
    let fields = caps.make_mut();
    fields.set("width", 16);
    fields.set("height", 8);
    fields.set("framerate", gst::Fraction::new(30, 1));
    caps.fixate();
    for bufapi in [false, true] {
        let pool = NvmmBufferPool::new(&caps, 0, 2).unwrap();
        let mut config = pool.config();
        config.set(Form::PROPERTY, bufapi);
        pool.set_config(config).unwrap();
        pool.set_active(true).unwrap();
        let form = Form::of_platform(bufapi);
        let size = form.memory_size().unwrap();
        let (_, configured, ..) = pool.config().params().unwrap();
        assert_eq!(configured as usize, size);
        // A buffer that comes back is kept: its size is the configuration's.
        let address = |buffer: &gst::Buffer| buffer.as_ptr();
        let first = pool.acquire_buffer(None).unwrap();
        assert_eq!((first.nvmm_form().unwrap(), first.size()), (form, size));
        let was = address(&first);
        drop(first);
        assert_eq!(address(&pool.acquire_buffer(None).unwrap()), was);
        pool.set_active(false).unwrap();
    }
}

#[test]
fn a_copy_and_a_share_of_either_form_are_no_clones_of_the_descriptor() {
    info();
    Library::get().unwrap();
    for form in [Form::of_platform(false), Form::Surface] {
        let memory = memory(form);
        let copy = memory.copy();
        let (a, b) = [&memory, &copy]
            .map(|memory| memory.downcast_memory_ref::<NvmmMemory>().expect("ours"))
            .into();
        assert_eq!((a.form(), b.form()), (form, form));
        let fd = |memory: &gst_nvmm::NvmmMemoryRef| {
            memory.surface().unwrap().params(0).unwrap().fd_number()
        };
        assert_ne!(fd(a), fd(b));
        assert_shell(
            &copy,
            std::str::from_utf8(if form == Form::Legacy {
                b"nvfilter"
            } else {
                b"nvstream"
            })
            .unwrap(),
            memory.size(),
        );
    }
}
