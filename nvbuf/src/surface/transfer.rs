//! What engines do with whole pictures: copy and fill.

use super::Surface;
use crate::error::{Error, ErrorKind, Result, check};
use crate::map::Access;

impl Surface {
    /// Copies the pixels of every buffer to `target`, by whatever engine the library uses.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if shapes differ; [`ErrorKind::Busy`] if a buffer here is mapped for
    /// writing or the target of a transform that was started, or one of `target` is mapped at all or part
    /// of such a transform; [`ErrorKind::Call`] when the library refuses one. Buffers before the one in
    /// question are copied.
    #[doc(alias = "NvBufSurfaceCopy")]
    pub fn copy_to(&self, target: &mut Self) -> Result<()> {
        if self.batch_size() != target.batch_size() {
            return Err(Error::new(
                ErrorKind::Invalid,
                "NvBufSurfaceCopy",
                format!(
                    "from {self:?} to {target:?}: batches must be equal; copy_buffer_to copies \
                     one buffer"
                ),
            ));
        }
        (0..self.batch_size()).try_for_each(|i| self.copy_buffer_to(i, target, i))
    }

    /// Copies the pixels of buffer `index` to buffer `to` of `target`: size and format are equal,
    /// memory types may differ.
    ///
    /// # Errors
    ///
    /// As [`Surface::copy_to`], and [`ErrorKind::Invalid`] for an index beyond its batch.
    #[doc(alias = "NvBufSurfaceCopy")]
    pub fn copy_buffer_to(&self, index: u32, target: &mut Self, to: u32) -> Result<()> {
        let call = "NvBufSurfaceCopy";
        let shape = |s: &Self, i| {
            let p = s.params_for(call, i)?;
            Ok::<_, Error>((p.width(), p.height(), p.color_format()))
        };
        if shape(self, index)? != shape(target, to)? {
            return Err(Error::new(
                ErrorKind::Invalid,
                call,
                format!(
                    "from {self:?} to {target:?}: sizes and formats must be equal; a transform \
                     changes them"
                ),
            ));
        }
        let _reads = self.claim_all(call, index, Access::Read)?;
        let _writes = target.claim_all(call, to, Access::Write)?;
        let _lock = self.lock();
        let copy = self.library.functions().copy;
        let source = self.buffer_view(index).surface().as_ptr();
        let dest = target.buffer_view(to).surface().as_ptr();
        // SAFETY: both are valid by the type invariant, locked (the source) and exclusive (the
        // target), and have the same shape.
        let ret = unsafe { copy(source, dest) };
        check(call, ret, || {
            format!(
                "from {self:?}, buffer {index}, to {target:?}, buffer {to}: no engine of this \
                 platform copies between these memory types and layouts. A transform may, and the \
                 CPU does what it maps (Surface::map)"
            )
        })
    }

    /// Fills the planes of buffer `index`, each with the byte that `values` has for it: 16 and 128
    /// make NV12 black. Padding of the rows is filled too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a bad index or another number of values than of planes,
    /// [`ErrorKind::Busy`] if the buffer is mapped through another handle or part of a transform that
    /// was started, [`ErrorKind::Call`] when the library refuses: planes before are filled.
    #[doc(alias = "NvBufSurfaceMemSet")]
    pub fn fill(&mut self, index: u32, values: &[u8]) -> Result<()> {
        let call = "NvBufSurfaceMemSet";
        let count = self.params_for(call, index)?.planes().len();
        if values.len() != count {
            let detail = format!(
                "{} values for {count} planes of {self:?}: give one for each plane",
                values.len()
            );
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        }
        let _writes = self.claim_all(call, index, Access::Write)?;
        let surface = self.buffer_view(index).surface().as_ptr();
        let mem_set = self.library.functions().mem_set;
        for (plane, value) in (0..).zip(values) {
            // SAFETY: a valid surface of one buffer by the type invariant, exclusive, and the plane
            // is one of its.
            let ret = unsafe { mem_set(surface, 0, plane, *value) };
            check(call, ret, || {
                format!(
                    "{value} to {self:?}, buffer {index}, plane {plane}: this library does not fill \
                     this memory type, format or layout. Write it through a mapping \
                     (Surface::map_mut), or transform a filled surface into it"
                )
            })?;
        }
        Ok(())
    }
}
