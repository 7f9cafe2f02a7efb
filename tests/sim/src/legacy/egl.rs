//! `NvEGLImageFromFd`, `NvDestroyEGLImage`.

use std::ffi::{c_int, c_void};

use super::find;
use crate::egl::display;
use crate::functions::Function;
use crate::nvbuf::egl::{IMAGES, Image};
use crate::nvbuf::{Refused, call, call_for, refuse};

/// `NvEGLImageFromFd`
pub(crate) extern "C" fn image_from_fd(display: *const c_void, fd: c_int) -> *mut c_void {
    let function = Function::NvEGLImageFromFd;
    let body = || {
        let buffer = find(function, fd)?;
        if buffer.is_raw() {
            refuse!(
                function,
                Rule::EglImageOfRawBuffer,
                "fd {fd} is a raw buffer"
            );
        }
        if let Err(why) = display::check_for_library(display.addr()) {
            crate::log::line(format_args!("{function:?}: {why}"));
            return Err(Refused);
        }
        let image = Image::create(&buffer, Some(display.addr()))?;
        Ok(std::ptr::without_provenance_mut(image))
    };
    call_for(function, body, |_| std::ptr::null_mut())
}

/// `NvDestroyEGLImage`
pub(crate) extern "C" fn destroy_image(display: *const c_void, image: *const c_void) -> c_int {
    let function = Function::NvDestroyEGLImage;
    call(function, || {
        let handle = image.addr();
        let Some(image) = IMAGES.get(handle) else {
            refuse!(
                function,
                Rule::NoEglImage,
                "EGLImage {handle:#x} does not exist, or is destroyed twice"
            )
        };
        match image.display {
            None => refuse!(
                function,
                Rule::ForeignEglImage,
                "EGLImage {handle:#x} of fd {} is NvBufSurfaceMapEglImage's",
                image.buffer.fd()
            ),
            Some(made_with) if made_with != display.addr() => refuse!(
                function,
                Rule::ForeignEglImage,
                "EGLImage {handle:#x} was made with display {made_with:#x}, not {display:p}"
            ),
            Some(_) if image.destroy(function, handle) => {}
            Some(_) => refuse!(
                function,
                Rule::NoEglImage,
                "EGLImage {handle:#x} is destroyed by two threads"
            ),
        }
        Ok(())
    })
}
