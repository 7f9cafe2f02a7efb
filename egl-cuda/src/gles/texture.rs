//! Textures, and their EGLImages.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, Weak};

use super::context::GlesContext;
use super::functions::Functions;
use crate::sys::{self, GLenum, GLuint};
use crate::{EglImage, Error, Result};

/// What a pixel of a [`Texture`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextureFormat {
    /// Bytes red, green, blue, alpha.
    Rgba8,
    /// Bytes blue, green, red, alpha: wants `GL_EXT_texture_format_BGRA8888`.
    Bgra8,
    /// One byte.
    R8,
    /// Two bytes.
    Rg8,
}

impl TextureFormat {
    /// Bytes of one pixel.
    pub fn bytes_per_pixel(self) -> u32 {
        match self {
            Self::Rgba8 | Self::Bgra8 => 4,
            Self::R8 => 1,
            Self::Rg8 => 2,
        }
    }

    /// How GL stores it, and what the caller's pixels are.
    fn of_gl(self) -> (GLenum, GLenum) {
        match self {
            Self::Rgba8 => (sys::GL_RGBA8, sys::GL_RGBA),
            Self::Bgra8 => (sys::GL_BGRA8_EXT, sys::GL_BGRA_EXT),
            Self::R8 => (sys::GL_R8, sys::GL_RED),
            Self::Rg8 => (sys::GL_RG8, sys::GL_RG),
        }
    }

    /// Which of a pixel's red, green, blue and alpha its bytes are.
    fn channels(self) -> &'static [usize] {
        match self {
            Self::Rgba8 => &[0, 1, 2, 3],
            Self::Bgra8 => &[2, 1, 0, 3],
            Self::R8 => &[0],
            Self::Rg8 => &[0, 1],
        }
    }
}

/// A texture with one level, deleted on drop.
///
/// Its functions finish all GL commands before they return, so that CUDA may follow at once. The other way round is the
/// caller's: CUDA's work must be done before [`download`](Self::download).
pub struct Texture {
    name: GLuint,
    format: TextureFormat,
    width: u32,
    height: u32,
    /// A texture has one image at a time: asked for again, it is the same.
    image: Mutex<Weak<EglImage>>,
    context: GlesContext,
}

impl Texture {
    /// Makes a texture; its pixels are undefined.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): no pixels, more than GL has, or GL's error.
    #[doc(alias = "glTexStorage2D")]
    pub fn new(
        context: &GlesContext,
        format: TextureFormat,
        width: u32,
        height: u32,
    ) -> Result<Arc<Self>> {
        const CALL: &str = "glTexStorage2D";
        let side = |side: u32| i32::try_from(side).ok().filter(|side| *side > 0);
        let (Some(columns), Some(rows)) = (side(width), side(height)) else {
            return Err(Error::argument(
                CALL,
                format!("a texture of {width}x{height}"),
            ));
        };
        let mut texture = Self {
            name: 0,
            format,
            width,
            height,
            image: Mutex::default(),
            context: context.clone(),
        };
        let name = &raw mut texture.name;
        context.commands(CALL, |gl| {
            // SAFETY: the context is current; room for one name.
            unsafe { (gl.gen_textures)(1, name) };
        })?;
        let name = texture.name;
        let (internal, pixels) = format.of_gl();
        let stored = context.commands(CALL, |gl| {
            bound(gl, name, || {
                // SAFETY: the texture is bound and has no storage yet; GL checks the sizes.
                unsafe { (gl.tex_storage_2d)(sys::GL_TEXTURE_2D, 1, internal, columns, rows) };
            });
        });
        if format == TextureFormat::Bgra8 && stored.is_err() {
            // Some take it by the older way only.
            context.commands("glTexImage2D", |gl| {
                bound(gl, name, || {
                    let unsized_format = pixels.cast_signed();
                    // SAFETY: the texture is bound and has no storage yet; null leaves the pixels undefined.
                    unsafe {
                        (gl.tex_image_2d)(
                            sys::GL_TEXTURE_2D,
                            0,
                            unsized_format,
                            columns,
                            rows,
                            0,
                            pixels,
                            sys::GL_UNSIGNED_BYTE,
                            std::ptr::null(),
                        );
                    };
                });
            })?;
        } else {
            stored?;
        }
        Ok(Arc::new(texture))
    }

    /// Writes all pixels: rows from top to bottom, `pitch` bytes from one to the next.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the rows do not fit into the slice, or the
    /// pitch is no whole number of pixels; or GL's error.
    #[doc(alias = "glTexSubImage2D")]
    pub fn upload(&self, pixels: &[u8], pitch: usize) -> Result<()> {
        const CALL: &str = "glTexSubImage2D";
        let row_pixels = self.check(CALL, pixels.len(), pitch)?;
        let (width, height) = (self.width.cast_signed(), self.height.cast_signed());
        let format = self.format.of_gl().1;
        self.context.commands(CALL, |gl| {
            for (name, value) in [
                (sys::GL_UNPACK_ALIGNMENT, 1),
                (sys::GL_UNPACK_ROW_LENGTH, row_pixels),
            ] {
                // SAFETY: the context is current.
                unsafe { (gl.pixel_store)(name, value) };
            }
            bound(gl, self.name, || {
                // SAFETY: the texture is bound; the slice has all rows of this pitch, by the check above.
                unsafe {
                    (gl.tex_sub_image_2d)(
                        sys::GL_TEXTURE_2D,
                        0,
                        0,
                        0,
                        width,
                        height,
                        format,
                        sys::GL_UNSIGNED_BYTE,
                        pixels.as_ptr().cast(),
                    );
                };
            });
            // SAFETY: the context is current.
            unsafe { (gl.pixel_store)(sys::GL_UNPACK_ROW_LENGTH, 0) };
            // SAFETY: as above.
            unsafe { (gl.finish)() };
        })
    }

    /// Reads all pixels, as they lie in the texture, into rows of `pitch` bytes.
    ///
    /// # Errors
    ///
    /// As [`upload`](Self::upload).
    #[doc(alias = "glReadPixels")]
    pub fn download(&self, pixels: &mut [u8], pitch: usize) -> Result<()> {
        const CALL: &str = "glReadPixels";
        self.check(CALL, pixels.len(), pitch)?;
        let (width, height) = (self.width as usize, self.height as usize);
        // All that GL promises for every format.
        let mut rgba = vec![0_u8; width * height * 4];
        let complete = self.context.commands(CALL, |gl| self.read(gl, &mut rgba))?;
        if !complete {
            return Err(Error::argument(CALL, format!("GL does not read {self:?}")));
        }
        let bytes = self.format.bytes_per_pixel() as usize;
        for (to, from) in pixels.chunks_mut(pitch).zip(rgba.chunks_exact(width * 4)) {
            for (to, from) in to.chunks_exact_mut(bytes).zip(from.chunks_exact(4)) {
                for (to, &channel) in to.iter_mut().zip(self.format.channels()) {
                    *to = from[channel];
                }
            }
        }
        Ok(())
    }

    /// Reads the texture through a framebuffer; false if GL cannot.
    fn read(&self, gl: &Functions, rgba: &mut [u8]) -> bool {
        let mut framebuffer = 0;
        // SAFETY: the context is current; room for one name.
        unsafe { (gl.gen_framebuffers)(1, &raw mut framebuffer) };
        // SAFETY: GL's own name.
        unsafe { (gl.bind_framebuffer)(sys::GL_FRAMEBUFFER, framebuffer) };
        // SAFETY: the framebuffer is bound, the texture is ours.
        unsafe {
            (gl.framebuffer_texture_2d)(
                sys::GL_FRAMEBUFFER,
                sys::GL_COLOR_ATTACHMENT0,
                sys::GL_TEXTURE_2D,
                self.name,
                0,
            );
        };
        // SAFETY: the context is current.
        let status = unsafe { (gl.check_framebuffer_status)(sys::GL_FRAMEBUFFER) };
        let complete = status == sys::GL_FRAMEBUFFER_COMPLETE;
        if complete {
            // SAFETY: the context is current.
            unsafe { (gl.pixel_store)(sys::GL_PACK_ALIGNMENT, 1) };
            let (width, height) = (self.width.cast_signed(), self.height.cast_signed());
            // SAFETY: the slice has four bytes for each pixel.
            unsafe {
                (gl.read_pixels)(
                    0,
                    0,
                    width,
                    height,
                    sys::GL_RGBA,
                    sys::GL_UNSIGNED_BYTE,
                    rgba.as_mut_ptr().cast(),
                );
            };
        }
        // SAFETY: 0 is none.
        unsafe { (gl.bind_framebuffer)(sys::GL_FRAMEBUFFER, 0) };
        // SAFETY: one name, made above.
        unsafe { (gl.delete_framebuffers)(1, &raw const framebuffer) };
        complete
    }

    /// The texture's EGLImage: what [`MappedEglImage::of_image`](crate::MappedEglImage::of_image) registers.
    ///
    /// A texture has one at a time (a second is `EGL_BAD_ACCESS`, seen with NVIDIA's driver), so this gives the same one
    /// again while it lives. It keeps the texture alive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the display has no `EGL_KHR_image_base` or
    /// `EGL_KHR_gl_texture_2D_image`; [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    #[doc(alias = "eglCreateImageKHR")]
    pub fn egl_image(self: &Arc<Self>) -> Result<Arc<EglImage>> {
        const CALL: &str = "eglCreateImageKHR";
        let display = self.context.display();
        display.require(CALL, "EGL_KHR_image_base")?;
        display.require(CALL, "EGL_KHR_gl_texture_2D_image")?;
        let egl = display.library();
        let create = egl
            .functions()
            .create_image
            .ok_or_else(|| Error::missing(CALL))?;
        let mut kept = self.image.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(image) = kept.upgrade() {
            return Ok(image);
        }
        let name = std::ptr::without_provenance_mut::<c_void>(self.name as usize);
        let attributes = [sys::EGL_NONE];
        let context = self.context.as_ptr().as_ptr();
        let raw = self.context.run(|| {
            // SAFETY: display, context and texture are alive and of each other; attributes with an end.
            let raw = unsafe {
                create(
                    display.as_ptr().as_ptr(),
                    context,
                    sys::EGL_GL_TEXTURE_2D_KHR,
                    name,
                    attributes.as_ptr(),
                )
            };
            NonNull::new(raw).ok_or_else(|| egl.error(CALL))
        })??;
        // SAFETY: the image is just made, of this display and nobody else's; it keeps the texture.
        let image = Arc::new(unsafe { EglImage::from_raw(display.clone(), raw, Arc::clone(self)) });
        *kept = Arc::downgrade(&image);
        Ok(image)
    }

    /// What a pixel is.
    pub fn format(&self) -> TextureFormat {
        self.format
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// GL's number of the texture: valid as long as `self`, with the context current.
    pub fn name(&self) -> u32 {
        self.name
    }

    /// Checks the caller's rows; gives their pitch in pixels.
    fn check(&self, call: &'static str, len: usize, pitch: usize) -> Result<i32> {
        let bytes = self.format.bytes_per_pixel() as usize;
        let row = self.width as usize * bytes;
        let needed = pitch
            .checked_mul(self.height as usize - 1)
            .and_then(|all| all.checked_add(row));
        let pixels = i32::try_from(pitch / bytes)
            .ok()
            .filter(|_| pitch.is_multiple_of(bytes) && pitch >= row);
        match (pixels, needed) {
            (Some(pixels), Some(needed)) if len >= needed => Ok(pixels),
            _ => Err(Error::argument(
                call,
                format!(
                    "{len} bytes with a pitch of {pitch} for {self:?}: rows have {row} bytes, and the pitch is a \
                     multiple of {bytes}"
                ),
            )),
        }
    }
}

/// Runs commands with a texture bound, then none.
fn bound(gl: &Functions, name: GLuint, commands: impl FnOnce()) {
    // SAFETY: the context is current, and the name GL's own.
    unsafe { (gl.bind_texture)(sys::GL_TEXTURE_2D, name) };
    commands();
    // SAFETY: 0 is none.
    unsafe { (gl.bind_texture)(sys::GL_TEXTURE_2D, 0) };
}

impl Drop for Texture {
    fn drop(&mut self) {
        if self.name == 0 {
            return;
        }
        let name = &raw const self.name;
        let deleted = self.context.commands("glDeleteTextures", |gl| {
            // SAFETY: the context is current; one name, ours.
            unsafe { (gl.delete_textures)(1, name) };
        });
        if let Err(error) = deleted {
            eprintln!("egl-cuda: {error}");
        }
    }
}

impl fmt::Debug for Texture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texture")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}
