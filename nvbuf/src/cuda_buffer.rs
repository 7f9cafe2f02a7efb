//! CUDA's view of a buffer without an EGLImage, in the extended family.

use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::Arc;

use nvbufsurface_sys::extended::NvBufSurfaceCudaBuffer;
use nvbufsurface_sys::{Family, Functions, Library};

use crate::descriptor::read_own_memory;
use crate::error::{Error, ErrorKind, Result, check, report};
use crate::leftovers::Leftover;
use crate::surface::Surface;
use crate::view::View;
use crate::{Layout, MemType};

/// A buffer in CUDA's address space, without registration and EGL; unmapped on drop, before the
/// surface.
///
/// Libraries of the extended family have it (L4T R39), and some platforms refuse it all the same:
/// on an Orin Nano with JetPack 7 users report that the API is not supported. Keep
/// [`EglImage`](crate::EglImage) as the other way.
///
/// The addresses are CUDA's (a `CUdeviceptr`): using them is the caller's `unsafe`, and all GPU work
/// on them has to be finished before this is dropped.
///
/// # Invariants
///
/// `view` is there until the end, of the buffer and nobody else's; it holds this CUDA buffer.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct CudaBuffer {
    base: u64,
    data: u64,
    external_memory: Option<NonNull<c_void>>,
    mipmap: Option<NonNull<c_void>>,
    // Both after the buffer is unmapped, in `end`.
    view: Option<View>,
    surface: Arc<Surface>,
}

// SAFETY: addresses and handles of the process, not of a thread; the view is only used when it is
// made and at the end.
unsafe impl Send for CudaBuffer {}
// SAFETY: `&self` reads numbers and nothing else.
unsafe impl Sync for CudaBuffer {}

const INSTEAD: &str = "Use an EGLImage (EglImage::map, and register it with CUDA)";

type Call = unsafe extern "C" fn(*mut nvbufsurface_sys::prefix::NvBufSurface, i32) -> i32;

/// A function of the extended family: what others have by that name was never described.
fn function(
    library: &Library,
    call: &'static str,
    of: impl Fn(&Functions) -> Option<Call>,
) -> Result<Call> {
    let is_known = library.family() == Family::Extended;
    of(library.functions())
        .filter(|_| is_known)
        .ok_or_else(|| Error::missing(library, call, INSTEAD))
}

impl CudaBuffer {
    /// Maps buffer `index` for CUDA. From here on pixels are reached as pointers only
    /// ([`Surface::map_ptr`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where the library lacks the function (before L4T R39),
    /// [`ErrorKind::Invalid`] for a bad index or a memory type other than SURFACE_ARRAY,
    /// [`ErrorKind::Busy`] while slices of [`Surface::map`] live, [`ErrorKind::Call`] when the
    /// library refuses or gives no address.
    #[doc(alias = "NvBufSurfaceMapCudaBuffer")]
    pub fn map(surface: &Arc<Surface>, index: u32) -> Result<Self> {
        let call = "NvBufSurfaceMapCudaBuffer";
        let library = surface.library();
        let map = function(library, call, |f| f.map_cuda_buffer)?;
        let unmap = "NvBufSurfaceUnMapCudaBuffer";
        function(library, unmap, |f| f.unmap_cuda_buffer)?;
        let layout = surface.params_for(call, index)?.layout();
        if surface.mem_type() != MemType::SURFACE_ARRAY {
            let detail = format!(
                "{surface:?}: only SURFACE_ARRAY is mapped for CUDA; CUDA's own memory has its \
                 address in dataPtr"
            );
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        }
        let mut table = surface.lock();
        table.require_no_slices(call)?;
        // SAFETY: calls on the surface's view happen under its lock, which is held.
        let view = unsafe { surface.buffer_view(index).another() };
        // SAFETY: the view is a valid surface of one buffer, ours alone.
        let ret = unsafe { map(view.surface().as_ptr(), 0) };
        check(call, ret, || {
            format!(
                "{surface:?}, buffer {index}: not on this platform, or out of memory. {INSTEAD}"
            )
        })?;
        table.share();
        drop(table);
        // SAFETY: the call before is over, and nobody else knows the view.
        let address = unsafe { view.cuda_buffer() }.addr();
        // From here on its drop unmaps.
        let mut buffer = Self {
            base: 0,
            data: 0,
            external_memory: None,
            mipmap: None,
            view: Some(view),
            surface: Arc::clone(surface),
        };
        buffer.read(address, layout).map_err(|why| {
            let detail = format!("returned 0 and {why} ({surface:?})");
            Error::new(ErrorKind::Call, call, detail)
        })?;
        Ok(buffer)
    }

    /// Reads the library's struct, through the kernel: a bad pointer is an error.
    fn read(&mut self, address: usize, layout: Layout) -> Result<(), String> {
        if address == 0 {
            return Err("no CUDA buffer".into());
        }
        let mut bytes = [0; size_of::<NvBufSurfaceCudaBuffer>()];
        read_own_memory(address, &mut bytes)
            .map_err(|error| format!("a CUDA buffer at {address:#x}: {error}"))?;
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_ne_bytes(word)
        };
        let handle = |at| {
            let address = usize::try_from(word(at)).unwrap_or(0);
            NonNull::new(std::ptr::without_provenance_mut(address))
        };
        self.base = word(offset_of!(NvBufSurfaceCudaBuffer, basePtr));
        self.data = word(offset_of!(NvBufSurfaceCudaBuffer, dataPtr));
        self.external_memory = handle(offset_of!(NvBufSurfaceCudaBuffer, extMem));
        self.mipmap = handle(offset_of!(NvBufSurfaceCudaBuffer, mipmap));
        match (layout, self.data, self.mipmap) {
            (Layout::PITCH, 0, _) => Err("no address of the pixels".into()),
            (_, 0, None) => Err("neither an address nor a mipmapped array".into()),
            _ => Ok(()),
        }
    }

    /// CUDA's address of the whole buffer.
    pub fn base_address(&self) -> u64 {
        self.base
    }

    /// CUDA's address of the pixels: rows and planes lie behind it as
    /// [`SurfaceParams::planes`](crate::SurfaceParams::planes) says. 0 if the buffer is block linear
    /// and has none.
    pub fn data_address(&self) -> u64 {
        self.data
    }

    /// The `CUexternalMemory`, the library's: valid as long as `self`.
    pub fn external_memory(&self) -> Option<NonNull<c_void>> {
        self.external_memory
    }

    /// The `CUmipmappedArray` of a block-linear buffer, the library's: valid as long as `self`.
    pub fn mipmapped_array(&self) -> Option<NonNull<c_void>> {
        self.mipmap
    }

    /// The surface whose buffer this is.
    pub fn surface(&self) -> &Arc<Surface> {
        &self.surface
    }

    /// Ends the mapping and says whether that went well. What failed is tried again when the surface
    /// is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceUnMapCudaBuffer")]
    pub fn unmap(mut self) -> Result<()> {
        self.end()
    }

    /// Takes the view and what it holds; nothing the second time.
    fn end(&mut self) -> Result<()> {
        let call = "NvBufSurfaceUnMapCudaBuffer";
        let Some(view) = self.view.take() else {
            return Ok(());
        };
        let library = self.surface.library();
        let result = function(library, call, |f| f.unmap_cuda_buffer).and_then(|unmap| {
            let _lock = self.surface.lock();
            // SAFETY: by the type invariant the view is valid and holds the CUDA buffer.
            let ret = unsafe { unmap(view.surface().as_ptr(), 0) };
            check(call, ret, || {
                let surface = &self.surface;
                format!("{surface:?}; it is tried again when the surface is dropped")
            })
        });
        if result.is_err() {
            self.surface.leftovers().keep(Leftover::CudaBuffer(view));
        }
        result
    }
}

impl Drop for CudaBuffer {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
