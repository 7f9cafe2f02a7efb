//! Opening libcuda and its table of functions.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock};

use libloading::os::unix::{Library as Dl, RTLD_LOCAL, RTLD_NOW};

use crate::LoadError;
use crate::code;
use crate::load_error::What;
use crate::sys::*;
use crate::table::table;

/// Where libcuda is looked for: first where the loader looks, then where Jetsons keep it.
const CANDIDATES: &[&str] = &[
    "libcuda.so.1",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1",
    #[cfg(target_arch = "aarch64")]
    "/usr/local/cuda/compat/libcuda.so.1",
];

/// libcuda, opened. Never closed: contexts and other libraries point into it.
pub(crate) struct Library {
    dl: Dl,
    path: PathBuf,
}

impl Library {
    /// The process's libcuda, opened at the first call that succeeds.
    pub(crate) fn get() -> Result<&'static Self, LoadError> {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        static OPENING: Mutex<()> = Mutex::new(());
        if let Some(library) = LIBRARY.get() {
            return Ok(library);
        }
        let _one_at_a_time = OPENING.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(library) = LIBRARY.get() {
            return Ok(library);
        }
        let library = Self::open()?;
        Ok(LIBRARY.get_or_init(|| library))
    }

    fn open() -> Result<Self, LoadError> {
        let (dl, path) =
            open(CANDIDATES).map_err(|tried| LoadError::not_found(What::Cuda, tried))?;
        Ok(Self { dl, path })
    }

    /// The address of a function, looked up in libcuda itself and what it needs.
    pub(crate) fn symbol(&self, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: only the address is taken; who uses it gives it a type.
        let symbol = unsafe { self.dl.get::<*mut c_void>(name) }.ok()?;
        NonNull::new(symbol.into_raw())
    }
}

table! {
    required {
        init: PFN_cuInit = c"cuInit";
        driver_get_version: PFN_cuDriverGetVersion = c"cuDriverGetVersion";
        device_get: PFN_cuDeviceGet = c"cuDeviceGet";
        primary_retain: PFN_cuDevicePrimaryCtxRetain = c"cuDevicePrimaryCtxRetain";
        // `_v2` came with CUDA 11.
        primary_release: PFN_cuDevicePrimaryCtxRelease =
            c"cuDevicePrimaryCtxRelease_v2" | c"cuDevicePrimaryCtxRelease";
        ctx_push: PFN_cuCtxPushCurrent_v2 = c"cuCtxPushCurrent_v2";
        ctx_pop: PFN_cuCtxPopCurrent_v2 = c"cuCtxPopCurrent_v2";
        ctx_synchronize: PFN_cuCtxSynchronize = c"cuCtxSynchronize";
        stream_create: PFN_cuStreamCreate = c"cuStreamCreate";
        stream_destroy: PFN_cuStreamDestroy_v2 = c"cuStreamDestroy_v2";
        stream_synchronize: PFN_cuStreamSynchronize = c"cuStreamSynchronize";
        stream_wait_event: PFN_cuStreamWaitEvent = c"cuStreamWaitEvent";
        event_create: PFN_cuEventCreate = c"cuEventCreate";
        event_destroy: PFN_cuEventDestroy_v2 = c"cuEventDestroy_v2";
        event_record: PFN_cuEventRecord = c"cuEventRecord";
        event_synchronize: PFN_cuEventSynchronize = c"cuEventSynchronize";
        event_query: PFN_cuEventQuery = c"cuEventQuery";
        egl_register: PFN_cuGraphicsEGLRegisterImage = c"cuGraphicsEGLRegisterImage";
        mapped_egl_frame: PFN_cuGraphicsResourceGetMappedEglFrame =
            c"cuGraphicsResourceGetMappedEglFrame";
        unregister: PFN_cuGraphicsUnregisterResource = c"cuGraphicsUnregisterResource";
        surf_object_create: PFN_cuSurfObjectCreate = c"cuSurfObjectCreate";
        surf_object_destroy: PFN_cuSurfObjectDestroy = c"cuSurfObjectDestroy";
    }
    // What a driver may lack without being useless: each use says so by its name.
    optional {
        get_error_name: PFN_cuGetErrorName = c"cuGetErrorName";
        get_error_string: PFN_cuGetErrorString = c"cuGetErrorString";
        device_get_count: PFN_cuDeviceGetCount = c"cuDeviceGetCount";
        device_get_name: PFN_cuDeviceGetName = c"cuDeviceGetName";
        device_get_attribute: PFN_cuDeviceGetAttribute = c"cuDeviceGetAttribute";
        ctx_get_current: PFN_cuCtxGetCurrent = c"cuCtxGetCurrent";
        stream_query: PFN_cuStreamQuery = c"cuStreamQuery";
        stream_attach_mem_async: PFN_cuStreamAttachMemAsync = c"cuStreamAttachMemAsync";
        event_elapsed_time: PFN_cuEventElapsedTime = c"cuEventElapsedTime";
        // Came with CUDA 9.0.
        event_create_from_egl_sync: PFN_cuEventCreateFromEGLSync = c"cuEventCreateFromEGLSync";
        mem_alloc: PFN_cuMemAlloc_v2 = c"cuMemAlloc_v2";
        mem_alloc_pitch: PFN_cuMemAllocPitch_v2 = c"cuMemAllocPitch_v2";
        mem_alloc_managed: PFN_cuMemAllocManaged = c"cuMemAllocManaged";
        mem_free: PFN_cuMemFree_v2 = c"cuMemFree_v2";
        mem_host_alloc: PFN_cuMemHostAlloc = c"cuMemHostAlloc";
        mem_free_host: PFN_cuMemFreeHost = c"cuMemFreeHost";
        mem_host_get_device_pointer: PFN_cuMemHostGetDevicePointer_v2 =
            c"cuMemHostGetDevicePointer_v2";
        #[cfg(feature = "cust")]
        pointer_get_attribute: PFN_cuPointerGetAttribute = c"cuPointerGetAttribute";
        memcpy_2d_async: PFN_cuMemcpy2DAsync_v2 = c"cuMemcpy2DAsync_v2";
        array_3d_create: PFN_cuArray3DCreate_v2 = c"cuArray3DCreate_v2";
        array_get_descriptor: PFN_cuArrayGetDescriptor_v2 = c"cuArrayGetDescriptor_v2";
        array_destroy: PFN_cuArrayDestroy = c"cuArrayDestroy";
        tex_object_create: PFN_cuTexObjectCreate = c"cuTexObjectCreate";
        tex_object_destroy: PFN_cuTexObjectDestroy = c"cuTexObjectDestroy";
        consumer_connect: PFN_cuEGLStreamConsumerConnect = c"cuEGLStreamConsumerConnect";
        consumer_connect_with_flags: PFN_cuEGLStreamConsumerConnectWithFlags =
            c"cuEGLStreamConsumerConnectWithFlags";
        consumer_disconnect: PFN_cuEGLStreamConsumerDisconnect = c"cuEGLStreamConsumerDisconnect";
        consumer_acquire: PFN_cuEGLStreamConsumerAcquireFrame = c"cuEGLStreamConsumerAcquireFrame";
        consumer_release: PFN_cuEGLStreamConsumerReleaseFrame = c"cuEGLStreamConsumerReleaseFrame";
        producer_connect: PFN_cuEGLStreamProducerConnect = c"cuEGLStreamProducerConnect";
        producer_disconnect: PFN_cuEGLStreamProducerDisconnect = c"cuEGLStreamProducerDisconnect";
        producer_present: PFN_cuEGLStreamProducerPresentFrame = c"cuEGLStreamProducerPresentFrame";
        producer_return: PFN_cuEGLStreamProducerReturnFrame = c"cuEGLStreamProducerReturnFrame";
        #[cfg(feature = "cust")]
        launch_kernel: PFN_cuLaunchKernel = c"cuLaunchKernel";
    }
}

/// The CUDA driver: libcuda opened at run time and initialised. There is one per process.
///
/// ```no_run
/// let driver = egl_cuda::Driver::get()?;
/// println!("CUDA {:?} from {}", driver.version(), driver.path().display());
/// # Ok::<(), egl_cuda::LoadError>(())
/// ```
pub struct Driver {
    library: &'static Library,
    functions: Functions,
    version: c_int,
}

impl Driver {
    /// The process's CUDA driver, opened and initialised at the first call that succeeds.
    ///
    /// A failure is not remembered: a later call tries again.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names each path tried, the missing symbol, or the code of `cuInit`.
    #[doc(alias = "cuInit")]
    pub fn get() -> Result<&'static Self, LoadError> {
        static DRIVER: OnceLock<Driver> = OnceLock::new();
        if let Some(driver) = DRIVER.get() {
            return Ok(driver);
        }
        // Two threads may come here at once; the driver allows cuInit twice, and one table wins.
        let driver = Self::start(Library::get()?)?;
        Ok(DRIVER.get_or_init(|| driver))
    }

    fn start(library: &'static Library) -> Result<Self, LoadError> {
        // SAFETY: libcuda's functions have the prototypes of our header, which are compared with NVIDIA's, and the
        // library is never closed.
        let functions =
            unsafe { Functions::load(|name| library.symbol(name)) }.map_err(|symbol| {
                LoadError::missing_symbol(What::Cuda, library.path.clone(), symbol)
            })?;
        let mut driver = Self {
            library,
            functions,
            version: 0,
        };
        // SAFETY: cuInit takes flags, which must be 0.
        let code = unsafe { (driver.functions.init)(0) };
        driver.started("cuInit", code)?;
        let mut version = 0;
        // SAFETY: the pointer is to a live integer.
        let code = unsafe { (driver.functions.driver_get_version)(&raw mut version) };
        driver.started("cuDriverGetVersion", code)?;
        driver.version = version;
        Ok(driver)
    }

    fn started(&self, call: &'static str, code: CUresult) -> Result<(), LoadError> {
        let Some(code) = NonZeroU32::new(code) else {
            return Ok(());
        };
        let name = self.error_name(code).unwrap_or("no name known").to_owned();
        Err(LoadError::failed(
            self.library.path.clone(),
            call,
            code,
            name,
        ))
    }

    /// The newest CUDA version that the driver supports, as major and minor.
    #[doc(alias = "cuDriverGetVersion")]
    pub fn version(&self) -> (u32, u32) {
        let version = u32::try_from(self.version).unwrap_or(0);
        (version / 1000, version % 1000 / 10)
    }

    /// The name or path that the library was opened by.
    pub fn path(&self) -> &Path {
        &self.library.path
    }

    /// The address of any driver function, for calls that this crate does not wrap.
    ///
    /// It is valid for the rest of the process. Names are those of the symbols: `cuMemAlloc_v2`,
    /// not the header's `cuMemAlloc`.
    pub fn symbol(&self, name: &CStr) -> Option<NonNull<c_void>> {
        self.library.symbol(name)
    }

    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The driver's name of a code, else ours.
    pub(crate) fn error_name(&self, code: NonZeroU32) -> Option<&'static str> {
        let ours = || code::known(code.get()).and_then(|(name, _)| name.to_str().ok());
        self.text_of(self.functions.get_error_name, code)
            .or_else(ours)
    }

    /// The driver's words on a code, else ours.
    pub(crate) fn error_text(&self, code: NonZeroU32) -> Option<&'static str> {
        let ours = || code::known(code.get()).and_then(|(_, text)| text.to_str().ok());
        self.text_of(self.functions.get_error_string, code)
            .or_else(ours)
    }

    fn text_of(
        &self,
        function: Option<unsafe extern "C" fn(CUresult, *mut *const c_char) -> CUresult>,
        code: NonZeroU32,
    ) -> Option<&'static str> {
        let mut text = std::ptr::null();
        // SAFETY: the pointer is to a live pointer; any code may be asked about.
        if unsafe { function?(code.get(), &raw mut text) } != CUDA_SUCCESS || text.is_null() {
            return None;
        }
        // SAFETY: on success the driver gives a string of its own static data, NUL-terminated,
        // and the library is never closed.
        unsafe { CStr::from_ptr(text) }.to_str().ok()
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("path", &self.library.path)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

/// Opens the first of some names of a library of NVIDIA's or of EGL's.
///
/// # Errors
///
/// What was tried, and what the loader said.
pub(crate) fn open(candidates: &[&str]) -> Result<(Dl, PathBuf), Vec<(PathBuf, String)>> {
    let mut tried = Vec::new();
    for path in candidates.iter().map(PathBuf::from) {
        // SAFETY: loading runs the library's initialisers; the names tried are those of the driver's
        // libraries only, and running them is what the caller asks for.
        match unsafe { Dl::open(Some(&path), RTLD_NOW | RTLD_LOCAL) } {
            Ok(dl) => return Ok((dl, path)),
            Err(error) => tried.push((path, loader_words(&error))),
        }
    }
    Err(tried)
}

/// What the loader itself said: `libloading` has it as the source of its error.
fn loader_words(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or(error.to_string(), ToString::to_string)
}
