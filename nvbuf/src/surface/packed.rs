//! Planes to and from packed memory of the program's.

use nvbufsurface_sys::prefix::NvBufSurface;

use super::Surface;
use super::packing::{FROM, TO};
use crate::error::{Error, ErrorKind, Result, check};
use crate::map::Access;
use crate::params::PlaneParams;

impl Surface {
    /// Copies a plane of buffer `index` to packed rows: [`PlaneParams::row_bytes`] each, one after
    /// the other, [`PlaneParams::packed_len`] in all.
    ///
    /// The library does it where it can (since R34.1, all memory types and layouts), else the CPU
    /// through a mapping (pitch-linear memory that the CPU reaches). That the library's rows are
    /// packed too is how NVIDIA's samples use it; its header does not say it, so the first use in a
    /// process tries it on a surface of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a bad index, plane or length of `out`, [`ErrorKind::Busy`] if the
    /// plane is mapped for writing, [`ErrorKind::Load`] where only the library could do it and lacks
    /// the function, [`ErrorKind::Call`] when it refuses, or pads its rows.
    #[doc(alias = "NvBufSurface2Raw")]
    pub fn read_plane(&self, index: u32, plane: usize, out: &mut [u8]) -> Result<()> {
        let params = self.packed_params(TO, index, plane, out.len())?;
        let Some((to_raw, _)) = self.packed_functions(TO)? else {
            self.require_mappable(TO)?;
            let map = self.map_plane_ptr(index, plane, Access::Read)?;
            let rows = out.chunks_exact_mut(params.row_bytes());
            for (from, to) in map.plane(plane)?.rows().zip(rows) {
                // SAFETY: both are a row long; the mapping's row is of memory that is no part of
                // `out`, and lives.
                unsafe {
                    to.as_mut_ptr()
                        .copy_from_nonoverlapping(from.cast().as_ptr(), to.len())
                };
            }
            return map.unmap();
        };
        let _reads = self.claim(TO, index, plane..plane + 1, Access::Read)?;
        let _lock = self.lock();
        let surface = self.buffer_view(index).surface().as_ptr();
        let (number, width, height) = (plane as u32, params.width, params.height);
        // SAFETY: a valid surface of one buffer, locked; the plane is one of its; `out` has room for
        // its packed rows, which are what this library writes (`packed_functions`).
        let ret = unsafe { to_raw(surface, 0, number, width, height, out.as_mut_ptr()) };
        self.packed_result(TO, ret, index, plane)
    }

    /// Copies packed rows to a plane of buffer `index`: the way back of [`Surface::read_plane`].
    ///
    /// # Errors
    ///
    /// As [`Surface::read_plane`], and [`ErrorKind::Busy`] if the plane is mapped at all.
    #[doc(alias = "Raw2NvBufSurface")]
    pub fn write_plane(&mut self, index: u32, plane: usize, data: &[u8]) -> Result<()> {
        let params = self.packed_params(FROM, index, plane, data.len())?;
        let Some((_, from_raw)) = self.packed_functions(FROM)? else {
            self.require_mappable(FROM)?;
            let map = self.map_plane_ptr(index, plane, Access::Write)?;
            let rows = data.chunks_exact(params.row_bytes());
            for (to, from) in map.plane(plane)?.rows().zip(rows) {
                let to = to.cast::<u8>().as_ptr();
                // SAFETY: both are a row long; the mapping's row is writable memory that is no part
                // of `data`, and lives.
                unsafe { to.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
            }
            return map.unmap();
        };
        let _writes = self.claim(FROM, index, plane..plane + 1, Access::Write)?;
        let surface: *mut NvBufSurface = self.buffer_view(index).surface().as_ptr();
        let (number, width, height) = (plane as u32, params.width, params.height);
        let data = data.as_ptr().cast_mut();
        // SAFETY: a valid surface of one buffer, exclusive; the plane is one of its; `data` has its
        // packed rows, which this library takes (`packed_functions`) and only reads.
        let ret = unsafe { from_raw(data, 0, number, width, height, surface) };
        self.packed_result(FROM, ret, index, plane)
    }

    /// The plane, if packed memory of that length is right for it.
    fn packed_params(
        &self,
        call: &'static str,
        index: u32,
        plane: usize,
        len: usize,
    ) -> Result<PlaneParams> {
        let invalid = |what| Err(Error::new(ErrorKind::Invalid, call, what));
        let planes = self.params_for(call, index)?.planes();
        let Some(params) = planes.get(plane) else {
            return invalid(format!(
                "plane {plane} of {} ({self:?}): planes are 0 to {}",
                planes.len(),
                planes.len() - 1
            ));
        };
        if len != params.packed_len() {
            return invalid(format!(
                "{len} bytes for plane {plane} of {self:?}, which has {}: {} rows of {}",
                params.packed_len(),
                params.height,
                params.row_bytes()
            ));
        }
        Ok(*params)
    }

    /// Refuses what only the library can do, where it lacks the function.
    fn require_mappable(&self, call: &'static str) -> Result<()> {
        match self.is_out_of_reach() || !self.is_pitch_linear() {
            true => Err(self.library.missing(call).into()),
            false => Ok(()),
        }
    }

    fn packed_result(&self, call: &'static str, ret: i32, index: u32, plane: usize) -> Result<()> {
        check(call, ret, || {
            format!(
                "{self:?}, buffer {index}, plane {plane}: this library does not do it for this memory \
                 type, format or layout. Copy rows through a mapping (Surface::map_plane), or \
                 transform to a pitch-linear surface first"
            )
        })
    }
}
