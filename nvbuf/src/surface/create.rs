//! Allocates surfaces and proves what came out.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::prefix::NvBufSurface;
use nvbufsurface_sys::{Family, Library, classic, extended};

use super::{Origin, Surface};
use crate::Tag;
use crate::descriptor::Descriptor;
use crate::error::{Error, ErrorKind, Result, check, report};

/// What a builder asks for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Right for both families: the classic one reads the first 32 bytes.
    pub(crate) params: NvBufSurfaceCreateParams,
    pub(crate) batch: u32,
    pub(crate) tag: Tag,
    pub(crate) pitch_padding: bool,
}

impl Request {
    /// Whether only `NvBufSurfaceAllocate` can do it.
    fn needs_allocate(&self) -> bool {
        self.tag != Tag::NONE || !self.pitch_padding
    }

    /// The library's call, of which -1 is an error.
    fn call(&self, library: &Library) -> Result<(&'static str, i32, *mut NvBufSurface)> {
        let mut raw = null_mut();
        let functions = library.functions();
        if !self.needs_allocate() {
            let mut params = self.params;
            // SAFETY: both pointers are to locals that outlive the call, of the header's types.
            let ret = unsafe { (functions.create)(&raw mut raw, self.batch, &raw mut params) };
            return Ok(("NvBufSurfaceCreate", ret, raw));
        }
        let call = "NvBufSurfaceAllocate";
        let allocate = functions
            .allocate
            .ok_or_else(|| Error::from(library.missing(call)))?;
        // Its header has the field since the release that brought NvBufSurfaceImport; before, it is
        // a reserved word, and padding would silently stay.
        if !self.pitch_padding && functions.import.is_none() {
            let detail = format!(
                "disablePitchPadding is as old as NvBufSurfaceImport, and {}",
                library.missing("NvBufSurfaceImport")
            );
            return Err(Error::new(ErrorKind::Load, call, detail));
        }
        let mut allocate = |params: *mut c_void| {
            // SAFETY: `raw` is a local; `params` is the family's struct, as the matches below show,
            // and lives for the call.
            unsafe { allocate(&raw mut raw, self.batch, params) }
        };
        let ret = match library.family() {
            Family::Classic => {
                let mut params = self.classic();
                allocate((&raw mut params).cast())
            }
            Family::Extended => {
                let mut params = self.extended();
                allocate((&raw mut params).cast())
            }
        };
        Ok((call, ret, raw))
    }
}

/// The parameters of `NvBufSurfaceAllocate` of a family. Chroma lies where `NvBufSurfaceCreate` puts it.
macro_rules! allocate_params {
    ($family:ident) => {
        impl Request {
            fn $family(&self) -> $family::NvBufSurfaceAllocateParams {
                let from = &self.params;
                let mut to = $family::NvBufSurfaceAllocateParams::default();
                to.params.gpuId = from.gpuId;
                to.params.width = from.width;
                to.params.height = from.height;
                to.params.size = from.size;
                to.params.isContiguous = from.isContiguous;
                to.params.colorFormat = from.colorFormat;
                to.params.layout = from.layout;
                to.params.memType = from.memType;
                to.displayscanformat = $family::NVBUF_DISPLAYSCANFORMAT_PROGRESSIVE;
                to.chromaSubsampling.chromaLocHoriz =
                    $family::NVBUFSURFACE_CHROMA_SUBSAMPLING_HORIZ_DEFAULT as u8;
                to.chromaSubsampling.chromaLocVert =
                    $family::NVBUFSURFACE_CHROMA_SUBSAMPLING_VERT_DEFAULT as u8;
                to.memtag = self.tag.0;
                to.disablePitchPadding = !self.pitch_padding;
                to
            }
        }
    };
}

allocate_params!(classic);
allocate_params!(extended);

impl Surface {
    pub(crate) fn create(request: &Request) -> Result<Self> {
        let library = Library::get()?;
        let (call, ret, raw) = request.call(library)?;
        let params = &request.params;
        check(call, ret, || {
            format!(
                "{}x{}, {} raw bytes, format {}, memory type {}, batch {}: memory is exhausted (see \
                 /proc/meminfo, CmaFree), or this memory type, format or layout is not for this \
                 platform",
                params.width,
                params.height,
                params.size,
                params.colorFormat,
                params.memType,
                request.batch
            )
        })?;
        let nothing = || Error::new(ErrorKind::Call, call, "returned 0 and no surface");
        let raw = NonNull::new(raw).ok_or_else(nothing)?;
        let destroy = |error| {
            // SAFETY: `create` gave it, and nobody else has it.
            let ret = unsafe { (library.functions().destroy)(raw.as_ptr()) };
            if ret != 0 {
                report(&"NvBufSurfaceDestroy failed on a surface just created");
            }
            error
        };
        // SAFETY: a place in the surface that was just created.
        let num_filled = unsafe { &raw mut (*raw.as_ptr()).numFilled };
        // SAFETY: as above, and nobody else has it.
        unsafe { num_filled.write(request.batch) };
        let read = |i| Descriptor::read(raw.as_ptr().cast(), library.family().surface_size(), i);
        let descriptors: Result<Vec<_>> = (0..request.batch).map(read).collect();
        let descriptors = descriptors.map_err(destroy)?;
        for descriptor in &descriptors {
            request
                .verify(descriptor)
                .map_err(|what| destroy(Error::new(ErrorKind::Call, call, what)))?;
        }
        Ok(Self::new(Origin::Created(raw), library, &descriptors))
    }
}

impl Request {
    /// Whether the library made what was asked for. Finding the size again in every entry also
    /// proves the struct layout.
    fn verify(&self, made: &Descriptor) -> Result<(), String> {
        let (asked, found) = (&self.params, made.params());
        let same = match asked.size {
            0 => (found.width(), found.height()) == (asked.width, asked.height),
            size => found.is_raw() && found.data_size() >= size,
        };
        if !same {
            return Err(format!(
                "asked for {}x{}, {} raw bytes, and the library's structs say {found:?}: they are \
                 not of the family that its self-test found",
                asked.width, asked.height, asked.size
            ));
        }
        if asked.isContiguous && made.surface.head.isContiguous == 0 {
            return Err("asked for one block, and isContiguous says that it is none".into());
        }
        let is_padded = found.planes().iter().any(|plane| {
            // Odd widths are made even.
            let width = plane.width as usize + plane.width as usize % 2;
            plane.pitch as usize > width * plane.bytes_per_pixel as usize
        });
        if !self.pitch_padding && is_padded {
            return Err(format!("asked for no padding of rows, and got {found:?}"));
        }
        Ok(())
    }
}
