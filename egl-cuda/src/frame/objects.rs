//! What kernels read and write planes by: surface and texture objects.

use super::{CudaFrame, Plane, PlaneData, channels};
use crate::objects::Shown;
use crate::sys::{CUsurfObject, CUtexObject};
use crate::{Error, Result, Sampling};

impl CudaFrame {
    /// The surface object of a plane whose memory is block linear, as kernels take it: to read and
    /// write the plane's pixels with the surface functions of CUDA C++ (`surf2Dread`, `surf2Dwrite`)
    /// or PTX (`suld.b`, `sust.b`), where columns count in bytes.
    ///
    /// It is made at the first call for the plane and kept with what the frame stands on: every frame of
    /// one image gives the same, at no cost, until the last of them is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PlaneOutOfRange`](crate::ErrorKind::PlaneOutOfRange);
    /// [`ErrorKind::PitchLinear`](crate::ErrorKind::PitchLinear): the frame consists of pointers; or
    /// the driver's error.
    #[doc(alias = "cuSurfObjectCreate")]
    pub fn surface_object(&self, index: u32) -> Result<CUsurfObject> {
        const CALL: &str = "CudaFrame::surface_object";
        match self.get(CALL, index)?.data {
            PlaneData::Pitch(_) => Err(Error::pitch_linear(CALL)),
            PlaneData::Array(array) => self.object(Shown::Array(array), None),
        }
    }

    /// The texture object of a plane, of either kind, as kernels take it: to read the plane's pixels with
    /// `tex2D` of CUDA C++ or `tex.2d` of PTX.
    ///
    /// One is made for each plane and way of sampling, and kept, as surface objects are. Planes of
    /// pointers need a pitch that the device's textures take (a multiple of 32 bytes so far).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PlaneOutOfRange`](crate::ErrorKind::PlaneOutOfRange);
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): pixels of pointers are not 1, 2
    /// or 4 of the frame's elements; or the driver's error.
    #[doc(alias = "cuTexObjectCreate")]
    pub fn texture_object(&self, index: u32, sampling: Sampling) -> Result<CUtexObject> {
        const CALL: &str = "CudaFrame::texture_object";
        let Plane { layout, data } = self.get(CALL, index)?;
        let shown = match data {
            PlaneData::Array(array) => Shown::Array(array),
            PlaneData::Pitch(address) => {
                self.check_vouched(CALL, index)?;
                let channels = channels(layout.bytes_per_pixel, self.element)
                    .filter(|channels| matches!(channels, 1 | 2 | 4));
                let channels = channels.ok_or_else(|| {
                    Error::argument(
                        CALL,
                        format!(
                            "pixels of {} bytes are not 1, 2 or 4 elements of type {:#x}",
                            layout.bytes_per_pixel, self.element.0
                        ),
                    )
                })?;
                Shown::Pitch {
                    address,
                    format: self.element,
                    channels,
                    width: layout.width,
                    height: layout.height,
                    pitch: layout.pitch,
                }
            }
        };
        self.object(shown, Some(sampling))
    }

    fn object(&self, shown: Shown, sampling: Option<Sampling>) -> Result<u64> {
        let context = self.backing.context();
        // SAFETY: by the type invariant the plane belongs to the backing, which ends after the objects
        // that it keeps.
        unsafe { self.backing.objects().get(context, shown, sampling) }
    }
}
