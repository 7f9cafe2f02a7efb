//! The simulated EGL, and CUDA at the ends of its streams, as methods.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::process::Output;

use super::cuda::{Cuda, Frame, LIBRARY, Picture};
use crate::function;

pub(crate) const BAD_ACCESS: c_int = 0x3002;
pub(crate) const BAD_ATTRIBUTE: c_int = 0x3004;
pub(crate) const BAD_CONFIG: c_int = 0x3005;
pub(crate) const BAD_CONTEXT: c_int = 0x3006;
pub(crate) const BAD_DISPLAY: c_int = 0x3008;
pub(crate) const BAD_MATCH: c_int = 0x3009;
pub(crate) const BAD_PARAMETER: c_int = 0x300c;
pub(crate) const BAD_STREAM: c_int = 0x321b;
pub(crate) const NOT_INITIALIZED: c_int = 0x3001;
pub(crate) const SUCCESS: c_int = 0x3000;
pub(crate) const NONE: c_int = 0x3038;
pub(crate) const DEVICE_PLATFORM: c_uint = 0x313f;
pub(crate) const EXTENSIONS: c_int = 0x3055;
pub(crate) const DMA_BUF: c_uint = 0x3270;

pub(crate) const STATE: c_int = 0x3214;
pub(crate) const FIFO_LENGTH: c_int = 0x31fc;
pub(crate) const CREATED: c_int = 0x3215;
pub(crate) const CONNECTING: c_int = 0x3216;
pub(crate) const EMPTY: c_int = 0x3217;
pub(crate) const NEW_FRAME: c_int = 0x3218;
pub(crate) const OLD_FRAME: c_int = 0x3219;
pub(crate) const DISCONNECTED: c_int = 0x321a;

macro_rules! functions {
    ($type:ident, $look_up:expr, $($symbol:ident as $name:ident($($arg:ident: $t:ty),*) -> $r:ty;)*) => {
        /// The functions, looked up once.
        #[derive(Clone, Copy)]
        pub(crate) struct $type { $($name: unsafe extern "C" fn($($t),*) -> $r,)* }

        impl $type {
            pub(crate) fn load() -> Self {
                Self { $($name: {
                    let address: *mut c_void = $look_up(stringify!($symbol));
                    assert!(!address.is_null(), stringify!($symbol));
                    // SAFETY: the prototype is that of EGL's or CUDA's documentation for the name.
                    unsafe {
                        std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($t),*) -> $r>(
                            address,
                        )
                    }
                },)* }
            }

            $(pub(crate) fn $name(&self, $($arg: $t),*) -> $r {
                // SAFETY: tests pass valid pointers, or what the simulator must refuse.
                unsafe { (self.$name)($($arg),*) }
            })*
        }
    };
}

/// A function by `eglGetProcAddress`.
pub(crate) fn proc_address(name: &str) -> *mut c_void {
    let get = function!(
        "libEGL.so.1",
        "eglGetProcAddress",
        unsafe extern "C" fn(*const c_char) -> *mut c_void
    );
    let name = CString::new(name).unwrap();
    // SAFETY: a C string.
    unsafe { get(name.as_ptr()) }
}

functions! { Egl, proc_address,
    eglGetError as error() -> c_int;
    eglGetDisplay as get_display(native: usize) -> usize;
    eglGetPlatformDisplayEXT as platform_display(
        platform: c_uint, native: usize, attributes: *const c_int
    ) -> usize;
    eglInitialize as initialize(display: usize, major: *mut c_int, minor: *mut c_int) -> c_uint;
    eglTerminate as terminate(display: usize) -> c_uint;
    eglQueryString as raw_string(display: usize, name: c_int) -> *const c_char;
    eglQueryDevicesEXT as devices(max: c_int, devices: *mut usize, count: *mut c_int) -> c_uint;
    eglQueryDeviceAttribEXT as device_attribute(
        device: usize, name: c_int, out: *mut isize
    ) -> c_uint;
    eglQueryDisplayAttribEXT as display_attribute(
        display: usize, name: c_int, out: *mut isize
    ) -> c_uint;
    eglBindAPI as bind_api(api: c_uint) -> c_uint;
    eglQueryAPI as query_api() -> c_uint;
    eglChooseConfig as choose_config(
        display: usize, attributes: *const c_int, configs: *mut usize, room: c_int, count: *mut c_int
    ) -> c_uint;
    eglCreateContext as create_context(
        display: usize, config: usize, share: usize, attributes: *const c_int
    ) -> usize;
    eglMakeCurrent as make_current(
        display: usize, draw: usize, read: usize, context: usize
    ) -> c_uint;
    eglGetCurrentContext as current_context() -> usize;
    eglReleaseThread as release_thread() -> c_uint;
    eglCreateImageKHR as create_image(
        display: usize, context: usize, target: c_uint, buffer: usize, attributes: *const c_int
    ) -> usize;
    eglCreateImage as create_image_15(
        display: usize, context: usize, target: c_uint, buffer: usize, attributes: *const isize
    ) -> usize;
    eglDestroyImageKHR as destroy_image(display: usize, image: usize) -> c_uint;
    eglCreateSyncKHR as create_sync(
        display: usize, kind: c_uint, attributes: *const c_int
    ) -> usize;
    eglDestroySync as destroy_sync(display: usize, sync: usize) -> c_uint;
    eglSignalSyncKHR as signal(display: usize, sync: usize, mode: c_int) -> c_uint;
    eglClientWaitSync as client_wait(
        display: usize, sync: usize, flags: c_int, timeout: u64
    ) -> c_int;
    eglGetSyncAttrib as sync_attribute(
        display: usize, sync: usize, name: c_int, out: *mut isize
    ) -> c_uint;
    eglCreateStreamKHR as create_stream(display: usize, attributes: *const c_int) -> usize;
    eglDestroyStreamKHR as destroy_stream(display: usize, stream: usize) -> c_uint;
    eglStreamAttribKHR as set_attribute(
        display: usize, stream: usize, name: c_int, value: c_int
    ) -> c_uint;
    eglQueryStreamKHR as query(display: usize, stream: usize, name: c_int, out: *mut c_int) -> c_uint;
    eglQueryStreamu64KHR as query_u64(
        display: usize, stream: usize, name: c_int, out: *mut u64
    ) -> c_uint;
    eglQueryStreamTimeKHR as query_time(
        display: usize, stream: usize, name: c_int, out: *mut u64
    ) -> c_uint;
}

impl Egl {
    /// EGL with the device's display, initialised.
    pub(crate) fn start() -> (Self, usize) {
        let egl = Self::load();
        let (mut device, mut count) = (0, 0);
        assert_eq!(egl.devices(1, &mut device, &mut count), 1);
        let display = egl.platform_display(DEVICE_PLATFORM, device, std::ptr::null());
        let null = std::ptr::null_mut();
        assert_eq!((count, egl.initialize(display, null, null)), (1, 1));
        (egl, display)
    }

    /// A string, empty where there is none.
    pub(crate) fn string(&self, display: usize, name: c_int) -> String {
        let text = self.raw_string(display, name);
        if text.is_null() {
            return String::new();
        }
        // SAFETY: a string of EGL's, which stays.
        let text = unsafe { CStr::from_ptr(text) };
        text.to_str().unwrap().to_owned()
    }

    pub(crate) fn state(&self, display: usize, stream: usize) -> c_int {
        let mut state = 0;
        assert_eq!(self.query(display, stream, STATE, &mut state), 1);
        state
    }
}

fn of_cuda(name: &str) -> *mut c_void {
    super::symbol(LIBRARY, name)
}

functions! { Ends, of_cuda,
    cuEGLStreamConsumerConnect as consumer(conn: *mut usize, stream: usize) -> c_uint;
    cuEGLStreamConsumerConnectWithFlags as consumer_with_flags(
        conn: *mut usize, stream: usize, flags: c_uint
    ) -> c_uint;
    cuEGLStreamConsumerDisconnect as consumer_disconnect(conn: *mut usize) -> c_uint;
    cuEGLStreamConsumerAcquireFrame as acquire(
        conn: *mut usize, resource: *mut usize, stream: *mut usize, timeout: c_uint
    ) -> c_uint;
    cuEGLStreamConsumerReleaseFrame as release(
        conn: *mut usize, resource: usize, stream: *mut usize
    ) -> c_uint;
    cuEGLStreamProducerConnect as producer(
        conn: *mut usize, stream: usize, width: c_int, height: c_int
    ) -> c_uint;
    cuEGLStreamProducerDisconnect as producer_disconnect(conn: *mut usize) -> c_uint;
    cuEGLStreamProducerPresentFrame as present(
        conn: *mut usize, frame: Frame, stream: *mut usize
    ) -> c_uint;
    cuEGLStreamProducerReturnFrame as take_back(
        conn: *mut usize, frame: *mut Frame, stream: *mut usize
    ) -> c_uint;
    cuEventCreateFromEGLSync as event_of_sync(
        event: *mut usize, sync: usize, flags: c_uint
    ) -> c_uint;
}

/// A list of attributes with its end.
pub(crate) fn list(pairs: &[(c_int, c_int)]) -> Vec<c_int> {
    let pairs = pairs.iter().flat_map(|(name, value)| [*name, *value]);
    pairs.chain([NONE]).collect()
}

/// [`super::isolated`] with the simulated EGL.
pub(crate) fn isolated(test: &str, body: impl FnOnce()) {
    let output = child(test, &[], body);
    let text = super::text(&output);
    assert!(output.status.success(), "{}\n{text}", output.status);
}

/// [`super::child`] with the simulated EGL.
pub(crate) fn child(test: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Output {
    let variables = [variables, &[("NVMM_SIM_EGL", "1")]].concat();
    let output = super::child(test, &variables, body);
    assert!(
        super::text(&output).contains(super::RAN),
        "{}",
        super::text(&output)
    );
    output
}

/// A stream with both ends connected, in one context.
pub(crate) struct Pair {
    pub(crate) egl: Egl,
    pub(crate) ends: Ends,
    pub(crate) cuda: Cuda,
    pub(crate) display: usize,
    pub(crate) stream: usize,
    pub(crate) consumer: usize,
    pub(crate) producer: usize,
}

pub(crate) const NULL: *mut usize = std::ptr::null_mut();

impl Pair {
    /// With a FIFO of so many frames; 0 is a mailbox.
    pub(crate) fn new(length: c_int) -> Self {
        let (egl, display) = Egl::start();
        let (cuda, ends) = (Cuda::start(), Ends::load());
        let attributes = list(&[(FIFO_LENGTH, length)]);
        let stream = egl.create_stream(display, attributes.as_ptr());
        let (mut consumer, mut producer) = (0, 0);
        assert_eq!(ends.consumer(&mut consumer, stream), 0);
        assert_eq!(ends.producer(&mut producer, stream, 64, 32), 0);
        Self {
            egl,
            ends,
            cuda,
            display,
            stream,
            consumer,
            producer,
        }
    }

    /// A frame in new device memory, filled with a byte.
    pub(crate) fn frame(&self, value: u8) -> Frame {
        let mut address = 0;
        assert_eq!(self.cuda.mem_alloc(&mut address, 256 * 32), 0);
        assert_eq!(self.cuda.memset(address, value, 256 * 32), 0);
        Frame {
            planes: [address, 0, 0],
            width: 64,
            height: 32,
            depth: 1,
            pitch: 256,
            plane_count: 1,
            num_channels: 4,
            frame_type: 1,
            egl_color_format: 0x0e,
            cu_format: 1,
        }
    }

    pub(crate) fn state(&self) -> c_int {
        self.egl.state(self.display, self.stream)
    }

    pub(crate) fn present(&mut self, frame: Frame) -> c_uint {
        self.ends.present(&mut self.producer, frame, NULL)
    }

    /// A frame's resource, or the error.
    pub(crate) fn acquire(&mut self, timeout: c_uint) -> Result<usize, c_uint> {
        let mut resource = 0;
        let result = self
            .ends
            .acquire(&mut self.consumer, &mut resource, NULL, timeout);
        if result == 0 {
            Ok(resource)
        } else {
            Err(result)
        }
    }

    pub(crate) fn release(&mut self, resource: usize) -> c_uint {
        self.ends.release(&mut self.consumer, resource, NULL)
    }

    /// The address of a frame that came back, or the error.
    pub(crate) fn take_back(&mut self) -> Result<usize, c_uint> {
        let mut frame = Frame::default();
        let result = self.ends.take_back(&mut self.producer, &mut frame, NULL);
        if result == 0 {
            Ok(frame.planes[0])
        } else {
            Err(result)
        }
    }

    /// The first byte of a frame of the consumer's.
    pub(crate) fn first_byte(&self, resource: usize) -> u8 {
        let (mut frame, mut byte) = (Frame::default(), 0u8);
        assert_eq!(self.cuda.frame_of(&mut frame, resource, 0, 0), 0);
        let to = (&raw mut byte).cast();
        assert_eq!(self.cuda.copy_to_host(to, frame.planes[0], 1), 0);
        byte
    }
}

/// The picture of a frame, for the kernel `fill`.
pub(crate) fn picture(frame: &Frame) -> Picture {
    Picture {
        pixels: frame.planes[0],
        pitch: frame.pitch,
        width: frame.width * frame.num_channels,
        height: frame.height,
    }
}
