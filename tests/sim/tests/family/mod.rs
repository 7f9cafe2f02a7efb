//! What holds for the structs of a family, in the types of the test's `crate::sys`.

use std::ffi::c_void;
use std::mem::offset_of;

use crate::support::{counter, release};
use crate::sys::{self, NvBufSurface, NvBufSurfaceCreateParams, NvBufSurfaceParams};

const LIBRARY: &str = "libnvbufsurface.so.1.0.0";

/// Calls a function of the library with live surfaces and valid result pointers.
macro_rules! call {
    ($name:ident as $type:ident($($argument:expr),*)) => {{
        let function = $crate::function!(LIBRARY, stringify!($name), sys::$type);
        // SAFETY: the surfaces are alive, the result pointers valid for the call.
        unsafe { function($($argument),*) }
    }};
}

/// Whether a heap block has as many bytes as were asked for, or a few more.
fn is_block_of(address: *const c_void, size: usize) -> bool {
    // SAFETY: the library's own block, alive.
    let usable = unsafe { libc::malloc_usable_size(address.cast_mut()) };
    (size..size + 16).contains(&usable)
}

/// Bytes of memory that the library owns.
fn bytes(address: *const c_void, len: usize) -> Vec<u8> {
    // SAFETY: within a live struct of the library, which has initialised it.
    unsafe { std::slice::from_raw_parts(address.cast::<u8>(), len) }.to_vec()
}

pub(crate) fn params(format: sys::NvBufSurfaceColorFormat) -> NvBufSurfaceCreateParams {
    let mut params = NvBufSurfaceCreateParams::default();
    (params.width, params.height) = (128, 64);
    params.colorFormat = format;
    params
}

/// A new batch, or null.
pub(crate) fn create(mut params: NvBufSurfaceCreateParams, batch: u32) -> *mut NvBufSurface {
    let mut surface = std::ptr::null_mut();
    let result =
        call!(NvBufSurfaceCreate as PFN_NvBufSurfaceCreate(&mut surface, batch, &mut params));
    assert_eq!(result == 0, !surface.is_null());
    surface
}

fn destroy(surface: *mut NvBufSurface) {
    assert_eq!(
        call!(NvBufSurfaceDestroy as PFN_NvBufSurfaceDestroy(surface)),
        0
    );
}

fn read(surface: *const NvBufSurface) -> NvBufSurface {
    // SAFETY: alive in these tests.
    unsafe { surface.read() }
}

fn entry(surface: *const NvBufSurface, i: usize) -> NvBufSurfaceParams {
    let surface = read(surface);
    assert!(i < surface.batchSize as usize);
    let place = surface.surfaceList.wrapping_add(i);
    // SAFETY: in the list by the check above.
    unsafe { place.read() }
}

fn extra(surface: *const NvBufSurface, i: usize) -> sys::NvBufSurfaceParamsEx {
    let pointer = entry(surface, i).paramex;
    assert!(!pointer.is_null());
    // SAFETY: the library's, alive with the surface.
    unsafe { pointer.read() }
}

/// The library's structs are where and as large as the family has them, and zero elsewhere.
pub(crate) fn a_batch_has_the_layout() {
    let surface = create(params(sys::NVBUF_COLOR_FORMAT_NV12), 3);
    let header = read(surface);
    assert_eq!((header.batchSize, header.numFilled), (3, 0));
    assert_eq!(header.memType, sys::NVBUF_MEM_SURFACE_ARRAY);
    let (size, stride) = (size_of_val(&header), size_of::<NvBufSurfaceParams>());
    let list = header.surfaceList.cast::<c_void>();
    assert!(is_block_of(surface.cast(), size) && is_block_of(list, 3 * stride));
    let rest = bytes(surface.cast::<c_void>().wrapping_byte_add(32), size - 32);
    assert!(rest.iter().all(|byte| *byte == 0));
    let tail_at = offset_of!(NvBufSurfaceParams, mappedAddr);
    for i in 0..3 {
        let one = entry(surface, i);
        assert_eq!((one.width, one.height, one.pitch), (128, 64, 256));
        assert_eq!(one.colorFormat, sys::NVBUF_COLOR_FORMAT_NV12);
        assert_eq!(one.planeParams.num_planes, 2);
        assert!((0..i).all(|j| entry(surface, j).bufferDesc != one.bufferDesc));
        // Reserved words, and before R34 paramex too.
        let start = list.wrapping_byte_add(i * stride + tail_at);
        let mut tail = bytes(start, stride - tail_at);
        if !release().starts_with("r32") {
            let paramex = offset_of!(NvBufSurfaceParams, paramex) - tail_at;
            tail[paramex..paramex + 8].fill(0);
            let extra = extra(surface, i);
            assert_eq!(extra.chromaSubsampling.chromaLocHoriz, 0);
            assert_eq!(extra.chromaSubsampling.chromaLocVert, 1);
            assert_eq!(extra.planeParamsex.scanformat, [0; 4]);
            assert!(!extra.is_protected);
        }
        assert!(tail.iter().all(|byte| *byte == 0), "entry {i}");
    }
    let mut found = std::ptr::null_mut();
    let fd = i32::try_from(entry(surface, 2).bufferDesc).unwrap();
    assert_eq!(
        call!(NvBufSurfaceFromFd as PFN_NvBufSurfaceFromFd(fd, &mut found)),
        0
    );
    assert_eq!(found, surface.cast());
    destroy(surface);
    assert_eq!((counter("violations"), counter("buffers_alive")), (0, 0));
}

/// Map, sync, copy, fill and EGLImages reach the right entry.
pub(crate) fn every_entry_can_be_used() {
    let new = || create(params(sys::NVBUF_COLOR_FORMAT_NV12), 3);
    let (surface, other) = (new(), new());
    let addr = |of, i: usize| entry(of, i).mappedAddr.addr;
    let both = sys::NVBUF_MAP_READ_WRITE;
    let done = [
        call!(NvBufSurfaceMap as PFN_NvBufSurfaceMap(surface, -1, -1, both)),
        call!(NvBufSurfaceSyncForCpu as PFN_NvBufSurfaceSyncForCpu(surface, -1, -1)),
    ];
    for (i, value) in [10u8, 11, 12].into_iter().enumerate() {
        let pixel = addr(surface, i)[1].cast::<u8>();
        // SAFETY: mapped for writing.
        unsafe { pixel.write(value) };
    }
    let more = [
        call!(NvBufSurfaceSyncForDevice as PFN_NvBufSurfaceSyncForDevice(surface, -1, -1)),
        call!(NvBufSurfaceUnMap as PFN_NvBufSurfaceUnMap(surface, -1, -1)),
        call!(NvBufSurfaceCopy as PFN_NvBufSurfaceCopy(surface, other)),
        call!(NvBufSurfaceMemSet as PFN_NvBufSurfaceMemSet(surface, 1, 1, 99)),
    ];
    assert_eq!((done, more), ([0; 2], [0; 4]));
    for (from, i, value) in [
        (surface, 0, 10),
        (surface, 1, 99),
        (other, 1, 11),
        (other, 2, 12),
    ] {
        let index = i32::try_from(i).unwrap();
        let flags = sys::NVBUF_MAP_READ;
        let map = call!(NvBufSurfaceMap as PFN_NvBufSurfaceMap(from, index, 1, flags));
        let mapped = addr(from, i);
        assert!(map == 0 && mapped[0].is_null() && !mapped[1].is_null());
        let sync = call!(NvBufSurfaceSyncForCpu as PFN_NvBufSurfaceSyncForCpu(from, index, 1));
        assert_eq!(sync, 0);
        let pixel = mapped[1].cast::<u8>();
        // SAFETY: mapped for reading.
        assert_eq!(unsafe { pixel.read() }, value);
        let unmap = call!(NvBufSurfaceUnMap as PFN_NvBufSurfaceUnMap(from, index, 1));
        assert!(unmap == 0 && addr(from, i)[1].is_null());
    }
    let map = call!(NvBufSurfaceMapEglImage as PFN_NvBufSurfaceMapEglImage(surface, 1));
    let images = [0, 1, 2].map(|i| !entry(surface, i).mappedAddr.eglImage.is_null());
    assert_eq!((map, images), (0, [false, true, false]));
    let unmap = call!(NvBufSurfaceUnMapEglImage as PFN_NvBufSurfaceUnMapEglImage(surface, 1));
    assert_eq!(unmap, 0);
    destroy(surface);
    destroy(other);
    assert_eq!((counter("violations"), counter("unsupported")), (0, 0));
    assert_eq!(
        (counter("buffers_alive"), counter("surfaces_alive")),
        (0, 0)
    );
}

/// `NvBufSurfaceAllocate` hands its choices on to `paramex`.
pub(crate) fn allocate_fills_paramex() {
    let mut more = sys::NvBufSurfaceAllocateParams {
        params: params(sys::NVBUF_COLOR_FORMAT_RGBA),
        displayscanformat: sys::NVBUF_DISPLAYSCANFORMAT_INTERLACED,
        memtag: sys::NvBufSurfaceTag_VIDEO_CONVERT,
        disablePitchPadding: true,
        ..Default::default()
    };
    more.chromaSubsampling.chromaLocHoriz = 2;
    let mut surface = std::ptr::null_mut();
    let mut allocate = |more: &mut _| call!(NvBufSurfaceAllocate as PFN_NvBufSurfaceAllocate(&mut surface, 2, more));
    assert_eq!(allocate(&mut more), 0);
    for i in 0..2 {
        let extra = extra(surface, i);
        assert_eq!(extra.chromaSubsampling.chromaLocHoriz, 2);
        assert_eq!(extra.chromaSubsampling.chromaLocVert, 0);
        assert_eq!(
            extra.planeParamsex.scanformat,
            [sys::NVBUF_DISPLAYSCANFORMAT_INTERLACED; 4]
        );
        // Memory with an fd always has it.
        assert_eq!(entry(surface, i).pitch % 256, 0);
    }
    destroy(surface);
    assert_eq!((counter("violations"), counter("unsupported")), (0, 0));
    let refused = |more: &mut _| {
        let mut none = std::ptr::null_mut();
        let result = call!(NvBufSurfaceAllocate as PFN_NvBufSurfaceAllocate(&mut none, 2, more));
        assert!(result == -1 && none.is_null());
        (counter("violations"), counter("unsupported"))
    };
    more.displayscanformat = 2;
    assert_eq!(refused(&mut more), (1, 0));
    more.displayscanformat = 0;
    more.params.memType = sys::NVBUF_MEM_HANDLE;
    assert_eq!(refused(&mut more), (1, 1));
}

/// `last` is the first number that the release does not know.
pub(crate) fn formats_end_at(last: sys::NvBufSurfaceColorFormat) {
    assert!(create(params(last), 1).is_null());
    assert_eq!((counter("violations"), counter("unsupported")), (1, 0));
    assert!(!create(params(last - 1), 1).is_null());
    assert_eq!((counter("violations"), counter("unsupported")), (1, 0));
}
