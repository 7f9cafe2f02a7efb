//! One buffer: a memfd, its planes, and who has them mapped.

use std::collections::HashMap;
use std::ffi::c_int;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use nvbufsurface_sys::classic::{
    NVBUF_COLOR_FORMAT_INVALID, NVBUF_LAYOUT_PITCH, NvBufSurfacePlaneParams,
};

use super::format;
use crate::functions::Function;
use crate::legacy::handle::Handle;
use crate::region::{Kind, Mapping, Region, page_size};
use crate::stats::{COUNTERS, add, sub};

/// CPU mappings of one plane at a time, by different descriptors; real programs have one or two.
const MAX_MAPS: usize = 16;

/// The library that made a buffer and has to destroy it. Both know every fd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// libnvbufsurface.
    Surface,
    /// libnvbuf_utils.
    Legacy,
}

/// A buffer of the platform.
#[derive(Debug)]
pub(crate) struct Buffer {
    fd: OwnedFd,
    pub(crate) owner: Owner,
    /// `nv_buffer` of libnvbuf_utils, where the release has it.
    pub(crate) handle: Option<Handle>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    pub(crate) planes: NvBufSurfacePlaneParams,
    pub(crate) size: u32,
    cpu: Mapping,
    /// The device's view.
    pub(crate) region: Arc<Region>,
    maps: Mutex<[PlaneMaps; 4]>,
    /// fds of it that `ExtractFdFromNvBuffer` gave and nobody gave back.
    pub(crate) extracted: AtomicU32,
    /// Live EGLImages of it.
    pub(crate) images: AtomicU32,
    pub(crate) was_registered: AtomicBool,
}

// SAFETY: the only raw pointers in it are the reserved fields of `planes`, which are null.
unsafe impl Send for Buffer {}
// SAFETY: as above; everything that changes is behind a mutex or atomic.
unsafe impl Sync for Buffer {}

/// The mappings of one plane: the descriptor each was made through, and whether it may write.
#[derive(Clone, Copy, Debug, Default)]
struct PlaneMaps {
    maps: [(usize, bool); MAX_MAPS],
    len: usize,
}

static BUFFERS: LazyLock<Mutex<HashMap<c_int, Arc<Buffer>>>> = LazyLock::new(Mutex::default);

fn buffers() -> MutexGuard<'static, HashMap<c_int, Arc<Buffer>>> {
    BUFFERS.lock().unwrap_or_else(|e| e.into_inner())
}

/// The live buffer of an fd.
pub(crate) fn find(fd: c_int) -> Option<Arc<Buffer>> {
    buffers().get(&fd).cloned()
}

/// What a new buffer looks like.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    pub(crate) planes: NvBufSurfacePlaneParams,
    pub(crate) size: u32,
}

impl Shape {
    /// A picture; `None` if a side is 0 or too long, or the format is none of the simulator's.
    pub(crate) fn picture(width: u32, height: u32, color_format: u32, layout: u32) -> Option<Self> {
        let page = u32::try_from(page_size()).ok()?;
        let (planes, size) = format::find(color_format)?.lay_out(width, height, page)?;
        Some(Self {
            width,
            height,
            color_format,
            layout,
            planes,
            size,
        })
    }

    /// That many bytes; `None` if they are too many.
    pub(crate) fn raw(bytes: u32) -> Option<Self> {
        let page = u32::try_from(page_size()).ok()?;
        let (planes, size) = format::raw(bytes, page)?;
        Some(Self {
            width: bytes,
            height: 1,
            color_format: NVBUF_COLOR_FORMAT_INVALID,
            layout: NVBUF_LAYOUT_PITCH,
            planes,
            size,
        })
    }
}

impl Buffer {
    /// Makes a buffer and enters it under its fd.
    pub(crate) fn new(shape: &Shape, owner: Owner) -> std::io::Result<Arc<Self>> {
        // SAFETY: the name is a C string.
        let fd = unsafe { libc::memfd_create(c"nvmm-sim-dmabuf".as_ptr(), libc::MFD_CLOEXEC) };
        if fd < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: a fresh descriptor that nobody else knows.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: changes the length of a file of ours.
        if unsafe { libc::ftruncate(fd.as_raw_fd(), i64::from(shape.size)) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let len = shape.size as usize;
        let buffer = Arc::new(Self {
            owner,
            handle: Handle::new(fd.as_raw_fd()),
            width: shape.width,
            height: shape.height,
            color_format: shape.color_format,
            layout: shape.layout,
            planes: shape.planes,
            size: shape.size,
            // One page more, never accessible: running over the end is noticed.
            cpu: Mapping::new(fd.as_raw_fd(), len + page_size())?,
            region: Region::new(Kind::Surface, fd.as_raw_fd(), len)?,
            fd,
            maps: Mutex::default(),
            extracted: AtomicU32::new(0),
            images: AtomicU32::new(0),
            was_registered: AtomicBool::new(false),
        });
        buffers().insert(buffer.fd(), Arc::clone(&buffer));
        add(&COUNTERS.buffers_allocated, 1);
        add(&COUNTERS.buffers_alive, 1);
        Ok(buffer)
    }

    pub(crate) fn fd(&self) -> c_int {
        self.fd.as_raw_fd()
    }

    pub(crate) fn num_planes(&self) -> usize {
        self.planes.num_planes as usize
    }

    /// Whether it is memory without a picture.
    pub(crate) fn is_raw(&self) -> bool {
        self.color_format == NVBUF_COLOR_FORMAT_INVALID
    }

    /// Forgets the buffer; memory in use by the GPU stays until it is done. False if somebody else
    /// was first.
    pub(crate) fn retire(&self) -> bool {
        let was_there = buffers().remove(&self.fd()).is_some();
        if was_there {
            self.region.retire();
            sub(&COUNTERS.buffers_alive);
        }
        was_there
    }

    /// Says who uses a buffer that is destroyed: nobody should.
    pub(crate) fn report_users(&self, function: Function) {
        let fd = self.fd();
        if (0..self.num_planes()).any(|plane| self.is_mapped(plane)) {
            crate::log::violation(format_args!("{function:?}: fd {fd} is still mapped"));
        }
        let images = self.images.load(SeqCst);
        if images > 0 {
            crate::log::violation(format_args!(
                "{function:?}: fd {fd} still has {images} EGLImage(s)"
            ));
        }
        let registrations = self.region.registrations.load(SeqCst);
        if registrations > 0 {
            crate::log::violation(format_args!(
                "{function:?}: fd {fd} still has {registrations} CUDA registration(s)"
            ));
        }
        if self.region.is_busy() {
            crate::log::violation(format_args!(
                "{function:?}: GPU work on fd {fd} is not finished"
            ));
        }
    }

    /// Rows of a plane times its pitch.
    pub(crate) fn plane_bytes(&self, plane: usize) -> u64 {
        u64::from(self.planes.pitch[plane]) * u64::from(self.planes.height[plane])
    }

    /// The CPU's address of a plane.
    pub(crate) fn cpu_address(&self, plane: usize) -> usize {
        self.cpu.base() + self.planes.offset[plane] as usize
    }

    /// The device's address of a plane.
    pub(crate) fn device_address(&self, plane: usize) -> usize {
        self.region.base() + self.planes.offset[plane] as usize
    }

    /// Opens a plane to the CPU on behalf of a descriptor; false if too many have it open.
    pub(crate) fn map(&self, plane: usize, descriptor: usize, write: bool) -> bool {
        let mut maps = self.maps();
        let maps = &mut maps[plane];
        let Some(free) = maps.maps.get_mut(maps.len) else {
            return false;
        };
        *free = (descriptor, write);
        maps.len += 1;
        self.protect(plane, maps);
        true
    }

    /// Undoes one [`Buffer::map`], that of this descriptor if there is one; false if none is left.
    pub(crate) fn unmap(&self, plane: usize, descriptor: usize) -> bool {
        let mut maps = self.maps();
        let maps = &mut maps[plane];
        let Some(last) = maps.len.checked_sub(1) else {
            return false;
        };
        let own = maps.maps[..=last]
            .iter()
            .position(|(by, _)| *by == descriptor);
        maps.maps.swap(own.unwrap_or(last), last);
        maps.len = last;
        self.protect(plane, maps);
        true
    }

    /// Whether a descriptor has a plane open.
    pub(crate) fn is_mapped_by(&self, plane: usize, descriptor: usize) -> bool {
        let maps = &self.maps()[plane];
        maps.maps[..maps.len]
            .iter()
            .any(|(by, _)| *by == descriptor)
    }

    /// Whether a plane is open to the CPU.
    pub(crate) fn is_mapped(&self, plane: usize) -> bool {
        self.maps()[plane].len > 0
    }

    fn maps(&self) -> MutexGuard<'_, [PlaneMaps; 4]> {
        self.maps.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn protect(&self, plane: usize, maps: &PlaneMaps) {
        let maps = &maps.maps[..maps.len];
        let protection = if maps.is_empty() {
            libc::PROT_NONE
        } else if maps.iter().any(|(_, write)| *write) {
            libc::PROT_READ | libc::PROT_WRITE
        } else {
            libc::PROT_READ
        };
        let offset = self.planes.offset[plane] as usize;
        self.cpu
            .protect(offset, self.planes.psize[plane] as usize, protection);
    }
}
