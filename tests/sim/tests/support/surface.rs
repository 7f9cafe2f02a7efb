//! Surfaces of the classic family, by the functions of the library itself: nothing of what the
//! simulator is there to judge stands between.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use nvbufsurface_sys::classic::{
    self as sys, NvBufSurface, NvBufSurfaceCreateParams, NvBufSurfaceParams,
};

/// A surface that the test destroys by hand, or a shallow copy of one.
pub(crate) struct Surface {
    pub(crate) raw: *mut NvBufSurface,
}

const LIBRARY: &str = "libnvbufsurface.so.1.0.0";

macro_rules! functions {
    ($($name:ident: $symbol:ident $type:ident,)*) => {
        /// The functions that every release has.
        pub(crate) struct Functions {
            $(pub(crate) $name: sys::$type,)*
        }

        impl Functions {
            fn load() -> Self {
                Self {
                    $($name: $crate::function!(LIBRARY, stringify!($symbol), sys::$type),)*
                }
            }
        }
    };
}

functions! {
    create: NvBufSurfaceCreate PFN_NvBufSurfaceCreate,
    destroy: NvBufSurfaceDestroy PFN_NvBufSurfaceDestroy,
    map: NvBufSurfaceMap PFN_NvBufSurfaceMap,
    unmap: NvBufSurfaceUnMap PFN_NvBufSurfaceUnMap,
    sync_for_cpu: NvBufSurfaceSyncForCpu PFN_NvBufSurfaceSyncForCpu,
    sync_for_device: NvBufSurfaceSyncForDevice PFN_NvBufSurfaceSyncForDevice,
    copy: NvBufSurfaceCopy PFN_NvBufSurfaceCopy,
    mem_set: NvBufSurfaceMemSet PFN_NvBufSurfaceMemSet,
    from_fd: NvBufSurfaceFromFd PFN_NvBufSurfaceFromFd,
    map_egl_image: NvBufSurfaceMapEglImage PFN_NvBufSurfaceMapEglImage,
    unmap_egl_image: NvBufSurfaceUnMapEglImage PFN_NvBufSurfaceUnMapEglImage,
}

pub(crate) fn functions() -> &'static Functions {
    static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
    FUNCTIONS.get_or_init(Functions::load)
}

/// What to allocate: a picture of 64x32.
pub(crate) fn params(format: sys::NvBufSurfaceColorFormat) -> NvBufSurfaceCreateParams {
    NvBufSurfaceCreateParams {
        gpuId: 0,
        width: 64,
        height: 32,
        size: 0,
        isContiguous: false,
        colorFormat: format,
        layout: sys::NVBUF_LAYOUT_PITCH,
        memType: sys::NVBUF_MEM_DEFAULT,
    }
}

macro_rules! forward {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {
        $(pub(crate) fn $name(&self, $($arg: $type),*) -> c_int {
            // SAFETY: `raw` is a surface, or something that the simulator must refuse.
            unsafe { (functions().$name)(self.raw, $($arg),*) }
        })*
    };
}

impl Surface {
    pub(crate) fn create(batch: u32, mut params: NvBufSurfaceCreateParams) -> Option<Self> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: both pointers are valid for the call.
        let result = unsafe { (functions().create)(&mut raw, batch, &mut params) };
        (result == 0).then_some(Self { raw })
    }

    pub(crate) fn rgba() -> Self {
        Self::create(1, params(sys::NVBUF_COLOR_FORMAT_RGBA)).expect("a surface")
    }

    forward! {
        destroy();
        map(index: c_int, plane: c_int, flags: u32);
        unmap(index: c_int, plane: c_int);
        sync_for_cpu(index: c_int, plane: c_int);
        sync_for_device(index: c_int, plane: c_int);
        copy(dest: *mut NvBufSurface);
        mem_set(index: c_int, plane: c_int, value: u8);
        map_egl_image(index: c_int);
        unmap_egl_image(index: c_int);
    }

    pub(crate) fn surface(&self) -> NvBufSurface {
        // SAFETY: the test keeps it alive.
        unsafe { self.raw.read() }
    }

    pub(crate) fn params(&self, index: usize) -> NvBufSurfaceParams {
        assert!(index < self.surface().batchSize as usize);
        // SAFETY: inside the list by the check above.
        unsafe { *self.surface().surfaceList.wrapping_add(index) }
    }

    pub(crate) fn addr(&self, plane: usize) -> *mut u8 {
        self.params(0).mappedAddr.addr[plane].cast()
    }

    pub(crate) fn image(&self) -> *mut c_void {
        self.params(0).mappedAddr.eglImage
    }

    /// A copy of both structs, as NVIDIA's muxer makes them. Leaked: tests are short.
    pub(crate) fn shallow_copy(&self) -> Self {
        let list = Box::leak(Box::new(self.params(0)));
        let mut surface = self.surface();
        surface.batchSize = 1;
        surface.surfaceList = list;
        Self {
            raw: Box::leak(Box::new(surface)),
        }
    }

    /// The first byte of a plane, mapped for the purpose.
    pub(crate) fn first_byte(&self, plane: c_int) -> u8 {
        assert_eq!(self.map(0, plane, sys::NVBUF_MAP_READ), 0);
        assert_eq!(self.sync_for_cpu(0, plane), 0);
        // SAFETY: the plane is mapped.
        let byte = unsafe { self.addr(plane as usize).read_volatile() };
        assert_eq!(self.unmap(0, plane), 0);
        byte
    }
}
