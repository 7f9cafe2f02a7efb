//! What is done with each frame between the caps of both sides.

#![forbid(unsafe_code)]

use gst::prelude::*;
use gst_nvmm::nvbuf::Layout;
use gst_nvmm::{
    Counts, Error, Form, NvmmBufferExt, NvmmBufferPool, Result, Session, is_nvmm, with_nvmm,
};
use gst_video::{VideoFrameRef, VideoInfo};

use super::rows;
use super::settings::Settings;

/// More is refused in words before the engine refuses it with a number (NVIDIA's documentation).
const VIC_SCALE: u64 = 16;

/// Frames from one side's caps to the other's.
#[derive(Debug)]
pub(super) struct Task {
    input: Side,
    output: Side,
    /// Whether both sides have the same caps.
    is_same: bool,
    /// The picture in NVMM, where one side is in system memory and the engine has work to do.
    stage: Option<gst::Buffer>,
    /// For the GPU, from the first picture that it transforms.
    cuda: Option<Session>,
}

#[derive(Debug)]
struct Side {
    info: VideoInfo,
    is_nvmm: bool,
}

impl Side {
    fn new(caps: &gst::Caps) -> Result<Self> {
        let info = VideoInfo::from_caps(caps)
            .map_err(|_| Error::Buffer(format!("{caps} are not fixed raw video")))?;
        Ok(Self {
            info,
            is_nvmm: is_nvmm(caps),
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
            stage: None,
            cuda: None,
        };
        let (width, height) = task.input.size();
        let part = settings.crop(width, height).map_err(Error::Buffer)?;
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

    /// Whether the engine makes pictures of the very pixels that it is given, of other sizes at most: then
    /// surfaces of the input's format are wanted, and not those that the caps make one expect.
    pub(super) fn keeps_colours(&self) -> bool {
        let colours = |side: &Side| (side.info.format(), side.info.colorimetry());
        self.input.is_nvmm && self.output.is_nvmm && colours(&self.input) == colours(&self.output)
    }

    /// Whether rows are copied between the memories, and nothing changes.
    fn is_row_copy(&self, settings: &Settings) -> bool {
        let colours = |side: &Side| {
            let colours = side.info.colorimetry();
            (side.info.format(), colours.matrix(), colours.range())
        };
        let (width, height) = self.input.size();
        self.input.is_nvmm != self.output.is_nvmm
            && self.input.size() == self.output.size()
            && colours(&self.input) == colours(&self.output)
            && settings.keeps_picture(width, height)
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
                let stage = stage(&mut self.stage, from)?;
                upload(input, stage, from)?;
                conversion.run(stage, from, output, to)
            }
            (true, true) => conversion.run(input, from, output, to),
            (true, false) => {
                let stage = stage(&mut self.stage, to)?;
                conversion.run(input, from, stage, to)?;
                download(stage, output, to)
            }
        }
    }
}

/// The picture on its way, made the first time: one is enough, since each frame is waited for.
fn stage<'a>(
    place: &'a mut Option<gst::Buffer>,
    info: &VideoInfo,
) -> Result<&'a mut gst::BufferRef> {
    let buffer = match place {
        Some(buffer) => buffer,
        none => none.insert(picture(info)?),
    };
    let taken = || Error::Buffer("somebody else has the picture on its way".into());
    buffer.get_mut().ok_or_else(taken)
}

/// An NVMM picture; colours too are those that `info` says.
fn picture(info: &VideoInfo) -> Result<gst::Buffer> {
    let failed = |_| {
        Error::from(gst::error_msg!(
            gst::ResourceError::NoSpaceLeft,
            ("no surface for a picture on its way between NVMM and system memory: see the log"),
            ["{info:?}"]
        ))
    };
    let caps = info.to_caps().map_err(failed)?;
    // What it maps to is nobody's concern.
    let pool = NvmmBufferPool::with_form(&with_nvmm(&caps), 0, 1, Form::Surface)?;
    pool.set_active(true).map_err(failed)?;
    pool.acquire_buffer(None)
        .map_err(|_| failed(gst::glib::bool_error!("empty")))
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
