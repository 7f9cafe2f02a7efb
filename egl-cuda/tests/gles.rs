//! Textures of OpenGL ES without a window, on the machine's own EGL: Mesa's on most, NVIDIA's where there is one.

use std::sync::Arc;

use egl_cuda::{EglDisplay, EglSync, ErrorKind, GlesContext, Texture, TextureFormat};

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
fn types_may_go_where_they_are_said_to() {
    fn anywhere<T: Send + Sync>() {}
    anywhere::<EglDisplay>();
    anywhere::<GlesContext>();
    anywhere::<Texture>();
    anywhere::<egl_cuda::EglImage>();
    anywhere::<egl_cuda::EglStream>();
    anywhere::<EglSync>();
}
