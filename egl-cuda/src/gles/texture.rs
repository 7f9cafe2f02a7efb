//! Textures, and their EGLImages.

use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use super::context::GlesContext;
use super::functions::Functions;
use super::only_image::OnlyImage;
use super::pixels::unpack_rows;
use super::texture_format::TextureFormat;
use crate::sys::{self, GLuint};
use crate::{EglDisplay, EglImage, Error, Result};

/// A texture with one level, deleted on drop.
///
/// Its functions leave GL with no texture, framebuffer and pixel buffer bound and rows of pixels without gaps, whatever the
/// caller's own commands had set.
///
/// Its functions finish all GL commands before they return, so that CUDA may follow at once. The other way round is the
/// caller's: CUDA's work must be done before [`download`](Self::download).
pub struct Texture {
    pub(super) name: GLuint,
    pub(super) format: TextureFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    image: OnlyImage,
    pub(super) context: GlesContext,
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
            image: OnlyImage::new(),
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
                // Null is no address where a buffer is bound.
                unpack_rows(gl, 0);
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
        let name = std::ptr::without_provenance_mut::<c_void>(self.name as usize);
        let attributes = [sys::EGL_NONE];
        let context = self.context.as_ptr().as_ptr();
        let make = || {
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
            let raw = egl.handle(CALL, raw)?;
            // SAFETY: the image is just made of this texture, of its display and nobody else's.
            Ok(Arc::new(unsafe {
                EglImage::from_raw(raw, Arc::clone(self))
            }))
        };
        // The turn comes first, as within the caller's own `run`.
        self.context.run(|| self.image.get(make))?
    }

    /// The image is destroyed: there may be another.
    pub(crate) fn image_ended(&self) {
        self.image.ended();
    }

    /// The display that the texture is of.
    pub(crate) fn display(&self) -> &EglDisplay {
        self.context.display()
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
}

/// Runs commands with a texture bound, then none.
pub(super) fn bound(gl: &Functions, name: GLuint, commands: impl FnOnce()) {
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
            crate::error::report(&error);
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
