//! The validated view of a picture on the device that kernels work on.

mod egl_frame;
mod held;
mod objects;
mod pixel_order;
mod plane;
mod sources;

use std::sync::Arc;

use crate::copy::{Pending, Place, Rows, Streams};
use crate::memory::channel_bytes;
use crate::sys::{CUarray_format, CUdeviceptr, CUeglColorFormat, MAX_PLANES};
use crate::{Context, CopySource, CopyTarget, Error, MappedEglImage, Result};

use held::Backing;
pub use pixel_order::PixelOrder;
pub use plane::{Plane, PlaneData, PlaneLayout};

/// A picture on the device: its planes, and what keeps them alive.
///
/// That is the registration of an EGLImage ([`new`](Self::new)), memory of our own
/// ([`from_memory`](Self::from_memory), [`from_arrays`](Self::from_arrays)) or of others
/// ([`from_device_ptr`](Self::from_device_ptr)), or a frame of an EGLStream that its
/// [`Consumer`](crate::Consumer) has. Clones share it. A frame may be held and used on any
/// thread; it is a view and allocates nothing.
///
/// It does no synchronisation of its own: whoever made the pixels must be done before a kernel
/// reads them, and kernels must be done (an [`Event`](crate::Event) recorded after them) before
/// anything else touches the surface or the last clone is dropped. Copies of
/// [`Stream::copy`](crate::Stream::copy) are waited for when the last clone goes. Two frames of one image
/// are the same pixels.
///
/// # Invariants
///
/// - `planes[..num_planes]` are memory or arrays of `backing`, none is null.
/// - Plane 0 holds the rows that its layout says, and so do the others if `is_vouched`; of arrays, the
///   driver knows better.
#[derive(Debug, Clone)]
pub struct CudaFrame {
    planes: [Plane; MAX_PLANES],
    num_planes: u32,
    format: Option<CUeglColorFormat>,
    element: CUarray_format,
    channels: u32,
    is_vouched: bool,
    is_read_only: bool,
    backing: Backing,
}

impl CudaFrame {
    /// Width of plane 0, which is the picture's.
    pub fn width(&self) -> u32 {
        self.planes[0].layout.width
    }

    /// Height of plane 0, which is the picture's.
    pub fn height(&self) -> u32 {
        self.planes[0].layout.height
    }

    /// How many planes there are: 1 to 3.
    pub fn num_planes(&self) -> u32 {
        self.num_planes
    }

    /// All planes.
    pub fn planes(&self) -> &[Plane] {
        &self.planes[..self.num_planes as usize]
    }

    /// One plane.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PlaneOutOfRange`](crate::ErrorKind::PlaneOutOfRange).
    pub fn plane(&self, index: u32) -> Result<Plane> {
        self.get("CudaFrame::plane", index)
    }

    /// Device address and pitch of a plane, as kernels take them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PlaneOutOfRange`](crate::ErrorKind::PlaneOutOfRange), or
    /// [`ErrorKind::BlockLinear`](crate::ErrorKind::BlockLinear): the frame consists of arrays.
    pub fn pitch_ptr(&self, index: u32) -> Result<(CUdeviceptr, u32)> {
        const CALL: &str = "CudaFrame::pitch_ptr";
        let plane = self.get(CALL, index)?;
        match plane.data {
            PlaneData::Pitch(address) => Ok((address, plane.layout.pitch)),
            PlaneData::Array(_) => Err(Error::block_linear(CALL)),
        }
    }

    /// All rows of a plane, to copy from with [`Stream::copy`](crate::Stream::copy).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PlaneOutOfRange`](crate::ErrorKind::PlaneOutOfRange);
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the shape of the plane is known
    /// by the caller's word only, see [`assume_layouts`](Self::assume_layouts).
    pub fn source(&self, index: u32) -> Result<CopySource<'_>> {
        self.rows("CudaFrame::source", index).map(CopySource)
    }

    /// All rows of a plane, to copy to with [`Stream::copy`](crate::Stream::copy).
    ///
    /// # Errors
    ///
    /// As [`source`](Self::source). Also
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the frame was acquired from an
    /// EGLStream, whose consumer must not write.
    pub fn target(&self, index: u32) -> Result<CopyTarget<'_>> {
        const CALL: &str = "CudaFrame::target";
        if self.is_read_only {
            return Err(Error::argument(
                CALL,
                "a frame that was acquired from an EGLStream must not be written",
            ));
        }
        self.rows(CALL, index).map(CopyTarget)
    }

    fn rows(&self, call: &'static str, index: u32) -> Result<Rows<'_>> {
        let Plane { layout, data } = self.get(call, index)?;
        let place = match data {
            PlaneData::Array(array) => Place::Array(array),
            PlaneData::Pitch(address) => {
                self.check_vouched(call, index)?;
                Place::Device(address, layout.pitch as usize)
            }
        };
        let pixel = layout.bytes_per_pixel as usize;
        Ok(Rows {
            place,
            x: 0,
            y: 0,
            row_bytes: (layout.width as usize)
                .checked_mul(pixel)
                .ok_or_else(|| Error::argument(call, format!("rows too long: {layout:?}")))?,
            height: layout.height as usize,
            element: pixel,
            streams: Streams::Any,
            pending: Some(self.backing.pending()),
        })
    }

    fn check_vouched(&self, call: &'static str, index: u32) -> Result<()> {
        if index > 0 && !self.is_vouched {
            return Err(Error::argument(
                call,
                format!(
                    "the driver does not tell the shape of plane {index}: CudaFrame::assume_layouts takes \
                     the caller's word for it"
                ),
            ));
        }
        Ok(())
    }

    /// Takes the caller's word for the shapes of planes 1 and 2, which the driver does not tell: copies and
    /// textures of them are made from then on.
    ///
    /// Only frames of pointers with more than one plane need it; for others it changes nothing.
    ///
    /// # Safety
    ///
    /// Each plane has the rows, at the pitch, that the frame was given: say, because they are those of the
    /// surface's own description.
    pub unsafe fn assume_layouts(mut self) -> Self {
        self.is_vouched = true;
        self
    }

    /// Whether the pixels are only to be read: those of a frame that an EGLStream's consumer acquired are its
    /// producer's.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// What the driver says that the pixels mean, or who made the frame of its own memory; none if nobody
    /// does.
    ///
    /// For the order of bytes, which the names hide, there is [`pixel_order`](Self::pixel_order).
    pub fn color_format(&self) -> Option<CUeglColorFormat> {
        self.format
    }

    /// The order of the bytes of packed pixels in memory; none where the format is not packed or not
    /// known.
    pub fn pixel_order(&self) -> Option<PixelOrder> {
        PixelOrder::of(self.format?, self.context().driver().version())
    }

    /// Channels of a pixel of plane 0: 1 for NV12, whose second plane has 2.
    pub fn channels(&self) -> u32 {
        self.channels
    }

    /// Type of one channel, of all planes: unsigned 16-bit integers for formats of 10 and 12 bits.
    pub fn element_type(&self) -> CUarray_format {
        self.element
    }

    /// The copies to and from the planes.
    pub(crate) fn pending(&self) -> &Pending {
        self.backing.pending()
    }

    /// The context that the planes are of.
    pub fn context(&self) -> &Context {
        self.backing.context()
    }

    /// The registration behind the frame, if it is that of an EGLImage.
    pub fn mapped(&self) -> Option<&Arc<MappedEglImage>> {
        match &self.backing {
            Backing::Registered(mapped) => Some(mapped),
            Backing::Held(_) | Backing::Acquired(_) => None,
        }
    }

    fn get(&self, call: &'static str, index: u32) -> Result<Plane> {
        self.planes()
            .get(index as usize)
            .copied()
            .ok_or_else(|| Error::plane(call, index, self.num_planes))
    }
}

/// How many channels of a type a pixel has.
fn channels(bytes_per_pixel: u32, element: CUarray_format) -> Option<u32> {
    let channel = channel_bytes(element)?;
    bytes_per_pixel
        .is_multiple_of(channel)
        .then_some(bytes_per_pixel / channel)
}
