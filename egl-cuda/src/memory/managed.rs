//! Memory that the CPU and the device reach by one address.

use std::fmt;
use std::ptr::NonNull;

use crate::copy::{Pending, Place, Streams};
use crate::error::check;
use crate::sys::{self, CUdeviceptr};
use crate::{Context, CopyTarget, Error, Result, Stream};

/// Memory with one address for the CPU and the device, cached for both, and held by one of them at a
/// time.
///
/// Rows without gaps. A Jetson's GPU and CPU cannot use such memory at the same time: while it is open to
/// all streams, a CPU that touches it during any kernel of the process takes a fault. So it belongs to the
/// CPU at first, goes to one stream with [`attach`](Self::attach), and comes back with
/// [`attach_host`](Self::attach_host), which waits. The CPU gets slices only while it has it, copies run
/// only on the stream that has it.
///
/// ```no_run
/// # fn run(stream: &egl_cuda::Stream, frame: &egl_cuda::CudaFrame) -> egl_cuda::Result<()> {
/// let plane = frame.source(0)?;
/// let mut memory = egl_cuda::ManagedMemory::new(stream.context(), plane.row_bytes(), plane.height())?;
/// memory.attach(stream)?;
/// stream.copy(plane, memory.target())?;
/// memory.attach_host(stream)?;
/// println!("{}", memory.as_slice()?[0]);
/// # Ok(()) }
/// ```
///
/// # Invariants
///
/// - `address` is managed memory of `row_bytes * height` bytes, all initialised, made in the context of
///   `pending` and freed by `drop` alone.
/// - Without a `holder` the driver has it attached to the host and no copy is under way.
pub struct ManagedMemory {
    address: NonNull<u8>,
    row_bytes: usize,
    height: usize,
    /// The stream that has it; none: the CPU has.
    holder: Option<sys::CUstream>,
    free: sys::PFN_cuMemFree_v2,
    pending: Pending,
}

// SAFETY: the address is the process's, the stream's handle is only compared, and freeing pushes the
// context on whichever thread.
unsafe impl Send for ManagedMemory {}
// SAFETY: a shared reference reads only, and lets the device read; what is changed is behind a lock.
unsafe impl Sync for ManagedMemory {}

impl ManagedMemory {
    /// Allocates rows, all zeros, that the CPU has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the size is 0 or more than
    /// there can be. Or the driver's error, as when memory is out.
    #[doc(alias = "cuMemAllocManaged")]
    pub fn new(context: &Context, row_bytes: usize, height: usize) -> Result<Self> {
        const CALL: &str = "cuMemAllocManaged";
        let size = super::packed_size("ManagedMemory::new", row_bytes, height)?;
        let functions = context.functions();
        let missing = || Error::missing(CALL);
        let alloc = functions.mem_alloc_managed.ok_or_else(missing)?;
        let free = functions.mem_free.ok_or_else(missing)?;
        let mut address: CUdeviceptr = 0;
        let _current = context.push()?;
        // SAFETY: the pointer is to a live address, and the context is current.
        let code = unsafe { alloc(&raw mut address, size, sys::CU_MEM_ATTACH_HOST) };
        check(context.driver(), CALL, code)?;
        // The driver's number is an address of the process too.
        let address = usize::try_from(address)
            .ok()
            .and_then(|address| NonNull::new(std::ptr::with_exposed_provenance_mut::<u8>(address)))
            .ok_or_else(|| Error::argument(CALL, "the driver gave an address that is none"))?;
        // SAFETY: the driver gave memory of that size, attached to the host, so that the CPU may use it
        // whatever runs; nobody else knows of it.
        unsafe { address.write_bytes(0, size) };
        Ok(Self {
            address,
            row_bytes,
            height,
            holder: None,
            free,
            pending: Pending::new(context),
        })
    }

    /// Gives the memory to a stream: to its kernels, by [`device_address`](Self::device_address), and
    /// its copies.
    ///
    /// Waits for copies of a stream that had it before.
    ///
    /// # Errors
    ///
    /// The driver's error; who has it stays. [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument):
    /// the stream is of another context.
    #[doc(alias = "cuStreamAttachMemAsync")]
    pub fn attach(&mut self, stream: &Stream) -> Result<()> {
        self.pending.wait()?;
        self.attach_to("ManagedMemory::attach", stream, sys::CU_MEM_ATTACH_SINGLE)?;
        self.holder = Some(stream.as_raw());
        Ok(())
    }

    /// Gives the memory back to the CPU, and waits for the copies that use it and for `stream`, which
    /// should be the one that has it. Kernels of other streams that use it must be done.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of earlier work; then the CPU has not got it. Also as
    /// [`attach`](Self::attach).
    #[doc(alias = "cuStreamAttachMemAsync")]
    pub fn attach_host(&mut self, stream: &Stream) -> Result<()> {
        self.pending.wait()?;
        self.attach_to(
            "ManagedMemory::attach_host",
            stream,
            sys::CU_MEM_ATTACH_HOST,
        )?;
        stream.synchronize()?;
        self.holder = None;
        Ok(())
    }

    fn attach_to(
        &self,
        caller: &'static str,
        stream: &Stream,
        flags: sys::CUmemAttach_flags,
    ) -> Result<()> {
        const CALL: &str = "cuStreamAttachMemAsync";
        let context = self.context();
        if context.as_raw() != stream.context().as_raw() {
            return Err(Error::argument(
                caller,
                "the memory is of another context than the stream",
            ));
        }
        let attach = context
            .functions()
            .stream_attach_mem_async
            .ok_or_else(|| Error::missing(CALL))?;
        let _current = context.push()?;
        // SAFETY: the stream is live by its invariant, the address is that of managed memory by ours,
        // and length 0 is all of it. Nobody has a slice of it: those borrow what the callers have by
        // `&mut`.
        let code = unsafe { attach(stream.as_raw(), self.device_address(), 0, flags) };
        check(context.driver(), CALL, code)
    }

    /// The bytes, rows without gaps.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): a stream has the memory.
    pub fn as_slice(&self) -> Result<&[u8]> {
        self.check_host("ManagedMemory::as_slice")?;
        // SAFETY: by the type invariants the memory is alive, initialised and of this size, attached to
        // the host and used by no copy; to be given to a stream takes `&mut self`, which the slice's
        // borrow excludes.
        Ok(unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.len()) })
    }

    /// The bytes to write.
    ///
    /// # Errors
    ///
    /// As [`as_slice`](Self::as_slice).
    pub fn as_mut_slice(&mut self) -> Result<&mut [u8]> {
        self.check_host("ManagedMemory::as_mut_slice")?;
        // SAFETY: as in `as_slice`, and this borrow is the only one.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.address.as_ptr(), self.len()) })
    }

    fn check_host(&self, call: &'static str) -> Result<()> {
        match self.holder {
            None => Ok(()),
            Some(_) => Err(Error::argument(
                call,
                "a stream has the memory: ManagedMemory::attach_host gives it back to the CPU",
            )),
        }
    }

    /// The address, which is the CPU's and the device's. Valid while this object lives.
    ///
    /// Kernels use it only on the stream that has the memory.
    pub fn device_address(&self) -> CUdeviceptr {
        self.address.as_ptr().expose_provenance() as CUdeviceptr
    }

    /// All rows, to copy to.
    pub fn target(&mut self) -> CopyTarget<'_> {
        CopyTarget(self.rows())
    }

    fn len(&self) -> usize {
        // Checked when it was allocated.
        self.row_bytes * self.height
    }

    /// Where the rows are, and who may copy them now.
    fn place(&self) -> (Place, Streams) {
        let place = Place::Managed(self.device_address(), self.row_bytes);
        (place, self.holder.map_or(Streams::None, Streams::One))
    }
}

super::in_rows!(ManagedMemory);

impl Drop for ManagedMemory {
    fn drop(&mut self) {
        super::end(&self.pending, "cuMemFree", || {
            // SAFETY: by the type invariant the memory is ours to free, once, in its context, which `end`
            // has made current; copies are done, and kernels are by the contract of their launch.
            unsafe { (self.free)(self.device_address()) }
        });
    }
}

impl fmt::Debug for ManagedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedMemory")
            .field("address", &self.address)
            .field("row_bytes", &self.row_bytes)
            .field("height", &self.height)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}
