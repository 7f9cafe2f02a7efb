//! Textures of OpenGL ES without a window, on the machine's own EGL: Mesa's on most, NVIDIA's where there is one.

mod gl;

use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use egl_cuda::{
    Context, CudaFrame, EglDisplay, EglSync, ErrorKind, GlesContext, MappedEglImage, PlaneLayout,
    Texture, TextureFormat, sys,
};
use gl::function;

const FORMATS: [TextureFormat; 4] = [
    TextureFormat::Rgba8,
    TextureFormat::Bgra8,
    TextureFormat::R8,
    TextureFormat::Rg8,
];

fn context() -> GlesContext {
    let display = EglDisplay::of_device(0).expect("EGL, of Mesa or a driver");
    assert!(display.version() >= (1, 4), "{display:?}");
    GlesContext::new(&display).expect("OpenGL ES 3")
}

/// Rows of pixels that are all different, with padding behind each.
fn pixels(row: usize, pitch: usize, height: usize, seed: usize) -> Vec<u8> {
    let byte = |i: usize| match i % pitch < row {
        true => (i * 7 + i / 251 + seed * 13) as u8,
        false => 0xee,
    };
    (0..pitch * height).map(byte).collect()
}

#[test]
fn what_is_written_is_read_in_every_format() {
    let context = context();
    for format in FORMATS {
        for (width, height, padding) in [(1, 1, 0), (33, 17, 5), (640, 3, 0)] {
            let texture = Texture::new(&context, format, width, height).unwrap();
            let bytes = format.bytes_per_pixel() as usize;
            let row = width as usize * bytes;
            let pitch = row + padding * bytes;
            let written = pixels(row, pitch, height as usize, 1);
            texture.upload(&written, pitch).unwrap();
            let mut read = vec![0xee; written.len()];
            texture.download(&mut read, pitch).unwrap();
            assert!(read == written, "{texture:?}");
        }
    }
}

#[test]
fn pixels_stay_in_their_slices_whatever_the_caller_set() {
    let context = context();
    // SAFETY: GL's function has this type.
    let store = unsafe { function::<sys::PFN_glPixelStorei>(c"glPixelStorei") };
    // SAFETY: as above.
    let bind = unsafe { function::<sys::PFN_glBindBuffer>(c"glBindBuffer") };
    let texture = Texture::new(&context, TextureFormat::Rgba8, 8, 4).unwrap();
    let written = pixels(32, 32, 4, 9);
    let spoil = || {
        // Of each: the row length, rows and pixels to skip, the alignment.
        for (name, value) in [
            (0x0d02, 640),
            (0x0d03, 3),
            (0x0d04, 2),
            (0x0d05, 8),
            (0x0cf2, 640),
            (0x0cf3, 3),
            (0x0cf4, 2),
            (0x0cf5, 8),
        ] {
            // SAFETY: the context is current.
            unsafe { store(name, value) };
        }
        for target in [0x88eb, 0x88ec] {
            // SAFETY: as above; the buffer has no memory.
            unsafe { bind(target, 7) };
        }
    };
    context.run(spoil).unwrap();
    texture.upload(&written, 32).unwrap();
    context.run(spoil).unwrap();
    let mut read = vec![0; written.len()];
    texture.download(&mut read, 32).unwrap();
    assert!(read == written);
    context.run(spoil).unwrap();
    let blue_first = Texture::new(&context, TextureFormat::Bgra8, 8, 4).unwrap();
    blue_first.upload(&written, 32).unwrap();
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let context = context();
    let texture = Texture::new(&context, TextureFormat::Rgba8, 8, 4).unwrap();
    for (len, pitch) in [
        (8 * 4 * 4 - 1, 32),
        (1024, 31),
        (1024, 34),
        (1024, 0),
        (1024, usize::MAX),
    ] {
        let error = texture.upload(&vec![0; len], pitch).expect_err("too short");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        let error = texture
            .download(&mut vec![0; len], pitch)
            .expect_err("too short");
        assert!(error.to_string().contains("rows have 32 bytes"), "{error}");
    }
    for (width, height) in [(0, 1), (1, 0), (u32::MAX, 1), (1 << 30, 1)] {
        let error =
            Texture::new(&context, TextureFormat::R8, width, height).expect_err("no such size");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    // An error of GL's spoils nothing.
    texture.upload(&[3; 128], 32).unwrap();
}

#[test]
fn a_texture_has_one_image_which_keeps_it() {
    let context = context();
    let texture = Texture::new(&context, TextureFormat::Rgba8, 16, 16).unwrap();
    let image = texture.egl_image().unwrap();
    assert!(Arc::ptr_eq(&image, &texture.egl_image().unwrap()));
    assert_eq!(image.display().as_ptr(), context.display().as_ptr());
    drop((texture, context));
    // On another thread: image, texture and context end there.
    std::thread::spawn(move || drop(image)).join().unwrap();

    let context = self::context();
    let texture = Texture::new(&context, TextureFormat::Rgba8, 16, 16).unwrap();
    drop(texture.egl_image().unwrap());
    // After the first is gone there may be another.
    let _second = texture.egl_image().unwrap();
}

#[test]
fn threads_take_turns_and_runs_may_be_nested() {
    let context = context();
    let threads: Vec<_> = (0..4)
        .map(|seed| {
            let context = context.clone();
            std::thread::spawn(move || {
                for round in 0..20 {
                    let texture = Texture::new(&context, TextureFormat::R8, 31, 9).unwrap();
                    let written = pixels(31, 31, 9, seed * 100 + round);
                    let mut read = vec![0; written.len()];
                    let nested = context.run(|| {
                        texture.upload(&written, 31)?;
                        texture.download(&mut read, 31)
                    });
                    nested.unwrap().unwrap();
                    assert!(read == written);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Fails if the body waits for itself.
fn in_time(body: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        body();
        done.send(()).unwrap();
    });
    let result = wait.recv_timeout(Duration::from_secs(60));
    assert_ne!(result, Err(mpsc::RecvTimeoutError::Timeout));
    thread.join().unwrap();
}

#[test]
fn an_image_that_is_about_to_go_is_waited_for() {
    const THREADS: usize = 4;
    in_time(|| {
        let context = context();
        let texture = Texture::new(&context, TextureFormat::Rgba8, 16, 16).unwrap();
        let start = Barrier::new(THREADS);
        let (context, texture, start) = (&context, &texture, &start);
        std::thread::scope(|scope| {
            for number in 0..THREADS {
                scope.spawn(move || {
                    for _ in 0..500 {
                        start.wait();
                        // Of one of them it is the last.
                        if number == 0 {
                            let image = context.run(|| texture.egl_image());
                            drop(image.unwrap().unwrap());
                        } else {
                            drop(texture.egl_image().unwrap());
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn contexts_may_be_nested_in_any_order() {
    in_time(|| {
        let [first, second] = [context(), context()];
        let texture = Texture::new(&first, TextureFormat::R8, 4, 4).unwrap();
        let nested = first.run(|| second.run(|| first.run(|| texture.upload(&[7; 16], 4))));
        nested.unwrap().unwrap().unwrap().unwrap();
        // The last of it, while the other context is current.
        let nested = first.run(|| second.run(|| drop(texture)));
        nested.unwrap().unwrap();
        // The turn was given back: another thread gets it.
        std::thread::spawn(move || first.run(|| ()).unwrap())
            .join()
            .unwrap();
    });
}

#[test]
fn a_context_is_not_kept_where_another_cannot_be_brought_back() {
    in_time(|| {
        let ours = context();
        let display = ours.display().as_ptr().as_ptr();
        // SAFETY: EGL's functions have these types, here and below.
        let choose = unsafe { function::<sys::PFN_eglChooseConfig>(c"eglChooseConfig") };
        // SAFETY: as above.
        let create = unsafe { function::<sys::PFN_eglCreateContext>(c"eglCreateContext") };
        // SAFETY: as above.
        let make = unsafe { function::<sys::PFN_eglMakeCurrent>(c"eglMakeCurrent") };
        // SAFETY: as above.
        let destroy = unsafe { function::<sys::PFN_eglDestroyContext>(c"eglDestroyContext") };
        // SAFETY: as above.
        let current = unsafe { function::<sys::PFN_eglGetCurrentContext>(c"eglGetCurrentContext") };
        // SAFETY: as above.
        let bind = unsafe { function::<sys::PFN_eglBindAPI>(c"eglBindAPI") };
        let none = std::ptr::null_mut();
        let (mut config, mut count) = (none, 0);
        let wanted = [
            sys::EGL_RENDERABLE_TYPE,
            sys::EGL_OPENGL_ES3_BIT,
            sys::EGL_NONE,
        ];
        // SAFETY: an initialised display, attributes with an end, room for one configuration.
        unsafe { choose(display, wanted.as_ptr(), &raw mut config, 1, &raw mut count) };
        // SAFETY: one of EGL's numbers.
        unsafe { bind(sys::EGL_OPENGL_ES_API) };
        let attributes = [sys::EGL_CONTEXT_MAJOR_VERSION, 3, sys::EGL_NONE];
        // SAFETY: a configuration of the display, attributes with an end.
        let theirs = unsafe { create(display, config, none, attributes.as_ptr()) };
        // SAFETY: a context of the display.
        assert_eq!(unsafe { make(display, none, none, theirs) }, 1);
        // SAFETY: the context is EGL's until it is not current any more, and then gone.
        let destroyed = ours.run(|| unsafe { destroy(display, theirs) });
        assert_eq!(destroyed.unwrap(), 1);
        // SAFETY: takes nothing.
        assert_eq!(unsafe { current() }, none);
        std::thread::spawn(move || ours.run(|| ()).unwrap())
            .join()
            .unwrap();
    });
}

#[test]
fn a_fence_is_signalled_when_the_commands_are_done() {
    let context = context();
    let display = context.display().clone();
    let fence = context.run(|| EglSync::fence(&display)).unwrap().unwrap();
    assert!(fence.wait(std::time::Duration::from_secs(10)).unwrap());
    // Without a context there is nothing to put a fence behind.
    let error = EglSync::fence(&display).expect_err("no context is current");
    assert_eq!(error.kind(), ErrorKind::Egl);
    assert_eq!(error.name(), Some("EGL_BAD_MATCH"), "{error}");
}

#[test]
fn gpu_registers_a_texture() {
    let context = context();
    if !context.display().vendor().contains("NVIDIA") {
        return eprintln!("not run: this EGL is not NVIDIA's: {context:?}");
    }
    let (width, height) = (640, 360);
    let texture = Texture::new(&context, TextureFormat::Rgba8, width, height).unwrap();
    let image = texture.egl_image().unwrap();
    let cuda = Context::primary(0).unwrap();
    let mapped = MappedEglImage::of_image(&cuda, &image).unwrap();
    let told = *mapped.frame();
    assert_eq!(
        (told.width, told.height, told.planeCount),
        (width, height, 1)
    );
    assert_eq!(told.frameType, sys::CUeglFrameType::ARRAY);
    assert_eq!(told.eglColorFormat, sys::CUeglColorFormat::ABGR);
    assert_eq!(told.cuFormat, sys::CUarray_format::UNSIGNED_INT8);
    assert_eq!(told.numChannels, 4);

    let layout = PlaneLayout {
        width,
        height,
        pitch: 4 * width,
        bytes_per_pixel: 4,
    };
    let frame = CudaFrame::new(Arc::new(mapped), &[layout]).unwrap();
    let error = frame.pitch_ptr(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BlockLinear, "{error}");
    let object = frame.surface_object(0).unwrap();
    assert_eq!(frame.clone().surface_object(0).unwrap(), object);
    // Dropped on a thread that never saw CUDA.
    std::thread::spawn(move || drop(frame)).join().unwrap();
    assert_eq!(Arc::strong_count(&image), 1);

    // Again, and undone by hand.
    let mapped = MappedEglImage::of_image(&cuda, &image).unwrap();
    let frame = CudaFrame::new(Arc::new(mapped), &[layout]).unwrap();
    assert_ne!(frame.surface_object(0).unwrap(), 0);
    let mapped = Arc::clone(frame.mapped().unwrap());
    drop(frame);
    Arc::into_inner(mapped).unwrap().unregister().unwrap();
    eprintln!("run on {}", cuda.device_name().unwrap());
}

#[test]
fn types_may_go_where_they_are_said_to() {
    fn anywhere<T: Send + Sync>() {}
    anywhere::<EglDisplay>();
    anywhere::<GlesContext>();
    anywhere::<Texture>();
    anywhere::<egl_cuda::EglImage>();
    anywhere::<egl_cuda::EglStream>();
    anywhere::<EglSync>();
}
