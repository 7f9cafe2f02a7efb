//! The two sides of a copy: where rows are read, and where they are written.
#![forbid(unsafe_code)]

use std::ffi::c_void;

use crate::copy::Pending;
use crate::sys::{CUDA_MEMCPY2D, CUarray, CUdeviceptr, CUmemorytype, CUstream};
use crate::{Error, Result, Stream};

/// Where the rows are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Device memory, and the bytes from row to row.
    Device(CUdeviceptr, usize),
    /// Managed memory, likewise.
    Managed(CUdeviceptr, usize),
    /// Memory of the host, likewise.
    Host(*mut c_void, usize),
    Array(CUarray),
}

/// Which streams may touch the memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Streams {
    Any,
    /// Managed memory that is attached to the CPU.
    None,
    /// Managed memory that is attached to this stream.
    One(CUstream),
}

/// Rows of bytes of one plane, memory or array.
///
/// # Invariants
///
/// The memory has `height` rows of `row_bytes` bytes behind `x` and `y`, and lives and is open to the
/// device while what the side borrows does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) place: Place,
    /// Byte of a row, and row, that the copy begins with.
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) row_bytes: usize,
    pub(crate) height: usize,
    /// Bytes of a pixel: parts consist of whole ones.
    pub(crate) element: usize,
    pub(crate) streams: Streams,
    /// Who has to know of the copy; none where it is waited for.
    pub(crate) pending: Option<&'a Pending>,
}

impl Rows<'_> {
    fn part(self, x: usize, y: usize, row_bytes: usize, height: usize) -> Result<Self> {
        const CALL: &str = "part";
        let fits = |start: usize, len: usize, limit| {
            len > 0 && start.checked_add(len).is_some_and(|end| end <= limit)
        };
        if !fits(x, row_bytes, self.row_bytes) || !fits(y, height, self.height) {
            return Err(Error::argument(
                CALL,
                format!(
                    "{height} rows of {row_bytes} bytes from byte {x} of row {y} are empty or not within {} rows \
                     of {} bytes",
                    self.height, self.row_bytes
                ),
            ));
        }
        if !x.is_multiple_of(self.element) || !row_bytes.is_multiple_of(self.element) {
            return Err(Error::argument(
                CALL,
                format!(
                    "{row_bytes} bytes from byte {x} are no whole pixels of {} bytes",
                    self.element
                ),
            ));
        }
        Ok(Self {
            // Within the limits by the checks above, so that the sums cannot overflow.
            x: self.x + x,
            y: self.y + y,
            row_bytes,
            height,
            ..self
        })
    }

    /// Whether the stream may be used for a copy of these rows.
    pub(crate) fn check_stream(&self, call: &'static str, stream: &Stream) -> Result<()> {
        let same_context =
            |pending: &Pending| pending.context().as_raw() == stream.context().as_raw();
        if !self.pending.is_none_or(same_context) {
            return Err(Error::argument(
                call,
                "the memory is of another context than the stream",
            ));
        }
        match self.streams {
            Streams::Any => Ok(()),
            Streams::One(one) if one == stream.as_raw() => Ok(()),
            Streams::One(_) | Streams::None => Err(Error::argument(
                call,
                "the managed memory is not attached to this stream: ManagedMemory::attach attaches it",
            )),
        }
    }
}

/// Rows to copy from, with [`Stream::copy`].
///
/// It borrows its memory, which cannot go while it is there, nor to a stream while the CPU looks at it:
///
/// ```compile_fail,E0505
/// fn f(memory: egl_cuda::DeviceMemory) -> usize {
///     let source = memory.source();
///     drop(memory);
///     source.height()
/// }
/// ```
///
/// ```compile_fail,E0502
/// fn f(memory: &mut egl_cuda::ManagedMemory, stream: &egl_cuda::Stream) {
///     let pixels = memory.as_slice().unwrap();
///     memory.attach(stream).unwrap();
///     println!("{}", pixels[0]);
/// }
/// ```
#[must_use]
#[derive(Debug, Clone, Copy)]
pub struct CopySource<'a>(pub(crate) Rows<'a>);

/// Rows to copy to, with [`Stream::copy`].
///
/// Memory that the CPU reads is borrowed mutably while it is a target, so that nobody holds a slice of
/// it:
///
/// ```compile_fail,E0502
/// fn f(stream: &egl_cuda::Stream, frame: &egl_cuda::CudaFrame, memory: &mut egl_cuda::PinnedMemory) {
///     let pixels = memory.as_slice().unwrap();
///     stream.copy(frame.source(0).unwrap(), memory.target()).unwrap();
///     println!("{}", pixels[0]);
/// }
/// ```
#[must_use]
#[derive(Debug)]
pub struct CopyTarget<'a>(pub(crate) Rows<'a>);

macro_rules! side {
    ($side:ident) => {
        impl $side<'_> {
            /// A rectangle of these rows: `height` rows of `row_bytes` bytes, the first from byte `x` of
            /// row `y`.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the rectangle is empty,
            /// not within these rows, or not of whole pixels.
            pub fn part(self, x: usize, y: usize, row_bytes: usize, height: usize) -> Result<Self> {
                self.0.part(x, y, row_bytes, height).map(Self)
            }

            /// Bytes of a row that are copied.
            pub fn row_bytes(&self) -> usize {
                self.0.row_bytes
            }

            /// Rows that are copied.
            pub fn height(&self) -> usize {
                self.0.height
            }
        }
    };
}
side!(CopySource);
side!(CopyTarget);

/// The driver's description of a copy between two sides of one size.
pub(crate) fn describe(from: &Rows<'_>, to: &Rows<'_>) -> CUDA_MEMCPY2D {
    let mut copy = CUDA_MEMCPY2D {
        srcXInBytes: from.x,
        srcY: from.y,
        dstXInBytes: to.x,
        dstY: to.y,
        WidthInBytes: from.row_bytes,
        Height: from.height,
        ..Default::default()
    };
    match from.place {
        Place::Device(address, pitch) => {
            (copy.srcMemoryType, copy.srcDevice) = (CUmemorytype::DEVICE, address);
            copy.srcPitch = pitch;
        }
        Place::Managed(address, pitch) => {
            (copy.srcMemoryType, copy.srcDevice) = (CUmemorytype::UNIFIED, address);
            copy.srcPitch = pitch;
        }
        Place::Host(address, pitch) => {
            (copy.srcMemoryType, copy.srcHost) = (CUmemorytype::HOST, address);
            copy.srcPitch = pitch;
        }
        Place::Array(array) => {
            (copy.srcMemoryType, copy.srcArray) = (CUmemorytype::ARRAY, array);
        }
    }
    match to.place {
        Place::Device(address, pitch) => {
            (copy.dstMemoryType, copy.dstDevice) = (CUmemorytype::DEVICE, address);
            copy.dstPitch = pitch;
        }
        Place::Managed(address, pitch) => {
            (copy.dstMemoryType, copy.dstDevice) = (CUmemorytype::UNIFIED, address);
            copy.dstPitch = pitch;
        }
        Place::Host(address, pitch) => {
            (copy.dstMemoryType, copy.dstHost) = (CUmemorytype::HOST, address);
            copy.dstPitch = pitch;
        }
        Place::Array(array) => {
            (copy.dstMemoryType, copy.dstArray) = (CUmemorytype::ARRAY, array);
        }
    }
    copy
}
