//! Surface and texture objects of one source of frames, made once each.

use std::sync::{Mutex, MutexGuard};

use crate::error::check;
use crate::{Context, Error, Result, Sampling, sys};

/// No object of the driver's: it gives none of this number.
const NONE: u64 = 0;

/// What an object shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Array(sys::CUarray),
    Pitch {
        address: sys::CUdeviceptr,
        format: sys::CUarray_format,
        channels: u32,
        width: u32,
        height: u32,
        pitch: u32,
    },
}

// SAFETY: these are values that name device memory; they belong to no thread.
unsafe impl Send for Shown {}

impl Shown {
    fn describe(self) -> sys::CUDA_RESOURCE_DESC {
        match self {
            Self::Array(array) => sys::CUDA_RESOURCE_DESC::of_array(array),
            Self::Pitch {
                address,
                format,
                channels,
                width,
                height,
                pitch,
            } => sys::CUDA_RESOURCE_DESC::of_pitched(sys::CUDA_RESOURCE_DESC_pitch2D {
                devPtr: address,
                format,
                numChannels: channels,
                width: width as usize,
                height: height as usize,
                pitchInBytes: pitch as usize,
            }),
        }
    }
}

/// An object, by what it was made of. Textures have a sampling, surfaces have none.
#[derive(Debug)]
struct Object {
    shown: Shown,
    sampling: Option<Sampling>,
    /// A `CUsurfObject` or a `CUtexObject`.
    number: u64,
}

/// The objects of one registration or other source of frames: each is made at its first use, and all
/// are destroyed before the source ends.
///
/// # Invariants
///
/// Each was made in the context of the source and is not destroyed.
#[derive(Debug, Default)]
pub(crate) struct Objects(Mutex<Vec<Object>>);

impl Objects {
    fn lock(&self) -> MutexGuard<'_, Vec<Object>> {
        // Each step leaves the list right, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The object that shows this: a texture if there is a sampling, else a surface. It is made if there
    /// is none yet.
    ///
    /// Whoever comes while it is made waits for it, so that there is one at most.
    ///
    /// # Errors
    ///
    /// The driver's error; the next call tries again.
    ///
    /// # Safety
    ///
    /// What is shown is alive in `context` until [`destroy`](Self::destroy).
    pub(crate) unsafe fn get(
        &self,
        context: &Context,
        shown: Shown,
        sampling: Option<Sampling>,
    ) -> Result<u64> {
        let mut objects = self.lock();
        let mut made = objects.iter();
        if let Some(object) = made.find(|o| o.shown == shown && o.sampling == sampling) {
            return Ok(object.number);
        }
        let functions = context.functions();
        let resource = shown.describe();
        let mut number = NONE;
        let (call, code);
        if let Some(sampling) = sampling {
            call = "cuTexObjectCreate";
            let create = functions.tex_object_create;
            // A driver that cannot destroy it is not asked to make it.
            let create = create.filter(|_| functions.tex_object_destroy.is_some());
            let create = create.ok_or_else(|| Error::missing(call))?;
            let how = sampling.describe();
            let _current = context.push()?;
            // SAFETY: the pointers are to live values whose unused bytes are 0, the view may be null;
            // by this function's contract what is shown is alive in the context, which is current.
            code = unsafe {
                create(
                    &raw mut number,
                    &raw const resource,
                    &raw const how,
                    std::ptr::null(),
                )
            };
        } else {
            call = "cuSurfObjectCreate";
            let _current = context.push()?;
            // SAFETY: as above.
            code = unsafe { (functions.surf_object_create)(&raw mut number, &raw const resource) };
        }
        check(context.driver(), call, code)?;
        if number == NONE {
            return Err(Error::argument(call, "the driver gave a null object"));
        }
        objects.push(Object {
            shown,
            sampling,
            number,
        });
        Ok(number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Destroys all objects. `context`, of the source, is current.
    ///
    /// # Errors
    ///
    /// The driver's first error; others are logged. The objects are gone either way.
    pub(crate) fn destroy(&self, context: &Context) -> Result<()> {
        let functions = context.functions();
        let mut result = Ok(());
        for object in self.lock().drain(..) {
            let (call, code) = match (object.sampling, functions.tex_object_destroy) {
                (None, _) => {
                    // SAFETY: by the type invariant the object is alive, and the list forgets it.
                    let code = unsafe { (functions.surf_object_destroy)(object.number) };
                    ("cuSurfObjectDestroy", code)
                }
                (Some(_), Some(destroy)) => {
                    // SAFETY: as above.
                    ("cuTexObjectDestroy", unsafe { destroy(object.number) })
                }
                // None was made.
                (Some(_), None) => continue,
            };
            result = first(result, check(context.driver(), call, code));
        }
        result
    }
}

/// The first error of two results; the second's is logged where there is one already.
pub(crate) fn first(first: Result<()>, second: Result<()>) -> Result<()> {
    match (first, second) {
        (Err(first), Err(second)) => {
            crate::error::report(&second);
            Err(first)
        }
        (first, second) => first.and(second),
    }
}
