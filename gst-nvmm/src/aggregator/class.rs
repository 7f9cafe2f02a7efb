//! The class: what subclasses implement, and how it is found.

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_video::VideoInfo;

use super::imp;
use super::{CudaAggregator, CudaAggregatorImpl, CudaAggregatorPad, Input};
use crate::error::Result;
use crate::frame::NvmmFrame;
use crate::session::Session;

type OutputSize = fn(&CudaAggregator, &[(CudaAggregatorPad, VideoInfo)]) -> (u32, u32);
type Process = fn(&CudaAggregator, &Session, &[Input], &NvmmFrame) -> Result<()>;

/// GstAggregator's, and what subclasses implement.
#[repr(C)]
#[derive(Debug)]
pub struct Class {
    parent: gst_base::ffi::GstAggregatorClass,
    pub(super) open: fn(&CudaAggregator, &Session) -> Result<()>,
    pub(super) close: fn(&CudaAggregator),
    pub(super) output_size: OutputSize,
    pub(super) process: Process,
}

// SAFETY: `repr(C)` with the parent's class first.
unsafe impl ClassStruct for Class {
    type Type = imp::CudaAggregator;
}

impl Class {
    /// The class of an element, of which it may be a subclass.
    pub(super) fn of(object: &CudaAggregator) -> &'static Self {
        let class: *const Self = object.class().as_ref();
        // SAFETY: GObject's static classes live for ever.
        unsafe { &*class }
    }
}

/// The class above the one of `T`.
pub(super) fn parent_class<T: CudaAggregatorImpl>() -> &'static Class {
    let parent = T::type_data();
    // SAFETY: type data of a registered type is valid for ever.
    let parent = unsafe { parent.as_ref() }.parent_class();
    // SAFETY: `T`'s parent is a `CudaAggregator` or a subclass of one (`IsSubclassable`), whose
    // class starts with this struct and lives for ever.
    unsafe { &*parent.cast::<Class>() }
}

// SAFETY: `class_init` fills the class's own functions with ones for `T`.
unsafe impl<T: CudaAggregatorImpl> IsSubclassable<T> for CudaAggregator {
    fn class_init(class: &mut glib::Class<Self>) {
        Self::parent_class_init::<T>(class);
        let class = class.as_mut();
        class.open = |object, session| imp_of::<T>(object).open(session);
        class.close = |object| imp_of::<T>(object).close();
        class.output_size = |object, inputs| imp_of::<T>(object).output_size(inputs);
        class.process =
            |object, session, inputs, output| imp_of::<T>(object).process(session, inputs, output);
    }
}

fn imp_of<T: CudaAggregatorImpl>(object: &CudaAggregator) -> &T {
    // SAFETY: the functions that call this stand in the class of `T`, and so are only called with
    // instances of it.
    unsafe { object.unsafe_cast_ref::<T::Type>() }.imp()
}
