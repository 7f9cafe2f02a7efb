//! Kernels through `cust`, on our streams.

use std::ffi::{CString, c_void};
use std::fmt;
use std::mem::ManuallyDrop;

use cust::function::{BlockSize, Function, GridSize};
use cust::module::Module;

use crate::error::check;
use crate::{Context, Error, Result, Stream, sys};

/// A kernel of a PTX module, looked up once.
///
/// Unlike a [`cust::function::Function`], which borrows its module, it owns the module and can be
/// kept in a struct and used on any thread.
///
/// ```no_run
/// use egl_cuda::cust::launch;
/// use egl_cuda::{Context, CudaFrame, Kernel, Stream};
///
/// # const PTX: &str = "";
/// # fn run(context: Context, frame: CudaFrame) -> egl_cuda::Result<()> {
/// let stream = Stream::new(&context)?;
/// let invert = Kernel::from_ptx(&context, PTX, "invert")?;
/// let (luma, pitch) = frame.pitch_ptr(0)?;
/// let (width, height) = (frame.width(), frame.height());
/// let grid = (width.div_ceil(32), height.div_ceil(8));
/// // SAFETY: the kernel takes these arguments and stays within width and height.
/// unsafe { launch!(invert<<<grid, (32, 8), 0, stream>>>(luma, pitch, width, height)) }?;
/// stream.synchronize()
/// # }
/// ```
///
/// # Invariants
///
/// `function` is of `module`, which is of `context`.
pub struct Kernel {
    function: cust::sys::CUfunction,
    module: ManuallyDrop<Module>,
    context: Context,
}

// SAFETY: a function handle belongs to no thread; a module is Send and Sync itself.
unsafe impl Send for Kernel {}
// SAFETY: as above; no field changes after creation.
unsafe impl Sync for Kernel {}

impl Kernel {
    /// Loads a PTX module and looks up one kernel in it.
    ///
    /// # Errors
    ///
    /// The driver's error: PTX that does not compile or is too new, no kernel of that name. Also
    /// NUL in one of the strings.
    #[doc(alias = "cuModuleLoadDataEx")]
    #[doc(alias = "cuModuleGetFunction")]
    pub fn from_ptx(context: &Context, ptx: &str, entry: &str) -> Result<Self> {
        const CALL: &str = "Kernel::from_ptx";
        let nul = |what| Error::argument(CALL, format!("NUL byte in the {what}"));
        let ptx = CString::new(ptx).map_err(|_| nul("PTX"))?;
        // cust would panic on it.
        if entry.contains('\0') {
            return Err(nul("kernel's name"));
        }
        let _current = context.push()?;
        let failed = |call| move |error| Error::from_cust(context, call, error);
        let module = Module::from_ptx_cstr(&ptx, &[]).map_err(failed("cuModuleLoadDataEx"))?;
        let function = module
            .get_function(entry)
            .map_err(failed("cuModuleGetFunction"))?
            .to_raw();
        Ok(Self {
            function,
            module: ManuallyDrop::new(module),
            context: context.clone(),
        })
    }

    /// The context that the kernel is loaded in.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The module, for its globals and other kernels. Push the [`context`](Self::context) around
    /// calls on it.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The handle, valid while this object lives.
    pub fn as_raw(&self) -> sys::CUfunction {
        self.function.cast()
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        match self.context.push() {
            // SAFETY: this is the only place that drops the module, and it is not used after.
            Ok(_current) => unsafe { ManuallyDrop::drop(&mut self.module) },
            // The context is lost and its modules with it.
            Err(error) => crate::error::report(&error),
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel")
            .field("function", &self.function)
            .field("module", &self.module)
            .field("context", &self.context)
            .finish()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Kernel {}
    impl Sealed for cust::function::Function<'_> {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

/// What [`Stream::launch`] takes: a [`Kernel`] or a [`cust::function::Function`], or a reference
/// to one.
pub trait LaunchTarget: sealed::Sealed {
    /// The driver's handle.
    fn raw_function(&self) -> sys::CUfunction;
}

impl LaunchTarget for Kernel {
    fn raw_function(&self) -> sys::CUfunction {
        self.as_raw()
    }
}

impl LaunchTarget for Function<'_> {
    fn raw_function(&self) -> sys::CUfunction {
        self.to_raw().cast()
    }
}

impl<T: LaunchTarget + ?Sized> LaunchTarget for &T {
    fn raw_function(&self) -> sys::CUfunction {
        (**self).raw_function()
    }
}

impl Stream {
    /// Puts a kernel on the stream, usually through [`cust::launch!`].
    ///
    /// Pushes the stream's context itself and allocates nothing. Of the macro's two forms the one
    /// that names a function works, `launch!(kernel<<<grid, block, shared, stream>>>(args))`; the
    /// one that looks up `module.function` at every launch does not.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of earlier work.
    ///
    /// # Safety
    ///
    /// - `args` holds one pointer per parameter of the kernel, each to a live value of the
    ///   parameter's type.
    /// - The function is of this stream's context, and its module stays loaded until the kernel is
    ///   done.
    /// - Memory that the kernel reaches stays alive and unused by others until it is done.
    #[doc(alias = "cuLaunchKernel")]
    pub unsafe fn launch(
        &self,
        function: &(impl LaunchTarget + ?Sized),
        grid: impl Into<GridSize>,
        block: impl Into<BlockSize>,
        shared_bytes: u32,
        args: &[*mut c_void],
    ) -> Result<()> {
        const CALL: &str = "cuLaunchKernel";
        let (grid, block): (GridSize, BlockSize) = (grid.into(), block.into());
        let context = self.context();
        let launch = context
            .functions()
            .launch_kernel
            .ok_or_else(|| Error::missing(CALL))?;
        let _current = context.push()?;
        // SAFETY: by this function's contract function and arguments match and stay valid for the
        // call, by the stream's invariant it is live, and its context is current. The driver
        // only reads the array of arguments.
        let code = unsafe {
            launch(
                function.raw_function(),
                grid.x,
                grid.y,
                grid.z,
                block.x,
                block.y,
                block.z,
                shared_bytes,
                self.as_raw(),
                args.as_ptr().cast_mut(),
                std::ptr::null_mut(),
            )
        };
        check(context.driver(), CALL, code)
    }
}
