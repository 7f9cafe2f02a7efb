//! The class: what subclasses implement, and BaseTransform's functions as they have them.

use gst::glib::ffi::GFALSE;
use gst::glib::translate::{ToGlibPtr, from_glib_full};
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;

use super::CudaFilter;
use super::imp;
use crate::error::Result;
use crate::frame::NvmmFrame;
use crate::session::Session;

type Process = fn(&CudaFilter, &Session, &NvmmFrame, &NvmmFrame) -> Result<()>;

/// GstBaseTransform's, and what subclasses implement.
#[repr(C)]
#[derive(Debug)]
pub struct Class {
    pub(super) parent: gst_base::ffi::GstBaseTransformClass,
    pub(super) mode: BaseTransformMode,
    pub(super) open: fn(&CudaFilter, &Session) -> Result<()>,
    pub(super) close: fn(&CudaFilter),
    pub(super) process: Process,
    pub(super) process_in_place: fn(&CudaFilter, &Session, &NvmmFrame) -> Result<()>,
}

// SAFETY: `repr(C)` with the parent's class first.
unsafe impl ClassStruct for Class {
    type Type = imp::CudaFilter;
}

impl Class {
    /// The class of an element, of which it may be a subclass.
    pub(super) fn of(object: &CudaFilter) -> &'static Self {
        let class: *const Self = object.class().as_ref();
        // SAFETY: GObject's static classes live for ever.
        unsafe { &*class }
    }

    /// Copies times, flags and metas. Returns whether that could be done.
    pub(super) fn copy_metadata(
        &self,
        object: &CudaFilter,
        input: &gst::BufferRef,
        output: &mut gst::BufferRef,
    ) -> bool {
        let Some(copy) = self.parent.copy_metadata else {
            return true;
        };
        let object = object.upcast_ref::<gst_base::BaseTransform>();
        let input = input.as_ptr().cast_mut();
        // SAFETY: the class's function, with an instance of it and two buffers, alive; the output is the
        // caller's alone, and the input is only read, as by this function's type in Rust.
        let copied = unsafe { copy(object.to_glib_none().0, input, output.as_mut_ptr()) };
        copied != GFALSE
    }

    /// What becomes of the input's caps.
    pub(super) fn transform_caps(&self, object: &CudaFilter, input: &gst::Caps) -> gst::Caps {
        let Some(transform) = self.parent.transform_caps else {
            return input.clone();
        };
        let object = object.upcast_ref::<gst_base::BaseTransform>();
        let (direction, no_filter) = (gst::ffi::GST_PAD_SINK, std::ptr::null_mut());
        let (object, input) = (object.to_glib_none(), input.to_glib_none());
        // SAFETY: the class's function, with an instance of it and caps that it does not keep.
        let caps = unsafe { transform(object.0, direction, input.0, no_filter) };
        // SAFETY: caps that are given to us, or none.
        let caps: Option<gst::Caps> = unsafe { from_glib_full(caps) };
        caps.unwrap_or_else(gst::Caps::new_empty)
    }
}
