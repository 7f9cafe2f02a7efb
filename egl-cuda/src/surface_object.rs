//! Surface objects of a registered image's arrays, made once each.

use std::sync::{Mutex, MutexGuard};

use crate::error::check;
use crate::sys::{self, CUarray, CUsurfObject, MAX_PLANES};
use crate::{Context, Error, Result};

/// No object of the driver's: it gives none of this number.
const NONE: CUsurfObject = 0;

/// The surface objects of one registration: made at the first use, destroyed with it.
///
/// # Invariants
///
/// Each that is not [`NONE`] was made in the context of the registration and is not destroyed.
#[derive(Debug, Default)]
pub(crate) struct SurfaceObjects(Mutex<[CUsurfObject; MAX_PLANES]>);

impl SurfaceObjects {
    fn lock(&self) -> MutexGuard<'_, [CUsurfObject; MAX_PLANES]> {
        // Each step leaves the list right, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The object of a plane, made of `array` if there is none yet.
    ///
    /// Whoever comes while it is made waits for it, so that there is one at most.
    ///
    /// # Errors
    ///
    /// The driver's error; the next call tries again.
    ///
    /// # Safety
    ///
    /// `plane` is below [`MAX_PLANES`], and `array` its array, alive in `context`: at each call the same.
    pub(crate) unsafe fn get(
        &self,
        context: &Context,
        plane: usize,
        array: CUarray,
    ) -> Result<CUsurfObject> {
        const CALL: &str = "cuSurfObjectCreate";
        let mut objects = self.lock();
        let object = &mut objects[plane];
        if *object != NONE {
            return Ok(*object);
        }
        let _current = context.push()?;
        let resource = sys::CUDA_RESOURCE_DESC::of_array(array);
        let mut new = NONE;
        // SAFETY: both pointers are to live values, the description's unused bytes are 0; by this
        // function's contract the array is alive in the context, which is current.
        let code =
            unsafe { (context.functions().surf_object_create)(&raw mut new, &raw const resource) };
        check(context.driver(), CALL, code)?;
        if new == NONE {
            return Err(Error::argument(CALL, "the driver gave a null object"));
        }
        *object = new;
        Ok(new)
    }

    /// Whether there is no object.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().iter().all(|object| *object == NONE)
    }

    /// Destroys all objects. `context`, of the registration, is current.
    ///
    /// # Errors
    ///
    /// The driver's first error; others are logged. The objects are gone either way.
    pub(crate) fn destroy(&self, context: &Context) -> Result<()> {
        let mut result = Ok(());
        for object in &mut *self.lock() {
            let object = std::mem::replace(object, NONE);
            if object == NONE {
                continue;
            }
            // SAFETY: by the type invariant the object is alive, and it is forgotten above.
            let code = unsafe { (context.functions().surf_object_destroy)(object) };
            let destroyed = check(context.driver(), "cuSurfObjectDestroy", code);
            result = first(result, destroyed);
        }
        result
    }
}

/// The first error of two results; the second's is logged where there is one already.
pub(crate) fn first(first: Result<()>, second: Result<()>) -> Result<()> {
    match (first, second) {
        (Err(first), Err(second)) => {
            eprintln!("egl-cuda: {second}");
            Err(first)
        }
        (first, second) => first.and(second),
    }
}
