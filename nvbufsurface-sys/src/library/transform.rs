//! libnvbufsurftransform.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::path::Path;
use std::ptr::NonNull;

use super::error::{LoadError, MissingFunction};
use super::search::{self, Candidate, Opened};
use super::slot::Slot;
use super::table::{Loaded, Span, Table as _, c_name, table};
use crate::extended::NvBufSurfTransformConfigParams;
use crate::prefix::NvBufSurface;
use crate::{Family, Library, Release, classic, composite24, extended};

type SyncObj = classic::NvBufSurfTransformSyncObj_t;

// R32.6 is assumed, as in nvbuf_release.h: no header of its own was published.
const DS_6: &[Span] = &[Span::l4t(32, 6, 0), Span::deepstream(6, 0, 0)];
const R34_1_0: &[Span] = &[
    Span::l4t(34, 1, 0).before(Release::L4t(34, 1, 1)),
    Span::deepstream(6, 1, 0).before(Release::DeepStream(6, 1, 1)),
];
const R34_1_1: &[Span] = &[Span::l4t(34, 1, 1), Span::deepstream(6, 1, 1)];
const R35_3: &[Span] = &[Span::l4t(35, 3, 0), Span::deepstream(6, 3, 0)];
const R36_3: &[Span] = &[Span::l4t(36, 3, 0), Span::deepstream(7, 0, 0)];

/// The releases whose headers of it are among the facts.
const DESCRIBED: &[Span] = &[
    Span::l4t(34, 1, 0).before(Release::L4t(37, 0, 0)),
    Span::l4t(39, 0, 0),
    Span::deepstream(4, 0, 0),
];

table! {
    /// The functions of libnvbufsurftransform. All return `NvBufSurfTransform_Error`.
    ///
    /// Sessions belong to threads as far as NVIDIA's programs show: set one in the calling thread
    /// before each transform. Surfaces are passed as [`prefix`](crate::prefix) has them; parameters
    /// whose layout differs by family are `c_void`. Units, ownership and valid memory types are
    /// described at the function's type, [`classic::PFN_NvBufSurfTransform`] for example.
    ///
    /// [`classic::PFN_NvBufSurfTransform`]: crate::classic::PFN_NvBufSurfTransform
    TransformFunctions, "libnvbufsurftransform.so.1.0.0", c"NvBufSurfTransform", DESCRIBED;
    required {
        /// sets the session of the calling thread. The parameters are right for both families.
        NvBufSurfTransformSetSessionParams as set_session_params:
            fn(*mut NvBufSurfTransformConfigParams) -> c_int;
        /// reads the session of the calling thread.
        NvBufSurfTransformGetSessionParams as get_session_params:
            fn(*mut NvBufSurfTransformConfigParams) -> c_int;
        /// transforms the first surface into the second: `NvBufSurfTransformParams` of the family.
        NvBufSurfTransform as transform:
            fn(*mut NvBufSurface, *mut NvBufSurface, *mut c_void) -> c_int;
        /// places the buffers of the first surface on the second:
        /// `NvBufSurfTransformCompositeParams` of [`TransformLibrary::composite_params_size`] bytes.
        NvBufSurfTransformComposite as composite:
            fn(*mut NvBufSurface, *mut NvBufSurface, *mut c_void) -> c_int;
    }
    optional {
        /// goes back to the default session.
        NvBufSurfTransformSetDefaultSession as set_default_session: fn() -> c_int, R35_3;
        /// `transform` that returns before it is done.
        NvBufSurfTransformAsync as transform_async:
            fn(*mut NvBufSurface, *mut NvBufSurface, *mut c_void, *mut SyncObj) -> c_int, DS_6;
        /// `composite` that returns before it is done.
        NvBufSurfTransformCompositeAsync as composite_async:
            fn(*mut NvBufSurface, *mut NvBufSurface, *mut c_void, *mut SyncObj) -> c_int, DS_6;
        /// blends (two sources, alpha, destination): `NvBufSurfTransformCompositeBlendParams` of the
        /// family.
        NvBufSurfTransformCompositeBlend as composite_blend: fn(
            *mut NvBufSurface, *mut NvBufSurface, *mut NvBufSurface, *mut NvBufSurface, *mut c_void
        ) -> c_int, DS_6;
        /// composes several surfaces: `NvBufSurfTransformCompositeParams`.
        NvBufSurfTransformMultiInputBufComposite as multi_input_buf_composite:
            fn(*mut *mut NvBufSurface, *mut NvBufSurface, *mut c_void) -> c_int, R34_1_0;
        /// `multi_input_buf_composite` that returns before it is done.
        NvBufSurfTransformMultiInputBufCompositeAsync as multi_input_buf_composite_async:
            fn(*mut *mut NvBufSurface, *mut NvBufSurface, *mut c_void, *mut SyncObj) -> c_int, R34_1_0;
        /// composes and blends several surfaces: `NvBufSurfTransformCompositeBlendParamsEx` of the
        /// family.
        NvBufSurfTransformMultiInputBufCompositeBlend as multi_input_buf_composite_blend:
            fn(*mut *mut NvBufSurface, *mut NvBufSurface, *mut c_void) -> c_int, R34_1_1;
        /// `multi_input_buf_composite_blend` that returns before it is done.
        NvBufSurfTransformMultiInputBufCompositeBlendAsync as multi_input_buf_composite_blend_async:
            fn(*mut *mut NvBufSurface, *mut NvBufSurface, *mut c_void, *mut SyncObj) -> c_int, R34_1_1;
        /// waits for an asynchronous call: milliseconds, which the VIC alone honours.
        NvBufSurfTransformSyncObjWait as sync_obj_wait: fn(SyncObj, u32) -> c_int, DS_6;
        /// frees a sync object.
        NvBufSurfTransformSyncObjDestroy as sync_obj_destroy: fn(*mut SyncObj) -> c_int, DS_6;
        /// makes sync objects of a fence fd.
        NvBufSurfTransformSyncObjFromFile as sync_obj_from_file:
            fn(c_int, *mut SyncObj, *mut c_uint) -> c_int, R36_3;
    }
}

/// libnvbufsurftransform, opened. It stays loaded for the rest of the process.
///
/// Its structs are of the family of the [`Library`] beside it: no symbol and no test tells them
/// apart, so it is taken from the same directory only, whatever else the process has loaded.
#[derive(Debug)]
pub struct TransformLibrary {
    loaded: Loaded<TransformFunctions>,
    family: Family,
    release: Option<Release>,
}

static LIBRARY: Slot<TransformLibrary> = Slot::new();

impl TransformLibrary {
    /// File name and SONAME of the library in every release.
    pub const SONAME: &'static str = TransformFunctions::SONAME;

    /// The process's libnvbufsurftransform, opened at the first call from the directory of
    /// [`Library::get`]'s.
    ///
    /// # Errors
    ///
    /// As [`Library::get`], whose errors come first.
    pub fn get() -> Result<&'static Self, LoadError> {
        LIBRARY.get(|| Self::open_beside(Library::get()?))
    }

    /// The library in the directory of a libnvbufsurface; in the usual places for one of the
    /// caller's resolver.
    ///
    /// # Errors
    ///
    /// As [`Library::get`].
    pub fn open_beside(surface: &Library) -> Result<Self, LoadError> {
        let candidates = match surface.path().and_then(Path::parent) {
            Some(directory) => vec![Candidate::named(directory, Self::SONAME)],
            None => search::usual(Self::SONAME),
        };
        let opened = match surface.path() {
            Some(_) => Opened::open(Self::SONAME, &candidates)?,
            None => Opened::loaded_or_open(Self::SONAME, &candidates)?,
        };
        Ok(Self::of(Loaded::opened(&opened)?, surface))
    }

    /// A library whose functions the caller finds, of the family of `surface`.
    ///
    /// # Errors
    ///
    /// A required function is not there.
    ///
    /// # Safety
    ///
    /// `resolve` must give, for each C name, the function of that name with the C prototype of
    /// `include/nvbufsurftransform.h` in `surface`'s family, valid for the rest of the process, or
    /// `None`.
    pub unsafe fn from_resolver(
        surface: &Library,
        mut resolve: impl FnMut(&'static CStr) -> Option<NonNull<c_void>>,
    ) -> Result<Self, LoadError> {
        // SAFETY: by this function's contract.
        let loaded = unsafe { Loaded::load(None, &mut resolve) }?;
        Ok(Self::of(loaded, surface))
    }

    fn of(loaded: Loaded<TransformFunctions>, surface: &Library) -> Self {
        Self {
            loaded,
            family: surface.family(),
            release: surface.release(),
        }
    }

    /// Makes this the process's library, which [`TransformLibrary::get`] gives from now on.
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
    pub fn functions(&self) -> &TransformFunctions {
        &self.loaded.functions
    }

    /// The layout of the structs: that of libnvbufsurface.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Bytes of the library's `NvBufSurfTransformCompositeParams`: 24 ([`composite24`]), 32
    /// ([`classic`]) or 64 ([`extended`]).
    ///
    /// The classic family's grew from 24 to 32 in the release that brought asynchronous transforms
    /// (facts: DeepStream 6.0, R34.1), so their presence tells.
    pub fn composite_params_size(&self) -> usize {
        match (self.family, self.loaded.functions.transform_async) {
            (Family::Extended, _) => size_of::<extended::NvBufSurfTransformCompositeParams>(),
            (Family::Classic, Some(_)) => size_of::<classic::NvBufSurfTransformCompositeParams>(),
            (Family::Classic, None) => size_of::<composite24::NvBufSurfTransformCompositeParams>(),
        }
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
