#![forbid(unsafe_code)]
//! The ALLOCATION query: what an element answers upstream, and what it makes of downstream's answer.

use gst::query::Allocation;

use crate::error::Result;
use crate::memory::Form;
use crate::pool::NvmmBufferPool;

/// Answers upstream's query, for NVMM caps: `held` buffers stay in this element at a time, so that upstream's
/// pool must have more. For a `propose_allocation`.
///
/// No pool is offered: a producer of NVMM keeps its own, as NVIDIA's do, and ours honours the number.
/// NVIDIA's have a fixed number of their own, which a property may raise (`num-extra-surfaces` of
/// nvv4l2decoder). No video meta: an element that got one would take the descriptor for pixels.
///
/// # Errors
///
/// [`Error::Surface`](crate::Error::Surface) where the library of the form is missing.
pub fn propose(query: &mut Allocation, form: Form, held: u32) -> Result<()> {
    let (caps, _) = query.get();
    if caps.is_some_and(crate::is_nvmm) {
        let size = form.memory_size()?;
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        query.add_allocation_pool(None::<&gst::BufferPool>, size, held, 0);
    }
    Ok(())
}

/// Makes an element's own pool for its output, configured and not active yet, with at least `at_least`
/// surfaces. For a `decide_allocation`.
///
/// Whatever downstream proposed is taken out of the query, as NVIDIA's elements do: its pools are for other
/// memory (an encoder's for raw frames), and a video meta does not describe what NVMM memory maps to. How
/// many buffers downstream holds is honoured, with two more, one being written and one on its way. The
/// pool stands in the query afterwards, for base classes that take it from there.
///
/// # Errors
///
/// As [`NvmmBufferPool::with_form`].
pub fn decide(
    query: &mut Allocation,
    caps: &gst::Caps,
    form: Form,
    at_least: u32,
) -> Result<NvmmBufferPool> {
    let max = NvmmBufferPool::size_for(query, at_least);
    let pool = NvmmBufferPool::with_form(caps, 0, max, form)?;
    while let Some(meta) = query.find_allocation_meta::<gst_video::VideoMeta>() {
        query.remove_nth_allocation_meta(meta);
    }
    let size = u32::try_from(form.memory_size()?).unwrap_or(u32::MAX);
    query.add_allocation_pool(Some(&pool), size, 0, max);
    Ok(pool)
}
