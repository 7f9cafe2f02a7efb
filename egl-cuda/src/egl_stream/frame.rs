//! Frames in memory of the caller's, to be presented.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::frame::Source;
use crate::sys::{
    CUarray_format, CUdeviceptr, CUeglColorFormat, CUeglFrame, CUeglFramePlanes, CUeglFrameType,
    MAX_PLANES,
};
use crate::{Context, CudaFrame, Error, PlaneLayout, Result};

/// What keeps a frame of [`CudaFrame::from_device_ptr`] alive.
pub(crate) struct Kept {
    /// Dropped before the context, in which the memory may be.
    _keep: Box<dyn Any + Send + Sync>,
    context: Context,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl CudaFrame {
    /// A frame in pitch linear device memory of 8-bit elements: the address and shape of each plane.
    ///
    /// `keep` is what keeps the memory alive; it is dropped with the last clone of the frame.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): there are no planes or more than
    /// three, one is null or empty, larger than plane 0, or its rows are longer than its pitch.
    ///
    /// # Safety
    ///
    /// The planes are in device memory that `context` reaches, until `keep` is dropped.
    pub unsafe fn from_device_ptr(
        context: &Context,
        planes: &[(CUdeviceptr, PlaneLayout)],
        format: Option<CUeglColorFormat>,
        keep: impl Send + Sync + 'static,
    ) -> Result<Self> {
        const CALL: &str = "CudaFrame::from_device_ptr";
        let refuse = |what: String| Error::argument(CALL, what);
        let count = u32::try_from(planes.len()).unwrap_or(u32::MAX);
        let (Some((_, first)), true) = (planes.first(), planes.len() <= MAX_PLANES) else {
            return Err(refuse(format!(
                "{count} planes (1 to {MAX_PLANES} are possible)"
            )));
        };
        let mut pointers = [std::ptr::null_mut(); MAX_PLANES];
        let mut layouts = [PlaneLayout::default(); MAX_PLANES];
        for (index, (address, layout)) in planes.iter().enumerate() {
            let address = usize::try_from(*address)
                .map_err(|_| refuse(format!("plane {index} is at {address:#x}")))?;
            pointers[index] = std::ptr::without_provenance_mut(address);
            layouts[index] = *layout;
        }
        let frame = CUeglFrame {
            frame: CUeglFramePlanes { pPitch: pointers },
            width: first.width,
            height: first.height,
            depth: 1,
            pitch: first.pitch,
            planeCount: count,
            numChannels: first.bytes_per_pixel,
            frameType: CUeglFrameType::PITCH,
            eglColorFormat: format.unwrap_or(CUeglColorFormat::L),
            cuFormat: CUarray_format::UNSIGNED_INT8,
        };
        let kept = Arc::new(Kept {
            _keep: Box::new(keep),
            context: context.clone(),
        });
        let source = Source::Kept { _keep: kept };
        let made = Self::of_egl_frame(&frame, &layouts[..planes.len()], source)?;
        Ok(if format.is_some() {
            made
        } else {
            made.without_format()
        })
    }
}
