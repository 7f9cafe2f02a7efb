//! Where the output's buffers come from.

#![forbid(unsafe_code)]

use gst::prelude::*;

use crate::error::{Error, Result};
use crate::memory::Form;
use crate::pool::NvmmBufferPool;

/// The output's pool, and what it was made for.
#[derive(Debug, Default)]
pub(super) struct Output {
    pool: Option<Pool>,
    is_flushing: bool,
}

#[derive(Debug)]
struct Pool {
    caps: gst::Caps,
    max: u32,
    form: Form,
    pool: NvmmBufferPool,
}

impl Output {
    pub(super) fn pool(&self) -> Option<NvmmBufferPool> {
        self.pool.as_ref().map(|pool| pool.pool.clone())
    }

    /// A pool for `caps`: the one that there is, if it is such a one. Returns the one that it replaced, to
    /// be deactivated; buffers that are downstream keep their surfaces until they come back.
    pub(super) fn set(
        &mut self,
        caps: &gst::Caps,
        max: u32,
        form: Form,
    ) -> Result<Option<NvmmBufferPool>> {
        let is_such = |known: &Pool| known.caps == *caps && (known.max, known.form) == (max, form);
        if self.pool.as_ref().is_some_and(is_such) {
            return Ok(None);
        }
        let pool = NvmmBufferPool::with_form(caps, 0, max, form)?;
        pool.set_active(true)
            .map_err(|e| Error::buffer(format!("the pool for {caps} does not start: {e}")))?;
        if self.is_flushing {
            pool.set_flushing(true);
        }
        let old = self.pool.replace(Pool {
            caps: caps.clone(),
            max,
            form,
            pool,
        });
        Ok(old.map(|old| old.pool))
    }

    /// Who waits for a surface is to be woken, or may wait again. Returns the pool, to be told so without
    /// the lock that this is behind.
    pub(super) fn set_flushing(&mut self, flushing: bool) -> Option<NvmmBufferPool> {
        self.is_flushing = flushing;
        self.pool()
    }
}

/// A writable buffer, as soon as there is one.
pub(super) fn acquire(pool: &NvmmBufferPool) -> Result<gst::Buffer> {
    pool.acquire_buffer(None).map_err(|flow| match flow {
        gst::FlowError::Flushing => Error::Flushing,
        // The pool has logged why.
        flow => gst::error_msg!(
            gst::ResourceError::NoSpaceLeft,
            ("no output surface could be made ({flow}): memory is exhausted, see the log")
        )
        .into(),
    })
}
