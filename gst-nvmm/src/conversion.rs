#![forbid(unsafe_code)]
//! From one NVMM buffer into another, by the platform's engine.

use gst_video::VideoInfo;
use nvbuf::legacy::NvBuffer;
use nvbuf::{Compute, Filter, Flip, Rect, Surface, legacy};

use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::frame::{lookup, require_writable};
use crate::memory::pixels::Pixels;

/// Crop, scale, turn and convert: pictures of NVMM buffers, ours or anybody's, in either form.
///
/// What is converted follows from the formats of the two surfaces, which know more than caps do
/// (BT.601 or BT.709, full range), and the scale from the sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "nothing happens before run()"]
pub struct Conversion {
    crop: Option<Rect>,
    flip: Flip,
    filter: Option<Filter>,
    compute: Compute,
}

impl Conversion {
    /// The whole picture to the whole picture, by the platform's engine.
    pub const fn new() -> Self {
        Self {
            crop: None,
            flip: Flip::None,
            filter: None,
            compute: Compute::Default,
        }
    }

    /// The part of the input that is taken; all of it if not said. Odd numbers only where the release
    /// takes them.
    pub const fn crop(mut self, part: Rect) -> Self {
        self.crop = Some(part);
        self
    }

    /// Rotation or reflection; none if not said.
    pub const fn flip(mut self, flip: Flip) -> Self {
        self.flip = flip;
        self
    }

    /// Interpolation; the library's choice if not said.
    pub const fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// The engine. For the GPU, a CUDA context has to be current in the calling thread
    /// ([`Session::push`](crate::Session::push)).
    pub const fn compute(mut self, compute: Compute) -> Self {
        self.compute = compute;
        self
    }

    /// Does it, and waits for it: nothing is pending on either buffer afterwards. Work that was pending
    /// on either is waited for before.
    ///
    /// Where one of them is an `nv_buffer` of somebody else's, libnvbuf_utils does it: by the VIC.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for a buffer that is not what its `VideoInfo` says, a batch, an output that
    /// others have as well, an `nv_buffer` for the GPU; [`Error::Surface`] for what
    /// [`nvbuf::Transform::run`] refuses.
    pub fn run(
        &self,
        input: &gst::BufferRef,
        input_info: &VideoInfo,
        output: &mut gst::BufferRef,
        output_info: &VideoInfo,
    ) -> Result<()> {
        require_writable(output)?;
        let (source, owner) = lookup(input, None, input_info)?;
        owner.synchronize(&source, input)?;
        let (target, owner) = lookup(output, None, output_info)?;
        owner.synchronize(&target, output)?;
        match (source.pixels(), target.pixels()) {
            (Pixels::Surface(source), Pixels::Surface(target)) => self.surfaces(source, target),
            (source, target) => self.nv_buffers(source, target),
        }?;
        Counts::note(|counts| counts.copies += 1);
        Ok(())
    }

    fn surfaces(&self, source: &Surface, target: &Surface) -> Result<()> {
        let mut transform = nvbuf::Transform::new()
            .flip(self.flip)
            .compute(self.compute);
        let whole = Rect::whole(source.params(0)?);
        // All of a picture may be odd, if nothing is said of it.
        if let Some(part) = self.crop.filter(|part| *part != whole) {
            let is_odd = (part.left | part.top | part.width | part.height) & 1 != 0;
            transform = transform.crop(part).allow_odd_crop(is_odd);
        }
        if let Some(filter) = self.filter {
            transform = transform.filter(filter);
        }
        Ok(transform.run_buffers(&[(source, 0)], &[(target, 0)])?)
    }

    fn nv_buffers(&self, source: &Pixels, target: &Pixels) -> Result<()> {
        if self.compute == Compute::Gpu {
            return Err(Error::buffer(
                "an nv_buffer of libnvbuf_utils is transformed by the VIC alone: do not ask for the \
                 GPU, or set bufapi-version=true on all elements",
            ));
        }
        let mut transform = legacy::Transform::new().flip(self.flip);
        if let Some(part) = self.crop {
            transform = transform.crop(part);
        }
        if let Some(filter) = self.filter {
            transform = transform.filter(filter);
        }
        let (mut of_source, mut of_target) = (None, None);
        let source = nv_buffer(source, &mut of_source)?;
        Ok(transform.run(source, nv_buffer(target, &mut of_target)?)?)
    }
}

/// What libnvbuf_utils knows a picture by. On R32 it knows surfaces, too, by their fds.
fn nv_buffer<'p, 's: 'p>(
    pixels: &'s Pixels,
    place: &'p mut Option<NvBuffer<'s>>,
) -> Result<&'p NvBuffer<'s>> {
    Ok(match pixels {
        Pixels::NvBuffer(buffer) => buffer,
        Pixels::Surface(surface) => place.insert(NvBuffer::from_fd(surface.dmabuf(0)?)?),
    })
}
