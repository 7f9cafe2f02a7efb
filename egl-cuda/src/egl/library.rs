//! Opening libEGL and its table of functions.

use std::ffi::{CStr, c_void};
use std::fmt;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::OnceLock;

use libloading::os::unix::Library as Dl;

use crate::driver;
use crate::load_error::{LoadError, What};
use crate::sys::*;
use crate::table::table;
use crate::{Error, Result};

/// Where libEGL is looked for: first where the loader looks, then where Jetsons keep it.
const CANDIDATES: &[&str] = &[
    "libEGL.so.1",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu/tegra-egl/libEGL.so.1",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu/nvidia/libEGL.so.1",
];

table! {
    required {
        #[cfg(feature = "gles")]
        get_proc_address: PFN_eglGetProcAddress = c"eglGetProcAddress";
        get_error: PFN_eglGetError = c"eglGetError";
        get_display: PFN_eglGetDisplay = c"eglGetDisplay";
        initialize: PFN_eglInitialize = c"eglInitialize";
        query_string: PFN_eglQueryString = c"eglQueryString";
        #[cfg(feature = "gles")]
        bind_api: PFN_eglBindAPI = c"eglBindAPI";
        #[cfg(feature = "gles")]
        query_api: PFN_eglQueryAPI = c"eglQueryAPI";
        #[cfg(feature = "gles")]
        choose_config: PFN_eglChooseConfig = c"eglChooseConfig";
        #[cfg(feature = "gles")]
        create_context: PFN_eglCreateContext = c"eglCreateContext";
        #[cfg(feature = "gles")]
        destroy_context: PFN_eglDestroyContext = c"eglDestroyContext";
        #[cfg(feature = "gles")]
        create_pbuffer_surface: PFN_eglCreatePbufferSurface = c"eglCreatePbufferSurface";
        #[cfg(feature = "gles")]
        destroy_surface: PFN_eglDestroySurface = c"eglDestroySurface";
        #[cfg(feature = "gles")]
        make_current: PFN_eglMakeCurrent = c"eglMakeCurrent";
        #[cfg(feature = "gles")]
        get_current_context: PFN_eglGetCurrentContext = c"eglGetCurrentContext";
        #[cfg(feature = "gles")]
        get_current_display: PFN_eglGetCurrentDisplay = c"eglGetCurrentDisplay";
        #[cfg(feature = "gles")]
        get_current_surface: PFN_eglGetCurrentSurface = c"eglGetCurrentSurface";
    }
    // Of extensions. A name that is found proves nothing: the extension is asked for first.
    optional {
        get_platform_display: PFN_eglGetPlatformDisplayEXT = c"eglGetPlatformDisplayEXT";
        query_devices: PFN_eglQueryDevicesEXT = c"eglQueryDevicesEXT";
        query_device_string: PFN_eglQueryDeviceStringEXT = c"eglQueryDeviceStringEXT";
        query_device_attrib: PFN_eglQueryDeviceAttribEXT = c"eglQueryDeviceAttribEXT";
        #[cfg(feature = "gles")]
        create_image: PFN_eglCreateImageKHR = c"eglCreateImageKHR";
        #[cfg(feature = "gles")]
        destroy_image: PFN_eglDestroyImageKHR = c"eglDestroyImageKHR";
        create_stream: PFN_eglCreateStreamKHR = c"eglCreateStreamKHR";
        destroy_stream: PFN_eglDestroyStreamKHR = c"eglDestroyStreamKHR";
        query_stream: PFN_eglQueryStreamKHR = c"eglQueryStreamKHR";
        query_stream_u64: PFN_eglQueryStreamu64KHR = c"eglQueryStreamu64KHR";
        create_sync: PFN_eglCreateSyncKHR = c"eglCreateSyncKHR";
        destroy_sync: PFN_eglDestroySyncKHR = c"eglDestroySyncKHR";
        client_wait_sync: PFN_eglClientWaitSyncKHR = c"eglClientWaitSyncKHR";
    }
}

/// libEGL, opened. Never closed: displays and the driver's threads point into it, and libglvnd is known to crash
/// programs that unload it.
pub(crate) struct Egl {
    _dl: ManuallyDrop<Dl>,
    path: PathBuf,
    functions: Functions,
}

impl Egl {
    /// The process's libEGL, opened at the first call that succeeds.
    ///
    /// # Errors
    ///
    /// Each path tried, or the function that is missing.
    pub(crate) fn get() -> Result<&'static Self, LoadError> {
        static EGL: OnceLock<Egl> = OnceLock::new();
        if let Some(egl) = EGL.get() {
            return Ok(egl);
        }
        // Two threads may come here at once; a second handle of the library does no harm.
        let egl = Self::open()?;
        Ok(EGL.get_or_init(|| egl))
    }

    fn open() -> Result<Self, LoadError> {
        let (dl, path) =
            driver::open(CANDIDATES).map_err(|tried| LoadError::not_found(What::Egl, tried))?;
        // From here on it stays, with an error too.
        let dl = ManuallyDrop::new(dl);
        let exported = |name: &CStr| {
            // SAFETY: only the address is taken; the table gives it a type.
            let symbol = unsafe { dl.get::<*mut c_void>(name) }.ok()?;
            NonNull::new(symbol.into_raw())
        };
        let finder = exported(c"eglGetProcAddress").ok_or_else(|| {
            LoadError::missing_symbol(What::Egl, path.clone(), "eglGetProcAddress")
        })?;
        // SAFETY: EGL's function of this name has this prototype.
        let finder =
            unsafe { std::mem::transmute::<*mut c_void, PFN_eglGetProcAddress>(finder.as_ptr()) };
        // Core functions are exported; old versions find only those of extensions by eglGetProcAddress.
        let symbol = |name: &CStr| {
            exported(name).or_else(|| {
                // SAFETY: a C string; any name may be asked for.
                let function = unsafe { finder(name.as_ptr()) }?;
                NonNull::new(function as *mut c_void)
            })
        };
        // SAFETY: libEGL's functions have the prototypes of our header, which are compared with Khronos', and the
        // library is never closed.
        let functions = unsafe { Functions::load(symbol) }
            .map_err(|symbol| LoadError::missing_symbol(What::Egl, path.clone(), symbol))?;
        Ok(Self {
            _dl: dl,
            path,
            functions,
        })
    }

    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The address of any function of EGL or GL.
    #[cfg(feature = "gles")]
    pub(crate) fn proc_address(&self, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: a C string; any name may be asked for.
        let function = unsafe { (self.functions.get_proc_address)(name.as_ptr()) }?;
        NonNull::new(function as *mut c_void)
    }

    /// The error of the call that has just failed on this thread.
    #[cold]
    pub(crate) fn error(&self, call: &'static str) -> Error {
        // SAFETY: the call takes no arguments.
        Error::egl(call, unsafe { (self.functions.get_error)() })
    }

    /// A result of a call that returns `EGL_TRUE` or `EGL_FALSE`.
    pub(crate) fn check(&self, call: &'static str, result: EGLBoolean) -> Result<()> {
        match result {
            0 => Err(self.error(call)),
            _ => Ok(()),
        }
    }

    /// A result of a call that returns a handle or null.
    pub(crate) fn handle(
        &self,
        call: &'static str,
        handle: *mut c_void,
    ) -> Result<NonNull<c_void>> {
        NonNull::new(handle).ok_or_else(|| self.error(call))
    }

    /// A string of a display, or of EGL itself; empty if there is none.
    ///
    /// # Safety
    ///
    /// `display` is null or a display.
    pub(crate) unsafe fn string(&self, display: EGLDisplay, name: EGLint) -> String {
        // SAFETY: by this function's contract.
        let text = unsafe { (self.functions.query_string)(display, name) };
        if text.is_null() {
            // Nobody else is to find the error of this question.
            // SAFETY: the call takes no arguments.
            unsafe { (self.functions.get_error)() };
            return String::new();
        }
        // SAFETY: EGL gives a string of its own static data, NUL-terminated.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    }
}

/// Whether a list of extensions, with blanks between, has one.
pub(crate) fn has(list: &str, extension: &str) -> bool {
    list.split_ascii_whitespace().any(|name| name == extension)
}

impl fmt::Debug for Egl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egl")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
