//! The abstract N-in-1-out CUDA element.

mod buffers;
mod class;
mod events;
mod frames;
mod imp;
mod negotiate;
mod output;
mod pad;
mod pads;
mod qos;
mod state;
mod timing;
mod watch;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use crate::error::Result;
use crate::frame::NvmmFrame;
use crate::session::Session;

glib::wrapper! {
    /// Base class of elements with any number of NVMM inputs and one NVMM output.
    ///
    /// A subclass gives pad templates ([`crate::nvmm_caps`]) and [`CudaAggregatorImpl::process`].
    /// The base class negotiates, picks the frame of each input that is due, waits for the work
    /// pending on it, takes an output buffer from a pool, and leaves the kernel's event in the
    /// memories: no copy, no registration and no CPU synchronisation per frame. The rest is
    /// [`gst_base::Aggregator`]'s.
    ///
    /// # Which frames
    ///
    /// The output has a constant rate, that of the fastest input unless downstream asks for another.
    /// For each output frame an input takes the first of its frames that is not over at its start, and
    /// one only. A frame stays until the next one is due: in a pipeline that is not live all inputs are
    /// waited for, so that the output is the same each time; in a live one it goes on at its rate when
    /// an input stalls. Frames of an input that are over already when they come are shown if
    /// there is nothing better, the newest of them: an input that is always late is seen. Of the pads'
    /// properties, `max-last-buffer-repeat` limits how long a frame stays beyond its end (for ever
    /// unless set), and `repeat-after-eos` lets the last one stay when its input has ended, until all
    /// have.
    ///
    /// Where no input has anything to show, nothing is computed, and a gap event says so downstream:
    /// one for a stretch whose end is known, else one for each frame. A gap event of an input shows
    /// nothing of that input.
    ///
    /// # Time
    ///
    /// The latency is the inputs', one output frame, and the property `latency`. Frames that a sink calls
    /// late by QoS events are left out, each with a QoS message; that and the message's counts begin anew
    /// with each segment of an input. Playing backwards is refused.
    ///
    /// # Surfaces
    ///
    /// An input holds two buffers of its producer, the frame that is shown and the next one. In a live
    /// pipeline it holds three, or as many as begin within the property `latency` and the latency of the
    /// slowest input; that is what GstAggregator queues. Producers that ask (the ALLOCATION query) are told
    /// so, 32 at most, and may ask again when `latency` is changed. One with fewer surfaces than that
    /// waits for them to come back, and its frames are fewer. If it has so few that nothing moves, a warning on
    /// the bus names the input and the remedy; not for live inputs, which may pause.
    ///
    /// The output's pool has what downstream asks for, and `output-buffers` at least.
    ///
    /// # Log
    ///
    /// The category `cudaaggregator` has one line per run at INFO (frames, and what they cost: [`crate::Counts`]),
    /// late frames at DEBUG, and errors; `aggregator` is GstAggregator's own.
    pub struct CudaAggregator(ObjectSubclass<imp::CudaAggregator>)
        @extends gst_base::Aggregator, gst::Element, gst::Object,
        @implements gst::ChildProxy;
}

glib::wrapper! {
    /// A sink pad of a [`CudaAggregator`]; subclass it for properties per input.
    pub struct CudaAggregatorPad(ObjectSubclass<pad::CudaAggregatorPad>)
        @extends gst_base::AggregatorPad, gst::Pad, gst::Object;
}

impl CudaAggregator {
    /// The templates of a subclass: any number of inputs `sink_%u` with pads of `pad_type`
    /// ([`CudaAggregatorPad`] or a subclass), and one output, all with `caps`.
    pub fn pad_templates(caps: &gst::Caps, pad_type: glib::Type) -> Vec<gst::PadTemplate> {
        let sink = gst::PadTemplate::with_gtype(
            "sink_%u",
            gst::PadDirection::Sink,
            gst::PadPresence::Request,
            caps,
            pad_type,
        );
        let src = gst::PadTemplate::with_gtype(
            "src",
            gst::PadDirection::Src,
            gst::PadPresence::Always,
            caps,
            gst_base::AggregatorPad::static_type(),
        );
        // A template fails only for a name or a type that is no pad's.
        [sink, src].into_iter().flatten().collect()
    }
}

/// One input of one output frame.
#[derive(Debug)]
pub struct Input {
    /// The pad that it came in on, for its properties.
    pub pad: CudaAggregatorPad,
    /// The pixels.
    pub frame: NvmmFrame,
}

/// What a subclass of [`CudaAggregatorPad`] implements: nothing more than any pad.
pub trait CudaAggregatorPadImpl:
    AggregatorPadImpl + ObjectSubclass<Type: IsA<CudaAggregatorPad>>
{
}

/// What a subclass of [`CudaAggregator`] implements.
pub trait CudaAggregatorImpl: AggregatorImpl + ObjectSubclass<Type: IsA<CudaAggregator>> {
    /// Prepares kernels and device memory, at NULL to READY. The session's context is current.
    ///
    /// # Errors
    ///
    /// Posted by the base class; the element stays in NULL.
    fn open(&self, session: &Session) -> Result<()> {
        self.parent_open(session)
    }

    /// Gives back what `open` prepared, at READY to NULL. The session's context is current.
    fn close(&self) {
        self.parent_close();
    }

    /// The output's size in pixels, from the inputs that have caps; the largest of each by
    /// default. Downstream may still ask for another.
    fn output_size(&self, inputs: &[(CudaAggregatorPad, VideoInfo)]) -> (u32, u32) {
        self.parent_output_size(inputs)
    }

    /// Computes one output frame: launches on `session.stream()`, and need not wait for it. The
    /// session's context is current. `inputs` are in the order of the pads' creation, one at least; an
    /// input with nothing to show is left out. `output` holds old pixels.
    ///
    /// # Errors
    ///
    /// Posted by the base class; the stream ends with an error.
    fn process(&self, session: &Session, inputs: &[Input], output: &NvmmFrame) -> Result<()>;
}

/// The base class's own behaviour, for implementations that extend it.
pub trait CudaAggregatorImplExt: CudaAggregatorImpl {
    /// Chains up.
    ///
    /// # Errors
    ///
    /// The parent's.
    fn parent_open(&self, session: &Session) -> Result<()> {
        (class::parent_class::<Self>().open)(self.obj().upcast_ref(), session)
    }

    /// Chains up.
    fn parent_close(&self) {
        (class::parent_class::<Self>().close)(self.obj().upcast_ref());
    }

    /// Chains up.
    fn parent_output_size(&self, inputs: &[(CudaAggregatorPad, VideoInfo)]) -> (u32, u32) {
        (class::parent_class::<Self>().output_size)(self.obj().upcast_ref(), inputs)
    }
}

impl<T: CudaAggregatorImpl> CudaAggregatorImplExt for T {}

// SAFETY: the pad's class adds nothing to AggregatorPad's.
unsafe impl<T: CudaAggregatorPadImpl> IsSubclassable<T> for CudaAggregatorPad {}
