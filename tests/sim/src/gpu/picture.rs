//! A picture in a texture: what an EGLImage of a desktop GPU can be of.
//!
//! Measured on an H100 with driver 580: EGLImages of RGBA8, BGRA8 and R8 textures can be registered with CUDA,
//! those of RG8 and others not, so that there are none of NV12. A texture has one EGLImage (another is
//! EGL_BAD_ACCESS), which can be registered several times.

use std::io;

use nvbufsurface_sys::classic as sys;

use super::driver::{self, Copy2D, EglFrame, Half, check};
use super::gl::{self, Texture};
use crate::nvbuf::buffer::Shape;

/// `GL_RGBA8`, `GL_BGRA8_EXT`, `GL_R8`
const RGBA8: u32 = 0x8058;
const BGRA8: u32 = 0x93a1;
const R8: u32 = 0x8229;

/// `CU_EGL_FRAME_TYPE_ARRAY`
const ARRAY: u32 = 0;

/// The texture of a picture, its EGLImage, and the simulator's own registration of that.
#[derive(Debug)]
pub(crate) struct Picture {
    texture: Texture,
    resource: usize,
    array: usize,
    /// Where the rows are in host memory.
    offset: usize,
    pitch: usize,
    row: usize,
    rows: usize,
}

impl Picture {
    /// A black, transparent picture; `None` if the driver makes no EGLImages of the format.
    pub(super) fn new(shape: &Shape) -> io::Result<Option<Self>> {
        let format = match shape.color_format {
            sys::NVBUF_COLOR_FORMAT_RGBA | sys::NVBUF_COLOR_FORMAT_RGBx => RGBA8,
            sys::NVBUF_COLOR_FORMAT_BGRA | sys::NVBUF_COLOR_FORMAT_BGRx => BGRA8,
            sys::NVBUF_COLOR_FORMAT_GRAY8 => R8,
            _ => return Ok(None),
        };
        let driver = driver::get()?;
        let texture = gl::texture(format, shape.width, shape.height)?;
        let (resource, array) = driver
            .run(|driver| {
                let mut resource = 0;
                // SAFETY: a place for the result, and an EGLImage that lives as long as the texture.
                let code = unsafe { (driver.register)(&raw mut resource, texture.image, 0) };
                check("cuGraphicsEGLRegisterImage", code)?;
                let mut frame = EglFrame::default();
                // SAFETY: a place for the result, and a resource of this context.
                let code = unsafe { (driver.mapped_frame)(&raw mut frame, resource, 0, 0) };
                let frame = check("cuGraphicsResourceGetMappedEglFrame", code).and_then(|()| {
                    if frame.frame_type != ARRAY {
                        return Err(io::Error::other("the frame of a texture is no array"));
                    }
                    Ok(frame)
                });
                match frame {
                    Ok(frame) => Ok((resource, frame.planes[0])),
                    Err(error) => {
                        // SAFETY: registered above, and not used any more.
                        unsafe { (driver.unregister)(resource) };
                        Err(error)
                    }
                }
            })
            .inspect_err(|_| gl::destroy(texture))?;
        Ok(Some(Self {
            texture,
            resource,
            array,
            offset: shape.planes.offset[0] as usize,
            pitch: shape.planes.pitch[0] as usize,
            row: shape.planes.width[0] as usize * shape.planes.bytesPerPix[0] as usize,
            rows: shape.planes.height[0] as usize,
        }))
    }

    /// The EGLImage.
    pub(super) fn image(&self) -> usize {
        self.texture.image
    }

    /// Brings the pixels to host memory.
    ///
    /// # Safety
    ///
    /// `host` is the beginning of memory of the shape, which is writable, and no Rust reference covers it.
    pub(super) unsafe fn fetch(&self, host: usize) -> io::Result<()> {
        let host = Half::host(host + self.offset, self.pitch);
        // SAFETY: by this function's contract the rows can be written.
        unsafe { self.copy(Half::array(self.array), host) }
    }

    /// Takes the pixels from host memory.
    ///
    /// # Safety
    ///
    /// `host` is the beginning of memory of the shape, which is readable, and nobody writes it.
    pub(super) unsafe fn flush(&self, host: usize) -> io::Result<()> {
        let host = Half::host(host + self.offset, self.pitch);
        // SAFETY: by this function's contract the rows can be read.
        unsafe { self.copy(host, Half::array(self.array)) }
    }

    /// Copies all rows, and returns when it is done.
    ///
    /// # Safety
    ///
    /// One of them is the array, the other host memory that can be used so.
    unsafe fn copy(&self, from: Half, to: Half) -> io::Result<()> {
        let copy = Copy2D {
            from,
            to,
            width_in_bytes: self.row,
            height: self.rows,
        };
        driver::get()?.run(|driver| {
            // SAFETY: the array has these rows; the host memory by this function's contract.
            check("cuMemcpy2D", unsafe { (driver.copy_2d)(&raw const copy) })
        })
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let ended = driver::get().and_then(|driver| {
            driver.run(|driver| {
                // SAFETY: registered when it was made, and not used any more.
                let code = unsafe { (driver.unregister)(self.resource) };
                check("cuGraphicsUnregisterResource", code)
            })
        });
        super::complain(ended);
        gl::destroy(self.texture);
    }
}
