//! Planes to and from memory of the program, copied by the library.

use std::ffi::c_uint;

use super::buffer::NvBuffer;
use super::library::needed;
use super::work::Work;
use crate::Layout;
use crate::error::{Error, ErrorKind, Result, check};
use crate::map::Access;
use crate::params::PlaneParams;

impl NvBuffer<'_> {
    /// Copies a plane to `pixels`, whose rows lie without padding (an assumption: the header does not say
    /// how they lie). Since R28.2.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have, or another number of bytes than
    /// its rows have; [`ErrorKind::Busy`] while it is mapped for writing; [`ErrorKind::Load`] on R28.1;
    /// [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBuffer2Raw")]
    pub fn read_plane(&self, plane: usize, pixels: &mut [u8]) -> Result<()> {
        let call = "NvBuffer2Raw";
        let function = needed(self.library(), self.library().functions().to_raw, call)?;
        let (p, _work) = self.raw_plane(plane, pixels.len(), Access::Read, call)?;
        let (number, out) = (plane as c_uint, pixels.as_mut_ptr());
        // SAFETY: a live buffer (type invariant), a plane of it, and room for all of its rows.
        let ret = unsafe { function(self.fd(), number, p.width, p.height, out) };
        check(call, ret, || format!("{self:?}, plane {plane}"))
    }

    /// Copies `pixels`, whose rows lie without padding, to a plane. Since R28.2.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::read_plane`]; [`ErrorKind::Busy`] while it is mapped at all.
    #[doc(alias = "Raw2NvBuffer")]
    pub fn write_plane(&self, plane: usize, pixels: &[u8]) -> Result<()> {
        let call = "Raw2NvBuffer";
        let function = needed(self.library(), self.library().functions().from_raw, call)?;
        let (p, _work) = self.raw_plane(plane, pixels.len(), Access::Write, call)?;
        // The library only reads it.
        let (number, from) = (plane as c_uint, pixels.as_ptr().cast_mut());
        // SAFETY: a live buffer (type invariant) of which nobody has slices, a plane of it, and all of
        // its rows, which are read.
        let ret = unsafe { function(from, number, p.width, p.height, self.fd()) };
        check(call, ret, || format!("{self:?}, plane {plane}"))
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
        let needed = p.row_bytes() * p.height as usize;
        if bytes != needed {
            return invalid(format!(
                "{self:?}, plane {plane}: its rows have {needed} bytes, not {bytes}"
            ));
        }
        Ok((*p, self.begin_work(call, access, &[])?))
    }
}
