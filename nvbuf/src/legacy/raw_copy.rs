//! Planes to and from memory of the program, copied by the library.

use std::ffi::{c_int, c_uint};
use std::sync::OnceLock;

use super::buffer::NvBuffer;
use super::library::needed;
use super::work::Work;
use crate::error::{Error, ErrorKind, Result, check};
use crate::map::Access;
use crate::packing::{SIZE, writes_and_reads_packed};
use crate::params::PlaneParams;
use crate::{ColorFormat, Layout};

const TO: &str = "NvBuffer2Raw";
const FROM: &str = "Raw2NvBuffer";

type ToRaw = unsafe extern "C" fn(c_int, c_uint, c_uint, c_uint, *mut u8) -> c_int;
type FromRaw = unsafe extern "C" fn(*mut u8, c_uint, c_uint, c_uint, c_int) -> c_int;

/// Whether the library's rows are packed, once that was found.
static IS_PACKED: OnceLock<bool> = OnceLock::new();

impl NvBuffer<'_> {
    /// Copies a plane to `pixels`, whose rows lie without padding: the header does not say how they lie, so
    /// it is tried on a buffer of our own before the first copy of a process. Since R28.2.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have, or another number of bytes than
    /// its rows have; [`ErrorKind::Busy`] while it is mapped for writing; [`ErrorKind::Load`] on R28.1;
    /// [`ErrorKind::Call`] when the library refuses, or pads the rows.
    #[doc(alias = "NvBuffer2Raw")]
    pub fn read_plane(&self, plane: usize, pixels: &mut [u8]) -> Result<()> {
        let both @ (function, _) = self.raw_functions(TO)?;
        let (p, _work) = self.raw_plane(plane, pixels.len(), Access::Read, TO)?;
        self.require_packed(both, TO)?;
        let (number, out) = (plane as c_uint, pixels.as_mut_ptr());
        // SAFETY: a live buffer (type invariant), a plane of it, and room for all of its rows, which this
        // library packs.
        let ret = unsafe { function(self.fd(), number, p.width, p.height, out) };
        check(TO, ret, || format!("{self:?}, plane {plane}"))
    }

    /// Copies `pixels`, whose rows lie without padding, to a plane. Since R28.2.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::read_plane`]; [`ErrorKind::Busy`] while it is mapped at all.
    #[doc(alias = "Raw2NvBuffer")]
    pub fn write_plane(&self, plane: usize, pixels: &[u8]) -> Result<()> {
        let both @ (_, function) = self.raw_functions(FROM)?;
        let (p, _work) = self.raw_plane(plane, pixels.len(), Access::Write, FROM)?;
        self.require_packed(both, FROM)?;
        // The library only reads it.
        let (number, from) = (plane as c_uint, pixels.as_ptr().cast_mut());
        // SAFETY: a live buffer (type invariant) of which nobody has slices, a plane of it, and all of
        // its packed rows, which are read.
        let ret = unsafe { function(from, number, p.width, p.height, self.fd()) };
        check(FROM, ret, || format!("{self:?}, plane {plane}"))
    }

    fn raw_plane(
        &self,
        plane: usize,
        bytes: usize,
        access: Access,
        call: &'static str,
    ) -> Result<(PlaneParams, Work<'_>)> {
        let invalid = |detail| Err(Error::new(ErrorKind::Invalid, call, detail));
        self.require_own(call)?;
        let layout = self.params().layout();
        if !matches!(layout, Layout::PITCH | Layout::BLOCK_LINEAR) {
            return invalid(format!("{self:?}: {layout}"));
        }
        let planes = self.params().planes();
        let Some(p) = planes.get(plane) else {
            return invalid(format!("{self:?}: plane {plane} of {}", planes.len()));
        };
        let needed = p.packed_len();
        if bytes != needed {
            return invalid(format!(
                "{self:?}, plane {plane}: its rows have {needed} bytes, not {bytes}"
            ));
        }
        Ok((*p, self.begin_work(call, access, &[])?))
    }

    /// The library's functions: it has both or none, and one is tried with the other.
    fn raw_functions(&self, call: &'static str) -> Result<(ToRaw, FromRaw)> {
        let functions = self.library().functions();
        let both = functions.to_raw.zip(functions.from_raw);
        needed(self.library(), both, call)
    }

    /// Refuses a library that pads its rows, which go beyond the packed memory of the program's then.
    fn require_packed(&self, both: (ToRaw, FromRaw), call: &'static str) -> Result<()> {
        let is_packed = match IS_PACKED.get() {
            Some(is_packed) => *is_packed,
            None => {
                // What fails says nothing, and is tried again the next time.
                let found = try_out(both)?;
                *IS_PACKED.get_or_init(|| found)
            }
        };
        if is_packed {
            return Ok(());
        }
        let detail = format!(
            "{self:?}: this library pads the rows of raw planes, which go beyond packed memory then. \
             Only packed rows are allowed: copy them through a mapping (NvBuffer::map_ptr), after a \
             transform to a pitch-linear buffer where there is none"
        );
        Err(Error::new(ErrorKind::Call, call, detail))
    }
}

/// Writes and reads both planes of a buffer of its own.
fn try_out((to_raw, from_raw): (ToRaw, FromRaw)) -> Result<bool> {
    let builder = NvBuffer::builder(SIZE.0, SIZE.1).format(ColorFormat::NV12);
    let scratch = builder.build()?;
    let fd = scratch.fd();
    let failed = || format!("{scratch:?}, to find out whether rows are packed");
    for (plane, params) in (0..).zip(scratch.params().planes()) {
        let (width, height) = (params.width, params.height);
        let is_packed = writes_and_reads_packed(
            params.packed_len(),
            |rows| {
                let rows = rows.as_mut_ptr();
                // SAFETY: a live buffer, which nobody else has; the plane is one of its; there are its
                // packed rows, and room for any padding.
                let ret = unsafe { from_raw(rows, plane, width, height, fd) };
                check(FROM, ret, failed)
            },
            |rows| {
                let rows = rows.as_mut_ptr();
                // SAFETY: as above, for writing.
                let ret = unsafe { to_raw(fd, plane, width, height, rows) };
                check(TO, ret, failed)
            },
        )?;
        if !is_packed {
            return Ok(false);
        }
    }
    Ok(true)
}
