//! The driver's description of a picture, to frames and back.

use std::ffi::c_void;
use std::sync::Arc;

use super::held::Backing;
use super::sources::Pixels;
use super::{CudaFrame, Plane, PlaneData, PlaneLayout};
use crate::egl_stream::Hold;
use crate::sys::{
    CUdeviceptr, CUeglColorFormat, CUeglFrame, CUeglFramePlanes, CUeglFrameType, MAX_PLANES,
};
use crate::{Error, MappedEglImage, Result};

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
    use crate::frame::held::Held;
    use crate::sys::CUarray_format;
    use crate::{Context, DeviceMemory, PixelOrder, sys};

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
