//! A buffer of another process, made of its fd and what the program says about it.

use std::ffi::c_int;
use std::os::fd::{BorrowedFd, OwnedFd};

use nvbufsurface_sys::classic as sys;

use super::buffer::Shape;
use super::{Refused, buffer, format, refuse};
use crate::functions::Function;
use crate::mapping::page_size;
use crate::release;

/// What the program says. Numbers of a stranger: nothing of it holds before [`Description::check`].
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) num_planes: u32,
    /// In the numbers of libnvbufsurface.
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    /// Bytes of the buffer, if it says them.
    pub(crate) total_size: Option<u32>,
    pub(crate) width: [u32; 4],
    pub(crate) height: [u32; 4],
    pub(crate) pitch: [u32; 4],
    pub(crate) offset: [u32; 4],
    pub(crate) psize: [u32; 4],
}

impl Description {
    /// The shape that is described, and a descriptor of its own for the file.
    pub(crate) fn check(&self, function: Function, fd: c_int) -> Result<(Shape, OwnedFd), Refused> {
        let num_planes = self.num_planes as usize;
        if !(1..=4).contains(&num_planes) {
            refuse!(function, "num_planes is {num_planes}");
        }
        let Some((file, len)) = dmabuf(fd) else {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "fd {fd} is closed, or no dmabuf"
            )
        };
        // One of this process has another buffer of the same pixels now.
        if let Some(original) = buffer::find(fd) {
            original.share();
        }
        let size = self.total_size.map_or(len, u64::from);
        if size == 0 || size > len {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "{size} bytes of fd {fd}, which has {len}"
            );
        }
        let mut shape = self.empty_shape(function)?;
        if shape.planes.num_planes != self.num_planes {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "{num_planes} plane(s) of format {}, which has {}",
                self.color_format,
                shape.planes.num_planes
            );
        }
        for plane in 0..num_planes {
            self.check_plane(function, &shape, plane, size)?;
        }
        shape.planes.pitch = self.used(self.pitch);
        shape.planes.offset = self.used(self.offset);
        shape.planes.psize = self.used(self.psize);
        shape.size = u32::try_from(size).unwrap_or(u32::MAX);
        Ok((shape, file))
    }

    /// The shape of the sides and the format, as this library would lay it out.
    fn empty_shape(&self, function: Function) -> Result<Shape, Refused> {
        let (width, height) = (self.width[0], self.height[0]);
        if self.color_format == sys::NVBUF_COLOR_FORMAT_INVALID {
            return match (width > 0).then(|| Shape::raw(width)).flatten() {
                Some(shape) => Ok(shape),
                None => refuse!(function, "{width} bytes"),
            };
        }
        if self.color_format >= release::current().num_formats()
            || format::find(self.color_format).is_none()
        {
            refuse!(
                function,
                Rule::UnknownFormat,
                "format {} is not known",
                self.color_format
            );
        }
        if !matches!(
            self.layout,
            sys::NVBUF_LAYOUT_PITCH | sys::NVBUF_LAYOUT_BLOCK_LINEAR
        ) {
            refuse!(function, "layout is {}", self.layout);
        }
        // Of a pair only that there is one: an odd width comes back as the even one above.
        let pixels = format::find(self.color_format).map_or(1, |f| f.pixels_per_element());
        let whole = width.checked_mul(pixels);
        let shape =
            whole.and_then(|whole| Shape::picture(whole, height, self.color_format, self.layout));
        match shape {
            Some(shape) => Ok(shape),
            None => refuse!(function, "the size is {width}x{height}"),
        }
    }

    /// That a plane has its sides, and lies in the file: on pages, behind the one before.
    fn check_plane(
        &self,
        function: Function,
        shape: &Shape,
        plane: usize,
        size: u64,
    ) -> Result<(), Refused> {
        let sides = (self.width[plane], self.height[plane]);
        let expected = (shape.planes.width[plane], shape.planes.height[plane]);
        if sides != expected {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "plane {plane} is {sides:?}, not {expected:?}"
            );
        }
        let (pitch, psize) = (u64::from(self.pitch[plane]), u64::from(self.psize[plane]));
        let row = u64::from(sides.0) * u64::from(shape.planes.bytesPerPix[plane]);
        if pitch < row || psize < pitch * u64::from(sides.1) {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "plane {plane} has pitch {pitch} and {psize} bytes for {} rows of {row}",
                sides.1
            );
        }
        let offset = u64::from(self.offset[plane]);
        let before = plane.checked_sub(1).map_or(0, |before| {
            u64::from(self.offset[before]) + u64::from(self.psize[before])
        });
        let page = page_size() as u64;
        if offset < before
            || offset + psize > size
            || !offset.is_multiple_of(page)
            || !psize.is_multiple_of(page)
        {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "plane {plane} is {psize} bytes at {offset} of {size}, the one before ends at \
                 {before}"
            );
        }
        Ok(())
    }

    /// The numbers of the planes in use.
    fn used(&self, mut numbers: [u32; 4]) -> [u32; 4] {
        numbers[self.num_planes as usize..].fill(0);
        numbers
    }
}

/// A descriptor of its own for a dmabuf of the simulator, with its length.
fn dmabuf(fd: c_int) -> Option<(OwnedFd, u64)> {
    if fd < 0 {
        return None;
    }
    let name = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
    if !name.to_string_lossy().starts_with("/memfd:nvmm-sim-dmabuf") {
        return None;
    }
    // SAFETY: open a moment ago; should another thread have closed it since, the copy fails.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let file = std::fs::File::from(borrowed.try_clone_to_owned().ok()?);
    let len = file.metadata().ok()?.len();
    Some((file.into(), len))
}
