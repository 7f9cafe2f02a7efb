//! Frames of memory, and what every frame is made from.

use std::sync::Arc;

use super::held::{Backing, Held};
use super::{CudaFrame, Plane, PlaneData, PlaneLayout, channels};
use crate::sys::{CUarray_format, CUdeviceptr, CUeglColorFormat, MAX_PLANES};
use crate::{Array, Context, DeviceMemory, Error, Result};

/// What is known of a frame beside its planes.
pub(super) struct Pixels {
    pub(super) format: Option<CUeglColorFormat>,
    pub(super) element: CUarray_format,
    pub(super) channels: u32,
    pub(super) is_vouched: bool,
    pub(super) is_read_only: bool,
}

impl CudaFrame {
    /// A frame of memory that others made: the device memory of a surface on a desktop GPU, or of another
    /// library. Its channels are bytes, unless [`with_element_type`](Self::with_element_type) says
    /// otherwise.
    ///
    /// `keep` is what keeps the memory alive. It is dropped with the last clone of the frame, after copies
    /// of [`Stream::copy`](crate::Stream::copy); at once if this fails.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): there are not 1 to 3 planes, one
    /// is larger than plane 0, empty or null, or a row is longer than its pitch.
    ///
    /// # Safety
    ///
    /// - Each address is device memory that `context` reaches, with the rows that its layout says.
    /// - It stays alive until `keep` is dropped.
    /// - As long, nobody makes a Rust reference to it without being sure that nothing on the device writes
    ///   it: this crate's copies are safe to call.
    pub unsafe fn from_device_ptr(
        context: &Context,
        planes: &[(CUdeviceptr, PlaneLayout)],
        format: Option<CUeglColorFormat>,
        keep: impl Send + Sync + 'static,
    ) -> Result<Self> {
        let planes = planes.iter().map(|&(address, layout)| Plane {
            layout,
            data: PlaneData::Pitch(address),
        });
        let backing = Backing::Held(Arc::new(Held::new(context, keep)));
        Self::of_bytes("CudaFrame::from_device_ptr", planes, format, backing)
    }

    /// A frame of memory of our own: for each plane the memory and the bytes of a pixel in it. Its channels
    /// are bytes, unless [`with_element_type`](Self::with_element_type) says otherwise.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): there are not 1 to 3 planes, one
    /// is larger than plane 0, rows are no whole pixels or longer than a frame's can be, or the planes are
    /// of different contexts.
    pub fn from_memory<const N: usize>(
        planes: [(DeviceMemory, u32); N],
        format: Option<CUeglColorFormat>,
    ) -> Result<Self> {
        const CALL: &str = "CudaFrame::from_memory";
        let context = one_context(CALL, planes.iter().map(|(memory, _)| memory.context()))?;
        let mut out = [Plane::NOWHERE; N];
        for (index, (plane, (memory, pixel))) in out.iter_mut().zip(&planes).enumerate() {
            let whole = |bytes: &usize| bytes.is_multiple_of(*pixel as usize);
            let width = Some(memory.row_bytes()).filter(whole);
            let width = width.and_then(|bytes| bytes.checked_div(*pixel as usize));
            let fit = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
            let sizes = (
                fit(width),
                fit(Some(memory.height())),
                fit(Some(memory.pitch())),
            );
            let (Some(width), Some(height), Some(pitch)) = sizes else {
                return Err(Error::argument(
                    CALL,
                    format!(
                        "plane {index}, {memory:?}, has no whole pixels of {pixel} bytes, or is too large \
                         for a frame"
                    ),
                ));
            };
            *plane = Plane {
                layout: PlaneLayout {
                    width,
                    height,
                    pitch,
                    bytes_per_pixel: *pixel,
                },
                data: PlaneData::Pitch(memory.address()),
            };
        }
        let backing = Backing::Held(Arc::new(Held::new(&context, planes)));
        Self::of_bytes(CALL, out.into_iter(), format, backing)
    }

    /// A frame of arrays of our own, one for each plane.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): there are not 1 to 3 planes, one
    /// is larger than plane 0, or they are of different types of channels or contexts.
    pub fn from_arrays<const N: usize>(
        arrays: [Array; N],
        format: Option<CUeglColorFormat>,
    ) -> Result<Self> {
        const CALL: &str = "CudaFrame::from_arrays";
        let context = one_context(CALL, arrays.iter().map(Array::context))?;
        // There is one, or there would be no context.
        let (element, channels) = arrays
            .first()
            .map_or((CUarray_format::UNSIGNED_INT8, 0), |first| {
                (first.format(), first.channels())
            });
        if let Some(other) = arrays.iter().find(|array| array.format() != element) {
            return Err(Error::argument(
                CALL,
                format!(
                    "channels of types {:#x} and {:#x}",
                    element.0,
                    other.format().0
                ),
            ));
        }
        let planes = arrays.each_ref().map(|array| Plane {
            layout: PlaneLayout {
                width: array.width(),
                height: array.height(),
                pitch: 0,
                bytes_per_pixel: array.bytes_per_pixel(),
            },
            data: PlaneData::Array(array.as_raw()),
        });
        let pixels = Pixels {
            format,
            element,
            channels,
            is_vouched: true,
            is_read_only: false,
        };
        let backing = Backing::Held(Arc::new(Held::new(&context, arrays)));
        Self::assemble(CALL, planes.into_iter(), pixels, backing)
    }

    /// The same frame with channels of another type, where its source tells none: 16-bit integers for
    /// formats of 10 bits.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): pixels of a plane are not whole
    /// elements of this type, or the type is unknown, or the driver tells the type.
    pub fn with_element_type(mut self, element: CUarray_format) -> Result<Self> {
        const CALL: &str = "CudaFrame::with_element_type";
        let is_told = self.mapped().is_some() || self.is_read_only;
        let is_array = matches!(self.planes[0].data, PlaneData::Array(_));
        if (is_told || is_array) && element != self.element {
            return Err(Error::argument(
                CALL,
                format!("the driver has elements of type {:#x}", self.element.0),
            ));
        }
        let mut pixels = self.planes().iter().map(|p| p.layout.bytes_per_pixel);
        if let Some(pixel) = pixels.find(|pixel| channels(*pixel, element).is_none()) {
            return Err(Error::argument(
                CALL,
                format!(
                    "pixels of {pixel} bytes are no whole elements of type {:#x}",
                    element.0
                ),
            ));
        }
        if let Some(channels) = channels(self.planes[0].layout.bytes_per_pixel, element) {
            (self.element, self.channels) = (element, channels);
        }
        Ok(self)
    }

    fn of_bytes(
        call: &'static str,
        planes: impl ExactSizeIterator<Item = Plane> + Clone,
        format: Option<CUeglColorFormat>,
        backing: Backing,
    ) -> Result<Self> {
        let first = planes.clone().next();
        let pixels = Pixels {
            format,
            element: CUarray_format::UNSIGNED_INT8,
            channels: first.map_or(0, |plane| plane.layout.bytes_per_pixel),
            is_vouched: true,
            is_read_only: false,
        };
        Self::assemble(call, planes, pixels, backing)
    }

    pub(super) fn assemble(
        call: &'static str,
        planes: impl ExactSizeIterator<Item = Plane>,
        pixels: Pixels,
        backing: Backing,
    ) -> Result<Self> {
        let num_planes = match planes.len() {
            1 => 1,
            2 => 2,
            3 => 3,
            count => {
                return Err(Error::argument(
                    call,
                    format!("a frame has 1 to {MAX_PLANES} planes, not {count}"),
                ));
            }
        };
        let mut out = [Plane::NOWHERE; MAX_PLANES];
        for (out, plane) in out.iter_mut().zip(planes) {
            *out = plane;
        }
        let first = out[0].layout;
        for (index, plane) in out.iter().take(num_planes as usize).enumerate() {
            plane.check(call, index, &first)?;
        }
        let Pixels {
            format,
            element,
            channels,
            is_vouched,
            is_read_only,
        } = pixels;
        Ok(Self {
            planes: out,
            num_planes,
            format,
            element,
            channels,
            is_vouched,
            is_read_only,
            backing,
        })
    }
}

/// The context that all planes are of.
fn one_context<'a>(
    call: &'static str,
    contexts: impl Iterator<Item = &'a Context>,
) -> Result<Context> {
    let mut found: Option<&Context> = None;
    for context in contexts {
        if found.is_some_and(|first| first.as_raw() != context.as_raw()) {
            return Err(Error::argument(
                call,
                "the planes are of different contexts",
            ));
        }
        found = Some(context);
    }
    found
        .cloned()
        .ok_or_else(|| Error::argument(call, "a frame has a plane at least"))
}
