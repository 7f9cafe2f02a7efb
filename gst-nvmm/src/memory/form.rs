//! What an NVMM memory maps to: the two identities that NVIDIA's elements know.

#![forbid(unsafe_code)]

use std::ffi::CStr;
use std::sync::OnceLock;

use gst::glib;
use gst::prelude::*;
use nvbuf::ColorFormat;
use nvbuf::legacy::NvBuffer;
use nvbuf::sys::{LegacyLibrary, Library, Numbering, Release};

use crate::error::Result;

/// What mapping an NVMM memory gives.
///
/// R35 and later know the surface alone. R32's elements expect the legacy form, unless
/// `bufapi-version=true` is set on them; an element of ours in such a pipeline needs it set as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The opaque `nv_buffer` of libnvbuf_utils, `NvBufferGetSize` bytes, in memory named
    /// `nvfilter`: the one name that every element of R32 takes and whose fd nobody gives back.
    Legacy,
    /// The `NvBufSurface`, exactly its size in this platform's library, in memory named `nvstream`:
    /// R32's nvvidconv looks for that name and size, later releases look at neither.
    Surface,
}

impl Form {
    /// The name of a property of ours, and of a boolean in a pool's configuration, that asks for surfaces
    /// on R32; NVIDIA's elements there have it as well.
    pub const PROPERTY: &str = "bufapi-version";

    /// The property, for an element that makes NVMM memory.
    pub fn property() -> glib::ParamSpec {
        glib::ParamSpecBoolean::builder(Self::PROPERTY)
            .nick("Buffer API version")
            .blurb("On L4T R32 make NvBufSurface in place of nv_buffer, for elements that have this set, too")
            .mutable_ready()
            .build()
    }

    /// The form that elements of this platform make and expect: [`Form::Legacy`] on R32, unless
    /// `bufapi_version` is set or the variable `DS_NEW_BUFAPI` is 1, by which NVIDIA's decoder
    /// and encoders of R32 change theirs.
    pub fn of_platform(bufapi_version: bool) -> Self {
        if bufapi_version || !has_legacy() || new_bufapi() {
            Self::Surface
        } else {
            Self::Legacy
        }
    }

    /// Bytes that memory of this form has and maps to.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Surface`] where the library of the form is missing.
    pub fn memory_size(self) -> Result<usize> {
        Ok(match self {
            Self::Legacy => NvBuffer::memory_size()?,
            Self::Surface => Library::get()
                .map_err(nvbuf::Error::from)?
                .family()
                .surface_size(),
        })
    }

    /// The name of our allocator's memory.
    pub(crate) fn mem_type(self) -> &'static CStr {
        match self {
            Self::Legacy => c"nvfilter",
            Self::Surface => c"nvstream",
        }
    }
}

/// Whether elements of this platform speak the legacy form: R32's do. R34 and R35 have libnvbuf_utils
/// as well, and no element that passes its buffers on.
pub(crate) fn has_legacy() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    if let Some(answer) = ANSWER.get() {
        return *answer;
    }
    // Nothing is known before there is a library: a later call may find one.
    let Ok(library) = Library::get() else {
        return false;
    };
    *ANSWER.get_or_init(|| match LegacyLibrary::get() {
        Ok(legacy) => (Numbering::R32_1..=Numbering::R32_6).contains(&legacy.numbering()),
        Err(_) => matches!(library.release(), Some(Release::L4t(32, ..))),
    })
}

/// Whether libnvbuf_utils has a name for a surface format, in this release's numbering.
pub(crate) fn has_legacy_format(format: ColorFormat) -> bool {
    LegacyLibrary::get().is_ok_and(|library| format.to_legacy(library.numbering()).is_some())
}

fn new_bufapi() -> bool {
    static SET: OnceLock<bool> = OnceLock::new();
    *SET.get_or_init(|| std::env::var_os("DS_NEW_BUFAPI").is_some_and(|value| value == "1"))
}
