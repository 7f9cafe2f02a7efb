//! libnvbufsurface.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::path::Path;
use std::ptr::NonNull;

use super::error::{LoadError, MissingFunction};
use super::search::{self, Candidate, Opened};
use super::slot::Slot;
use super::table::{Loaded, Span, Table as _, c_name, table};
use crate::extended::{
    NvBufSurfaceCreateParams, NvBufSurfaceDeviceInfo, NvBufSurfaceGPUL2SyncParams,
};
use crate::prefix::NvBufSurface;
use crate::{Family, Release, self_test};

const R34_1: &[Span] = &[Span::l4t(34, 1, 0), Span::deepstream(6, 1, 0)];
const R35_3: &[Span] = &[Span::l4t(35, 3, 0), Span::deepstream(6, 3, 0)];
const DS_8: &[Span] = &[Span::l4t(39, 0, 0), Span::deepstream(8, 0, 0)];
const DS_9: &[Span] = &[Span::l4t(39, 0, 0), Span::deepstream(9, 0, 0)];

/// The releases whose headers of it are among the facts.
const DESCRIBED: &[Span] = &[
    Span::l4t(32, 1, 0).before(Release::L4t(33, 0, 0)),
    Span::l4t(34, 1, 0).before(Release::L4t(37, 0, 0)),
    Span::l4t(39, 0, 0),
    Span::deepstream(4, 0, 0),
];

table! {
    /// The functions of libnvbufsurface. All return 0 or -1.
    ///
    /// An index or plane of -1 means all of them. None says anything of threads; callers keep
    /// calls on one surface apart. Surfaces are passed as [`prefix`](crate::prefix) has them;
    /// parameters whose layout differs by family are `c_void`. Units, ownership and valid memory
    /// types are described at the function's type, [`classic::PFN_NvBufSurfaceMap`] for example.
    ///
    /// [`classic::PFN_NvBufSurfaceMap`]: crate::classic::PFN_NvBufSurfaceMap
    Functions, "libnvbufsurface.so.1.0.0", c"NvBufSurfaceCreate", DESCRIBED;
    required {
        /// allocates a batch; the caller owns it and frees it with `destroy`. The parameters are
        /// right for both families: the classic one reads the first 32 bytes.
        NvBufSurfaceCreate as create:
            fn(*mut *mut NvBufSurface, u32, *mut NvBufSurfaceCreateParams) -> c_int;
        /// frees a batch and everything of it.
        NvBufSurfaceDestroy as destroy: fn(*mut NvBufSurface) -> c_int;
        /// maps planes (index, plane, [`NVBUF_MAP_*`](crate::classic::NvBufSurfaceMemMapFlags)) for
        /// the CPU, into `mappedAddr.addr`.
        NvBufSurfaceMap as map: fn(*mut NvBufSurface, c_int, c_int, c_uint) -> c_int;
        /// undoes `map`.
        NvBufSurfaceUnMap as unmap: fn(*mut NvBufSurface, c_int, c_int) -> c_int;
        /// copies pixels from the first to the second surface: same sizes, any memory types.
        NvBufSurfaceCopy as copy: fn(*mut NvBufSurface, *mut NvBufSurface) -> c_int;
        /// makes what hardware wrote visible to the CPU. Before each CPU read.
        NvBufSurfaceSyncForCpu as sync_for_cpu: fn(*mut NvBufSurface, c_int, c_int) -> c_int;
        /// makes what the CPU wrote visible to hardware. After each CPU write.
        NvBufSurfaceSyncForDevice as sync_for_device:
            fn(*mut NvBufSurface, c_int, c_int) -> c_int;
        /// the surface that this process knows under a dmabuf fd; it stays the library's.
        NvBufSurfaceFromFd as from_fd: fn(c_int, *mut *mut c_void) -> c_int;
        /// fills planes with one byte value.
        NvBufSurfaceMemSet as mem_set: fn(*mut NvBufSurface, c_int, c_int, u8) -> c_int;
        /// makes an EGLImage, into `mappedAddr.eglImage`. `SURFACE_ARRAY` only.
        NvBufSurfaceMapEglImage as map_egl_image: fn(*mut NvBufSurface, c_int) -> c_int;
        /// destroys the EGLImage of `map_egl_image`.
        NvBufSurfaceUnMapEglImage as unmap_egl_image: fn(*mut NvBufSurface, c_int) -> c_int;
    }
    optional {
        /// `create` with more choices: `NvBufSurfaceAllocateParams` of the family.
        NvBufSurfaceAllocate as allocate:
            fn(*mut *mut NvBufSurface, u32, *mut c_void) -> c_int, R34_1;
        /// copies a plane (index, plane, width, height) to packed memory.
        NvBufSurface2Raw as to_raw:
            fn(*mut NvBufSurface, c_uint, c_uint, c_uint, c_uint, *mut u8) -> c_int, R34_1;
        /// copies packed memory to a plane (index, plane, width, height).
        Raw2NvBufSurface as from_raw:
            fn(*mut u8, c_uint, c_uint, c_uint, c_uint, *mut NvBufSurface) -> c_int, R34_1;
        /// makes a surface of `NvBufSurfaceMapParams` of the family.
        NvBufSurfaceImport as import: fn(*mut *mut NvBufSurface, *const c_void) -> c_int, R35_3;
        /// describes one buffer as `NvBufSurfaceMapParams` of the family.
        NvBufSurfaceGetMapParams as get_map_params:
            fn(*const NvBufSurface, c_int, *mut c_void) -> c_int, R35_3;
        /// gives CUDA access, into `mappedAddr.cudaPtr`.
        NvBufSurfaceMapCudaBuffer as map_cuda_buffer: fn(*mut NvBufSurface, c_int) -> c_int, DS_8;
        /// undoes `map_cuda_buffer`.
        NvBufSurfaceUnMapCudaBuffer as unmap_cuda_buffer:
            fn(*mut NvBufSurface, c_int) -> c_int, DS_8;
        /// makes a hardware surface of CUDA memory, into `mappedAddr.nvmmPtr`.
        NvBufSurfaceMapNvmmBuffer as map_nvmm_buffer: fn(*mut NvBufSurface, c_int) -> c_int, DS_8;
        /// undoes `map_nvmm_buffer`.
        NvBufSurfaceUnMapNvmmBuffer as unmap_nvmm_buffer:
            fn(*mut NvBufSurface, c_int) -> c_int, DS_8;
        /// describes the machine.
        NvBufSurfaceGetDeviceInfo as get_device_info:
            fn(*mut NvBufSurfaceDeviceInfo) -> c_int, DS_8;
        /// flushes or invalidates the GPU's L2 cache.
        NvBufSurfaceSyncGpuL2CacheForDevice as sync_gpu_l2_cache_for_device:
            fn(*mut NvBufSurface, c_int, *mut NvBufSurfaceGPUL2SyncParams) -> c_int, DS_9;
    }
}

/// libnvbufsurface, opened and proved. It stays loaded for the rest of the process.
#[derive(Debug)]
pub struct Library {
    loaded: Loaded<Functions>,
    family: Family,
    release: Option<Release>,
}

static LIBRARY: Slot<Library> = Slot::new();

impl Library {
    /// File name and SONAME of the library in every release.
    pub const SONAME: &'static str = Functions::SONAME;

    /// The process's libnvbufsurface, opened and tested at the first call.
    ///
    /// One that the process has loaded already is taken (two copies would not know each other's
    /// surfaces; those of `open_in` do not count), else it is searched in the directories of
    /// [`PATH_VARIABLE`](crate::PATH_VARIABLE), where the loader looks, and in
    /// [`DIRECTORIES`](crate::DIRECTORIES). The self-test allocates and frees one batch of two small
    /// surfaces of the platform's default memory (on a discrete GPU that is device 0's). A failure is not remembered: a later call tries again.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names each path tried and what the loader said of it, the missing symbol, or
    /// what the self-test expected and found.
    pub fn get() -> Result<&'static Self, LoadError> {
        LIBRARY.get(|| {
            let usual = search::usual(Self::SONAME);
            let opened = Opened::loaded_or_open(Self::SONAME, &usual)?;
            Self::opened(&opened).inspect_err(|_| opened.set_aside())
        })
    }

    /// The library in one directory, opened and tested for this call: [`Library::get`] does not
    /// know it unless it is [installed](Library::install).
    ///
    /// # Errors
    ///
    /// As [`Library::get`].
    pub fn open_in(directory: &Path) -> Result<Self, LoadError> {
        let named = Candidate::named(directory, Self::SONAME);
        let opened = Opened::open(Self::SONAME, &[named])?;
        opened.set_aside();
        Self::opened(&opened)
    }

    fn opened(opened: &Opened) -> Result<Self, LoadError> {
        Self::test(Loaded::opened(opened)?)
    }

    /// A library whose functions the caller finds: for programs that link it statically, and for
    /// tests. It is tested like any other.
    ///
    /// # Errors
    ///
    /// As [`Library::get`], without the search.
    ///
    /// # Safety
    ///
    /// `resolve` must give, for each C name, the function of that name with the C prototype of
    /// `include/nvbufsurface.h`, valid for the rest of the process, or `None`.
    pub unsafe fn from_resolver(
        mut resolve: impl FnMut(&'static CStr) -> Option<NonNull<c_void>>,
    ) -> Result<Self, LoadError> {
        // SAFETY: by this function's contract.
        Self::test(unsafe { Loaded::load(None, &mut resolve) }?)
    }

    fn test(loaded: Loaded<Functions>) -> Result<Self, LoadError> {
        // A file of unknown form is no reason to refuse a library that passes its test.
        let release = match Release::named()? {
            Some(said) => said,
            None => Release::installed().ok().flatten(),
        };
        let family = self_test::family(&loaded.functions)
            .map_err(|why| LoadError::self_test(loaded.path.as_deref(), why))?;
        Ok(Self {
            loaded,
            family,
            release,
        })
    }

    /// Makes this the process's library, which [`Library::get`] gives from now on.
    ///
    /// # Errors
    ///
    /// [`LoadError::Loaded`]: the process has one already.
    pub fn install(self) -> Result<&'static Self, LoadError> {
        LIBRARY
            .set(self)
            .map_err(|present| present.loaded.in_the_way())
    }

    /// The table of functions.
    pub fn functions(&self) -> &Functions {
        &self.loaded.functions
    }

    /// The layout of the structs, as the self-test found it.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The release of this machine, if it is known. Nothing of the library is concluded from it.
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// The file of the library; `None` for a resolver of the caller's.
    pub fn path(&self) -> Option<&Path> {
        self.loaded.path.as_deref()
    }

    /// The error for a function that is `None` in the table: it says which releases have it and
    /// whether this one should.
    pub fn missing(&self, symbol: &'static str) -> MissingFunction {
        self.loaded.missing(symbol, self.release)
    }

    /// Functions that the headers of this machine's release declare and the library lacks: none,
    /// unless the library is of another release.
    pub fn absent(&self) -> impl Iterator<Item = &'static str> {
        let expected = self.release.map(Functions::expected);
        let functions = self.loaded.functions;
        expected
            .into_iter()
            .flatten()
            .filter(move |symbol| !functions.has(symbol))
    }
}
