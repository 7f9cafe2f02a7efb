//! Raw types and constants of the CUDA driver API and of its EGL interop, as far as this crate
//! needs them.
//!
//! Written by hand from the documented C interface; there is nothing to link here. Functions are
//! reached through [`Driver`](crate::Driver).

use std::ffi::{c_int, c_uint, c_void};

mod color_format;
mod resource;

pub use color_format::CUeglColorFormat;
pub use resource::{CUDA_RESOURCE_DESC, CUDA_RESOURCE_DESC_res, CUresourcetype};

/// What every driver call returns; 0 is success. A newer driver may return codes unknown here.
pub type CUresult = c_uint;
/// A device by the driver's number.
pub type CUdevice = c_int;
/// An address in the device's address space.
pub type CUdeviceptr = u64;
/// A surface object: what a kernel reads and writes an array by. Never 0.
pub type CUsurfObject = u64;

macro_rules! handle {
    ($($(#[$doc:meta])* $handle:ident = $object:ident;)*) => {
        $(
            #[doc = concat!("The object behind [`", stringify!($handle), "`]: opaque.")]
            #[repr(C)]
            #[derive(Debug)]
            pub struct $object {
                _opaque: [u8; 0],
                _not_send: std::marker::PhantomData<*mut u8>,
            }
            $(#[$doc])*
            pub type $handle = *mut $object;
        )*
    };
}

handle! {
    /// A context: one address space and set of resources on a device.
    CUcontext = CUctx_st;
    /// A stream: work in order. Null is the context's default stream.
    CUstream = CUstream_st;
    /// A point in a stream's work.
    CUevent = CUevent_st;
    /// A graphics object made known to CUDA.
    CUgraphicsResource = CUgraphicsResource_st;
    /// Memory in the GPU's own (block linear) order, reached through textures and surfaces.
    CUarray = CUarray_st;
    /// A loaded module of device code.
    CUmodule = CUmod_st;
    /// A kernel in a module.
    CUfunction = CUfunc_st;
}

/// An `EGLImageKHR`.
pub type EGLImageKHR = *mut c_void;

/// The call succeeded.
pub const CUDA_SUCCESS: CUresult = 0;
/// An argument is out of range.
pub const CUDA_ERROR_INVALID_VALUE: CUresult = 1;
/// Memory is out.
pub const CUDA_ERROR_OUT_OF_MEMORY: CUresult = 2;
/// `cuInit` was not called or failed.
pub const CUDA_ERROR_NOT_INITIALIZED: CUresult = 3;
/// The driver is shutting down.
pub const CUDA_ERROR_DEINITIALIZED: CUresult = 4;
/// The library loaded is the toolkit's link-time stub.
pub const CUDA_ERROR_STUB_LIBRARY: CUresult = 34;
/// There is no CUDA device.
pub const CUDA_ERROR_NO_DEVICE: CUresult = 100;
/// There is no device of this number.
pub const CUDA_ERROR_INVALID_DEVICE: CUresult = 101;
/// No context, or one that is not valid, is current.
pub const CUDA_ERROR_INVALID_CONTEXT: CUresult = 201;
/// The object is mapped already.
pub const CUDA_ERROR_ALREADY_MAPPED: CUresult = 208;
/// The module has no code for this GPU.
pub const CUDA_ERROR_NO_BINARY_FOR_GPU: CUresult = 209;
/// The PTX does not compile.
pub const CUDA_ERROR_INVALID_PTX: CUresult = 218;
/// The PTX is of a version newer than the driver.
pub const CUDA_ERROR_UNSUPPORTED_PTX_VERSION: CUresult = 222;
/// A call to the operating system failed.
pub const CUDA_ERROR_OPERATING_SYSTEM: CUresult = 304;
/// The handle is not valid.
pub const CUDA_ERROR_INVALID_HANDLE: CUresult = 400;
/// No such name.
pub const CUDA_ERROR_NOT_FOUND: CUresult = 500;
/// The work is not done yet; no failure.
pub const CUDA_ERROR_NOT_READY: CUresult = 600;
/// A kernel reached memory that is not its own.
pub const CUDA_ERROR_ILLEGAL_ADDRESS: CUresult = 700;
/// A kernel ran too long for a watchdog.
pub const CUDA_ERROR_LAUNCH_TIMEOUT: CUresult = 702;
/// The context was destroyed.
pub const CUDA_ERROR_CONTEXT_IS_DESTROYED: CUresult = 709;
/// A kernel failed.
pub const CUDA_ERROR_LAUNCH_FAILED: CUresult = 719;
/// The call is not supported by this driver or device.
pub const CUDA_ERROR_NOT_SUPPORTED: CUresult = 801;
/// Something else failed, often earlier and asynchronously.
pub const CUDA_ERROR_UNKNOWN: CUresult = 999;

/// Stream flag: no implicit synchronisation with the legacy default stream.
pub const CU_STREAM_NON_BLOCKING: c_uint = 1;
/// Event flag: no time stamps, which makes recording and waiting cheaper.
pub const CU_EVENT_DISABLE_TIMING: c_uint = 2;
/// Registration flag: read and write. The only one that works on Tegra.
pub const CU_GRAPHICS_REGISTER_FLAGS_NONE: c_uint = 0;

/// Most planes a [`CUeglFrame`] can have.
pub const MAX_PLANES: usize = 3;

/// How the planes of a [`CUeglFrame`] are reached. Open: a driver may add kinds.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CUeglFrameType(pub c_uint);

impl CUeglFrameType {
    /// Planes are [`CUarray`]s: block linear or otherwise opaque.
    pub const ARRAY: Self = Self(0);
    /// Planes are device pointers with a pitch.
    pub const PITCH: Self = Self(1);
}

/// The type of one element of a plane. Open: a driver may add types.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "the C name")]
pub struct CUarray_format(pub c_uint);

impl CUarray_format {
    /// 8-bit unsigned integers.
    pub const UNSIGNED_INT8: Self = Self(0x01);
    /// 16-bit unsigned integers.
    pub const UNSIGNED_INT16: Self = Self(0x02);
    /// 32-bit unsigned integers.
    pub const UNSIGNED_INT32: Self = Self(0x03);
    /// 8-bit signed integers.
    pub const SIGNED_INT8: Self = Self(0x08);
    /// 16-bit signed integers.
    pub const SIGNED_INT16: Self = Self(0x09);
    /// 32-bit signed integers.
    pub const SIGNED_INT32: Self = Self(0x0a);
    /// 16-bit floating point.
    pub const HALF: Self = Self(0x10);
    /// 32-bit floating point.
    pub const FLOAT: Self = Self(0x20);
}

/// The planes of a [`CUeglFrame`]; which member holds is said by its frame type.
#[repr(C)]
#[derive(Clone, Copy)]
pub union CUeglFramePlanes {
    /// For [`CUeglFrameType::ARRAY`].
    pub array: [CUarray; MAX_PLANES],
    /// For [`CUeglFrameType::PITCH`]: device pointers.
    pub pitch: [*mut c_void; MAX_PLANES],
}

impl std::fmt::Debug for CUeglFramePlanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // SAFETY: both members are three plain pointers of any value; reading them as pointers
        // is valid for every content.
        let planes = unsafe { self.pitch };
        f.debug_list().entries(planes).finish()
    }
}

/// What CUDA sees of a registered EGLImage.
///
/// `width`, `height`, `depth` and `pitch` are those of plane 0 only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[expect(non_snake_case, reason = "the C struct's field names")]
pub struct CUeglFrame {
    /// Where the planes are.
    pub frame: CUeglFramePlanes,
    /// Width of plane 0 in pixels.
    pub width: c_uint,
    /// Height of plane 0 in rows.
    pub height: c_uint,
    /// Depth of plane 0.
    pub depth: c_uint,
    /// Bytes per row of plane 0; 0 in ARRAY frames.
    pub pitch: c_uint,
    /// Planes, at most [`MAX_PLANES`].
    pub planeCount: c_uint,
    /// Channels of plane 0.
    pub numChannels: c_uint,
    /// Which member of `frame` holds.
    pub frameType: CUeglFrameType,
    /// What the pixels mean.
    pub eglColorFormat: CUeglColorFormat,
    /// Type of one element.
    pub cuFormat: CUarray_format,
}

// The layout of the C header, the same in CUDA 8 to 13 on 64-bit systems.
const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<CUeglFrame>() == 64);
    assert!(align_of::<CUeglFrame>() == 8);
    assert!(offset_of!(CUeglFrame, frame) == 0);
    assert!(offset_of!(CUeglFrame, width) == 24);
    assert!(offset_of!(CUeglFrame, height) == 28);
    assert!(offset_of!(CUeglFrame, depth) == 32);
    assert!(offset_of!(CUeglFrame, pitch) == 36);
    assert!(offset_of!(CUeglFrame, planeCount) == 40);
    assert!(offset_of!(CUeglFrame, numChannels) == 44);
    assert!(offset_of!(CUeglFrame, frameType) == 48);
    assert!(offset_of!(CUeglFrame, eglColorFormat) == 52);
    assert!(offset_of!(CUeglFrame, cuFormat) == 56);
};
