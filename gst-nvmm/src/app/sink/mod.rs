#![forbid(unsafe_code)]
//! Where frames leave a pipeline.

mod imp;

use std::sync::atomic::Ordering;

use gst::glib;
use gst::subclass::prelude::*;

use super::lock;
use super::places::Places;
use crate::error::{Error, Result};
use crate::frame::NvmmFrame;
use crate::memory::Form;

glib::wrapper! {
    /// An element that gives a pipeline's frames to a closure of the application.
    ///
    /// The closure runs on the streaming thread and gets a [`NvmmFrame`] that it may keep, send to
    /// another thread and drop when it likes, also after the pipeline has stopped. It may have a bounded
    /// number of them: while it has all, the next frame waits, or is dropped ([`NvmmSink::set_drop`]).
    /// Flushing and stopping do not wait for the application. One frame may be dropped in any case: by a change
    /// to PLAYING right after a flush while the application has all.
    ///
    /// Work that others left pending is waited for by [`NvmmFrame::begin`]; the application's own is left
    /// to them by [`NvmmFrame::finish`].
    ///
    /// It is a `GstBaseSink`: `sync` (on), `qos`, `ts-offset` and so on are those of every sink.
    pub struct NvmmSink(ObjectSubclass<imp::NvmmSink>)
        @extends gst_base::BaseSink, gst::Element, gst::Object;
}

impl NvmmSink {
    /// A sink for these caps, all or part of [`nvmm_caps`](crate::nvmm_caps), whose closure has at most
    /// `frames` frames at a time. Producers are told so, with one more; NVIDIA's have a fixed number of
    /// buffers, which must be larger (`num-extra-surfaces` of nvv4l2decoder).
    ///
    /// What the closure returns as error is posted on the bus and ends the stream;
    /// [`Error::Element`] says it in the application's words.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for caps without the feature memory:NVMM, and for 0 frames.
    pub fn new(
        caps: &gst::Caps,
        frames: u32,
        on_frame: impl FnMut(NvmmFrame) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        crate::pool::require_nvmm(caps)?;
        if frames == 0 {
            return Err(Error::buffer(
                "a sink of 0 frames can give none: ask for as many as the application keeps",
            ));
        }
        let sink: Self = glib::Object::new();
        let config = imp::Config {
            caps: caps.clone(),
            places: Places::new(frames as usize),
            frames,
        };
        // The object is new: nobody else has set it.
        let _ = sink.imp().config.set(config);
        *lock(&sink.imp().on_frame) = Some(Box::new(on_frame));
        Ok(sink)
    }

    /// Whether frames are dropped while the application has all that it may have; off at first, and
    /// then the stream waits.
    pub fn set_drop(&self, drop: bool) {
        self.imp().drops.store(drop, Ordering::Relaxed);
    }

    /// On L4T R32, whether NVIDIA's elements in the pipeline have `bufapi-version` set. Only the answer to
    /// producers depends on it; frames of both forms are taken at any time.
    pub fn set_bufapi_version(&self, set: bool) {
        let form = Form::of_platform(set);
        *lock(&self.imp().form) = Some(form);
    }

    /// How many frames the application has now.
    pub fn num_frames(&self) -> usize {
        let config = self.imp().config.get();
        config.map_or(0, |config| config.places.taken())
    }
}
