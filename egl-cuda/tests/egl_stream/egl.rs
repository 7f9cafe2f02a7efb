//! EGLStreams of the simulated libEGL, or of the machine's own.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{null, null_mut};

use libloading::os::unix::Library;

const FIFO_LENGTH: c_int = 0x31fc;
const NONE: c_int = 0x3038;
const DEVICE_PLATFORM: c_uint = 0x313f;

/// A function by `eglGetProcAddress`.
///
/// # Safety
///
/// `T` is the type of the function of this name.
unsafe fn function<T: Copy>(name: &CStr) -> T {
    type Get = unsafe extern "C" fn(*const c_char) -> *mut c_void;
    // SAFETY: the simulator's, or the driver's libEGL.
    let library = unsafe { Library::new("libEGL.so.1") }.unwrap();
    // SAFETY: its type.
    let get = *unsafe { library.get::<Get>("eglGetProcAddress") }.unwrap();
    // EGL is not to be unloaded.
    std::mem::forget(library);
    // SAFETY: a C string.
    let address = unsafe { get(name.as_ptr()) };
    assert!(!address.is_null(), "{name:?}");
    // SAFETY: by this function's contract, a function pointer.
    unsafe { std::mem::transmute_copy(&address) }
}

/// An EGLStream, destroyed by drop.
#[derive(Debug)]
pub(crate) struct EglStream {
    display: usize,
    stream: usize,
}

impl EglStream {
    /// With a FIFO of so many frames; 0 is a mailbox.
    pub(crate) fn new(length: c_int) -> Self {
        type Devices = unsafe extern "C" fn(c_int, *mut usize, *mut c_int) -> c_uint;
        type Display = unsafe extern "C" fn(c_uint, usize, *const c_int) -> usize;
        type Initialize = unsafe extern "C" fn(usize, *mut c_int, *mut c_int) -> c_uint;
        type Create = unsafe extern "C" fn(usize, *const c_int) -> usize;
        // SAFETY: their types.
        let devices: Devices = unsafe { function(c"eglQueryDevicesEXT") };
        // SAFETY: as above.
        let display: Display = unsafe { function(c"eglGetPlatformDisplayEXT") };
        // SAFETY: as above.
        let initialize: Initialize = unsafe { function(c"eglInitialize") };
        // SAFETY: as above.
        let create: Create = unsafe { function(c"eglCreateStreamKHR") };
        let (mut device, mut count) = (0, 0);
        // SAFETY: both pointers are live.
        assert_eq!(unsafe { devices(1, &mut device, &mut count) }, 1);
        // SAFETY: a device of EGL's, no attributes.
        let display = unsafe { display(DEVICE_PLATFORM, device, null()) };
        // SAFETY: null asks for no numbers.
        assert_eq!(unsafe { initialize(display, null_mut(), null_mut()) }, 1);
        let attributes = [FIFO_LENGTH, length, NONE];
        // SAFETY: a list with its end.
        let stream = unsafe { create(display, attributes.as_ptr()) };
        assert_ne!(stream, 0);
        Self { display, stream }
    }

    pub(crate) fn as_ptr(&self) -> *mut c_void {
        std::ptr::with_exposed_provenance_mut(self.stream)
    }
}

impl Drop for EglStream {
    fn drop(&mut self) {
        type Destroy = unsafe extern "C" fn(usize, usize) -> c_uint;
        // SAFETY: its type.
        let destroy: Destroy = unsafe { function(c"eglDestroyStreamKHR") };
        // SAFETY: a stream of the display, destroyed once.
        assert_eq!(unsafe { destroy(self.display, self.stream) }, 1);
    }
}
