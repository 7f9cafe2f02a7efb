//! libnvbuf_utils.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::path::Path;
use std::ptr::NonNull;

use super::error::{LoadError, MissingFunction};
use super::search::{self, Candidate, Opened};
use super::slot::Slot;
use super::table::{Loaded, Span, Table as _, c_name, table};
use crate::{Numbering, Release, self_test};

/// From a release of L4T to R35.2, the last with the library.
const fn since(major: u8, minor: u8, patch: u8) -> Span {
    Span::l4t(major, minor, patch).before(Release::L4t(35, 3, 0))
}

const R28_2: &[Span] = &[since(28, 2, 0)];
const R32_1: &[Span] = &[since(32, 1, 0)];
const R32_3: &[Span] = &[since(32, 3, 0)];
const R32_4: &[Span] = &[since(32, 4, 0)];
const R32_6: &[Span] = &[since(32, 6, 0)];
const R32_7_4: &[Span] = &[Span::l4t(32, 7, 4).before(Release::L4t(34, 0, 0))];

/// The releases whose headers of it are among the facts.
const DESCRIBED: &[Span] = &[
    Span::l4t(27, 1, 0).before(Release::L4t(29, 0, 0)),
    Span::l4t(32, 1, 0).before(Release::L4t(33, 0, 0)),
    Span::l4t(34, 1, 0).before(Release::L4t(35, 3, 0)),
];

table! {
    /// The functions of libnvbuf_utils. Unless they return something else, 0 or -1.
    ///
    /// Structs are `c_void`: their layout is that of the module of [`nvbuf_utils`](crate::nvbuf_utils)
    /// that [`LegacyLibrary::numbering`] says, and so are the numbers of colour formats. Units,
    /// ownership and the rest are described at the function's type, for example
    /// [`r32_6::PFN_NvBufferCreateEx`](crate::nvbuf_utils::r32_6::PFN_NvBufferCreateEx).
    LegacyFunctions, "libnvbuf_utils.so.1.0.0", c"NvBufferCreate", DESCRIBED;
    required {
        /// allocates a picture (fd, width, height, layout, format).
        NvBufferCreate as create: fn(*mut c_int, c_int, c_int, c_uint, c_uint) -> c_int;
        /// frees a buffer and closes its fd.
        NvBufferDestroy as destroy: fn(c_int) -> c_int;
        /// describes a buffer: `NvBufferParams`.
        NvBufferGetParams as get_params: fn(c_int, *mut c_void) -> c_int;
        /// maps a plane for the CPU (fd, plane, flags, address).
        NvBufferMemMap as mem_map: fn(c_int, c_uint, c_uint, *mut *mut c_void) -> c_int;
        /// undoes `mem_map`.
        NvBufferMemUnMap as mem_unmap: fn(c_int, c_uint, *mut *mut c_void) -> c_int;
        /// makes what hardware wrote visible to the CPU.
        NvBufferMemSyncForCpu as mem_sync_for_cpu: fn(c_int, c_uint, *mut *mut c_void) -> c_int;
        /// makes what the CPU wrote visible to hardware.
        NvBufferMemSyncForDevice as mem_sync_for_device:
            fn(c_int, c_uint, *mut *mut c_void) -> c_int;
        /// makes an EGLImage (display or null, fd).
        NvEGLImageFromFd as egl_image_from_fd: fn(*mut c_void, c_int) -> *mut c_void;
        /// destroys an EGLImage (display or null, image).
        NvDestroyEGLImage as destroy_egl_image: fn(*mut c_void, *mut c_void) -> c_int;
    }
    optional {
        /// bytes of the opaque `nv_buffer`.
        NvBufferGetSize as get_size: fn() -> c_int, R32_1;
        /// allocates a buffer: `NvBufferCreateParams`.
        NvBufferCreateEx as create_ex: fn(*mut c_int, *mut c_void) -> c_int, R32_1;
        /// allocates a buffer of two fields.
        NvBufferCreateInterlace as create_interlace: fn(*mut c_int, *mut c_void) -> c_int, R32_3;
        /// allocates a buffer with a chroma position: `NvBufferChromaSubsamplingParams`.
        NvBufferCreateWithChromaLoc as create_with_chroma_loc:
            fn(*mut c_int, *mut c_void, *mut c_void) -> c_int, R32_3;
        /// allocates a compressed buffer.
        NvBufferCreateCompressed as create_compressed: fn(*mut c_int, *mut c_void) -> c_int, R32_7_4;
        /// makes a buffer of another process's: `NvBufferParamsEx`.
        NvBufferImportFd as import_fd: fn(c_int, *mut c_int, *mut c_void) -> c_int, R32_7_4;
        /// describes a buffer at length: `NvBufferParamsEx`.
        NvBufferGetParamsEx as get_params_ex: fn(c_int, *mut c_void) -> c_int, R32_3;
        /// the fd of an opaque `nv_buffer`.
        ExtractFdFromNvBuffer as extract_fd: fn(*mut c_void, *mut c_int) -> c_int, R28_2;
        /// gives an fd of `extract_fd` back.
        NvReleaseFd as release_fd: fn(c_int) -> c_int, R28_2;
        /// `mem_map` for a buffer of another process.
        NvBufferMemMapEx as mem_map_ex:
            fn(c_int, *mut c_void, c_uint, c_uint, *mut *mut c_void) -> c_int, R32_6;
        /// undoes `mem_map_ex`.
        NvBufferMemUnMapEx as mem_unmap_ex:
            fn(c_int, *mut c_void, c_uint, *mut *mut c_void) -> c_int, R32_6;
        /// `mem_sync_for_cpu` for a buffer of another process.
        NvBufferMemSyncForCpuEx as mem_sync_for_cpu_ex:
            fn(c_int, *mut c_void, c_uint, *mut *mut c_void) -> c_int, R32_6;
        /// `mem_sync_for_device` for a buffer of another process.
        NvBufferMemSyncForDeviceEx as mem_sync_for_device_ex:
            fn(c_int, *mut c_void, c_uint, *mut *mut c_void) -> c_int, R32_6;
        /// copies a plane to packed memory (fd, plane, width, height, memory).
        NvBuffer2Raw as to_raw: fn(c_int, c_uint, c_uint, c_uint, *mut u8) -> c_int, R28_2;
        /// copies packed memory to a plane (memory, plane, width, height, fd).
        Raw2NvBuffer as from_raw: fn(*mut u8, c_uint, c_uint, c_uint, c_int) -> c_int, R28_2;
        /// transforms the first buffer into the second: `NvBufferTransformParams`.
        NvBufferTransform as transform: fn(c_int, c_int, *mut c_void) -> c_int, R28_2;
        /// `transform` between buffers of other processes.
        NvBufferTransformEx as transform_ex:
            fn(c_int, *mut c_void, c_int, *mut c_void, *mut c_void) -> c_int, R32_6;
        /// `transform` that returns before it is done: `NvBufferSyncObj`.
        NvBufferTransformAsync as transform_async:
            fn(c_int, c_int, *mut c_void, *mut c_void) -> c_int, R32_4;
        /// places buffers on another: `NvBufferCompositeParams`.
        NvBufferComposite as composite: fn(*mut c_int, c_int, *mut c_void) -> c_int, R28_2;
        /// makes a session, null on failure.
        NvBufferSessionCreate as session_create: fn() -> *mut c_void, R32_1;
        /// frees a session.
        NvBufferSessionDestroy as session_destroy: fn(*mut c_void) -> (), R32_1;
        /// waits for a sync point: `NvBufferSyncObjParams`, milliseconds.
        NvBufferSyncObjWait as sync_obj_wait: fn(*mut c_void, c_uint) -> c_int, R32_4;
        /// sync points of a fence fd.
        NvBufferSyncObjParamsFromFile as sync_obj_params_from_file:
            fn(c_int, *mut c_void, *mut c_uint) -> c_int, R32_7_4;
    }
}

/// libnvbuf_utils, opened and proved: L4T R27.1 to R35.2. It stays loaded for the rest of the
/// process.
#[derive(Debug)]
pub struct LegacyLibrary {
    loaded: Loaded<LegacyFunctions>,
    numbering: Numbering,
    release: Option<Release>,
}

static LIBRARY: Slot<LegacyLibrary> = Slot::new();

impl LegacyLibrary {
    /// File name and SONAME of the library in every release.
    pub const SONAME: &'static str = LegacyFunctions::SONAME;

    /// The process's libnvbuf_utils, opened and tested at the first call.
    ///
    /// Searched as [`Library::get`](crate::Library::get) does. The self-test allocates and frees a
    /// few small pictures and reads their parameters back: of the numberings that the release and
    /// the symbols allow, exactly one must fit. A failure is not remembered: a later call tries
    /// again.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names each path tried and what the loader said of it, the missing symbol, or
    /// what the self-test expected and found. A [`RELEASE_FILE`](crate::RELEASE_FILE) that says no
    /// release is one too: the numbering rests on it.
    pub fn get() -> Result<&'static Self, LoadError> {
        LIBRARY.get(|| {
            let usual = search::usual(Self::SONAME);
            let opened = Opened::loaded_or_open(Self::SONAME, &usual)?;
            Self::opened(&opened).inspect_err(|_| opened.set_aside())
        })
    }

    /// The library in one directory, opened and tested for this call.
    ///
    /// # Errors
    ///
    /// As [`LegacyLibrary::get`].
    pub fn open_in(directory: &Path) -> Result<Self, LoadError> {
        let named = Candidate::named(directory, Self::SONAME);
        let opened = Opened::open(Self::SONAME, &[named])?;
        opened.set_aside();
        Self::opened(&opened)
    }

    fn opened(opened: &Opened) -> Result<Self, LoadError> {
        Self::test(Loaded::opened(opened)?)
    }

    /// A library whose functions the caller finds. It is tested like any other.
    ///
    /// # Errors
    ///
    /// As [`LegacyLibrary::get`], without the search.
    ///
    /// # Safety
    ///
    /// `resolve` must give, for each C name, the function of that name with the C prototype of
    /// `include/nvbuf_utils.h` in one of its releases, valid for the rest of the process, or `None`.
    pub unsafe fn from_resolver(
        mut resolve: impl FnMut(&'static CStr) -> Option<NonNull<c_void>>,
    ) -> Result<Self, LoadError> {
        // SAFETY: by this function's contract.
        Self::test(unsafe { Loaded::load(None, &mut resolve) }?)
    }

    fn test(loaded: Loaded<LegacyFunctions>) -> Result<Self, LoadError> {
        let release = Release::detect()?;
        let numbering = self_test::numbering(&loaded.functions, release)
            .map_err(|why| LoadError::self_test(loaded.path.as_deref(), why))?;
        Ok(Self {
            loaded,
            numbering,
            release,
        })
    }

    /// Makes this the process's library, which [`LegacyLibrary::get`] gives from now on.
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
    pub fn functions(&self) -> &LegacyFunctions {
        &self.loaded.functions
    }

    /// The numbers of the formats and the layout of the structs, as the self-test found them.
    pub fn numbering(&self) -> Numbering {
        self.numbering
    }

    /// The release of this machine, if it is known.
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// The file of the library; `None` for a resolver of the caller's.
    pub fn path(&self) -> Option<&Path> {
        self.loaded.path.as_deref()
    }

    /// The error for a function that is `None` in the table.
    pub fn missing(&self, symbol: &'static str) -> MissingFunction {
        self.loaded.missing(symbol, self.release)
    }
}
