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

/// Puts a pool first in the answer: ours for NVMM, which is given back as well, and downstream's or
/// GStreamer's for system memory.
pub(super) fn decide(
    query: &mut gst::query::Allocation,
    settings: &Settings,
) -> Result<Option<NvmmBufferPool>> {
    let (caps, _) = query.get_owned();
    let caps = caps.ok_or_else(|| Error::Buffer("no caps were negotiated".into()))?;
    let size = u32::try_from(size(&caps, settings)?).unwrap_or(u32::MAX);
    if is_nvmm(&caps) {
        let max = NvmmBufferPool::size_for(query, settings.output_buffers);
        let pool = NvmmBufferPool::with_form(&caps, 0, max, settings.form())?;
        query.add_allocation_pool(Some(&pool), size, 0, max);
        return Ok(Some(pool));
    }
    if query.allocation_pools().next().is_none() {
        let pool = gst_video::VideoBufferPool::new();
        query.add_allocation_pool(Some(&pool), size, 0, 0);
    }
    Ok(None)
}

/// A pool of as many surfaces as `pool`, of another format; `None` where its own are of that.
pub(super) fn of_format(
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
