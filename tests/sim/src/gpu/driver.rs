//! The real CUDA driver: the few functions that the simulator itself calls.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::io;
use std::sync::OnceLock;

/// `CUDA_MEMCPY2D`, one half.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Half {
    x_in_bytes: usize,
    y: usize,
    memory_type: c_uint,
    host: usize,
    device: usize,
    array: usize,
    pitch: usize,
}

impl Half {
    /// Rows in host memory.
    pub(super) fn host(address: usize, pitch: usize) -> Self {
        Self {
            memory_type: 1,
            host: address,
            pitch,
            ..Self::default()
        }
    }

    /// An array.
    pub(super) fn array(array: usize) -> Self {
        Self {
            memory_type: 3,
            array,
            ..Self::default()
        }
    }
}

/// `CUDA_MEMCPY2D`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Copy2D {
    pub(super) from: Half,
    pub(super) to: Half,
    pub(super) width_in_bytes: usize,
    pub(super) height: usize,
}

const _: () = assert!(size_of::<Copy2D>() == 128, "the driver's struct");

/// What is looked at of a `CUeglFrame`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct EglFrame {
    pub(super) planes: [usize; 3],
    sizes: [c_uint; 6],
    pub(super) frame_type: c_uint,
    formats: [c_uint; 2],
}

const _: () = assert!(size_of::<EglFrame>() == 64, "the driver's struct");

macro_rules! driver {
    ($($field:ident: $name:literal fn($($argument:ty),*);)*) => {
        /// The functions, and the primary context of device 0.
        #[derive(Debug)]
        pub(super) struct Driver {
            context: usize,
            $(pub(super) $field: unsafe extern "C" fn($($argument),*) -> c_uint,)*
        }

        impl Driver {
            /// Opens `libcuda.so.1` and takes the primary context, which programs share.
            fn open() -> Result<Self, String> {
                let library = library(c"libcuda.so.1")?;
                // The library of the simulator's leads to the core.
                if symbol(library, c"nvmm_sim_release").is_some() {
                    return Err("GPU mode found the simulated libcuda.so.1: run the program with \
                                NVMM_SIM_GPU=1 ci/sim.sh, or put target/sim/RELEASE/gpu/lib before lib"
                        .into());
                }
                let mut driver = Self {
                    context: 0,
                    $($field: {
                        let address = symbol(library, $name)
                            .ok_or_else(|| format!("the CUDA driver has no {:?}", $name))?;
                        // SAFETY: the driver's function of that name has this type.
                        unsafe {
                            std::mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($argument),*) -> c_uint,
                            >(address)
                        }
                    },)*
                };
                driver.retain().map_err(|error| error.to_string())?;
                Ok(driver)
            }
        }
    };
}

driver! {
    init: c"cuInit" fn(c_uint);
    device: c"cuDeviceGet" fn(*mut c_int, c_int);
    retain_primary: c"cuDevicePrimaryCtxRetain" fn(*mut usize, c_int);
    push: c"cuCtxPushCurrent_v2" fn(usize);
    pop: c"cuCtxPopCurrent_v2" fn(*mut usize);
    allocate: c"cuMemAlloc_v2" fn(*mut usize, usize);
    allocate_managed: c"cuMemAllocManaged" fn(*mut usize, usize, c_uint);
    free: c"cuMemFree_v2" fn(usize);
    allocate_host: c"cuMemHostAlloc" fn(*mut usize, usize, c_uint);
    free_host: c"cuMemFreeHost" fn(usize);
    copy: c"cuMemcpy" fn(usize, usize, usize);
    copy_2d: c"cuMemcpy2D_v2" fn(*const Copy2D);
    register: c"cuGraphicsEGLRegisterImage" fn(*mut usize, usize, c_uint);
    mapped_frame: c"cuGraphicsResourceGetMappedEglFrame" fn(*mut EglFrame, usize, c_uint, c_uint);
    unregister: c"cuGraphicsUnregisterResource" fn(usize);
}

/// Opens a library for good.
pub(super) fn library(name: &CStr) -> Result<*mut c_void, String> {
    // SAFETY: a C string; the library is NVIDIA's or GLVND's and may be opened by any program.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_NODELETE) };
    if library.is_null() {
        return Err(format!(
            "GPU mode needs {name:?}, which the loader does not find: it comes with NVIDIA's driver (libEGL \
             with libglvnd)"
        ));
    }
    Ok(library)
}

/// A function of a library, or of one that it needs.
pub(super) fn symbol(library: *mut c_void, name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a library that was opened for good, and a C string.
    let address = unsafe { libc::dlsym(library, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

/// The driver, opened at the first call.
pub(super) fn get() -> io::Result<&'static Driver> {
    static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();
    DRIVER
        .get_or_init(Driver::open)
        .as_ref()
        .map_err(|error| io::Error::other(error.clone()))
}

/// The result of a call of the driver.
pub(super) fn check(call: &str, code: c_uint) -> io::Result<()> {
    match code {
        0 => Ok(()),
        2 => Err(io::ErrorKind::OutOfMemory.into()),
        code => Err(io::Error::other(format!("{call} gave CUDA error {code}"))),
    }
}

impl Driver {
    fn retain(&mut self) -> io::Result<()> {
        let mut device = 0;
        // SAFETY: takes a number.
        check("cuInit", unsafe { (self.init)(0) })?;
        // SAFETY: `device` is a place for the result.
        check("cuDeviceGet", unsafe { (self.device)(&raw mut device, 0) })?;
        // SAFETY: a place for the result, and a device of the driver's.
        let code = unsafe { (self.retain_primary)(&raw mut self.context, device) };
        check("cuDevicePrimaryCtxRetain", code)
    }

    /// Runs calls of the driver in the primary context, whatever the thread's is.
    pub(super) fn run<T>(&self, body: impl FnOnce(&Self) -> io::Result<T>) -> io::Result<T> {
        // SAFETY: the context is retained for good.
        check("cuCtxPushCurrent", unsafe { (self.push)(self.context) })?;
        let result = body(self);
        let mut own = 0;
        // SAFETY: `own` is a place for the result; the context was pushed above.
        let popped = check("cuCtxPopCurrent", unsafe { (self.pop)(&raw mut own) });
        result.and_then(|value| popped.map(|()| value))
    }
}
