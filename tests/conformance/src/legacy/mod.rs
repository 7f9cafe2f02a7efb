//! Buffers of libnvbuf_utils, in the numbers and structs of the release.

mod engine;
mod params;
mod pixels;

pub(crate) use engine::{Ask, composite, transform, transform_async, with_session};
pub(crate) use params::Block;

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::nvbuf_utils::r32_6 as sys;
use nvbufsurface_sys::{ColorFormat, Layout, LegacyLibrary, Numbering};

use crate::case::Failure;
use crate::check;
use crate::platform::Platform;

/// A buffer that the library made; destroyed on drop.
#[derive(Debug)]
pub(crate) struct Buffer {
    fd: c_int,
    library: &'static LegacyLibrary,
}

/// The parameters of `NvBufferCreateEx` have had one layout since they came.
type CreateParams = sys::NvBufferCreateParams;

fn side(side: u32) -> c_int {
    c_int::try_from(side).unwrap_or(c_int::MAX)
}

/// A function that the case said it needs.
fn needed<T>(function: Option<T>, name: &str) -> Result<T, Failure> {
    function.ok_or_else(|| Failure::new(name, "no such function"))
}

impl Buffer {
    /// `NvBufferCreate` of a pitch-linear picture.
    pub(crate) fn new(
        platform: &Platform,
        format: ColorFormat,
        width: u32,
        height: u32,
    ) -> Result<Self, Failure> {
        Self::laid_out(platform, format, (width, height), Layout::PITCH)
    }

    /// `NvBufferCreate`
    pub(crate) fn laid_out(
        platform: &Platform,
        format: ColorFormat,
        size: (u32, u32),
        layout: Layout,
    ) -> Result<Self, Failure> {
        let number = format.to_legacy(platform.numbering()?);
        let number = number.ok_or_else(|| Failure::new(format!("a number of {format}"), "none"))?;
        Self::numbered(platform, number.0, size, layout)
    }

    /// `NvBufferCreate` with a format by its number, whatever that is.
    pub(crate) fn numbered(
        platform: &Platform,
        number: u32,
        (width, height): (u32, u32),
        layout: Layout,
    ) -> Result<Self, Failure> {
        let library = platform.legacy()?;
        let mut fd = -1;
        let create = library.functions().create;
        // SAFETY: the pointer is valid for the call; numbers are the library's to check.
        let code = unsafe { create(&raw mut fd, side(width), side(height), layout.0, number) };
        check::zero(format_args!("NvBufferCreate of format {number}"), code)?;
        Ok(Self { fd, library })
    }

    /// `NvBufferCreateEx` of a picture, or, without a format, of so many bytes.
    pub(crate) fn described(
        platform: &Platform,
        format: Option<ColorFormat>,
        (width, height): (u32, u32),
    ) -> Result<Self, Failure> {
        let library = platform.legacy()?;
        let create = needed(library.functions().create_ex, "NvBufferCreateEx")?;
        let number = format.and_then(|format| format.to_legacy(library.numbering()));
        let mut params = CreateParams {
            width: side(width),
            height: side(height),
            colorFormat: number.map_or(0, u32::from),
            nvbuf_tag: sys::NvBufferTag_NONE,
            ..Default::default()
        };
        if format.is_none() {
            params.payloadType = sys::NvBufferPayload_MemHandle;
            params.memsize = side(width * height);
        }
        let mut fd = -1;
        // SAFETY: both pointers are valid for the call, and the struct is that of every release.
        let code = unsafe { create(&raw mut fd, (&raw mut params).cast()) };
        check::zero("NvBufferCreateEx", code)?;
        Ok(Self { fd, library })
    }

    /// `NvBufferImportFd`
    pub(crate) fn import(platform: &Platform, fd: c_int, params: &Block) -> Result<Self, Failure> {
        let library = platform.legacy()?;
        let import = needed(library.functions().import_fd, "NvBufferImportFd")?;
        let mut out = -1;
        let params = params.as_ptr().cast_mut().cast();
        // SAFETY: the struct is the library's own, the pointer valid for the call.
        let code = unsafe { import(fd, &raw mut out, params) };
        check::zero("NvBufferImportFd", code)?;
        Ok(Self { fd: out, library })
    }

    pub(crate) fn fd(&self) -> c_int {
        self.fd
    }

    pub(crate) fn numbering(&self) -> Numbering {
        self.library.numbering()
    }

    /// Destroys it, and says whether that went well.
    pub(crate) fn destroy(self) -> Result<(), Failure> {
        let this = std::mem::ManuallyDrop::new(self);
        check::zero("NvBufferDestroy", this.end())
    }

    /// Called once, by `destroy` or by drop.
    fn end(&self) -> c_int {
        let destroy = self.library.functions().destroy;
        // SAFETY: it takes a number.
        unsafe { destroy(self.fd) }
    }

    /// `NvEGLImageFromFd` with the library's own display.
    pub(crate) fn egl_image(&self) -> Result<*mut c_void, Failure> {
        let make = self.library.functions().egl_image_from_fd;
        // SAFETY: null is the library's own display.
        let image = unsafe { make(std::ptr::null_mut(), self.fd) };
        check::that("NvEGLImageFromFd gives an image", !image.is_null())?;
        Ok(image)
    }

    /// `NvDestroyEGLImage`
    pub(crate) fn destroy_egl_image(&self, image: *mut c_void) -> Result<(), Failure> {
        let destroy = self.library.functions().destroy_egl_image;
        // SAFETY: an image of `egl_image`, made with the same display, and used no more.
        check::zero("NvDestroyEGLImage", unsafe {
            destroy(std::ptr::null_mut(), image)
        })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.end();
    }
}

/// `NvBufferGetSize`
pub(crate) fn nv_buffer_size(platform: &Platform) -> Result<c_int, Failure> {
    let size = needed(platform.legacy()?.functions().get_size, "NvBufferGetSize")?;
    // SAFETY: it takes nothing.
    Ok(unsafe { size() })
}

/// `ExtractFdFromNvBuffer` on the block of a live buffer, or a copy of it.
pub(crate) fn extract_fd(platform: &Platform, block: &[u64]) -> Result<c_int, Failure> {
    let extract = platform.legacy()?.functions().extract_fd;
    let extract = needed(extract, "ExtractFdFromNvBuffer")?;
    let mut fd = -1;
    let block = block.as_ptr().cast_mut().cast();
    // SAFETY: a copy of all bytes of a live buffer's block; the result pointer is valid.
    let code = unsafe { extract(block, &raw mut fd) };
    check::zero("ExtractFdFromNvBuffer", code)?;
    Ok(fd)
}

/// `NvReleaseFd`
pub(crate) fn release_fd(platform: &Platform, fd: c_int) -> Result<(), Failure> {
    let release = needed(platform.legacy()?.functions().release_fd, "NvReleaseFd")?;
    // SAFETY: it takes a number.
    check::zero("NvReleaseFd", unsafe { release(fd) })
}
