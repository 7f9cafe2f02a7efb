//! What every surface can do, whoever owns it.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::NonNull;

use nvbufsurface_sys::Library;
use nvbufsurface_sys::prefix::{NvBufSurface, NvBufSurfaceParams};

use crate::case::Failure;
use crate::check;
use crate::platform::Platform;

/// A `NvBufSurface` of the library's, or a copy of one.
///
/// Indices, planes and flags go to the library as they are: what it does with wrong ones is a
/// case's question, and if it crashes, that is the answer.
///
/// # Invariants
///
/// `raw` is a live surface of `library`'s family, whose list has `batchSize` entries. Nobody else
/// uses it at the same time: a case has one thread per surface.
#[derive(Debug)]
pub(crate) struct Descriptor {
    raw: NonNull<NvBufSurface>,
    library: &'static Library,
}

/// The numbers of one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pitch: u32,
    pub(crate) offset: u32,
    pub(crate) size: u32,
    pub(crate) bytes_per_pixel: u32,
}

impl Planes {
    /// Bytes of a row that hold pixels.
    pub(crate) fn row(&self) -> usize {
        self.width as usize * self.bytes_per_pixel as usize
    }

    /// Bytes of the pixels without padding.
    pub(crate) fn packed(&self) -> usize {
        self.row() * self.height as usize
    }
}

impl Descriptor {
    /// # Safety
    ///
    /// As the type's invariants have it, as long as the result lives.
    pub(super) unsafe fn new(raw: NonNull<NvBufSurface>, library: &'static Library) -> Self {
        Self { raw, library }
    }

    pub(crate) fn library(&self) -> &'static Library {
        self.library
    }

    pub(crate) fn as_ptr(&self) -> *mut NvBufSurface {
        self.raw.as_ptr()
    }

    /// The fields that are the same in both families.
    pub(crate) fn header(&self) -> NvBufSurface {
        // SAFETY: by the type invariant.
        unsafe { self.raw.read_unaligned() }
    }

    /// Sets `numFilled`.
    pub(crate) fn fill(&self, filled: u32) {
        // SAFETY: by the type invariant the field is there, and nobody else looks at it now.
        unsafe { (*self.raw.as_ptr()).numFilled = filled };
    }

    /// The address of entry `index`.
    pub(super) fn place(&self, index: usize) -> Result<*mut NvBufSurfaceParams, Failure> {
        let header = self.header();
        check::that(
            format_args!(
                "there is an entry {index} in a batch of {}",
                header.batchSize
            ),
            index < header.batchSize as usize && !header.surfaceList.is_null(),
        )?;
        Ok(self.library.family().params(header.surfaceList, index))
    }

    /// Entry `index`, as far as the families agree.
    pub(crate) fn entry(&self, index: usize) -> Result<NvBufSurfaceParams, Failure> {
        let place = self.place(index)?;
        // SAFETY: by the type invariant the list has the entry, which begins with these fields.
        Ok(unsafe { place.read_unaligned() })
    }

    /// The planes of entry `index`.
    pub(crate) fn planes(&self, index: usize) -> Result<Vec<Planes>, Failure> {
        let p = self.entry(index)?.planeParams;
        check::that(
            format_args!("{} planes are 1 to 4", p.num_planes),
            (1..=4).contains(&p.num_planes),
        )?;
        let plane = |i: usize| Planes {
            width: p.width[i],
            height: p.height[i],
            pitch: p.pitch[i],
            offset: p.offset[i],
            size: p.psize[i],
            bytes_per_pixel: p.bytesPerPix[i],
        };
        Ok((0..p.num_planes as usize).map(plane).collect())
    }

    /// One plane of entry `index`.
    pub(crate) fn plane(&self, index: usize, plane: usize) -> Result<Planes, Failure> {
        let planes = self.planes(index)?;
        let found = planes.get(plane).copied();
        found.ok_or_else(|| Failure::new(format!("a plane {plane}"), format!("{planes:?}")))
    }

    /// The fd of entry `index`.
    pub(crate) fn fd(&self, index: usize) -> Result<c_int, Failure> {
        let number = self.entry(index)?.bufferDesc;
        c_int::try_from(number)
            .map_err(|_| Failure::new("bufferDesc is an fd", format!("{number:#x}")))
    }

    /// Where plane `plane` of entry `index` is mapped, or null.
    pub(crate) fn address(&self, index: usize, plane: usize) -> Result<*mut c_void, Failure> {
        Ok(self.entry(index)?.mappedAddr.addr[plane])
    }

    /// The EGLImage of entry `index`, or null.
    pub(crate) fn image(&self, index: usize) -> Result<*mut c_void, Failure> {
        Ok(self.entry(index)?.mappedAddr.eglImage)
    }

    /// `NvBufSurfaceMap`
    pub(crate) fn map(&self, index: c_int, plane: c_int, flags: c_uint) -> Result<(), Failure> {
        let map = self.library.functions().map;
        // SAFETY: by the type invariant; other arguments are the library's to check.
        check::zero("NvBufSurfaceMap", unsafe {
            map(self.as_ptr(), index, plane, flags)
        })
    }

    /// `NvBufSurfaceUnMap`
    pub(crate) fn unmap(&self, index: c_int, plane: c_int) -> Result<(), Failure> {
        let unmap = self.library.functions().unmap;
        // SAFETY: as in `map`.
        check::zero("NvBufSurfaceUnMap", unsafe {
            unmap(self.as_ptr(), index, plane)
        })
    }

    /// `NvBufSurfaceSyncForCpu`
    pub(crate) fn sync_for_cpu(&self, index: c_int, plane: c_int) -> Result<(), Failure> {
        let sync = self.library.functions().sync_for_cpu;
        // SAFETY: as in `map`.
        check::zero("NvBufSurfaceSyncForCpu", unsafe {
            sync(self.as_ptr(), index, plane)
        })
    }

    /// `NvBufSurfaceSyncForDevice`
    pub(crate) fn sync_for_device(&self, index: c_int, plane: c_int) -> Result<(), Failure> {
        let sync = self.library.functions().sync_for_device;
        // SAFETY: as in `map`.
        check::zero("NvBufSurfaceSyncForDevice", unsafe {
            sync(self.as_ptr(), index, plane)
        })
    }

    /// `NvBufSurfaceMemSet`
    pub(crate) fn mem_set(&self, index: c_int, plane: c_int, value: u8) -> Result<(), Failure> {
        let set = self.library.functions().mem_set;
        // SAFETY: as in `map`.
        check::zero("NvBufSurfaceMemSet", unsafe {
            set(self.as_ptr(), index, plane, value)
        })
    }

    /// `NvBufSurfaceCopy`
    pub(crate) fn copy_to(&self, target: &Self) -> Result<(), Failure> {
        let copy = self.library.functions().copy;
        // SAFETY: as in `map`, for both.
        check::zero("NvBufSurfaceCopy", unsafe {
            copy(self.as_ptr(), target.as_ptr())
        })
    }

    /// `NvBufSurfaceMapEglImage`
    pub(crate) fn map_egl_image(&self, index: c_int) -> Result<(), Failure> {
        let map = self.library.functions().map_egl_image;
        // SAFETY: as in `map`.
        check::zero("NvBufSurfaceMapEglImage", unsafe {
            map(self.as_ptr(), index)
        })
    }

    /// `NvBufSurfaceUnMapEglImage`
    pub(crate) fn unmap_egl_image(&self, index: c_int) -> Result<(), Failure> {
        let unmap = self.library.functions().unmap_egl_image;
        // SAFETY: as in `map`.
        check::zero("NvBufSurfaceUnMapEglImage", unsafe {
            unmap(self.as_ptr(), index)
        })
    }

    /// `NvBufSurface2Raw`: the upper left part of a plane, packed.
    pub(crate) fn to_raw(&self, index: u32, plane: u32) -> Result<Vec<u8>, Failure> {
        let (width, height, len) = self.raw_size(index, plane)?;
        let to_raw = self.library.functions().to_raw;
        let to_raw = to_raw.ok_or_else(|| Failure::new("NvBufSurface2Raw", "no such function"))?;
        let mut bytes = vec![0; len];
        // SAFETY: as in `map`; there is room for the packed rows of the whole plane.
        let code = unsafe {
            to_raw(
                self.as_ptr(),
                index,
                plane,
                width,
                height,
                bytes.as_mut_ptr(),
            )
        };
        check::zero("NvBufSurface2Raw", code).map(|()| bytes)
    }

    /// `Raw2NvBufSurface`: a whole plane.
    pub(crate) fn set_raw(&self, index: u32, plane: u32, bytes: &[u8]) -> Result<(), Failure> {
        let (width, height, len) = self.raw_size(index, plane)?;
        check::equal("bytes of the plane", bytes.len(), len)?;
        let set = self.library.functions().from_raw;
        let set = set.ok_or_else(|| Failure::new("Raw2NvBufSurface", "no such function"))?;
        let start = bytes.as_ptr().cast_mut();
        // SAFETY: as in `map`; the packed rows of the whole plane are there, and only read.
        let code = unsafe { set(start, index, plane, width, height, self.as_ptr()) };
        check::zero("Raw2NvBufSurface", code)
    }

    fn raw_size(&self, index: u32, plane: u32) -> Result<(u32, u32, usize), Failure> {
        let plane = self.plane(index as usize, plane as usize)?;
        Ok((plane.width, plane.height, plane.packed()))
    }
}

/// `NvBufSurfaceFromFd`: the surface that the library knows an fd of.
pub(crate) fn from_fd(platform: &Platform, fd: c_int) -> Result<*mut c_void, Failure> {
    let mut found = std::ptr::null_mut();
    let call = platform.surface()?.functions().from_fd;
    // SAFETY: the pointer is valid for the call, and the fd the library's to check.
    let code = unsafe { call(fd, &raw mut found) };
    check::zero("NvBufSurfaceFromFd", code).map(|()| found)
}
