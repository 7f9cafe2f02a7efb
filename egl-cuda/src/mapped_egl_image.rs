//! An EGLImage registered with CUDA.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crate::copy::Pending;
use crate::error::check;
use crate::objects::{Objects, first};
use crate::{Context, Error, Result, sys};

/// An EGLImage that is registered with CUDA, and whatever keeps it alive.
///
/// Registering costs a third of a millisecond to several milliseconds and unregistering more:
/// do it once per surface, not per frame. Dropping waits for this crate's own copies
/// ([`Stream::copy`](crate::Stream::copy)); kernels on the image must be done or keep this object alive.
///
/// # Invariants
///
/// `registration` holds a resource of its context that nobody else unregisters, and `frame` is
/// what the driver said of it.
#[derive(Debug)]
pub struct MappedEglImage {
    frame: sys::CUeglFrame,
    registration: Registration,
}

/// The owner of a registered resource, of the objects made of its planes and of what keeps the image
/// alive; drop destroys the objects, unregisters and drops the rest.
struct Registration {
    objects: Objects,
    /// None when it is unregistered.
    resource: Option<NonNull<sys::CUgraphicsResource_st>>,
    pending: Pending,
    /// Never looked into. None when what it keeps alive stays for ever.
    keep: Option<Box<dyn Any + Send + Sync>>,
}

// SAFETY: the resource handle belongs to no thread, and `drop` pushes its context.
unsafe impl Send for Registration {}
// SAFETY: nothing is done with the resource through a shared reference; objects and copies are
// behind locks.
unsafe impl Sync for Registration {}

// SAFETY: the pointers in `frame` are addresses in the device's space and array handles; they
// belong to no thread. The other fields are Send.
unsafe impl Send for MappedEglImage {}
// SAFETY: as above; `frame` never changes.
unsafe impl Sync for MappedEglImage {}

impl MappedEglImage {
    /// Registers an EGLImage for reading and writing.
    ///
    /// `keep` is what keeps the EGLImage and its memory alive: a guard, an `Arc`, a buffer. It is
    /// dropped after the image is unregistered; at once if registering fails. The flags are
    /// always 0: Tegra takes no others.
    ///
    /// The driver does not wait for the image's producer; that is the caller's to do.
    ///
    /// # Errors
    ///
    /// The driver's error. Nothing stays registered.
    ///
    /// # Safety
    ///
    /// - `image` is a live `EGLImageKHR`.
    /// - It and the memory behind it stay alive until `keep` is dropped.
    /// - While it is registered, nobody makes a Rust reference to its pixels without being sure that
    ///   nothing on the device writes them: this crate's copies are safe to call.
    #[doc(alias = "cuGraphicsEGLRegisterImage")]
    #[doc(alias = "cuGraphicsResourceGetMappedEglFrame")]
    pub unsafe fn register(
        context: &Context,
        image: NonNull<c_void>,
        keep: impl Send + Sync + 'static,
    ) -> Result<Self> {
        const REGISTER: &str = "cuGraphicsEGLRegisterImage";
        const GET_FRAME: &str = "cuGraphicsResourceGetMappedEglFrame";
        // Declared first, so that the early returns below drop it last.
        let keep = Box::new(keep);
        let (driver, functions) = (context.driver(), context.functions());
        let _current = context.push()?;

        let mut resource = std::ptr::null_mut();
        // SAFETY: the pointer is to a live handle, the context is current, and by this function's
        // contract the image is live.
        let code = unsafe {
            (functions.egl_register)(
                &raw mut resource,
                image.as_ptr(),
                sys::CU_GRAPHICS_REGISTER_FLAGS_NONE,
            )
        };
        check(driver, REGISTER, code)?;
        let resource = NonNull::new(resource)
            .ok_or_else(|| crate::Error::argument(REGISTER, "the driver gave a null resource"))?;
        let registration = Registration {
            objects: Objects::default(),
            resource: Some(resource),
            pending: Pending::new(context),
            keep: Some(keep),
        };

        let mut frame = MaybeUninit::<sys::CUeglFrame>::zeroed();
        // SAFETY: the pointer is to memory for one frame, the resource was registered above in
        // the current context; an EGLImage has index 0 and mip level 0.
        let code =
            unsafe { (functions.mapped_egl_frame)(frame.as_mut_ptr(), resource.as_ptr(), 0, 0) };
        check(driver, GET_FRAME, code)?;
        // SAFETY: it was zeroed, which is a valid frame, and the driver filled it in.
        let frame = unsafe { frame.assume_init() };
        Ok(Self {
            frame,
            registration,
        })
    }

    /// What CUDA sees of the image. The pointers hold until this object is dropped.
    pub fn frame(&self) -> &sys::CUeglFrame {
        &self.frame
    }

    /// The context that the image is registered in.
    pub fn context(&self) -> &Context {
        self.registration.pending.context()
    }

    /// The objects made of the frame's planes.
    pub(crate) fn objects(&self) -> &Objects {
        &self.registration.objects
    }

    /// The copies to and from the frame's planes.
    pub(crate) fn pending(&self) -> &Pending {
        &self.registration.pending
    }

    /// Waits for this crate's copies, unregisters now, then drops what kept the image alive. Surface and
    /// texture objects go first.
    ///
    /// # Errors
    ///
    /// The driver's error. The image is gone then if its context is; else it may still be registered, and
    /// what keeps it alive stays for the rest of the process, as it does when a drop fails so.
    #[doc(alias = "cuGraphicsUnregisterResource")]
    pub fn unregister(mut self) -> Result<()> {
        self.registration.unregister()
    }
}

impl Registration {
    /// Waits for the copies, destroys the objects and unregisters, at the first call.
    fn unregister(&mut self) -> Result<()> {
        let Some(resource) = self.resource.take() else {
            return Ok(());
        };
        self.pending.end();
        let context = self.pending.context();
        let current = match context.push() {
            Ok(current) => current,
            Err(error) => {
                // Without its context there is nothing left to destroy or unregister.
                if !is_lost(&error) {
                    leave(context, &mut self.keep);
                }
                return Err(error);
            }
        };
        let destroyed = self.objects.destroy(context);
        // SAFETY: by the type invariant the resource is registered in this context, which is current,
        // and it is forgotten above.
        let code = unsafe { (context.functions().unregister)(resource.as_ptr()) };
        let unregistered = check(context.driver(), "cuGraphicsUnregisterResource", code);
        drop(current);
        if unregistered.is_err() {
            leave(context, &mut self.keep);
        }
        first(destroyed, unregistered)
    }
}

/// Whether an error says that the context is no more.
fn is_lost(error: &Error) -> bool {
    let lost = [
        sys::CUDA_ERROR_DEINITIALIZED,
        sys::CUDA_ERROR_INVALID_CONTEXT,
        sys::CUDA_ERROR_CONTEXT_IS_DESTROYED,
    ];
    error.code().is_some_and(|code| lost.contains(&code.get()))
}

/// Lets what may still be registered stay for ever, with its context: memory that the device can reach must
/// not be freed.
#[cold]
fn leave(context: &Context, keep: &mut Option<Box<dyn Any + Send + Sync>>) {
    std::mem::forget(context.clone());
    std::mem::forget(keep.take());
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Err(error) = self.unregister() {
            crate::error::report(&error);
        }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("objects", &self.objects)
            .field("resource", &self.resource)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
