//! The primary context of a device, made current for a scope.

use std::ffi::{CStr, c_char};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::driver::Functions;
use crate::error::check;
use crate::{Driver, Error, Result, sys};

/// A device's primary context: the one that the CUDA runtime, TensorRT, VPI and every other
/// library in the process use too.
///
/// A clone is the same context; the last one releases it. Every call of this crate pushes the
/// context for its duration, so that it works on any thread and leaves the thread as it was.
///
/// ```no_run
/// # fn main() -> egl_cuda::Result<()> {
/// let context = egl_cuda::Context::primary(0)?;
/// println!("{} on device {}", context.device_name()?, context.ordinal());
/// {
///     let _current = context.push()?;
///     // Calls of other CUDA libraries here find the context current on this thread.
/// }
/// # Ok(()) }
/// ```
///
/// # Invariants
///
/// `raw` is the primary context of `device`, retained once by this object.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    driver: &'static Driver,
    raw: sys::CUcontext,
    device: sys::CUdevice,
    ordinal: i32,
}

// SAFETY: the driver API is thread-safe and a context handle belongs to no thread; what is bound
// to a thread is only which context is current, which `push` sets up on the calling thread.
unsafe impl Send for Inner {}
// SAFETY: as above; no field changes after creation.
unsafe impl Sync for Inner {}

impl Context {
    /// Retains the primary context of a device, creating it if nobody in the process has.
    ///
    /// # Errors
    ///
    /// The driver is not there ([`ErrorKind::Load`](crate::ErrorKind::Load)), there is no such
    /// device, or the context cannot be made.
    #[doc(alias = "cuDevicePrimaryCtxRetain")]
    pub fn primary(ordinal: i32) -> Result<Self> {
        let driver = Driver::get()?;
        let functions = driver.functions();
        let mut device = 0;
        // SAFETY: the pointer is to a live integer.
        let code = unsafe { (functions.device_get)(&raw mut device, ordinal) };
        check(driver, "cuDeviceGet", code)?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the pointer is to a live handle, the device is the driver's own number.
        let code = unsafe { (functions.primary_retain)(&raw mut raw, device) };
        check(driver, "cuDevicePrimaryCtxRetain", code)?;
        Ok(Self {
            inner: Arc::new(Inner {
                driver,
                raw,
                device,
                ordinal,
            }),
        })
    }

    /// Makes the context current on this thread until the guard is dropped.
    ///
    /// # Errors
    ///
    /// The driver's error, if the context was lost.
    #[doc(alias = "cuCtxPushCurrent")]
    pub fn push(&self) -> Result<Current<'_>> {
        // SAFETY: by the type invariant the context is retained.
        let code = unsafe { (self.functions().ctx_push)(self.inner.raw) };
        check(self.driver(), "cuCtxPushCurrent", code)?;
        Ok(Current {
            context: self,
            _this_thread: PhantomData,
        })
    }

    /// Makes the context current unless it is.
    pub(crate) fn push_unless(&self, current: &Current<'_>) -> Result<Option<Current<'_>>> {
        let is_current = current.context().as_raw() == self.as_raw();
        (!is_current).then(|| self.push()).transpose()
    }

    /// Waits until the device has done all work of this context, of every stream and library.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of earlier asynchronous work.
    #[doc(alias = "cuCtxSynchronize")]
    pub fn synchronize(&self) -> Result<()> {
        let _current = self.push()?;
        // SAFETY: the call takes no arguments and works on the current context, ours.
        let code = unsafe { (self.functions().ctx_synchronize)() };
        check(self.driver(), "cuCtxSynchronize", code)
    }

    /// The handle, valid while a clone of this context lives.
    pub fn as_raw(&self) -> sys::CUcontext {
        self.inner.raw
    }

    /// The device's number, as given to [`Context::primary`].
    pub fn ordinal(&self) -> i32 {
        self.inner.ordinal
    }

    /// The device's name.
    ///
    /// # Errors
    ///
    /// The driver's error.
    #[doc(alias = "cuDeviceGetName")]
    pub fn device_name(&self) -> Result<String> {
        const CALL: &str = "cuDeviceGetName";
        const SIZE: u8 = 128;
        let get_name = self
            .functions()
            .device_get_name
            .ok_or_else(|| Error::missing(CALL))?;
        let mut name = [0_u8; SIZE as usize];
        let buffer = name.as_mut_ptr().cast::<c_char>();
        // SAFETY: the buffer is live and of the size given, the device the driver's own number.
        let code = unsafe { get_name(buffer, i32::from(SIZE), self.inner.device) };
        check(self.driver(), CALL, code)?;
        CStr::from_bytes_until_nul(&name)
            .map(|name| name.to_string_lossy().into_owned())
            .map_err(|_| Error::argument(CALL, "the driver gave a name without an end"))
    }

    /// How many devices there are.
    ///
    /// # Errors
    ///
    /// The driver is not there, or its error.
    #[doc(alias = "cuDeviceGetCount")]
    pub fn devices() -> Result<u32> {
        const CALL: &str = "cuDeviceGetCount";
        let driver = Driver::get()?;
        let count_devices = driver.functions().device_get_count;
        let count_devices = count_devices.ok_or_else(|| Error::missing(CALL))?;
        let mut count = 0;
        // SAFETY: the pointer is to a live integer.
        let code = unsafe { count_devices(&raw mut count) };
        check(driver, CALL, code)?;
        u32::try_from(count)
            .map_err(|_| Error::argument(CALL, format!("the driver says {count} devices")))
    }

    /// The context that is current on this thread, whosever it is; null if none is.
    ///
    /// # Errors
    ///
    /// The driver is not there, or its error.
    #[doc(alias = "cuCtxGetCurrent")]
    pub fn current_raw() -> Result<sys::CUcontext> {
        const CALL: &str = "cuCtxGetCurrent";
        let driver = Driver::get()?;
        let current = driver.functions().ctx_get_current;
        let current = current.ok_or_else(|| Error::missing(CALL))?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the pointer is to a live handle.
        let code = unsafe { current(&raw mut raw) };
        check(driver, CALL, code)?;
        Ok(raw)
    }

    /// A property of the device, as the driver's number.
    ///
    /// # Errors
    ///
    /// The driver's error: it does not know the attribute.
    #[doc(alias = "cuDeviceGetAttribute")]
    pub fn attribute(&self, attribute: sys::CUdevice_attribute) -> Result<i32> {
        const CALL: &str = "cuDeviceGetAttribute";
        let find = self.functions().device_get_attribute;
        let find = find.ok_or_else(|| Error::missing(CALL))?;
        let mut value = 0;
        // SAFETY: the pointer is to a live integer, the device the driver's own number.
        let code = unsafe { find(&raw mut value, attribute, self.inner.device) };
        check(self.driver(), CALL, code)?;
        Ok(value)
    }

    /// The device's compute capability, major and minor: 6 and 2 for a TX2.
    ///
    /// # Errors
    ///
    /// The driver's error.
    pub fn compute_capability(&self) -> Result<(i32, i32)> {
        let major = self.attribute(sys::CUdevice_attribute::COMPUTE_CAPABILITY_MAJOR)?;
        let minor = self.attribute(sys::CUdevice_attribute::COMPUTE_CAPABILITY_MINOR)?;
        Ok((major, minor))
    }

    /// Whether the GPU shares the system's memory, as a Jetson's does.
    ///
    /// # Errors
    ///
    /// The driver's error.
    pub fn is_integrated(&self) -> Result<bool> {
        self.attribute(sys::CUdevice_attribute::INTEGRATED)
            .map(|value| value != 0)
    }

    /// The driver that this context is of.
    pub fn driver(&self) -> &'static Driver {
        self.inner.driver
    }

    pub(crate) fn functions(&self) -> &'static Functions {
        self.inner.driver.functions()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: by the type invariant the context was retained once by this object, and no
        // clone is left that would use it.
        let code = unsafe { (self.driver.functions().primary_release)(self.device) };
        if let Err(error) = check(self.driver, "cuDevicePrimaryCtxRelease", code) {
            crate::error::report(&error);
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("ordinal", &self.inner.ordinal)
            .field("raw", &self.inner.raw)
            .finish_non_exhaustive()
    }
}

/// A context that is current on this thread until this guard is dropped, which brings back what
/// was current before.
///
/// Guards are dropped in the reverse of their order, as scopes do. One cannot leave its thread:
///
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// fn f(context: &egl_cuda::Context) {
///     send(context.push().unwrap());
/// }
/// ```
#[must_use = "the context stops being current when the guard is dropped"]
#[derive(Debug)]
pub struct Current<'a> {
    context: &'a Context,
    _this_thread: PhantomData<*const ()>,
}

impl Current<'_> {
    /// The context that is current.
    pub fn context(&self) -> &Context {
        self.context
    }
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        let mut popped = std::ptr::null_mut();
        // SAFETY: the pointer is to a live handle; the guard cannot have left the thread that
        // pushed.
        let code = unsafe { (self.context.functions().ctx_pop)(&raw mut popped) };
        if let Err(error) = check(self.context.driver(), "cuCtxPopCurrent", code) {
            crate::error::report(&error);
        } else if popped != self.context.as_raw() {
            crate::error::report(&"cuCtxPopCurrent: another context was current than was pushed");
        }
    }
}
