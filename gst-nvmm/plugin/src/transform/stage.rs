//! Pictures on their way between system memory and the engine, which does not reach it.

#![forbid(unsafe_code)]

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{
    Error, Form, NvmmBufferPool, Result, color_format, color_format_of, colorimetry,
    is_color_format, with_nvmm,
};
use gst_video::{VideoFormat, VideoInfo};

/// One picture in NVMM, made the first time: one is enough, since each frame is waited for.
#[derive(Debug, Default)]
pub(super) struct Stage(Option<(ColorFormat, gst::Buffer)>);

impl Stage {
    /// A picture of what `info` says, with surfaces of this format.
    pub(super) fn picture(
        &mut self,
        info: &VideoInfo,
        format: ColorFormat,
    ) -> Result<&mut gst::BufferRef> {
        let made = match self.0.take().filter(|(of, _)| *of == format) {
            Some(made) => made,
            None => (format, picture(info, format)?),
        };
        let (_, buffer) = self.0.insert(made);
        let taken = || Error::Buffer("somebody else has the picture on its way".into());
        buffer.get_mut().ok_or_else(taken)
    }
}

fn picture(info: &VideoInfo, format: ColorFormat) -> Result<gst::Buffer> {
    let failed = |error| {
        Error::Buffer(format!(
            "no {format} for a picture on its way between NVMM and system memory: {error}"
        ))
    };
    let caps = info.to_caps().map_err(failed)?;
    // What it maps to is nobody's concern.
    let caps = with_nvmm(&caps);
    let pool = NvmmBufferPool::with_color_format(&caps, 0, 1, Form::Surface, format)?;
    pool.set_active(true).map_err(failed)?;
    pool.acquire()
}

/// Surfaces whose format says the colours of `info`: of NV12 and I420, whose variants every release has. The
/// plain one of others.
pub(super) fn by_colours(info: &VideoInfo) -> Option<ColorFormat> {
    match info.format() {
        VideoFormat::Nv12 | VideoFormat::I420 => color_format_of(info),
        other => color_format(other),
    }
}

/// Surfaces for pixels of `info` between which and those of `other` an engine converts no colours: they have
/// the same name for them, or, where that is plain, none either.
pub(super) fn with_colours_of(info: &VideoInfo, other: ColorFormat) -> Option<ColorFormat> {
    if is_color_format(info.format(), other) {
        return Some(other);
    }
    let Some(colours) = colorimetry(other) else {
        return color_format(info.format());
    };
    let (format, width, height) = (info.format(), info.width(), info.height());
    let info = VideoInfo::builder(format, width, height).colorimetry(&colours);
    by_colours(&info.build().ok()?)
}
