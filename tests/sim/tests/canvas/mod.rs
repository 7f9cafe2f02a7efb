//! Surfaces with known pixels, and transforms of them, in the structs of the release.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::{classic as sys, extended};

use crate::support::surface::functions;
use crate::support::{function_of, release};

const LIBRARY: &str = "libnvbufsurftransform.so.1.0.0";

/// A batch of surfaces. Never destroyed but by [`Canvas::destroy`]: tests are short.
#[derive(Clone, Copy)]
pub(crate) struct Canvas {
    pub(crate) raw: *mut sys::NvBufSurface,
}

/// Left, top, width, height.
pub(crate) type Area = [u32; 4];

/// What a transform is asked for.
#[derive(Clone, Default)]
pub(crate) struct Ask {
    pub(crate) flags: u32,
    pub(crate) flip: u32,
    pub(crate) filter: u32,
    pub(crate) from: Vec<Area>,
    pub(crate) to: Vec<Area>,
}

pub(crate) fn is_extended() -> bool {
    release() == "r39.2"
}

impl Canvas {
    pub(crate) fn new(format: u32, width: u32, height: u32) -> Self {
        Self::of(1, format, width, height, sys::NVBUF_MEM_DEFAULT)
    }

    pub(crate) fn of(batch: u32, format: u32, width: u32, height: u32, memory: u32) -> Self {
        // The longer struct begins with the shorter one.
        let mut params = extended::NvBufSurfaceCreateParams::default();
        (params.width, params.height) = (width, height);
        (params.colorFormat, params.memType) = (format, memory);
        let mut raw = std::ptr::null_mut();
        let params = (&raw mut params).cast();
        // SAFETY: both pointers are valid for the call.
        let result = unsafe { (functions().create)(&mut raw, batch, params) };
        assert_eq!(result, 0, "format {format}");
        let canvas = Self { raw };
        canvas.fill(batch);
        canvas
    }

    /// Sets `numFilled`.
    pub(crate) fn fill(self, filled: u32) {
        // SAFETY: a live surface.
        unsafe { (*self.raw).numFilled = filled };
    }

    pub(crate) fn destroy(self) -> c_int {
        // SAFETY: a surface, or what the simulator must refuse.
        unsafe { (functions().destroy)(self.raw) }
    }

    /// An entry as far as both families agree.
    pub(crate) fn entry(self, index: usize) -> sys::NvBufSurfaceParams {
        let stride = if is_extended() {
            size_of::<extended::NvBufSurfaceParams>()
        } else {
            size_of::<sys::NvBufSurfaceParams>()
        };
        // SAFETY: a live surface.
        let list = unsafe { (*self.raw).surfaceList };
        // SAFETY: tests name entries that exist; that of the other family is longer.
        unsafe { list.wrapping_byte_add(index * stride).read() }
    }

    /// Does something with each row of each plane, mapped.
    fn rows(self, index: usize, flags: u32, mut row: impl FnMut(*mut u8, usize)) {
        let (functions, i) = (functions(), index as c_int);
        // SAFETY: a live surface.
        assert_eq!(unsafe { (functions.map)(self.raw, i, -1, flags) }, 0);
        // SAFETY: as above.
        assert_eq!(unsafe { (functions.sync_for_cpu)(self.raw, i, -1) }, 0);
        let entry = self.entry(index);
        let planes = entry.planeParams;
        for plane in 0..planes.num_planes as usize {
            let len = (planes.width[plane] * planes.bytesPerPix[plane]) as usize;
            for y in 0..planes.height[plane] {
                let start = (y * planes.pitch[plane]) as usize;
                row(
                    entry.mappedAddr.addr[plane]
                        .cast::<u8>()
                        .wrapping_add(start),
                    len,
                );
            }
        }
        if flags != sys::NVBUF_MAP_READ {
            // SAFETY: as above.
            assert_eq!(unsafe { (functions.sync_for_device)(self.raw, i, -1) }, 0);
        }
        // SAFETY: as above.
        assert_eq!(unsafe { (functions.unmap)(self.raw, i, -1) }, 0);
    }

    /// The bytes of all planes without padding.
    pub(crate) fn read(self, index: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.rows(index, sys::NVBUF_MAP_READ, |row, len| {
            // SAFETY: a mapped row.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(row, len) });
        });
        bytes
    }

    /// Writes the bytes of all planes.
    pub(crate) fn write(self, index: usize, bytes: &[u8]) {
        let mut left = bytes;
        self.rows(index, sys::NVBUF_MAP_READ_WRITE, |row, len| {
            let (now, later) = left.split_at(len);
            // SAFETY: a mapped row of `len` bytes, apart from ours.
            unsafe { std::ptr::copy_nonoverlapping(now.as_ptr(), row, len) };
            left = later;
        });
        assert!(left.is_empty(), "{} bytes too many", left.len());
    }

    /// Writes bytes that look like noise, but change little from one to the next.
    pub(crate) fn paint(self, index: usize, seed: u32) -> Vec<u8> {
        let bytes = noise(self.read(index).len(), seed);
        self.write(index, &bytes);
        bytes
    }
}

/// Bytes without a pattern.
pub(crate) fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Rectangles in the struct of the family; leaked.
pub(crate) fn rects(areas: &[Area]) -> *mut sys::NvBufSurfTransformRect {
    if areas.is_empty() {
        return std::ptr::null_mut();
    }
    macro_rules! list {
        ($module:ident) => {{
            let list: Vec<_> = areas
                .iter()
                .map(|[left, top, width, height]| {
                    let mut rect = $module::NvBufSurfTransformRect::default();
                    (rect.left, rect.top) = (*left, *top);
                    (rect.width, rect.height) = (*width, *height);
                    rect
                })
                .collect();
            list.leak().as_mut_ptr().cast()
        }};
    }
    if is_extended() {
        list!(extended)
    } else {
        list!(sys)
    }
}

impl Ask {
    /// The struct of the family; leaked.
    pub(crate) fn params(&self) -> *mut sys::NvBufSurfTransformParams {
        macro_rules! params {
            ($module:ident) => {{
                let mut params = $module::NvBufSurfTransformParams::default();
                params.transform_flag = self.flags;
                params.transform_flip = self.flip;
                params.transform_filter = self.filter;
                params.src_rect = rects(&self.from).cast();
                params.dst_rect = rects(&self.to).cast();
                std::ptr::from_mut(Box::leak(Box::new(params))).cast()
            }};
        }
        if is_extended() {
            params!(extended)
        } else {
            params!(sys)
        }
    }

    /// A crop, with a rectangle for one buffer on each side.
    pub(crate) fn crop(from: Area, to: Area) -> Self {
        Self {
            flags: sys::NVBUFSURF_TRANSFORM_CROP_SRC | sys::NVBUFSURF_TRANSFORM_CROP_DST,
            from: vec![from],
            to: vec![to],
            ..Self::default()
        }
    }

    /// A flip.
    pub(crate) fn flip(flip: u32) -> Self {
        Self {
            flags: sys::NVBUFSURF_TRANSFORM_FLIP,
            flip,
            ..Self::default()
        }
    }

    /// A filter.
    pub(crate) fn filter(filter: u32) -> Self {
        Self {
            flags: sys::NVBUFSURF_TRANSFORM_FILTER,
            filter,
            ..Self::default()
        }
    }
}

/// `NvBufSurfTransform`
pub(crate) fn transform(from: Canvas, to: Canvas, ask: &Ask) -> c_int {
    let function: sys::PFN_NvBufSurfTransform = function_of(LIBRARY, "NvBufSurfTransform");
    // SAFETY: live surfaces and valid parameters, or what the simulator must refuse.
    unsafe { function(from.raw, to.raw, ask.params()) }
}

/// The session of the thread, as the engine's number.
pub(crate) fn use_engine(engine: u32) -> c_int {
    let mut params = extended::NvBufSurfTransformConfigParams {
        compute_mode: engine,
        ..Default::default()
    };
    let set: sys::PFN_NvBufSurfTransformSetSessionParams =
        function_of(LIBRARY, "NvBufSurfTransformSetSessionParams");
    // SAFETY: the longer struct begins with the shorter one.
    unsafe { set((&raw mut params).cast()) }
}

/// A function of the library in the types of the classic family.
pub(crate) fn function<T: Copy>(name: &str) -> T {
    function_of(LIBRARY, name)
}

/// A pointer as the function's prototype wants it.
pub(crate) fn erase<T>(value: T) -> *mut c_void {
    std::ptr::from_mut(Box::leak(Box::new(value))).cast()
}
