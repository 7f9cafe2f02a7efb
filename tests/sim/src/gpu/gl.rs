//! Textures and their EGLImages, made on a thread of its own: an OpenGL ES context belongs to one.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::driver::{library, symbol};

/// A texture and its EGLImage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texture {
    name: c_uint,
    pub(super) image: usize,
}

/// What the thread is asked for.
enum Ask {
    Make {
        format: c_uint,
        width: c_int,
        height: c_int,
        answer: Sender<Result<Texture, String>>,
    },
    Destroy(Texture),
}

/// Makes a texture without content.
pub(super) fn texture(format: c_uint, width: u32, height: u32) -> io::Result<Texture> {
    let (answer, result) = channel();
    let side = |side: u32| c_int::try_from(side).map_err(io::Error::other);
    thread()?
        .send(Ask::Make {
            format,
            width: side(width)?,
            height: side(height)?,
            answer,
        })
        .map_err(io::Error::other)?;
    result
        .recv()
        .map_err(io::Error::other)?
        .map_err(io::Error::other)
}

/// Destroys a texture and its image.
pub(super) fn destroy(texture: Texture) {
    if let Ok(thread) = thread() {
        // A thread that has ended has nothing left to destroy.
        let _ = thread.send(Ask::Destroy(texture));
    }
}

fn thread() -> io::Result<Sender<Ask>> {
    static THREAD: OnceLock<Result<Sender<Ask>, String>> = OnceLock::new();
    let thread = THREAD.get_or_init(|| {
        let (ask, asked) = channel();
        let (ready, is_ready) = channel();
        std::thread::Builder::new()
            .name("nvmm-sim-gl".into())
            .spawn(move || match Gl::open() {
                Ok(gl) => {
                    let _ = ready.send(Ok(()));
                    gl.work(&asked);
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(|error| error.to_string())?;
        is_ready.recv().map_err(|error| error.to_string())??;
        Ok(ask)
    });
    thread.clone().map_err(io::Error::other)
}

/// `EGL_PLATFORM_DEVICE_EXT`, `EGL_CUDA_DEVICE_NV`, `EGL_OPENGL_ES_API`, `EGL_CONTEXT_MAJOR_VERSION`,
/// `EGL_NONE`, `EGL_GL_TEXTURE_2D`
const PLATFORM_DEVICE: c_uint = 0x313f;
const CUDA_DEVICE: c_int = 0x323a;
const OPENGL_ES_API: c_uint = 0x30a0;
const CONTEXT_MAJOR_VERSION: c_int = 0x3098;
const NONE: c_int = 0x3038;
const GL_TEXTURE_2D_IMAGE: c_uint = 0x30b1;
/// `GL_TEXTURE_2D`
const TEXTURE_2D: c_uint = 0x0de1;
/// Devices that are looked at.
const MAX_DEVICES: usize = 32;

macro_rules! functions {
    ($($field:ident: $name:literal fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions, the display and the context, which is current on the thread.
        struct Gl {
            display: usize,
            context: usize,
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Gl {
            fn load() -> Result<Self, String> {
                type Find = unsafe extern "C" fn(*const std::ffi::c_char) -> *mut c_void;
                let egl = library(c"libEGL.so.1")?;
                let find = symbol(egl, c"eglGetProcAddress").ok_or("libEGL has no eglGetProcAddress")?;
                // SAFETY: EGL's function of that name has this type.
                let find = unsafe { std::mem::transmute::<*mut c_void, Find>(find) };
                let look = |name: &CStr| {
                    // Old versions of EGL find only extensions this way.
                    // SAFETY: a C string.
                    let found = symbol(egl, name).unwrap_or_else(|| unsafe { find(name.as_ptr()) });
                    if found.is_null() {
                        return Err(format!("this machine's EGL has no {name:?}"));
                    }
                    Ok(found)
                };
                Ok(Self {
                    display: 0,
                    context: 0,
                    $($field: {
                        let address = look($name)?;
                        // SAFETY: the function of that name has this type.
                        unsafe {
                            std::mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($argument),*) $(-> $result)?,
                            >(address)
                        }
                    },)*
                })
            }
        }
    };
}

functions! {
    get_error: c"eglGetError" fn() -> c_int;
    devices: c"eglQueryDevicesEXT" fn(c_int, *mut usize, *mut c_int) -> c_uint;
    device_attribute: c"eglQueryDeviceAttribEXT" fn(usize, c_int, *mut isize) -> c_uint;
    platform_display: c"eglGetPlatformDisplayEXT" fn(c_uint, usize, *const c_int) -> usize;
    initialize: c"eglInitialize" fn(usize, *mut c_int, *mut c_int) -> c_uint;
    bind_api: c"eglBindAPI" fn(c_uint) -> c_uint;
    create_context: c"eglCreateContext" fn(usize, usize, usize, *const c_int) -> usize;
    make_current: c"eglMakeCurrent" fn(usize, usize, usize, usize) -> c_uint;
    create_image: c"eglCreateImageKHR" fn(usize, usize, c_uint, usize, *const c_int) -> usize;
    destroy_image: c"eglDestroyImageKHR" fn(usize, usize) -> c_uint;
    gl_error: c"glGetError" fn() -> c_uint;
    gen_textures: c"glGenTextures" fn(c_int, *mut c_uint);
    delete_textures: c"glDeleteTextures" fn(c_int, *const c_uint);
    bind_texture: c"glBindTexture" fn(c_uint, c_uint);
    storage_2d: c"glTexStorage2D" fn(c_uint, c_int, c_uint, c_int, c_int);
    finish: c"glFinish" fn();
}

impl Gl {
    /// A context without a surface on the display of CUDA's device 0, current on this thread.
    fn open() -> Result<Self, String> {
        let mut gl = Self::load()?;
        gl.display = gl.display_of_cuda()?;
        // SAFETY: a display of EGL's; the versions are not asked for.
        if unsafe { (gl.initialize)(gl.display, std::ptr::null_mut(), std::ptr::null_mut()) } == 0 {
            return Err(gl.failed("eglInitialize"));
        }
        // SAFETY: takes a number.
        if unsafe { (gl.bind_api)(OPENGL_ES_API) } == 0 {
            return Err(gl.failed("eglBindAPI"));
        }
        let attributes = [CONTEXT_MAJOR_VERSION, 3, NONE];
        // SAFETY: an initialised display, no configuration, nothing shared, and a list with its end.
        gl.context = unsafe { (gl.create_context)(gl.display, 0, 0, attributes.as_ptr()) };
        if gl.context == 0 {
            return Err(gl.failed("eglCreateContext"));
        }
        // SAFETY: display and context are those made above; no surfaces.
        if unsafe { (gl.make_current)(gl.display, 0, 0, gl.context) } == 0 {
            return Err(gl.failed("eglMakeCurrent"));
        }
        Ok(gl)
    }

    fn display_of_cuda(&self) -> Result<usize, String> {
        let mut devices = [0; MAX_DEVICES];
        let mut count = 0;
        // SAFETY: room for as many devices as is said, and for their number.
        let found =
            unsafe { (self.devices)(MAX_DEVICES as c_int, devices.as_mut_ptr(), &raw mut count) };
        let count = usize::try_from(count).unwrap_or(0).min(MAX_DEVICES);
        if found == 0 || count == 0 {
            return Err(self.failed("eglQueryDevicesEXT"));
        }
        let is_cudas = |device: &usize| {
            let mut ordinal = -1;
            // SAFETY: a device of EGL's, and a place for the result.
            let known =
                unsafe { (self.device_attribute)(*device, CUDA_DEVICE, &raw mut ordinal) } != 0;
            known && ordinal == 0
        };
        let device = devices[..count].iter().copied().find(is_cudas);
        let device = device.ok_or("no EGL device is CUDA's device 0")?;
        // SAFETY: a device of EGL's, and no attributes.
        let display = unsafe { (self.platform_display)(PLATFORM_DEVICE, device, std::ptr::null()) };
        match display {
            0 => Err(self.failed("eglGetPlatformDisplayEXT")),
            display => Ok(display),
        }
    }

    fn failed(&self, call: &str) -> String {
        // SAFETY: takes nothing.
        let error = unsafe { (self.get_error)() };
        format!("{call} failed with EGL error {error:#x}")
    }

    fn work(&self, asked: &Receiver<Ask>) {
        while let Ok(ask) = asked.recv() {
            match ask {
                Ask::Make {
                    format,
                    width,
                    height,
                    answer,
                } => {
                    // Nobody waits for it any more if this fails.
                    let _ = answer.send(self.make(format, width, height));
                }
                Ask::Destroy(texture) => self.unmake(texture),
            }
        }
    }

    fn make(&self, format: c_uint, width: c_int, height: c_int) -> Result<Texture, String> {
        let mut texture = Texture { name: 0, image: 0 };
        // SAFETY: a place for one name.
        unsafe { (self.gen_textures)(1, &raw mut texture.name) };
        // SAFETY: takes numbers.
        unsafe { (self.bind_texture)(TEXTURE_2D, texture.name) };
        // SAFETY: takes numbers.
        unsafe { (self.storage_2d)(TEXTURE_2D, 1, format, width, height) };
        // SAFETY: takes nothing.
        let error = unsafe { (self.gl_error)() };
        // SAFETY: takes nothing.
        unsafe { (self.finish)() };
        if error == 0 {
            // SAFETY: display, context and texture are those of this thread; no attributes.
            texture.image = unsafe {
                (self.create_image)(
                    self.display,
                    self.context,
                    GL_TEXTURE_2D_IMAGE,
                    texture.name as usize,
                    std::ptr::null(),
                )
            };
        }
        if texture.image != 0 {
            return Ok(texture);
        }
        let why = match error {
            0 => self.failed("eglCreateImageKHR"),
            error => format!("glTexStorage2D of {width}x{height} gave {error:#x}"),
        };
        self.unmake(texture);
        Err(why)
    }

    fn unmake(&self, texture: Texture) {
        if texture.image != 0 {
            // SAFETY: an image that this thread made, destroyed once.
            unsafe { (self.destroy_image)(self.display, texture.image) };
        }
        // SAFETY: a texture that this thread made, deleted once.
        unsafe { (self.delete_textures)(1, &raw const texture.name) };
    }
}
