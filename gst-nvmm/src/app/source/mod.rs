#![forbid(unsafe_code)]
//! Where frames enter a pipeline.

mod frames;
mod imp;

use egl_cuda::Context;
use gst::glib;
use gst::subclass::prelude::*;

use crate::error::{Error, Result};
use crate::frame::NvmmFrameMut;
use crate::memory::Form;
use crate::session::load_platform;

glib::wrapper! {
    /// An element that takes frames of the application into a pipeline.
    ///
    /// The application takes an empty frame ([`NvmmSource::frame`]), fills it by a kernel and pushes it
    /// with its time, from any thread. There is a bounded number of frames: while all are in the pipeline or
    /// kept by the application, the next `frame` waits. Stopping the pipeline wakes it.
    ///
    /// It is a `GstBaseSrc`: `do-timestamp` stamps frames pushed without a time, `set_live` makes it a
    /// live source.
    pub struct NvmmSource(ObjectSubclass<imp::NvmmSource>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

impl NvmmSource {
    /// A source of frames of these caps (fixed, with the feature memory:NVMM), with at least this many
    /// surfaces; more if downstream says that it holds some. Its memory is of the form that the platform's
    /// elements expect.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for other caps; what is missing of the platform or of CUDA.
    pub fn new(caps: &gst::Caps, frames: u32) -> Result<Self> {
        Self::with_form(caps, frames, Form::of_platform(false))
    }

    /// The same in the form that is asked for: [`Form::of_platform`] knows what a `bufapi-version` means.
    ///
    /// # Errors
    ///
    /// As [`NvmmSource::new`] and [`crate::NvmmBufferPool::with_form`].
    pub fn with_form(caps: &gst::Caps, frames: u32, form: Form) -> Result<Self> {
        let video = frames::Video::new(caps)?;
        load_platform()?;
        let config = frames::Config {
            form,
            frames: frames.max(1),
            context: Context::primary(0)?,
        };
        let source: Self = glib::Object::new();
        source.imp().configure(config, video)?;
        Ok(source)
    }

    /// From here on new frames ([`NvmmSource::frame`]) are of these caps, at any time. Those that were taken
    /// before are pushed as what they are: downstream hears of other caps before the first frame of them, in
    /// the order of [`NvmmSource::push`].
    ///
    /// Surfaces of the old caps go when the last frame of them comes back, so that for a while there are both.
    ///
    /// # Errors
    ///
    /// As [`NvmmSource::with_form`]; the frames stay what they were then.
    pub fn set_frame_caps(&self, caps: &gst::Caps) -> Result<()> {
        self.imp().set_video(frames::Video::new(caps)?)
    }

    /// An empty frame to write into; waits while all are in use. What it shows is left over from its last use.
    ///
    /// A stream that has failed gives no frames back before the pipeline is stopped: watch the bus.
    ///
    /// # Errors
    ///
    /// [`Error::Flushing`] once the pipeline has stopped, until it starts again; [`Error::Surface`] when
    /// memory is exhausted.
    pub fn frame(&self) -> Result<NvmmFrameMut> {
        self.imp().frame(true).and_then(|frame| {
            // Nothing is only had of a pool that must not wait.
            frame.ok_or(Error::Flushing)
        })
    }

    /// The same, or nothing at once while all are in use.
    ///
    /// # Errors
    ///
    /// As [`NvmmSource::frame`].
    pub fn try_frame(&self) -> Result<Option<NvmmFrameMut>> {
        self.imp().frame(false)
    }

    /// Sends a frame on its way, to be shown at `pts` for as long as the caps' frame rate says. One of another
    /// size or format than that before begins new caps, as a sample does that is pushed into an `appsrc`;
    /// it may also be of a pool of the application's own, and then its `VideoInfo` says what it is.
    ///
    /// After the last kernel and [`end`](crate::NvmmFrame::end): the work may still run, whoever uses the
    /// frame next waits for it. Frames pushed before the pipeline starts are its first.
    ///
    /// # Errors
    ///
    /// [`Error::Flushing`] once the pipeline has stopped; [`Error::Buffer`] after
    /// [`NvmmSource::end_of_stream`] and when the stream has failed downstream, as it does where new caps are
    /// not taken.
    pub fn push(&self, frame: NvmmFrameMut, pts: impl Into<Option<gst::ClockTime>>) -> Result<()> {
        self.imp().push(frame, pts.into())
    }

    /// Ends the stream after what was pushed so far. A pipeline that is started again takes frames again.
    pub fn end_of_stream(&self) {
        self.imp().end_of_stream();
    }
}
