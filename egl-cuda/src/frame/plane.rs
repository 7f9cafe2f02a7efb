//! One plane of a frame: its shape and its place.

use crate::sys::{CUarray, CUdeviceptr};
use crate::{Error, Result};

/// The shape of one plane, as the surface's own description gives it.
///
/// The driver reports plane 0 only, so the caller supplies the planes. All fields are read from
/// the surface, none is computed from another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PlaneLayout {
    /// Width in pixels of this plane; of NV12's second plane half of the first's.
    pub width: u32,
    /// Height in rows of this plane.
    pub height: u32,
    /// Bytes from one row to the next.
    pub pitch: u32,
    /// Bytes per pixel of this plane; 2 for NV12's second.
    pub bytes_per_pixel: u32,
}

/// Where a plane's pixels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaneData {
    /// Pitch linear: the device address of the first row, [`CudaFrame::pitch_ptr`](crate::CudaFrame::pitch_ptr).
    Pitch(CUdeviceptr),
    /// Block linear: an array, for texture and surface objects, [`CudaFrame::surface_object`](crate::CudaFrame::surface_object).
    Array(CUarray),
}

// SAFETY: both are values that name device memory; they belong to no thread, and to reach the
// memory takes unsafe code, or the copies of this crate, which go by the frame.
unsafe impl Send for PlaneData {}
// SAFETY: as above.
unsafe impl Sync for PlaneData {}

/// One plane of a [`CudaFrame`](crate::CudaFrame). Valid while the frame, or a clone of it, lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plane {
    /// The plane's shape.
    pub layout: PlaneLayout,
    /// Where its pixels are.
    pub data: PlaneData,
}

impl Plane {
    /// What stands where a frame has no plane.
    pub(crate) const NOWHERE: Self = Self {
        layout: PlaneLayout {
            width: 0,
            height: 0,
            pitch: 0,
            bytes_per_pixel: 0,
        },
        data: PlaneData::Pitch(0),
    };

    /// Checks the plane in itself and against plane 0.
    pub(crate) fn check(
        &self,
        call: &'static str,
        index: usize,
        first: &PlaneLayout,
    ) -> Result<()> {
        let refuse = |what: String| Err(Error::argument(call, what));
        let PlaneLayout {
            width,
            height,
            pitch,
            bytes_per_pixel,
        } = self.layout;
        let is_linear = match self.data {
            PlaneData::Pitch(0) => return refuse(format!("plane {index} is null")),
            PlaneData::Array(array) if array.is_null() => {
                return refuse(format!("plane {index} is null"));
            }
            PlaneData::Pitch(_) => true,
            PlaneData::Array(_) => false,
        };
        if width == 0 || height == 0 || bytes_per_pixel == 0 {
            return refuse(format!("plane {index} is empty: {:?}", self.layout));
        }
        if width > first.width || height > first.height {
            return refuse(format!(
                "plane {index} is {width}x{height}, larger than plane 0 of {}x{}",
                first.width, first.height
            ));
        }
        let row = u64::from(width) * u64::from(bytes_per_pixel);
        if is_linear && row > u64::from(pitch) {
            return refuse(format!(
                "plane {index} has rows of {row} bytes at pitch {pitch}"
            ));
        }
        Ok(())
    }
}
