//! EGL displays that need no screen.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use super::library::{Egl, has};
use crate::sys::{self, EGLAttrib, EGLDeviceEXT};
use crate::{Error, Result};

/// Devices that are looked at.
const MAX_DEVICES: usize = 32;

/// An initialised EGL display, and libEGL, opened at run time.
///
/// A clone is the same display. It is never terminated: EGL counts no users of a display, and the buffer libraries, the
/// CUDA driver and GStreamer's GL elements in this process may use the same.
///
/// NVIDIA's buffer libraries make EGLImages with the default display, which they find by themselves; a display is
/// needed here for [`EglStream`](crate::EglStream)s, for textures, and for the old functions that ask for one.
///
/// ```no_run
/// let display = egl_cuda::EglDisplay::of_device(0)?;
/// println!("{display:?}");
/// # Ok::<(), egl_cuda::Error>(())
/// ```
///
/// # Invariants
///
/// `raw` is a display of `egl` that was initialised.
#[derive(Clone)]
pub struct EglDisplay {
    inner: Arc<Inner>,
}

struct Inner {
    egl: &'static Egl,
    raw: NonNull<c_void>,
    version: (i32, i32),
    extensions: String,
    vendor: String,
}

// SAFETY: EGL's functions may be called from any thread, and a display belongs to none.
unsafe impl Send for Inner {}
// SAFETY: as above; no field changes after creation.
unsafe impl Sync for Inner {}

impl EglDisplay {
    /// The display of a CUDA device: the one that needs no window system, where EGL has such
    /// (`EGL_EXT_platform_device`), else the default one.
    ///
    /// Of several devices it is the one that says it has this number with CUDA (`EGL_NV_device_cuda`). Where none says so
    /// it is the first that can be initialised.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`](crate::ErrorKind::Load): there is no libEGL.
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl): neither display can be initialised; the error is that of the default
    /// one. The usual reason is a `DISPLAY` that points at a remote or dead X server.
    #[doc(alias = "eglGetPlatformDisplayEXT")]
    pub fn of_device(ordinal: i32) -> Result<Self> {
        let egl = Self::egl("EglDisplay::of_device")?;
        // SAFETY: null asks EGL itself.
        let client = unsafe { egl.string(std::ptr::null_mut(), sys::EGL_EXTENSIONS) };
        let enumerates =
            has(&client, "EGL_EXT_device_base") || has(&client, "EGL_EXT_device_enumeration");
        if enumerates && has(&client, "EGL_EXT_platform_device") {
            for device in devices(egl, ordinal) {
                if let Ok(display) = Self::of_egl_device(egl, device) {
                    return Ok(display);
                }
            }
        }
        Self::default_of(egl)
    }

    /// The default display: that of the window system, if there is one.
    ///
    /// # Errors
    ///
    /// As [`EglDisplay::of_device`].
    #[doc(alias = "eglGetDisplay")]
    pub fn default_display() -> Result<Self> {
        Self::default_of(Self::egl("EglDisplay::default_display")?)
    }

    /// A display of others: that of a window system's connection, or of a program's own OpenGL. It is initialised, which
    /// changes nothing where it was.
    ///
    /// # Errors
    ///
    /// As [`EglDisplay::of_device`]; [`ErrorKind::Egl`](crate::ErrorKind::Egl) for what is no display.
    ///
    /// # Safety
    ///
    /// `raw` is an `EGLDisplay` of the process's libEGL that nobody terminates while this object, or what is made of it,
    /// lives.
    #[doc(alias = "eglInitialize")]
    pub unsafe fn from_raw(raw: NonNull<c_void>) -> Result<Self> {
        Self::initialize(Self::egl("EglDisplay::from_raw")?, raw)
    }

    fn egl(call: &'static str) -> Result<&'static Egl> {
        Egl::get().map_err(|error| Error::load(call, error))
    }

    fn default_of(egl: &'static Egl) -> Result<Self> {
        // SAFETY: null is the default display.
        let raw = unsafe { (egl.functions().get_display)(std::ptr::null_mut()) };
        Self::initialize(egl, egl.handle("eglGetDisplay", raw)?)
    }

    fn of_egl_device(egl: &'static Egl, device: EGLDeviceEXT) -> Result<Self> {
        const CALL: &str = "eglGetPlatformDisplayEXT";
        let get = egl
            .functions()
            .get_platform_display
            .ok_or_else(|| Error::missing(CALL))?;
        // SAFETY: the device is EGL's own; no attributes.
        let raw = unsafe { get(sys::EGL_PLATFORM_DEVICE_EXT, device, std::ptr::null()) };
        Self::initialize(egl, egl.handle(CALL, raw)?)
    }

    fn initialize(egl: &'static Egl, raw: NonNull<c_void>) -> Result<Self> {
        let mut version = (0, 0);
        // SAFETY: EGL's own display; both pointers are to live integers. Doing it again changes nothing.
        let done = unsafe {
            (egl.functions().initialize)(raw.as_ptr(), &raw mut version.0, &raw mut version.1)
        };
        egl.check("eglInitialize", done)?;
        let string = |name| {
            // SAFETY: an initialised display.
            unsafe { egl.string(raw.as_ptr(), name) }
        };
        let (extensions, vendor) = (string(sys::EGL_EXTENSIONS), string(sys::EGL_VENDOR));
        Ok(Self {
            inner: Arc::new(Inner {
                egl,
                raw,
                version,
                extensions,
                vendor,
            }),
        })
    }

    /// The `EGLDisplay`: valid for the rest of the process.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.inner.raw
    }

    /// EGL's version, as major and minor.
    pub fn version(&self) -> (i32, i32) {
        self.inner.version
    }

    /// Who made this EGL.
    pub fn vendor(&self) -> &str {
        &self.inner.vendor
    }

    /// What the display can do beyond EGL's version: names with blanks between.
    pub fn extensions(&self) -> &str {
        &self.inner.extensions
    }

    /// Whether the display has an extension.
    pub fn has_extension(&self, name: &str) -> bool {
        has(&self.inner.extensions, name)
    }

    /// An error unless the display has an extension, which a call needs.
    pub(crate) fn require(&self, call: &'static str, extension: &'static str) -> Result<()> {
        match self.has_extension(extension) {
            true => Ok(()),
            false => Err(Error::extension(call, extension)),
        }
    }

    pub(crate) fn library(&self) -> &'static Egl {
        self.inner.egl
    }
}

/// The devices of EGL: those that say they are this device of CUDA first, those that say another not at all.
fn devices(egl: &Egl, ordinal: i32) -> Vec<EGLDeviceEXT> {
    let functions = egl.functions();
    let Some(query) = functions.query_devices else {
        return Vec::new();
    };
    let mut devices = [std::ptr::null_mut(); MAX_DEVICES];
    let mut count = 0;
    // SAFETY: the array is of the length given, the count a live integer.
    let found = unsafe { query(MAX_DEVICES as i32, devices.as_mut_ptr(), &raw mut count) };
    let count = usize::try_from(count).unwrap_or(0).min(MAX_DEVICES);
    if egl.check("eglQueryDevicesEXT", found).is_err() {
        return Vec::new();
    }
    let number = |device: &EGLDeviceEXT| {
        // SAFETY: EGL's own device.
        let text = unsafe { functions.query_device_string?(*device, sys::EGL_EXTENSIONS) };
        if text.is_null() {
            return None;
        }
        // SAFETY: EGL gives a string of its own static data, NUL-terminated.
        let extensions = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy();
        if !has(&extensions, "EGL_NV_device_cuda") {
            return None;
        }
        let mut number: EGLAttrib = -1;
        let get = functions.query_device_attrib?;
        // SAFETY: EGL's own device, and a live integer.
        let found = unsafe { get(*device, sys::EGL_CUDA_DEVICE_NV, &raw mut number) };
        (found != 0).then_some(number)
    };
    let said = devices[..count]
        .iter()
        .map(|device| (number(device), *device));
    let (mut same, mut silent) = (Vec::new(), Vec::new());
    for (number, device) in said {
        match number {
            Some(number) if i32::try_from(number) == Ok(ordinal) => same.push(device),
            Some(_) => {}
            None => silent.push(device),
        }
    }
    same.append(&mut silent);
    same
}

impl fmt::Debug for EglDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.inner.version;
        f.debug_struct("EglDisplay")
            .field("library", self.inner.egl)
            .field("version", &format_args!("{major}.{minor}"))
            .field("vendor", &self.inner.vendor)
            .finish_non_exhaustive()
    }
}
