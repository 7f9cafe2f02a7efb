//! The session: the engine, GPU and stream of the calling thread's transforms.

use std::ffi::c_void;
use std::ptr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use nvbufsurface_sys::extended::NvBufSurfTransformConfigParams;
use nvbufsurface_sys::{TransformLibrary, classic};

use super::params::Compute;
use super::{call_result, library};
use crate::error::{Error, ErrorKind, Result};
use crate::surface::Surface;
use crate::{Layout, MemType};

/// How the transforms of a thread are done.
///
/// [`Transform`](super::Transform), [`Composite`](super::Composite) and [`Blend`](super::Blend) each have their
/// own and set it in the calling thread before each call, as NVIDIA's elements do: other code of the
/// thread may have set another one meanwhile. What they set stays set.
///
/// That the library keeps one session per thread is relied on, and not documented. It is how NVIDIA's sample
/// `07_video_convert` (a session for each thread, set in that thread) and nvvidconv (its own, set before
/// every frame) use it, and what two public programs say; a third calls it the process's. One reports
/// that transforms by VIC and by GPU at the same time hang. Where either shows,
/// [`exclusive`](Self::exclusive) helps.
#[doc(alias = "NvBufSurfTransformConfigParams")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The engine.
    pub compute: Compute,
    /// The CUDA device, for the GPU.
    pub gpu: i32,
    /// Whether this crate does nothing else by libnvbufsurftransform in the process while a call with this
    /// session lasts (one that does not wait: until the engine has it), from setting the session on. For
    /// sessions of different engines in one process, should the library mix them up; not if not said:
    /// calls of all threads would come one after another.
    pub exclusive: bool,
    stream: *mut c_void,
}

// SAFETY: the stream is a number to this type, and a CUDA stream belongs to a context, not to a
// thread.
unsafe impl Send for Session {}
// SAFETY: as above, and nothing is changed through a shared reference.
unsafe impl Sync for Session {}

/// Exclusive sessions write, others read. It holds nothing that a panic could spoil.
static TURNS: RwLock<()> = RwLock::new(());

/// A call with a session is under way.
#[must_use]
#[allow(dead_code, reason = "the locks are only dropped")]
pub(super) enum Turn {
    Alone(RwLockWriteGuard<'static, ()>),
    Beside(RwLockReadGuard<'static, ()>),
}

impl Default for Session {
    fn default() -> Self {
        Self::new(Compute::Default)
    }
}

impl Session {
    /// A session of an engine, with GPU 0 and its default stream.
    pub const fn new(compute: Compute) -> Self {
        Self {
            compute,
            gpu: 0,
            exclusive: false,
            stream: ptr::null_mut(),
        }
    }

    /// The CUDA device, for the GPU; 0 if not said.
    pub const fn with_gpu(mut self, gpu: i32) -> Self {
        self.gpu = gpu;
        self
    }

    /// Whether calls with it are alone in the process: see [`exclusive`](Self::exclusive).
    pub const fn with_exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// The CUDA stream for the GPU: a `cudaStream_t` or `CUstream`; null, if not said, is the default
    /// stream. The VIC takes no notice of it.
    ///
    /// # Safety
    ///
    /// The stream is one of that GPU's, and lives
    ///
    /// - until the last transform with a copy of this session is done, and
    /// - as long as a thread that made one may transform without setting a session of its own: other
    ///   code may, until [`Session::reset`] or another session of this crate.
    #[must_use = "this is a changed copy"]
    pub const unsafe fn with_cuda_stream(mut self, stream: *mut c_void) -> Self {
        self.stream = stream;
        self
    }

    /// The CUDA stream; null is the default one.
    pub fn cuda_stream(&self) -> *mut c_void {
        self.stream
    }

    /// Gives the calling thread the library's default session again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbufsurftransform, [`ErrorKind::Transform`] when the
    /// library refuses.
    #[doc(alias = "NvBufSurfTransformSetDefaultSession")]
    pub fn reset() -> Result<()> {
        let library = library()?;
        // Releases before R35.3 have no function for it.
        let Some(reset) = library.functions().set_default_session else {
            return Self::default().set(library);
        };
        // SAFETY: it takes nothing, and changes the library's state of this thread.
        let ret = unsafe { reset() };
        call_result("NvBufSurfTransformSetDefaultSession", ret, || {
            "it has no arguments".into()
        })
    }

    /// The engine and the GPU of the calling thread's session.
    ///
    /// # Errors
    ///
    /// As [`Session::reset`], and [`ErrorKind::Call`] for an engine that has no name here.
    #[doc(alias = "NvBufSurfTransformGetSessionParams")]
    pub fn of_thread() -> Result<(Compute, i32)> {
        let call = "NvBufSurfTransformGetSessionParams";
        let get = library()?.functions().get_session_params;
        let mut params = NvBufSurfTransformConfigParams::default();
        // SAFETY: the longer family's struct, which the call fills, lives for the call.
        let ret = unsafe { get(&raw mut params) };
        call_result(call, ret, || "it has no arguments".into())?;
        let compute = Compute::of(params.compute_mode).ok_or_else(|| {
            let number = params.compute_mode;
            let detail = format!("engine {number}: it has none of the header's numbers, 0 to 2");
            Error::new(ErrorKind::Call, call, detail)
        })?;
        Ok((compute, params.gpu_id))
    }

    /// Makes this the session of the calling thread for a call, which is over before the guard is dropped.
    pub(super) fn enter(&self, library: &TransformLibrary) -> Result<Turn> {
        let turn = if self.exclusive {
            let lock = TURNS.write().unwrap_or_else(PoisonError::into_inner);
            Turn::Alone(lock)
        } else {
            let lock = TURNS.read().unwrap_or_else(PoisonError::into_inner);
            Turn::Beside(lock)
        };
        self.set(library)?;
        Ok(turn)
    }

    /// Makes this the session of the calling thread.
    fn set(&self, library: &TransformLibrary) -> Result<()> {
        let mut params = NvBufSurfTransformConfigParams {
            compute_mode: self.compute as u32,
            gpu_id: self.gpu,
            cuda_stream: self.stream.cast(),
            // The classic family ends before.
            ..Default::default()
        };
        let set = library.functions().set_session_params;
        // SAFETY: the struct is right for both families and lives for the call; the stream is null or
        // alive by the contract of `with_cuda_stream`.
        let ret = unsafe { set(&raw mut params) };
        call_result("NvBufSurfTransformSetSessionParams", ret, || {
            format!("{self:?}: is there such an engine and GPU?")
        })
    }

    /// Whether the limits of the VIC hold for a surface: only on a Jetson is there a SURFACE_ARRAY.
    pub(super) fn is_vic(&self, mem_type: MemType) -> bool {
        match self.compute {
            Compute::Vic => true,
            Compute::Gpu => false,
            Compute::Default => mem_type == MemType::SURFACE_ARRAY,
        }
    }

    /// Refuses memory that the engine does not reach.
    pub(super) fn check_memory(
        &self,
        call: &'static str,
        name: &str,
        surface: &Surface,
    ) -> Result<()> {
        let is_reached = match surface.mem_type() {
            MemType::SURFACE_ARRAY => true,
            MemType::HANDLE | MemType::SYSTEM => false,
            // On a machine that is no Jetson the default is the GPU.
            _ => self.compute != Compute::Vic,
        };
        if is_reached {
            return Ok(());
        }
        let detail = format!(
            "the {name} {surface:?}: {} does not reach its memory. The VIC takes SURFACE_ARRAY only, the \
             GPU that and CUDA's types: choose Compute::Gpu, or allocate another type",
            match self.compute {
                Compute::Vic => "the VIC",
                _ => "no engine",
            }
        );
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }

    /// Refuses a target that the engine cannot write.
    pub(super) fn check_target(&self, call: &'static str, target: &Surface) -> Result<()> {
        if self.compute != Compute::Gpu || target.is_pitch_linear() {
            return Ok(());
        }
        let detail = format!(
            "the target {target:?}: the GPU writes {} surfaces only: choose Compute::Vic, or allocate \
             that layout",
            Layout::PITCH
        );
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }
}

// The numbers of the engines are those of both families.
const _: () = assert!(classic::NvBufSurfTransformCompute_VIC == Compute::Vic as u32);
