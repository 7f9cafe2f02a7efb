//! A real EGLImage on a real GPU: one made of a GL texture, on a display without a screen. Where
//! there is no NVIDIA GPU with EGL the test says so and does nothing.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::path::Path;
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;

use egl_cuda::{Context, CudaFrame, ErrorKind, MappedEglImage, PlaneData, PlaneLayout, sys};
use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL};

type Handle = *mut c_void;
type Proc = unsafe extern "C" fn();

const EGL_NONE: c_int = 0x3038;
const EGL_OPENGL_ES_API: c_uint = 0x30a0;
const EGL_CONTEXT_CLIENT_VERSION: c_int = 0x3098;
const EGL_PLATFORM_DEVICE_EXT: c_uint = 0x313f;
const EGL_GL_TEXTURE_2D_KHR: c_uint = 0x30b1;
const GL_TEXTURE_2D: c_uint = 0x0de1;
const GL_RGBA8: c_uint = 0x8058;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;

struct Egl {
    get_proc_address: unsafe extern "C" fn(*const c_char) -> Option<Proc>,
    // Never closed: EGL has threads and exit handlers.
    _library: std::mem::ManuallyDrop<Library>,
}

impl Egl {
    fn open() -> Option<Self> {
        // SAFETY: the name is that of the EGL library.
        let library = unsafe { Library::open(Some("libEGL.so.1"), RTLD_LAZY | RTLD_LOCAL) }.ok()?;
        // SAFETY: the prototype is EGL's.
        let get_proc_address = *unsafe { library.get(c"eglGetProcAddress") }.ok()?;
        Some(Self {
            get_proc_address,
            _library: std::mem::ManuallyDrop::new(library),
        })
    }

    /// A function of EGL or GL as `F`, its function pointer type.
    fn get<F: Copy>(&self, name: &CStr) -> Option<F> {
        // SAFETY: the name is a C string.
        let function = unsafe { (self.get_proc_address)(name.as_ptr()) }?;
        assert_eq!(size_of::<F>(), size_of::<Proc>());
        // SAFETY: each use names the function's own prototype; the sizes are equal.
        Some(unsafe { std::mem::transmute_copy(&function) })
    }

    /// An EGLImage of a new texture, left alive with its display until the process ends.
    fn image(&self) -> Option<NonNull<c_void>> {
        type QueryDevices = unsafe extern "C" fn(c_int, *mut Handle, *mut c_int) -> c_uint;
        type GetDisplay = unsafe extern "C" fn(c_uint, Handle, *const c_int) -> Handle;
        type Initialize = unsafe extern "C" fn(Handle, *mut c_int, *mut c_int) -> c_uint;
        type BindApi = unsafe extern "C" fn(c_uint) -> c_uint;
        type CreateContext = unsafe extern "C" fn(Handle, Handle, Handle, *const c_int) -> Handle;
        type MakeCurrent = unsafe extern "C" fn(Handle, Handle, Handle, Handle) -> c_uint;
        type GenTextures = unsafe extern "C" fn(c_int, *mut c_uint);
        type BindTexture = unsafe extern "C" fn(c_uint, c_uint);
        type TexStorage = unsafe extern "C" fn(c_uint, c_int, c_uint, c_int, c_int);
        type Finish = unsafe extern "C" fn();
        type CreateImage =
            unsafe extern "C" fn(Handle, Handle, c_uint, Handle, *const c_int) -> Handle;

        let query_devices = self.get::<QueryDevices>(c"eglQueryDevicesEXT")?;
        let (mut device, mut devices) = (null_mut(), 0);
        // SAFETY: there is room for one device.
        unsafe { query_devices(1, &raw mut device, &raw mut devices) };
        let get_display = self.get::<GetDisplay>(c"eglGetPlatformDisplayEXT")?;
        // SAFETY: the device is EGL's.
        let display = unsafe { get_display(EGL_PLATFORM_DEVICE_EXT, device, null()) };
        let initialize = self.get::<Initialize>(c"eglInitialize")?;
        // SAFETY: versions may be null.
        if unsafe { initialize(display, null_mut(), null_mut()) } == 0 {
            return None;
        }
        let bind_api = self.get::<BindApi>(c"eglBindAPI")?;
        // SAFETY: any number may be given.
        unsafe { bind_api(EGL_OPENGL_ES_API) };
        let attributes = [EGL_CONTEXT_CLIENT_VERSION, 3, EGL_NONE];
        let create_context = self.get::<CreateContext>(c"eglCreateContext")?;
        // SAFETY: a context without config and share, by a list with its end.
        let context =
            unsafe { create_context(display, null_mut(), null_mut(), attributes.as_ptr()) };
        let make_current = self.get::<MakeCurrent>(c"eglMakeCurrent")?;
        // SAFETY: display and context are EGL's, surfaces may be none.
        if unsafe { make_current(display, null_mut(), null_mut(), context) } == 0 {
            return None;
        }
        let mut texture = 0;
        let gen_textures = self.get::<GenTextures>(c"glGenTextures")?;
        // SAFETY: there is room for one name.
        unsafe { gen_textures(1, &raw mut texture) };
        let bind_texture = self.get::<BindTexture>(c"glBindTexture")?;
        // SAFETY: a context is current.
        unsafe { bind_texture(GL_TEXTURE_2D, texture) };
        let tex_storage = self.get::<TexStorage>(c"glTexStorage2D")?;
        // SAFETY: a context is current.
        unsafe {
            tex_storage(
                GL_TEXTURE_2D,
                1,
                GL_RGBA8,
                WIDTH.cast_signed(),
                HEIGHT.cast_signed(),
            )
        };
        let finish = self.get::<Finish>(c"glFinish")?;
        // SAFETY: a context is current.
        unsafe { finish() };
        let create_image = self.get::<CreateImage>(c"eglCreateImageKHR")?;
        let texture = std::ptr::without_provenance_mut(texture as usize);
        // SAFETY: display and context are EGL's, the texture is complete.
        let image =
            unsafe { create_image(display, context, EGL_GL_TEXTURE_2D_KHR, texture, null()) };
        NonNull::new(image)
    }
}

#[test]
fn gpu_registers_a_texture() {
    if !Path::new("/dev/nvidiactl").exists() {
        return eprintln!("not run: no NVIDIA GPU");
    }
    let Some(image) = Egl::open().and_then(|egl| egl.image()) else {
        return eprintln!("not run: no EGL of NVIDIA's, or no texture to be had of it");
    };
    let context = Context::primary(0).unwrap();
    let kept = Arc::new(());
    // SAFETY: the image lives until the process ends.
    let mapped = unsafe { MappedEglImage::register(&context, image, kept.clone()) }.unwrap();
    let frame = *mapped.frame();
    assert_eq!(
        (frame.width, frame.height, frame.planeCount),
        (WIDTH, HEIGHT, 1)
    );
    assert_eq!(frame.frameType, sys::CUeglFrameType::ARRAY);
    assert_eq!(frame.eglColorFormat, sys::CUeglColorFormat::ABGR);
    assert_eq!(frame.cuFormat, sys::CUarray_format::UNSIGNED_INT8);
    assert_eq!(frame.numChannels, 4);

    let layout = PlaneLayout {
        width: WIDTH,
        height: HEIGHT,
        pitch: 4 * WIDTH,
        bytes_per_pixel: 4,
    };
    let frame = CudaFrame::new(Arc::new(mapped), &[layout]).unwrap();
    assert!(matches!(frame.plane(0).unwrap().data, PlaneData::Array(_)));
    assert_eq!(
        frame.pitch_ptr(0).unwrap_err().kind(),
        ErrorKind::BlockLinear
    );
    let object = frame.surface_object(0).unwrap();
    assert_ne!(object, 0);
    assert_eq!(frame.clone().surface_object(0).unwrap(), object);
    assert_eq!(Arc::strong_count(&kept), 2);
    // Dropped on a thread that never saw CUDA.
    std::thread::spawn(move || drop(frame)).join().unwrap();
    assert_eq!(Arc::strong_count(&kept), 1);

    // Again, and undone by hand.
    // SAFETY: as above.
    let mapped = unsafe { MappedEglImage::register(&context, image, ()) }.unwrap();
    let frame = CudaFrame::new(Arc::new(mapped), &[layout]).unwrap();
    assert_ne!(frame.surface_object(0).unwrap(), 0);
    let mapped = Arc::clone(frame.mapped().unwrap());
    drop(frame);
    Arc::into_inner(mapped).unwrap().unregister().unwrap();
    eprintln!("run on {}", context.device_name().unwrap());
}
