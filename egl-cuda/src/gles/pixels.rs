//! The pixels of textures, to and from the CPU.

use super::Texture;
use super::functions::Functions;
use super::texture::bound;
use crate::sys::{self, GLint};
use crate::{Error, Result};

impl Texture {
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
            unpack_rows(gl, row_pixels);
            bound(gl, self.name, || {
                // SAFETY: the texture is bound; the slice has all rows of this pitch, by the check above, and GL is set to
                // them.
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
            unpack_rows(gl, 0);
            // SAFETY: the context is current.
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
            pack_rows(gl);
            let (width, height) = (self.width.cast_signed(), self.height.cast_signed());
            // SAFETY: the slice has four bytes for each pixel, and GL is set to rows without gaps.
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

/// Sets GL to read the caller's memory from its first byte, with so many pixels from row to row; 0 is no gap.
pub(super) fn unpack_rows(gl: &Functions, row_pixels: GLint) {
    // SAFETY: the context is current; 0 is none.
    unsafe { (gl.bind_buffer)(sys::GL_PIXEL_UNPACK_BUFFER, 0) };
    for (name, value) in [
        (sys::GL_UNPACK_ALIGNMENT, 1),
        (sys::GL_UNPACK_ROW_LENGTH, row_pixels),
        (sys::GL_UNPACK_SKIP_ROWS, 0),
        (sys::GL_UNPACK_SKIP_PIXELS, 0),
    ] {
        // SAFETY: the context is current.
        unsafe { (gl.pixel_store)(name, value) };
    }
}

/// Sets GL to write the caller's memory from its first byte, in rows without gaps.
fn pack_rows(gl: &Functions) {
    // SAFETY: the context is current; 0 is none.
    unsafe { (gl.bind_buffer)(sys::GL_PIXEL_PACK_BUFFER, 0) };
    for (name, value) in [
        (sys::GL_PACK_ALIGNMENT, 1),
        (sys::GL_PACK_ROW_LENGTH, 0),
        (sys::GL_PACK_SKIP_ROWS, 0),
        (sys::GL_PACK_SKIP_PIXELS, 0),
    ] {
        // SAFETY: the context is current.
        unsafe { (gl.pixel_store)(name, value) };
    }
}
