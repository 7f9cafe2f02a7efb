//! Elements that take NVMM buffers, as far as the way from a GstBuffer to the pixels: what each checks,
//! calls and releases is that of NVIDIA's published sources and of users' reports (facts).

use std::ffi::c_int;
use std::ffi::c_void;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use gst_nvmm::nvbuf::legacy::{ExtractedFd, FdRule, NvBuffer};
use gst_nvmm::nvbuf::sys::{LegacyLibrary, Library, prefix};
use gst_nvmm::nvbuf::{Access, Surface};

use super::legacy::LegacyPeer;

/// Who takes a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// R32's: a surface if it is named nvstream and has 64 bytes, else an `nv_buffer`.
    NvvidconvR32,
    /// R32's: four names and no other; gives the fd of `openmax` back.
    NvcompositorR32,
    /// R32's: by size alone.
    Nv3dsinkR32,
    /// R32's: of a surface the bytes behind `dataPtr`, copied.
    OmxvideosinkR32,
    /// R32's encoders: what the property says.
    EncoderR32 {
        /// The property.
        bufapi_version: bool,
    },
    /// jetson-utils on R32: gives every fd back, unless the memory is named nvfilter.
    JetsonUtilsR32,
    /// R35's and later: no check at all.
    NvvidconvR35,
    /// R35's and later: a dmabuf, and memory 0's offset and size go to V4L2.
    EncoderR35,
    /// DeepStream's, of any release: exactly the size of a surface.
    Nvvideoconvert,
}

impl Consumer {
    /// Those of R32 without `bufapi-version`.
    pub const LEGACY_R32: [Self; 6] = [
        Self::NvvidconvR32,
        Self::NvcompositorR32,
        Self::Nv3dsinkR32,
        Self::OmxvideosinkR32,
        Self::EncoderR32 {
            bufapi_version: false,
        },
        Self::JetsonUtilsR32,
    ];
    /// Those of R32 that take surfaces.
    pub const SURFACE_R32: [Self; 5] = [
        Self::NvvidconvR32,
        Self::Nv3dsinkR32,
        Self::OmxvideosinkR32,
        Self::EncoderR32 {
            bufapi_version: true,
        },
        Self::Nvvideoconvert,
    ];
    /// Those of R35 and later.
    pub const R35: [Self; 3] = [Self::NvvidconvR35, Self::EncoderR35, Self::Nvvideoconvert];

    /// Goes from a buffer to its pixels: the rows of plane 0.
    ///
    /// # Errors
    ///
    /// What the element says.
    pub fn take(self, buffer: &gst::BufferRef) -> Result<Vec<u8>, String> {
        let map = buffer.map_readable().map_err(|e| e.to_string())?;
        let (data, size) = (map.as_ptr().cast_mut().cast::<c_void>(), map.size());
        let memory = buffer.peek_memory(0);
        let surface_size = Library::get().expect("a library").family().surface_size();
        let is = |mem_type: &str| memory.is_type(mem_type);
        match self {
            Self::NvvidconvR32 if is("nvstream") && size == surface_size => legacy(fd_of(data)),
            Self::Nv3dsinkR32 if size == surface_size => legacy(fd_of(data)),
            Self::OmxvideosinkR32 if size == surface_size => {
                let block = NvBuffer::memory_size().map_err(|e| e.to_string())?;
                let from = entry(data).dataPtr.cast::<u64>();
                // SAFETY: what this element relies on: the block of the surface's buffer.
                let bytes = unsafe { std::slice::from_raw_parts(from, block / 8) };
                extract(bytes.to_vec().as_mut_ptr().cast(), false)
            }
            Self::EncoderR32 {
                bufapi_version: true,
            } => legacy(fd_of(data)),
            Self::NvcompositorR32 => {
                let known = ["openmax", "nvfilter", "nvarguscam", "V4l2Memory"];
                if !known.into_iter().any(is) {
                    return Err("input buffer not supported".into());
                }
                extract(data, is("openmax"))
            }
            Self::JetsonUtilsR32 => extract(data, !is("nvfilter")),
            Self::NvvidconvR32
            | Self::Nv3dsinkR32
            | Self::OmxvideosinkR32
            | Self::EncoderR32 { .. } => extract(data, false),
            Self::NvvidconvR35 => surface(data),
            Self::EncoderR35 => {
                if memory.offset() != 0 || memory.size() == 0 || buffer.n_memory() != 1 {
                    return Err("data_offset, bytesused or planes that V4L2 refuses".into());
                }
                surface(data)
            }
            Self::Nvvideoconvert if size == surface_size => surface(data),
            Self::Nvvideoconvert => Err("Input buffer is not NvBufSurface".into()),
        }
    }
}

/// The first entry of a surface, which these elements do not check.
fn entry(data: *mut c_void) -> prefix::NvBufSurfaceParams {
    // SAFETY: what these elements rely on.
    let list = unsafe { (*data.cast::<prefix::NvBufSurface>()).surfaceList };
    // SAFETY: as above.
    unsafe { list.read() }
}

fn fd_of(data: *mut c_void) -> c_int {
    c_int::try_from(entry(data).bufferDesc).expect("an fd")
}

/// The pixels of an fd, by libnvbuf_utils.
fn legacy(fd: c_int) -> Result<Vec<u8>, String> {
    // SAFETY: the buffer's, which is held.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let buffer = NvBuffer::from_fd(fd).map_err(|e| e.to_string())?;
    Ok(LegacyPeer::bytes(&buffer))
}

/// The pixels of a block.
fn extract(block: *mut c_void, give_back: bool) -> Result<Vec<u8>, String> {
    let block = NonNull::new(block).ok_or("NULL")?;
    let rule = if give_back {
        FdRule::GiveBack
    } else {
        FdRule::Keep
    };
    // SAFETY: what these elements rely on.
    let fd = unsafe { ExtractedFd::extract(block, rule) }.map_err(|e| e.to_string())?;
    let buffer = NvBuffer::from_fd(std::os::fd::AsFd::as_fd(&fd)).map_err(|e| e.to_string())?;
    Ok(LegacyPeer::bytes(&buffer))
}

/// The pixels of a surface, by libnvbufsurface.
fn surface(data: *mut c_void) -> Result<Vec<u8>, String> {
    // SAFETY: the buffer's, which is held.
    let fd = unsafe { BorrowedFd::borrow_raw(fd_of(data)) };
    // SAFETY: as above.
    let surface = unsafe { Surface::from_fd(fd) }.map_err(|e| e.to_string())?;
    let map = surface
        .map_ptr(0, Access::Read)
        .map_err(|e| e.to_string())?;
    let bytes = super::read_plane(&map.plane(0).map_err(|e| e.to_string())?);
    map.unmap().map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// Whether the release has elements of R32.
pub fn is_r32() -> bool {
    use gst_nvmm::nvbuf::sys::Numbering;
    LegacyLibrary::get()
        .is_ok_and(|library| (Numbering::R32_1..=Numbering::R32_6).contains(&library.numbering()))
}
