//! Where frames come from.

use std::ffi::c_void;
use std::sync::Arc;

use super::held::{Backing, Held};
use super::{CudaFrame, Plane, PlaneData, PlaneLayout, channels};
use crate::egl_stream::Hold;
use crate::sys::{
    CUarray_format, CUdeviceptr, CUeglColorFormat, CUeglFrame, CUeglFramePlanes, CUeglFrameType,
    MAX_PLANES,
};
use crate::{Array, Context, DeviceMemory, Error, MappedEglImage, Result};

/// What is known of a frame beside its planes.
struct Pixels {
    format: Option<CUeglColorFormat>,
    element: CUarray_format,
    channels: u32,
    is_vouched: bool,
    is_read_only: bool,
}

impl CudaFrame {
    /// Joins what the driver says of an image with the shapes of its planes, and checks them
    /// against each other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the numbers of planes
    /// differ, plane 0 has not the driver's size or (pitch linear) pitch, another plane is larger
    /// than plane 0, a row is longer than its pitch, a plane is empty or null, or the kind of frame
    /// is unknown.
    pub fn new(mapped: Arc<MappedEglImage>, planes: &[PlaneLayout]) -> Result<Self> {
        let frame = *mapped.frame();
        Self::of_driver(
            "CudaFrame::new",
            &frame,
            planes,
            false,
            Backing::Registered(mapped),
        )
    }

    /// A frame that was acquired from an EGLStream, as [`new`](Self::new) makes one of an image.
    ///
    /// # Safety
    ///
    /// `frame` is what the driver said of the resource that is held.
    pub(crate) unsafe fn of_acquired(
        call: &'static str,
        frame: &CUeglFrame,
        planes: &[PlaneLayout],
        hold: Hold,
    ) -> Result<Self> {
        Self::of_driver(call, frame, planes, true, Backing::Acquired(hold))
    }

    /// The frame as the driver takes it; of a registered image, as it gave it.
    pub(crate) fn to_egl_frame(&self, format: CUeglColorFormat) -> CUeglFrame {
        if let Some(mapped) = self.mapped() {
            return *mapped.frame();
        }
        let mut pointers = [std::ptr::null_mut::<c_void>(); MAX_PLANES];
        let mut frame_type = CUeglFrameType::PITCH;
        for (pointer, plane) in pointers.iter_mut().zip(self.planes()) {
            *pointer = match plane.data {
                PlaneData::Pitch(address) => {
                    std::ptr::without_provenance_mut(usize::try_from(address).unwrap_or(0))
                }
                PlaneData::Array(array) => {
                    frame_type = CUeglFrameType::ARRAY;
                    array.cast()
                }
            };
        }
        let first = self.planes[0].layout;
        let is_linear = frame_type == CUeglFrameType::PITCH;
        CUeglFrame {
            // Arrays and pointers are at the same places.
            frame: CUeglFramePlanes { pPitch: pointers },
            width: first.width,
            height: first.height,
            depth: 1,
            pitch: if is_linear { first.pitch } else { 0 },
            planeCount: self.num_planes,
            numChannels: self.channels,
            frameType: frame_type,
            eglColorFormat: format,
            cuFormat: self.element,
        }
    }

    fn of_driver(
        call: &'static str,
        frame: &CUeglFrame,
        planes: &[PlaneLayout],
        is_read_only: bool,
        backing: Backing,
    ) -> Result<Self> {
        let refuse = |what: String| Err(Error::argument(call, what));
        let count = planes.len();
        if count == 0 || count > MAX_PLANES || frame.planeCount as usize != count {
            return refuse(format!(
                "{count} planes are described, the driver has {} (at most {MAX_PLANES})",
                frame.planeCount
            ));
        }
        let is_linear = match frame.frameType {
            CUeglFrameType::PITCH => true,
            CUeglFrameType::ARRAY => false,
            other => return refuse(format!("the frame is of unknown type {}", other.0)),
        };
        let first = planes[0];
        if (first.width, first.height) != (frame.width, frame.height) {
            return refuse(format!(
                "plane 0 is described as {}x{}, the driver has {}x{}",
                first.width, first.height, frame.width, frame.height
            ));
        }
        if is_linear && first.pitch != frame.pitch {
            return refuse(format!(
                "plane 0 is described with pitch {}, the driver has {}",
                first.pitch, frame.pitch
            ));
        }
        let planes = planes.iter().enumerate().map(|(index, &layout)| Plane {
            layout,
            data: data(frame, index, is_linear),
        });
        let pixels = Pixels {
            format: Some(frame.eglColorFormat),
            element: frame.cuFormat,
            channels: frame.numChannels,
            // Of plane 0 the driver tells all; of arrays it knows all.
            is_vouched: !is_linear || count == 1,
            is_read_only,
        };
        Self::assemble(call, planes, pixels, backing)
    }

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

    fn assemble(
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

/// Where the driver has a plane, which may be null.
fn data(frame: &CUeglFrame, index: usize, is_linear: bool) -> PlaneData {
    if is_linear {
        // SAFETY: both members are plain pointers of any value; the frame type says this one.
        let address = unsafe { frame.frame.pPitch }[index];
        PlaneData::Pitch(address.addr() as CUdeviceptr)
    } else {
        // SAFETY: as above, with the other frame type.
        PlaneData::Array(unsafe { frame.frame.pArray }[index])
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use super::*;
    use crate::{PixelOrder, sys};

    /// On whatever driver there is, which is asked for memory only.
    #[test]
    fn frames_of_an_egl_stream_tell_their_shape_and_are_not_written() {
        let context = Context::primary(0).unwrap();
        let memory = DeviceMemory::pitched(&context, 64 * 4, 16).unwrap();
        let plane = std::ptr::without_provenance_mut(memory.address() as usize);
        let pitch = u32::try_from(memory.pitch()).unwrap();
        let frame = CUeglFrame {
            frame: sys::CUeglFramePlanes {
                pPitch: [plane, std::ptr::null_mut(), std::ptr::null_mut()],
            },
            width: 64,
            height: 16,
            depth: 0,
            pitch,
            planeCount: 1,
            numChannels: 4,
            frameType: CUeglFrameType::PITCH,
            eglColorFormat: CUeglColorFormat::ABGR,
            cuFormat: CUarray_format::UNSIGNED_INT8,
        };
        let held: Arc<Held<dyn Any + Send + Sync>> = Arc::new(Held::new(&context, memory));
        let of = |frame: &CUeglFrame, planes: &[PlaneLayout]| {
            let backing = Backing::Held(Arc::clone(&held));
            CudaFrame::of_driver("test", frame, planes, true, backing)
        };
        let layout = PlaneLayout {
            width: 64,
            height: 16,
            pitch,
            bytes_per_pixel: 4,
        };
        let made = of(&frame, &[layout]).unwrap();
        assert_eq!(made.plane(0).unwrap().layout, layout);
        assert_eq!(made.pixel_order(), Some(PixelOrder::Rgba));
        assert_eq!((made.channels(), made.num_planes()), (4, 1));
        assert_eq!(made.source(0).unwrap().row_bytes(), 256);
        let error = made.target(0).unwrap_err();
        assert!(error.to_string().contains("must not be written"), "{error}");
        assert!(made.with_element_type(CUarray_format::FLOAT).is_err());
        let two = CUeglFrame {
            planeCount: 2,
            ..frame
        };
        let error = of(&two, &[]).unwrap_err();
        assert!(
            error.to_string().contains("0 planes are described"),
            "{error}"
        );
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
