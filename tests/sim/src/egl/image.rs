//! EGLImages of dmabufs, and the end of any EGLImage.

use std::ffi::c_int;
use std::sync::Arc;

use super::attributes::Attributes;
use super::{
    BAD_ACCESS, BAD_ATTRIBUTE, BAD_CONTEXT, BAD_MATCH, BAD_PARAMETER, Boolean, EglError, Enum,
    FALSE, TRUE, call, display, fourcc, refuse,
};
use crate::functions::Function;
use crate::nvbuf::buffer::{self, Buffer};
use crate::nvbuf::egl::{IMAGES, Image};
use crate::nvbuf::format;

/// `EGL_LINUX_DMA_BUF_EXT`
const LINUX_DMA_BUF: Enum = 0x3270;
const IMAGE_PRESERVED: isize = 0x30d2;
const HEIGHT: isize = 0x3056;
const WIDTH: isize = 0x3057;
const FOURCC: isize = 0x3271;
/// fd, offset and pitch of three planes, in that order.
const PLANES: isize = 0x3272;
const PLANES_END: isize = PLANES + 9;
/// Colour space, range, horizontal and vertical position of the chroma, with the values of each.
const HINTS: [(isize, &[isize]); 4] = [
    (0x327b, &[0x327f, 0x3280, 0x3281]),
    (0x327c, &[0x3282, 0x3283]),
    (0x327d, &[0x3284, 0x3285]),
    (0x327e, &[0x3284, 0x3285]),
];

/// `eglCreateImage`
///
/// # Safety
///
/// As [`Attributes::of_attribs`].
pub(crate) unsafe extern "C" fn create(
    display: usize,
    context: usize,
    target: Enum,
    buffer: usize,
    attributes: *const isize,
) -> usize {
    let function = Function::eglCreateImage;
    call(function, 0, || {
        // SAFETY: by this function's contract.
        let attributes = unsafe { Attributes::of_attribs(function, attributes) }?;
        create_any(function, display, context, target, buffer, &attributes)
    })
}

/// `eglCreateImageKHR`
///
/// # Safety
///
/// As [`Attributes::of_ints`].
pub(crate) unsafe extern "C" fn create_khr(
    display: usize,
    context: usize,
    target: Enum,
    buffer: usize,
    attributes: *const c_int,
) -> usize {
    let function = Function::eglCreateImageKHR;
    call(function, 0, || {
        // SAFETY: by this function's contract.
        let attributes = unsafe { Attributes::of_ints(function, attributes) }?;
        create_any(function, display, context, target, buffer, &attributes)
    })
}

fn create_any(
    function: Function,
    display: usize,
    context: usize,
    target: Enum,
    buffer: usize,
    attributes: &Attributes,
) -> Result<usize, EglError> {
    display::initialised(function, display)?;
    if context != 0 {
        refuse!(function, BAD_CONTEXT, "{context:#x} is no context");
    }
    if target != LINUX_DMA_BUF {
        refuse!(
            function,
            BAD_PARAMETER,
            "target {target:#x} is not there, only EGL_LINUX_DMA_BUF_EXT"
        );
    }
    if buffer != 0 {
        refuse!(function, BAD_PARAMETER, "a dmabuf has no EGLClientBuffer");
    }
    for (name, value) in attributes.iter() {
        check_known(function, name, value)?;
    }
    let (buffer, color_format) = find(function, attributes)?;
    Ok(Image::create_as(&buffer, Some(display), color_format))
}

/// Checks that an attribute is one, and of hints the value.
fn check_known(function: Function, name: isize, value: isize) -> Result<(), EglError> {
    if matches!(name, IMAGE_PRESERVED | HEIGHT | WIDTH | FOURCC)
        || (PLANES..PLANES_END).contains(&name)
    {
        return Ok(());
    }
    match HINTS.iter().find(|(hint, _)| *hint == name) {
        Some((_, values)) if values.contains(&value) => Ok(()),
        Some(_) => refuse!(function, BAD_ATTRIBUTE, "hint {name:#x} is {value:#x}"),
        None => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
    }
}

/// The buffer that the attributes describe, and the format that they say it has.
fn find(function: Function, attributes: &Attributes) -> Result<(Arc<Buffer>, u32), EglError> {
    let needed = |name, what: &str| match attributes.get(name) {
        Some(value) => Ok(value),
        None => refuse!(function, BAD_PARAMETER, "{what} is missing"),
    };
    let (width, height) = (needed(WIDTH, "EGL_WIDTH")?, needed(HEIGHT, "EGL_HEIGHT")?);
    let fourcc = needed(FOURCC, "EGL_LINUX_DRM_FOURCC_EXT")?;
    // A number that is none of DRM's is one that is not there.
    let fourcc = u32::try_from(fourcc & 0xffff_ffff).unwrap_or(0);
    let letters = fourcc::letters(fourcc);
    let Some(formats) = fourcc::formats(fourcc) else {
        refuse!(function, BAD_MATCH, "there is no format {letters:?}");
    };
    let fd = needed(PLANES, "EGL_DMA_BUF_PLANE0_FD_EXT")?;
    let Some(buffer) = c_int::try_from(fd).ok().and_then(buffer::find_by_file) else {
        refuse!(
            function,
            BAD_PARAMETER,
            "fd {fd} is no buffer of the simulator"
        );
    };
    let layout = &buffer.planes;
    if (width, height) != (buffer.width as isize, buffer.height as isize) {
        refuse!(
            function,
            BAD_PARAMETER,
            "{width}x{height} of a buffer of {}x{}",
            buffer.width,
            buffer.height
        );
    }
    let color_format = if formats.contains(&buffer.color_format) {
        buffer.color_format
    } else {
        formats[0]
    };
    let same_planes = format::find(color_format)
        .and_then(|format| format.lay_out(buffer.width, buffer.height, 4096))
        .is_some_and(|(planes, _)| {
            (
                planes.num_planes,
                planes.width,
                planes.height,
                planes.bytesPerPix,
            ) == (
                layout.num_planes,
                layout.width,
                layout.height,
                layout.bytesPerPix,
            )
        });
    if !same_planes {
        refuse!(
            function,
            BAD_MATCH,
            "a buffer of format {} is not {letters:?}",
            buffer.color_format
        );
    }
    for plane in 0..3 {
        check_plane(function, attributes, &buffer, fd, plane)?;
    }
    Ok((buffer, color_format))
}

/// Checks fd, offset and pitch of a plane.
fn check_plane(
    function: Function,
    attributes: &Attributes,
    buffer: &Buffer,
    first_fd: isize,
    plane: usize,
) -> Result<(), EglError> {
    let name = PLANES + 3 * plane.cast_signed();
    let values = [name, name + 1, name + 2].map(|name| attributes.get(name));
    if plane >= buffer.num_planes() {
        if values.iter().any(Option::is_some) {
            refuse!(function, BAD_ATTRIBUTE, "the format has no plane {plane}");
        }
        return Ok(());
    }
    let [Some(fd), Some(offset), Some(pitch)] = values else {
        refuse!(
            function,
            BAD_PARAMETER,
            "fd, offset or pitch of plane {plane} is missing"
        );
    };
    let same_file = fd == first_fd
        || c_int::try_from(fd)
            .ok()
            .and_then(buffer::find_by_file)
            .is_some_and(|other| std::ptr::eq(&raw const *other, buffer));
    if !same_file {
        refuse!(
            function,
            BAD_PARAMETER,
            "fd {fd} of plane {plane} is not that of plane 0's buffer"
        );
    }
    let expected = (
        buffer.planes.offset[plane] as isize,
        buffer.planes.pitch[plane] as isize,
    );
    if (offset, pitch) != expected {
        refuse!(
            function,
            BAD_ACCESS,
            "offset {offset} and pitch {pitch} of plane {plane}; it has {} and {}",
            expected.0,
            expected.1
        );
    }
    Ok(())
}

/// `eglDestroyImage`
pub(crate) extern "C" fn destroy(display: usize, image: usize) -> Boolean {
    destroy_any(Function::eglDestroyImage, display, image)
}

/// `eglDestroyImageKHR`
pub(crate) extern "C" fn destroy_khr(display: usize, image: usize) -> Boolean {
    destroy_any(Function::eglDestroyImageKHR, display, image)
}

fn destroy_any(function: Function, display: usize, handle: usize) -> Boolean {
    call(function, FALSE, || {
        display::initialised(function, display)?;
        // Also those that libnvbuf_utils made with the display: an EGLImage is an EGLImage.
        let image = IMAGES.get(handle).filter(|i| i.display == Some(display));
        let Some(image) = image else {
            refuse!(
                function,
                BAD_PARAMETER,
                "{handle:#x} is no EGLImage of the display"
            );
        };
        if !image.destroy(function, handle) {
            refuse!(
                function,
                BAD_PARAMETER,
                "{handle:#x} is destroyed by two threads"
            );
        }
        Ok(TRUE)
    })
}

/// Ends the images of a display.
pub(super) fn display_gone(function: Function, display: usize) {
    let of_display = |image: &Arc<Image>| image.display == Some(display);
    loop {
        let next = IMAGES
            .lock()
            .iter()
            .find(|(_, image)| of_display(image))
            .map(|(handle, image)| (*handle, Arc::clone(image)));
        let Some((handle, image)) = next else { return };
        image.destroy(function, handle);
    }
}
