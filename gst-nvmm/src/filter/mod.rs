//! The abstract 1-in-1-out CUDA element.

mod class;
mod frames;
mod imp;
mod negotiate;
mod state;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;

use crate::error::Result;
use crate::frame::NvmmFrame;
use crate::session::Session;

glib::wrapper! {
    /// Base class of elements with one NVMM input and one NVMM output.
    ///
    /// A subclass gives pad templates ([`CudaFilter::pad_templates`]), says by
    /// [`BaseTransformImpl::MODE`] how it works, and implements what that needs:
    ///
    /// | `MODE` | implements | gets |
    /// |---|---|---|
    /// | `NeverInPlace` | [`process`](CudaFilterImpl::process) | the input, and an output of the pool |
    /// | `AlwaysInPlace` | [`process_in_place`](CudaFilterImpl::process_in_place) | the input if it may be written, else the GPU's copy of it in an output of the pool |
    /// | `Both` | both | `process_in_place` if the input may be written and the shapes are equal, else `process` |
    ///
    /// The base class negotiates, waits for the work pending on the input, takes output buffers from a
    /// pool, and leaves the kernel's event in the memories: no copy, no registration and no CPU
    /// synchronisation per frame. A buffer that is shared (behind a tee) or read-only (DeepStream's) is
    /// never written, and its descriptor is never copied.
    ///
    /// The rest is [`gst_base::BaseTransform`]'s, all of which subclasses may override: caps that
    /// change size or format (`transform_caps`, `fixate_caps`; both sides have the same caps by default),
    /// metas, events, QoS (on unless `qos` is set to false). `PASSTHROUGH_ON_SAME_CAPS` and, at any
    /// time, `set_passthrough` make buffers go on untouched; `reconfigure_sink` after it lets upstream
    /// ask anew how many buffers are needed. `TRANSFORM_IP_ON_PASSTHROUGH` means nothing here.
    pub struct CudaFilter(ObjectSubclass<imp::CudaFilter>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

impl CudaFilter {
    /// The templates of a subclass: one input and one output, with these caps
    /// ([`crate::nvmm_caps`]).
    pub fn pad_templates(sink_caps: &gst::Caps, src_caps: &gst::Caps) -> Vec<gst::PadTemplate> {
        let sink = ("sink", gst::PadDirection::Sink, sink_caps);
        let src = ("src", gst::PadDirection::Src, src_caps);
        [sink, src]
            .into_iter()
            // A template fails only for a name that does not go with its presence.
            .filter_map(|(name, direction, caps)| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, caps).ok()
            })
            .collect()
    }
}

/// What a subclass of [`CudaFilter`] implements.
pub trait CudaFilterImpl: BaseTransformImpl + ObjectSubclass<Type: IsA<CudaFilter>> {
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

    /// Computes one output frame: launches on `session.stream()`, and need not wait for it. The
    /// session's context is current. `output` holds old pixels. A peer's `input` may be block linear.
    ///
    /// # Errors
    ///
    /// Posted by the base class; the stream ends with an error.
    fn process(&self, session: &Session, input: &NvmmFrame, output: &NvmmFrame) -> Result<()> {
        self.parent_process(session, input, output)
    }

    /// Changes one frame, as [`process`](Self::process) otherwise.
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process).
    fn process_in_place(&self, session: &Session, frame: &NvmmFrame) -> Result<()> {
        self.parent_process_in_place(session, frame)
    }
}

/// The base class's own behaviour, for implementations that extend it.
pub trait CudaFilterImplExt: CudaFilterImpl {
    /// Chains up.
    ///
    /// # Errors
    ///
    /// The parent's.
    fn parent_open(&self, session: &Session) -> Result<()> {
        (parent_class::<Self>().open)(self.obj().upcast_ref(), session)
    }

    /// Chains up.
    fn parent_close(&self) {
        (parent_class::<Self>().close)(self.obj().upcast_ref());
    }

    /// Chains up.
    ///
    /// # Errors
    ///
    /// The parent's; the base class itself computes nothing, and says so.
    fn parent_process(
        &self,
        session: &Session,
        input: &NvmmFrame,
        output: &NvmmFrame,
    ) -> Result<()> {
        (parent_class::<Self>().process)(self.obj().upcast_ref(), session, input, output)
    }

    /// Chains up.
    ///
    /// # Errors
    ///
    /// As [`parent_process`](Self::parent_process).
    fn parent_process_in_place(&self, session: &Session, frame: &NvmmFrame) -> Result<()> {
        (parent_class::<Self>().process_in_place)(self.obj().upcast_ref(), session, frame)
    }
}

impl<T: CudaFilterImpl> CudaFilterImplExt for T {}

fn parent_class<T: CudaFilterImpl>() -> &'static class::Class {
    let parent = T::type_data();
    // SAFETY: type data of a registered type is valid for ever.
    let parent = unsafe { parent.as_ref() }.parent_class();
    // SAFETY: `T`'s parent is a `CudaFilter` or a subclass of one (`IsSubclassable`), whose class
    // starts with this struct and lives for ever.
    unsafe { &*parent.cast::<class::Class>() }
}

// SAFETY: `class_init` fills the class's own functions with ones for `T`.
unsafe impl<T: CudaFilterImpl> IsSubclassable<T> for CudaFilter {
    fn class_init(class: &mut glib::Class<Self>) {
        Self::parent_class_init::<T>(class);
        let class = class.as_mut();
        // `generate_output` does what the mode says. To BaseTransform every subclass has an output of
        // its own: else it asks nobody how many buffers are needed.
        class.parent.transform = parent_class::<T>().parent.transform;
        class.parent.transform_ip = None;
        class.mode = T::MODE;
        class.open = |object, session| imp_of::<T>(object).open(session);
        class.close = |object| imp_of::<T>(object).close();
        class.process =
            |object, session, input, output| imp_of::<T>(object).process(session, input, output);
        class.process_in_place =
            |object, session, frame| imp_of::<T>(object).process_in_place(session, frame);
    }
}

fn imp_of<T: CudaFilterImpl>(object: &CudaFilter) -> &T {
    // SAFETY: the functions that call this stand in the class of `T`, and so are only called with
    // instances of it.
    unsafe { object.unsafe_cast_ref::<T::Type>() }.imp()
}
