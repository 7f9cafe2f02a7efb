//! Where output buffers come from.

#![forbid(unsafe_code)]

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Error, NvmmBufferPool, Result, color_format_for_caps, is_nvmm};
use gst_video::VideoInfo;

use super::settings::Settings;

/// Bytes of a buffer of these caps.
pub(super) fn size(caps: &gst::CapsRef, settings: &Settings) -> Result<usize> {
    if is_nvmm(caps) {
        return settings.form().memory_size();
    }
    let info = VideoInfo::from_caps(caps);
    info.map(|info| info.size())
        .map_err(|_| Error::Buffer(format!("{caps} are not fixed raw video")))
}

/// The pools of NVMM output; empty for system memory.
#[derive(Debug, Default)]
pub(super) struct Pools {
    /// Which the base class has as well.
    usual: Option<NvmmBufferPool>,
    /// The one in place of that for outputs of this format, if its own are not.
    other: Option<(ColorFormat, Option<NvmmBufferPool>)>,
}

impl Pools {
    /// Puts a pool first in the answer: ours for NVMM, and downstream's or GStreamer's for system memory.
    pub(super) fn decide(query: &mut gst::query::Allocation, settings: &Settings) -> Result<Self> {
        let (caps, _) = query.get_owned();
        let caps = caps.ok_or_else(|| Error::Buffer("no caps were negotiated".into()))?;
        let size = u32::try_from(size(&caps, settings)?).unwrap_or(u32::MAX);
        let mut pools = Self::default();
        if is_nvmm(&caps) {
            let max = NvmmBufferPool::size_for(query, settings.output_buffers);
            let pool = NvmmBufferPool::with_form(&caps, 0, max, settings.form())?;
            query.add_allocation_pool(Some(&pool), size, 0, max);
            pools.usual = Some(pool);
        } else if query.allocation_pools().next().is_none() {
            let pool = gst_video::VideoBufferPool::new();
            query.add_allocation_pool(Some(&pool), size, 0, 0);
        }
        Ok(pools)
    }

    /// Wakes whoever waits for a surface, or lets him wait again.
    pub(super) fn set_flushing(&self, flushing: bool) {
        let other = self.other.iter().filter_map(|(_, pool)| pool.as_ref());
        let pools = self.usual.iter().chain(other);
        for pool in pools.filter(|pool| pool.is_active()) {
            pool.set_flushing(flushing);
        }
    }

    /// Why one of them had no buffer. Each is made anew when it is negotiated anew.
    pub(super) fn failure(&self) -> Option<Error> {
        let other = self.other.iter().find_map(|(_, pool)| pool.as_ref());
        let failure = other.and_then(NvmmBufferPool::failure);
        failure.or_else(|| self.usual.as_ref().and_then(NvmmBufferPool::failure))
    }

    /// A pool for outputs of this format, of as many surfaces as the usual one; `None` if that will do, as
    /// it does after an error.
    pub(super) fn of_format(
        &mut self,
        format: ColorFormat,
        settings: &Settings,
    ) -> Result<Option<NvmmBufferPool>> {
        if let Some((_, pool)) = self.other.as_ref().filter(|(of, _)| *of == format) {
            return Ok(pool.clone());
        }
        let pool = self
            .usual
            .as_ref()
            .map(|usual| like(usual, format, settings));
        let pool = pool.transpose().map(Option::flatten);
        self.other = Some((format, pool.as_ref().ok().cloned().flatten()));
        pool
    }
}

/// A pool like another, of another format; `None` where its own are of that.
fn like(
    pool: &NvmmBufferPool,
    format: ColorFormat,
    settings: &Settings,
) -> Result<Option<NvmmBufferPool>> {
    let config = pool.config();
    let Some((Some(caps), _, min, max)) = config.params() else {
        return Ok(None);
    };
    if color_format_for_caps(&caps) == Some(format) {
        return Ok(None);
    }
    let form = settings.form();
    let other = NvmmBufferPool::with_color_format(&caps, min, max, form, format)?;
    other
        .set_active(true)
        .map_err(|error| Error::Buffer(format!("a pool of {format}: {error}")))?;
    Ok(Some(other))
}
