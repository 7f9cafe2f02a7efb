//! Copies of rows between frames, memory and arrays.
//!
//! A copy runs after the call that queued it. What makes that sound:
//!
//! - Every owner of memory, and every source of frames, notes the copies that use it ([`Pending`]) and
//!   waits for them before it frees the memory, or unregisters the image. A side that was leaked is never
//!   freed. What `cuMemFree`, `cuArrayDestroy` and `cuGraphicsUnregisterResource` wait for by themselves
//!   is not documented for all drivers, so nothing rests on it.
//! - What the CPU can read is a target by `&mut`, so that no slice of it exists when the copy is queued;
//!   whoever asks for a slice later waits for what is noted. Pinned memory that is a source may be read
//!   meanwhile, and is written only through `&mut`, which waits too.
//! - Plain host memory belongs to others after the call, so that its copies are waited for in the call.
//! - The sides' sizes were checked when they were made, and are compared before the call.

mod pending;
mod side;

use crate::error::check;
use crate::{CudaFrame, Error, Result, Stream};

pub(crate) use pending::Pending;
pub use side::{CopySource, CopyTarget};
pub(crate) use side::{Place, Rows, Streams};

impl Stream {
    /// Puts a copy of rows on the stream.
    ///
    /// Either side may be a frame's plane, device, managed or pinned memory, or an array; the GPU's own
    /// engine copies between rows and block-linear arrays. Both sides have the same size. Where both are
    /// the same memory and overlap, the result is any mixture.
    ///
    /// The call does not wait: work on this stream sees the copy done, other streams need an
    /// [`Event`](crate::Event). Memory may be dropped at once, which waits; so does asking for a slice of
    /// memory that the CPU reads. A stream that copies to or from a piece of memory waits, after the
    /// copy, for other streams' copies that use the same memory.
    ///
    /// Nothing is allocated, but for an event at the first copy of each piece of memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the sizes differ, a side is of
    /// another context, or managed memory is not attached to this stream. Or the driver's error; then
    /// what the target holds is not said.
    #[doc(alias = "cuMemcpy2DAsync")]
    pub fn copy(&self, from: CopySource<'_>, to: CopyTarget<'_>) -> Result<()> {
        const CALL: &str = "Stream::copy";
        self.check_sides(CALL, &from.0, &to.0)?;
        self.enqueue(&from.0, &to.0)?;
        let noted = [from.0.pending, to.0.pending].map(|pending| match pending {
            Some(pending) => pending.note(self),
            None => Ok(()),
        });
        noted.into_iter().collect()
    }

    /// Puts copies of all planes of a frame on the stream, as [`copy`](Self::copy) does for each.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the frames differ in their
    /// planes, or in the order of their bytes as far as both are known. Also what `copy` and
    /// [`CudaFrame::source`] return.
    #[doc(alias = "cuMemcpy2DAsync")]
    pub fn copy_frame(&self, from: &CudaFrame, to: &CudaFrame) -> Result<()> {
        const CALL: &str = "Stream::copy_frame";
        if let (Some(source), Some(target)) = (from.pixel_order(), to.pixel_order())
            && source != target
        {
            return Err(Error::argument(
                CALL,
                format!("the source's bytes are {source:?}, the target's {target:?}"),
            ));
        }
        let shape = |frame: &CudaFrame| {
            let planes = frame.planes().iter().map(|plane| plane.layout);
            let mut shape = [(0, 0, 0); crate::sys::MAX_PLANES];
            for (out, layout) in shape.iter_mut().zip(planes) {
                *out = (layout.width, layout.height, layout.bytes_per_pixel);
            }
            shape
        };
        if shape(from) != shape(to) {
            return Err(Error::argument(
                CALL,
                format!(
                    "the planes differ (width, height, bytes per pixel): {:?} and {:?}",
                    shape(from),
                    shape(to)
                ),
            ));
        }
        // All sides are checked before the first copy.
        for plane in 0..from.num_planes() {
            self.check_sides(CALL, &from.source(plane)?.0, &to.target(plane)?.0)?;
        }
        for plane in 0..from.num_planes() {
            self.copy(from.source(plane)?, to.target(plane)?)?;
        }
        Ok(())
    }

    /// Copies rows to plain host memory, `pitch` bytes from row to row, and waits for it.
    ///
    /// Where it is done for every frame, [`PinnedMemory`](crate::PinnedMemory) is faster and does not
    /// wait.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the slice is too short or the
    /// pitch too small; also what [`copy`](Self::copy) returns.
    pub fn copy_to_host(&self, from: CopySource<'_>, to: &mut [u8], pitch: usize) -> Result<()> {
        const CALL: &str = "Stream::copy_to_host";
        let to = host_rows(CALL, &from.0, to.as_mut_ptr(), to.len(), pitch)?;
        self.copy_now(CALL, &from.0, &to)
    }

    /// Copies rows of plain host memory, `pitch` bytes from row to row, and waits for it.
    ///
    /// # Errors
    ///
    /// As [`copy_to_host`](Self::copy_to_host).
    pub fn copy_from_host(&self, from: &[u8], pitch: usize, to: CopyTarget<'_>) -> Result<()> {
        const CALL: &str = "Stream::copy_from_host";
        let from = host_rows(CALL, &to.0, from.as_ptr().cast_mut(), from.len(), pitch)?;
        self.copy_now(CALL, &from, &to.0)
    }

    /// A copy that is done when this returns, with an error too: the driver returns from a copy of
    /// pageable memory when it needs that no more, and where the memory is not pageable and even the
    /// context cannot be waited for, it was left with an error and runs nothing any more.
    fn copy_now(&self, call: &'static str, from: &Rows<'_>, to: &Rows<'_>) -> Result<()> {
        self.check_sides(call, from, to)?;
        self.enqueue(from, to)?;
        self.synchronize().inspect_err(|_| {
            if let Err(error) = self.context().synchronize() {
                crate::error::report(&error);
            }
        })
    }

    fn check_sides(&self, call: &'static str, from: &Rows<'_>, to: &Rows<'_>) -> Result<()> {
        if (from.row_bytes, from.height) != (to.row_bytes, to.height) {
            return Err(Error::argument(
                call,
                format!(
                    "the source has {} rows of {} bytes, the target {} of {}",
                    from.height, from.row_bytes, to.height, to.row_bytes
                ),
            ));
        }
        from.check_stream(call, self)?;
        to.check_stream(call, self)
    }

    fn enqueue(&self, from: &Rows<'_>, to: &Rows<'_>) -> Result<()> {
        const CALL: &str = "cuMemcpy2DAsync";
        let context = self.context();
        let memcpy = context
            .functions()
            .memcpy_2d_async
            .ok_or_else(|| Error::missing(CALL))?;
        let copy = side::describe(from, to);
        let _current = context.push()?;
        // SAFETY: the pointer is to a live description, which the driver has read when it returns; by
        // the invariant of `Rows` both sides hold the rows. They stay alive until the copy is done, as
        // the module's documentation shows.
        let code = unsafe { memcpy(&raw const copy, self.as_raw()) };
        check(context.driver(), CALL, code)
    }
}

/// Rows of plain host memory that are as large as the other side's.
fn host_rows(
    call: &'static str,
    other: &Rows<'_>,
    address: *mut u8,
    len: usize,
    pitch: usize,
) -> Result<Rows<'static>> {
    let (row_bytes, height) = (other.row_bytes, other.height);
    let needed = pitch
        .checked_mul(height - 1)
        .and_then(|before| before.checked_add(row_bytes));
    if pitch < row_bytes || needed.is_none_or(|needed| needed > len) {
        return Err(Error::argument(
            call,
            format!("{len} bytes do not hold {height} rows of {row_bytes} bytes at pitch {pitch}"),
        ));
    }
    Ok(Rows {
        place: Place::Host(address.cast(), pitch),
        x: 0,
        y: 0,
        row_bytes,
        height,
        element: 1,
        streams: Streams::Any,
        pending: None,
    })
}
