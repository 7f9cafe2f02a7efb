//! What is done with each frame between the caps of both sides.

#![forbid(unsafe_code)]

use gst_nvmm::nvbuf::{ColorFormat, Layout, Rect, Transform};
use gst_nvmm::{Counts, Error, NvmmBufferExt, Result, Session, color_format, is_nvmm};
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};

use super::rows;
use super::settings::Settings;
use super::stage::{Stage, by_colours, with_colours_of};

/// More is refused in words before the engine refuses it with a number (NVIDIA's documentation).
const VIC_SCALE: u64 = 16;

/// Frames from one side's caps to the other's.
#[derive(Debug)]
pub(super) struct Task {
    input: Side,
    output: Side,
    /// Whether both sides have the same caps.
    is_same: bool,
    /// Where one side is in system memory and the engine has work to do.
    stage: Stage,
    /// For the GPU, from the first picture that it transforms.
    cuda: Option<Session>,
}

#[derive(Debug)]
struct Side {
    info: VideoInfo,
    is_nvmm: bool,
    /// Whether the caps say what the pixels mean; if not, GStreamer guesses by the size.
    says_colours: bool,
}

impl Side {
    fn new(caps: &gst::Caps) -> Result<Self> {
        let info = VideoInfo::from_caps(caps)
            .map_err(|_| Error::Buffer(format!("{caps} are not fixed raw video")))?;
        Ok(Self {
            info,
            is_nvmm: is_nvmm(caps),
            says_colours: caps
                .structure(0)
                .is_some_and(|caps| caps.has_field("colorimetry")),
        })
    }

    fn size(&self) -> (u32, u32) {
        (self.info.width(), self.info.height())
    }
}

impl Task {
    /// Checks what the properties and the engine allow between these caps.
    pub(super) fn new(input: &gst::Caps, output: &gst::Caps, settings: &Settings) -> Result<Self> {
        let task = Self {
            input: Side::new(input)?,
            output: Side::new(output)?,
            is_same: input == output,
            stage: Stage::default(),
            cuda: None,
        };
        let part = task.part(settings)?;
        if settings.is_gpu() || task.is_passthrough(settings) || task.is_row_copy(settings) {
            return Ok(task);
        }
        let from = match settings.swaps_axes() {
            true => [("height", part.height), ("width", part.width)],
            false => [("width", part.width), ("height", part.height)],
        };
        let (width, height) = task.output.size();
        for ((name, from), to) in from.into_iter().zip([width, height]) {
            let (a, b) = (u64::from(from), u64::from(to));
            if a > b * VIC_SCALE || b > a * VIC_SCALE {
                return Err(Error::Buffer(format!(
                    "a {name} of {from} cannot become {to}: the VIC scales by 1/16 to 16. Put two \
                     nvmmtransforms with a size between them, or set compute-hw=GPU"
                )));
            }
        }
        Ok(task)
    }

    /// Whether the buffers themselves go through.
    pub(super) fn is_passthrough(&self, settings: &Settings) -> bool {
        let (width, height) = self.input.size();
        self.is_same && settings.keeps_picture(width, height)
    }

    /// The part of the input that is taken, if the engine can.
    pub(super) fn part(&self, settings: &Settings) -> Result<Rect> {
        let (width, height) = self.input.size();
        let part = match Transform::has_odd_crop() {
            true => settings.crop(width, height),
            false => settings.even_crop(width, height),
        };
        part.map_err(Error::Buffer)
    }

    /// Whether the pixels of both sides mean the same, so that no colours are to be converted.
    fn keeps_colours(&self) -> bool {
        let (from, to) = (&self.input, &self.output);
        let colours = |side: &Side| {
            let colours = side.info.colorimetry();
            (colours.matrix(), colours.range())
        };
        let is_yuv = |side: &Side| side.info.format_info().is_yuv();
        (from.info.format() == to.info.format() || is_yuv(from) && is_yuv(to))
            && (colours(from) == colours(to) || !from.says_colours && !to.says_colours)
    }

    /// The surface format that NVMM output has to have in place of what its caps make one expect, so that the
    /// engine converts no colours where caps say the same ones: a surface's own says more than caps do, or
    /// less. Of variants only those of NV12 are made where the input is none.
    pub(super) fn output_format(&self, input: &gst::BufferRef) -> Option<ColorFormat> {
        let (from, to) = (&self.input, &self.output);
        let may_vary = to.info.format() == VideoFormat::Nv12
            || from.is_nvmm && from.info.format() == to.info.format();
        if !(to.is_nvmm && may_vary && self.keeps_colours()) {
            return None;
        }
        let input = match from.is_nvmm {
            // What cannot be read is said when it is transformed.
            true => input.nvmm_pixels(0).and_then(|p| p.color_format()).ok(),
            false if from.says_colours => by_colours(&from.info),
            false => color_format(from.info.format()),
        };
        with_colours_of(&to.info, input?)
    }

    /// Whether rows are copied between the memories, and nothing changes.
    fn is_row_copy(&self, settings: &Settings) -> bool {
        let (width, height) = self.input.size();
        self.input.is_nvmm != self.output.is_nvmm
            && self.input.size() == self.output.size()
            && self.input.info.format() == self.output.info.format()
            && self.keeps_colours()
            && settings.keeps_picture(width, height)
    }

    /// The surface format of the picture on its way, if the engine has that of `nvmm` on the other side.
    fn stage_format(&self, side: &Side, nvmm: &gst::BufferRef) -> Result<ColorFormat> {
        let format = match self.keeps_colours() {
            true => with_colours_of(&side.info, nvmm.nvmm_pixels(0)?.color_format()?),
            false => by_colours(&side.info),
        };
        format.ok_or_else(|| Error::Buffer(format!("no surface holds {}", side.info.format())))
    }

    /// Does it, and waits for it.
    pub(super) fn run(
        &mut self,
        input: &gst::BufferRef,
        output: &mut gst::BufferRef,
        settings: &Settings,
    ) -> Result<()> {
        let (from, to) = (&self.input.info, &self.output.info);
        if self.is_row_copy(settings) {
            if !self.input.is_nvmm {
                return upload(input, output, from);
            }
            // Decoders' and cameras' pixels lie in blocks: the engine makes rows of them.
            if input.nvmm_pixels(0)?.layout()? == Layout::PITCH {
                return download(input, output, from);
            }
        }
        let conversion = settings
            .conversion(from.width(), from.height())
            .map_err(Error::Buffer)?;
        if settings.is_gpu() && self.cuda.is_none() {
            self.cuda = Some(Session::new()?);
        }
        let _current = self.cuda.as_ref().map(Session::push).transpose()?;
        match (self.input.is_nvmm, self.output.is_nvmm) {
            (false, _) => {
                let format = self.stage_format(&self.input, output)?;
                let stage = self.stage.picture(from, format)?;
                upload(input, stage, from)?;
                conversion.run(stage, from, output, to)
            }
            (true, true) => conversion.run(input, from, output, to),
            (true, false) => {
                let format = self.stage_format(&self.output, input)?;
                let stage = self.stage.picture(to, format)?;
                conversion.run(input, from, stage, to)?;
                download(stage, output, to)
            }
        }
    }
}

fn unmappable<E>(_: E) -> Error {
    Error::Buffer(
        "a buffer in system memory is smaller than its caps say, or cannot be mapped".into(),
    )
}

fn upload(input: &gst::BufferRef, output: &mut gst::BufferRef, info: &VideoInfo) -> Result<()> {
    let frame = VideoFrameRef::from_buffer_ref_readable(input, info).map_err(unmappable)?;
    gst_nvmm::write_cpu(output, info, |map| rows::upload(&frame, map))?;
    Counts::note(|counts| counts.copies += 1);
    Ok(())
}

fn download(input: &gst::BufferRef, output: &mut gst::BufferRef, info: &VideoInfo) -> Result<()> {
    let mut frame = VideoFrameRef::from_buffer_ref_writable(output, info).map_err(unmappable)?;
    gst_nvmm::read_cpu(input, info, |map| rows::download(map, &mut frame))?;
    Counts::note(|counts| counts.copies += 1);
    Ok(())
}
