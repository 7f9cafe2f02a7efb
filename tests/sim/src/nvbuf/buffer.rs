//! One buffer: a memfd, its planes, and who uses it.

use std::backtrace::Backtrace;
use std::ffi::c_int;
use std::os::fd::{AsRawFd as _, IntoRawFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32};

use nvbufsurface_sys::classic::{NVBUF_COLOR_FORMAT_INVALID, NvBufSurfacePlaneParams};

use super::layout::Extra;
use super::pixels::Pixels;
pub(crate) use super::registry::{each_alive, find, find_at, find_by_file, find_by_region};
pub(crate) use super::shape::Shape;
use super::{fd, gone, memory, registry};
use crate::budget::Room;
use crate::config;
use crate::gpu;
use crate::legacy::handle::Handle;
use crate::region::{Kind, Region};
use crate::stats::{COUNTERS, add, sub};

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
    /// Its fd; of memory without a dmabuf a negative number of its own.
    number: c_int,
    /// The file behind it, where there is one.
    pub(crate) file: Option<OwnedFd>,
    /// The `memType` of its batch.
    pub(crate) mem_type: u32,
    pub(crate) extra: Extra,
    pub(crate) owner: Owner,
    /// `nv_buffer` of libnvbuf_utils, where the release has it.
    pub(crate) handle: Option<Handle>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    pub(crate) planes: NvBufSurfacePlaneParams,
    pub(crate) size: u32,
    /// The CPU's copy of the pixels.
    pub(super) pixels: Pixels,
    /// The device's view.
    pub(crate) region: Arc<Region>,
    /// Where it begins in the region: not at 0 behind others of a contiguous batch.
    start: usize,
    /// fds of it that `ExtractFdFromNvBuffer` gave and nobody gave back.
    pub(crate) extracted: AtomicU32,
    /// Live EGLImages of it.
    pub(crate) images: AtomicU32,
    pub(crate) was_registered: AtomicBool,
    /// Which file its fd was when it was made.
    id: Option<(u64, u64)>,
    /// Who made it, with `NVMM_SIM_LEAKS=1`.
    pub(super) born: Option<Box<Backtrace>>,
    is_retired: AtomicBool,
    /// Others write the same pixels unseen: another process, or another buffer of the file.
    pub(super) is_shared: AtomicBool,
}

// SAFETY: the only raw pointers in it are the reserved fields of `planes`, which are null.
unsafe impl Send for Buffer {}
// SAFETY: as above; everything that changes is behind a mutex or atomic.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// Makes a buffer and enters it under its fd.
    pub(crate) fn new(shape: &Shape, owner: Owner) -> std::io::Result<Arc<Self>> {
        Self::in_room(shape, owner, Room::take(shape.size.into())?)
    }

    /// The same with memory that is counted already.
    pub(super) fn in_room(shape: &Shape, owner: Owner, room: Room) -> std::io::Result<Arc<Self>> {
        let file = memory::new_file(u64::from(shape.size))?;
        let on_gpu = gpu::Memory::picture(shape)?;
        let buffer = Self::with_file(shape, owner, file, room)?;
        if let Some(memory) = on_gpu {
            buffer.region.put_on_gpu(memory);
        }
        Ok(buffer)
    }

    /// Makes a buffer of a file of somebody else's that has the pixels, as large as the shape at least.
    pub(crate) fn of_file(
        shape: &Shape,
        owner: Owner,
        file: OwnedFd,
    ) -> std::io::Result<Arc<Self>> {
        if gpu::is_on() {
            let text = "GPU mode has no second view of memory: no import, no MapNvmmBuffer";
            return Err(std::io::Error::new(std::io::ErrorKind::Unsupported, text));
        }
        Self::with_file(shape, owner, file, Room::none())
    }

    fn with_file(
        shape: &Shape,
        owner: Owner,
        file: OwnedFd,
        room: Room,
    ) -> std::io::Result<Arc<Self>> {
        let (fd, len) = (file.as_raw_fd(), shape.size as usize);
        let pixels = Pixels::new(len)?;
        let region = Region::new(Kind::Surface, fd, len, room)?;
        Ok(Self::enter(shape, owner, fd, Some(file), pixels, region, 0))
    }

    /// Makes a buffer without a dmabuf of a part of a region that the program gets the address of.
    pub(crate) fn of_region(
        shape: &Shape,
        file: Option<OwnedFd>,
        region: Arc<Region>,
        start: usize,
    ) -> std::io::Result<Arc<Self>> {
        static NUMBER: AtomicI32 = AtomicI32::new(-2);
        let number = NUMBER.fetch_sub(1, SeqCst);
        // It is never mapped: there is nothing to open.
        let pixels = Pixels::new(0)?;
        Ok(Self::enter(
            shape,
            Owner::Surface,
            number,
            file,
            pixels,
            region,
            start,
        ))
    }

    fn enter(
        shape: &Shape,
        owner: Owner,
        number: c_int,
        file: Option<OwnedFd>,
        pixels: Pixels,
        region: Arc<Region>,
        start: usize,
    ) -> Arc<Self> {
        let buffer = Arc::new(Self {
            number,
            file,
            mem_type: shape.mem_type,
            extra: shape.extra,
            owner,
            handle: (number >= 0).then(|| Handle::new(number)).flatten(),
            width: shape.width,
            height: shape.height,
            color_format: shape.color_format,
            layout: shape.layout,
            planes: shape.planes,
            size: shape.size,
            pixels,
            region,
            start,
            id: fd::file_id(number),
            born: config::get()
                .leaks
                .then(|| Box::new(Backtrace::force_capture())),
            is_retired: AtomicBool::new(false),
            is_shared: AtomicBool::new(false),
            extracted: AtomicU32::new(0),
            images: AtomicU32::new(0),
            was_registered: AtomicBool::new(false),
        });
        registry::add(&buffer);
        fd::check_number(number);
        add(&COUNTERS.buffers_allocated, 1);
        add(&COUNTERS.buffers_alive, 1);
        buffer
    }

    /// Which file its fd was when it was made.
    pub(super) fn file_id(&self) -> Option<(u64, u64)> {
        self.id
    }

    pub(crate) fn fd(&self) -> c_int {
        self.number
    }

    /// Where it begins in its file.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// `dataPtr`: the address of memory without a dmabuf.
    pub(crate) fn data_address(&self) -> Option<usize> {
        (self.number < 0).then(|| {
            let on_gpu = self.region.gpu().and_then(gpu::Memory::address);
            on_gpu.unwrap_or(self.region.base()) + self.start
        })
    }

    /// Lets an engine at it; undone by [`Buffer::close`].
    pub(crate) fn open(&self) {
        self.region.open_part(&self.part());
    }

    /// The end of one [`Buffer::open`].
    pub(crate) fn close(&self, was_written: bool) {
        self.region.close_part(&self.part(), was_written);
    }

    /// Where it lies in its region.
    fn part(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.size as usize
    }

    /// Notes that others may write the same pixels from now on.
    pub(crate) fn share(&self) {
        self.is_shared.store(true, SeqCst);
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
        if self.is_retired.swap(true, SeqCst) {
            return false;
        }
        registry::remove(self);
        match self.data_address() {
            Some(address) => gone::ADDRESSES.add(address as u64),
            None => gone::FDS.add(self.fd().cast_unsigned().into()),
        }
        self.region.retire();
        sub(&COUNTERS.buffers_alive);
        true
    }

    /// Whether the program closed the fd; it may be another file now.
    pub(crate) fn is_closed(&self) -> bool {
        self.number >= 0 && fd::file_id(self.number) != self.id
    }

    /// Rows of a plane times its pitch.
    pub(crate) fn plane_bytes(&self, plane: usize) -> u64 {
        u64::from(self.planes.pitch[plane]) * u64::from(self.planes.height[plane])
    }

    /// The device's address of a plane.
    pub(crate) fn device_address(&self, plane: usize) -> usize {
        self.region.base() + self.start + self.planes.offset[plane] as usize
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // The number may be another file's now, which is not ours to close.
        if self.is_closed()
            && let Some(file) = self.file.take()
        {
            let _ = file.into_raw_fd();
        }
    }
}
