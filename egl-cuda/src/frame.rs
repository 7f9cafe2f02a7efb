//! The validated view of a registered image that kernels work on.

use std::ffi::c_void;
use std::sync::Arc;

use crate::egl_stream::{Hold, Kept};
use crate::sys::{
    CUarray, CUarray_format, CUdeviceptr, CUeglColorFormat, CUeglFrame, CUeglFramePlanes,
    CUeglFrameType, CUsurfObject, MAX_PLANES,
};
use crate::{Error, MappedEglImage, Result};

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
    /// Pitch linear: the device address of the first row, [`CudaFrame::pitch_ptr`].
    Pitch(CUdeviceptr),
    /// Block linear: an array, for texture and surface objects, [`CudaFrame::surface_object`].
    Array(CUarray),
}

// SAFETY: both are values that name device memory; they belong to no thread, and to reach the
// memory takes unsafe code.
unsafe impl Send for PlaneData {}
// SAFETY: as above.
unsafe impl Sync for PlaneData {}

/// One plane of a [`CudaFrame`]. Valid while the frame, or a clone of it, lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plane {
    /// The plane's shape.
    pub layout: PlaneLayout,
    /// Where its pixels are.
    pub data: PlaneData,
}

/// A picture on the device: its planes, and what keeps them alive: a registration, or the hold of
/// a frame that an EGLStream's consumer acquired.
///
/// Clones share what keeps it alive. A frame may be held and used on any thread; it is a view and
/// allocates nothing.
///
/// It does no synchronisation of its own: whoever made the pixels must be done before a kernel
/// reads them, and kernels must be done (an [`Event`](crate::Event) recorded after them) before
/// anything else touches the surface or the last clone is dropped. Two frames of one image are
/// the same pixels.
///
/// # Invariants
///
/// `planes[..num_planes]` were taken from the driver's frame of `source`, in its order and by its type,
/// all of one kind, none is null.
#[derive(Debug, Clone)]
pub struct CudaFrame {
    planes: [Plane; MAX_PLANES],
    num_planes: u32,
    pixels: Pixels,
    source: Source,
}

/// What keeps a frame's memory alive.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The registration of an EGLImage.
    Mapped(Arc<MappedEglImage>),
    /// A frame that an EGLStream's consumer has.
    Held(Hold),
    /// Something of the caller's.
    Kept { _keep: Arc<Kept> },
}

/// What the driver says of the pixels.
#[derive(Debug, Clone, Copy)]
struct Pixels {
    /// None if nobody said it.
    format: Option<CUeglColorFormat>,
    /// Of plane 0.
    channels: u32,
    element: CUarray_format,
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
        Self::of_egl_frame(&frame, planes, Source::Mapped(mapped))
    }

    /// The same for a frame that `source` keeps alive.
    ///
    /// # Errors
    ///
    /// As [`CudaFrame::new`].
    pub(crate) fn of_egl_frame(
        frame: &CUeglFrame,
        planes: &[PlaneLayout],
        source: Source,
    ) -> Result<Self> {
        const NOWHERE: Plane = Plane {
            layout: PlaneLayout {
                width: 0,
                height: 0,
                pitch: 0,
                bytes_per_pixel: 0,
            },
            data: PlaneData::Pitch(0),
        };
        let count = planes.len();
        if count == 0 || count > MAX_PLANES || frame.planeCount as usize != count {
            return Err(refuse(format!(
                "{count} planes are described, the driver has {} (at most {MAX_PLANES})",
                frame.planeCount
            )));
        }
        let linear = match frame.frameType {
            CUeglFrameType::PITCH => true,
            CUeglFrameType::ARRAY => false,
            other => return Err(refuse(format!("the frame is of unknown type {}", other.0))),
        };
        let first = planes[0];
        if (first.width, first.height) != (frame.width, frame.height) {
            return Err(refuse(format!(
                "plane 0 is described as {}x{}, the driver has {}x{}",
                first.width, first.height, frame.width, frame.height
            )));
        }
        if linear && first.pitch != frame.pitch {
            return Err(refuse(format!(
                "plane 0 is described with pitch {}, the driver has {}",
                first.pitch, frame.pitch
            )));
        }
        let mut out = [NOWHERE; MAX_PLANES];
        for (index, (plane, &layout)) in out.iter_mut().zip(planes).enumerate() {
            check_layout(index, &layout, &first, linear)?;
            *plane = Plane {
                layout,
                data: data(frame, index, linear)?,
            };
        }
        // At most MAX_PLANES, and equal to the slice's length, by the check above.
        let num_planes = frame.planeCount;
        Ok(Self {
            planes: out,
            num_planes,
            pixels: Pixels {
                format: Some(frame.eglColorFormat),
                channels: frame.numChannels,
                element: frame.cuFormat,
            },
            source,
        })
    }

    /// The frame as the driver takes it; of a registered image, as it gave it.
    pub(crate) fn to_egl_frame(&self, format: CUeglColorFormat) -> CUeglFrame {
        if let Some(mapped) = self.mapped() {
            return *mapped.frame();
        }
        let mut pointers = CUeglFramePlanes::default();
        let mut frame_type = CUeglFrameType::PITCH;
        for (index, plane) in self.planes().iter().enumerate() {
            let pointer: *mut c_void = match plane.data {
                PlaneData::Pitch(address) => {
                    std::ptr::without_provenance_mut(usize::try_from(address).unwrap_or(0))
                }
                PlaneData::Array(array) => {
                    frame_type = CUeglFrameType::ARRAY;
                    array.cast()
                }
            };
            // SAFETY: both members are plain pointers of any value, at the same places.
            let pointers = unsafe { &mut pointers.pPitch };
            pointers[index] = pointer;
        }
        let first = self.planes[0].layout;
        let is_linear = frame_type == CUeglFrameType::PITCH;
        CUeglFrame {
            frame: pointers,
            width: first.width,
            height: first.height,
            depth: 1,
            pitch: if is_linear { first.pitch } else { 0 },
            planeCount: self.num_planes,
            numChannels: self.pixels.channels,
            frameType: frame_type,
            eglColorFormat: format,
            cuFormat: self.pixels.element,
        }
    }

    /// Whether the pixels are only to be read: those of a frame that an EGLStream's consumer acquired
    /// are its producer's.
    pub fn is_read_only(&self) -> bool {
        matches!(self.source, Source::Held(_))
    }

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

    /// The surface object of a plane whose memory is block linear, as kernels take it: to read and
    /// write the plane's pixels with the surface functions of CUDA C++ (`surf2Dread`, `surf2Dwrite`)
    /// or PTX (`suld.b`, `sust.b`), where columns count in bytes.
    ///
    /// It is made at the first call for the plane and kept with the registration: every frame of the
    /// image gives the same, at no cost, until the last of them is dropped.
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
            PlaneData::Array(array) => match &self.source {
                // SAFETY: by the type invariant the array is that of this plane, and its frame one of
                // arrays.
                Source::Mapped(mapped) => unsafe { mapped.surface_object(index as usize, array) },
                // SAFETY: as above.
                Source::Held(hold) => unsafe { hold.surface_object(index as usize, array) },
                // Its planes are pointers.
                Source::Kept { .. } => Err(Error::pitch_linear(CALL)),
            },
        }
    }

    /// What the driver says that the pixels mean, or who made the frame of other memory; none if nobody
    /// does.
    pub fn color_format(&self) -> Option<CUeglColorFormat> {
        self.pixels.format
    }

    /// The same frame, of which nobody says what its pixels mean.
    pub(crate) fn without_format(mut self) -> Self {
        self.pixels.format = None;
        self
    }

    /// The registration behind the frame, if that is what keeps it alive.
    pub fn mapped(&self) -> Option<&Arc<MappedEglImage>> {
        match &self.source {
            Source::Mapped(mapped) => Some(mapped),
            Source::Held(_) | Source::Kept { .. } => None,
        }
    }

    fn get(&self, call: &'static str, index: u32) -> Result<Plane> {
        self.planes()
            .get(index as usize)
            .copied()
            .ok_or_else(|| Error::plane(call, index, self.num_planes))
    }
}

fn refuse(what: String) -> Error {
    Error::argument("CudaFrame::new", what)
}

fn check_layout(
    index: usize,
    layout: &PlaneLayout,
    first: &PlaneLayout,
    linear: bool,
) -> Result<()> {
    let &PlaneLayout {
        width,
        height,
        pitch,
        bytes_per_pixel,
    } = layout;
    if width == 0 || height == 0 || bytes_per_pixel == 0 {
        return Err(refuse(format!("plane {index} is empty: {layout:?}")));
    }
    if width > first.width || height > first.height {
        return Err(refuse(format!(
            "plane {index} is {width}x{height}, larger than plane 0 of {}x{}",
            first.width, first.height
        )));
    }
    let row = u64::from(width) * u64::from(bytes_per_pixel);
    if linear && row > u64::from(pitch) {
        return Err(refuse(format!(
            "plane {index} has rows of {row} bytes at pitch {pitch}"
        )));
    }
    Ok(())
}

fn data(frame: &CUeglFrame, index: usize, linear: bool) -> Result<PlaneData> {
    let planes = frame.frame;
    let null = || refuse(format!("plane {index} is null"));
    if linear {
        // SAFETY: both members are plain pointers of any value; the frame type says this one.
        let address = unsafe { planes.pPitch }[index];
        let address = address.addr() as CUdeviceptr;
        if address == 0 {
            Err(null())
        } else {
            Ok(PlaneData::Pitch(address))
        }
    } else {
        // SAFETY: as above, with the other frame type.
        let array = unsafe { planes.pArray }[index];
        if array.is_null() {
            Err(null())
        } else {
            Ok(PlaneData::Array(array))
        }
    }
}
