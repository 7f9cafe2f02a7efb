//! NVMM buffers as elements of others make and take them.

mod allocator;
mod consumer;
mod legacy;

use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use gst::glib::translate::from_glib_full;
use gst_nvmm::nvbuf::sys::extended::{NvBufSurface, NvBufSurfaceParams};
use gst_nvmm::nvbuf::{Access, ColorFormat, Layout, PlanePtr, Surface, sys};

use self::allocator::{Shell, memory};
pub use self::consumer::{Consumer, is_r32};
pub use self::legacy::LegacyPeer;

/// Wraps the first `size` bytes of `bytes` as `gst_buffer_new_wrapped_full` does for peers.
///
/// # Panics
///
/// When `bytes` is shorter.
pub fn wrap(bytes: impl AsRef<[u64]> + Send + 'static, size: usize) -> gst::Buffer {
    let held = Box::new(bytes);
    let slice = (*held).as_ref();
    assert!(size <= size_of_val(slice), "{size} bytes of less");
    let data = slice.as_ptr().cast_mut().cast::<c_void>();
    // SAFETY: `held` stays where it is, with the bytes, until it is freed below.
    unsafe { wrap_raw(data, size, held) }
}

/// # Safety
///
/// `size` bytes at `data` live as long as `held`.
unsafe fn wrap_raw<T: Send + 'static>(data: *mut c_void, size: usize, held: Box<T>) -> gst::Buffer {
    unsafe extern "C" fn free<T>(held: *mut c_void) {
        // SAFETY: the box leaked below; GStreamer calls this once.
        drop(unsafe { Box::from_raw(held.cast::<T>()) });
    }
    // SAFETY: by this function's contract; the last argument belongs to the one before.
    let buffer = unsafe {
        gst::ffi::gst_buffer_new_wrapped_full(
            gst::ffi::GST_MEMORY_FLAG_READONLY,
            data,
            size,
            0,
            size,
            Box::into_raw(held).cast(),
            Some(free::<T>),
        )
    };
    // SAFETY: a new buffer, which is given to us.
    unsafe { from_glib_full(buffer) }
}

/// An element of somebody else that recycles its surfaces.
#[derive(Debug)]
pub struct Peer(Vec<Arc<Surface>>);

impl Peer {
    /// With this many surfaces.
    ///
    /// # Panics
    ///
    /// When there is no memory for them.
    pub fn new(count: usize, width: u32, height: u32, format: ColorFormat) -> Self {
        Self::with_layout(count, width, height, format, Layout::PITCH)
    }

    /// The same with block-linear surfaces, as nvarguscamerasrc and decoders make them.
    ///
    /// # Panics
    ///
    /// When there is no memory for them.
    pub fn block_linear(count: usize, width: u32, height: u32, format: ColorFormat) -> Self {
        Self::with_layout(count, width, height, format, Layout::BLOCK_LINEAR)
    }

    fn with_layout(
        count: usize,
        width: u32,
        height: u32,
        format: ColorFormat,
        layout: Layout,
    ) -> Self {
        let builder = Surface::builder(width, height)
            .format(format)
            .layout(layout);
        let build = || builder.clone().build().expect("a surface");
        Self((0..count).map(|_| Arc::new(build())).collect())
    }

    /// A surface, round and round.
    pub fn surface(&self, index: usize) -> &Arc<Surface> {
        &self.0[index % self.0.len()]
    }

    /// A new memory around a surface.
    pub fn buffer(&self, index: usize) -> gst::Buffer {
        let surface = Arc::clone(self.surface(index));
        let descriptor = surface.as_ptr().cast();
        let size = surface.raw_size();
        // SAFETY: the descriptor is the surface's own, of this size, and lives as long as it.
        unsafe { wrap_raw(descriptor, size, Box::new(surface)) }
    }

    /// The same as an allocator of NVIDIA's makes it, named `mem_type`, and writable. It says to have `size`
    /// bytes where that is more than the descriptor has, as Yocto's nvvidconv does (facts: the frame's size).
    pub fn named(&self, index: usize, mem_type: &'static CStr, size: usize) -> gst::Buffer {
        let surface = Arc::clone(self.surface(index));
        let size = size.max(surface.raw_size());
        let shell = Shell {
            mem_type,
            data: surface.as_ptr().cast(),
            size,
            max_size: size,
        };
        let mut buffer = gst::Buffer::new();
        // SAFETY: the descriptor is the surface's own; who reads more than it has reads what is not his.
        let memory = unsafe { memory(shell, surface) };
        buffer.get_mut().expect("just made").append_memory(memory);
        buffer
    }

    /// A surface with a batch of `size` buffers of which `filled` are said to be filled, as nvstreammux makes
    /// them.
    ///
    /// # Panics
    ///
    /// When there is no memory for it.
    pub fn batch(size: u32, filled: u32, width: u32, height: u32, format: ColorFormat) -> Self {
        let builder = Surface::builder(width, height).format(format).batch(size);
        let surface = builder.build().expect("a surface");
        surface
            .set_num_filled(filled)
            .expect("not more than there are");
        Self(vec![Arc::new(surface)])
    }

    /// Fills plane 0 of one buffer of a batch with bytes by column and row.
    ///
    /// # Panics
    ///
    /// When it cannot be mapped.
    pub fn fill_of_batch(&self, buffer: u32, byte: impl Fn(usize, usize) -> u8) {
        let map = self
            .surface(0)
            .map_ptr(buffer, Access::Write)
            .expect("a map");
        write_plane(&map.plane(0).expect("a plane"), byte);
        map.unmap().expect("an unmap");
    }

    /// Fills plane 0 of a surface with bytes by column and row.
    ///
    /// # Panics
    ///
    /// When it cannot be mapped, or (block linear) be copied to.
    pub fn fill(&self, index: usize, byte: impl Fn(usize, usize) -> u8) {
        let surface = self.surface(index);
        let params = surface.params(0).expect("a buffer");
        if params.layout() == Layout::PITCH {
            return write(surface, byte);
        }
        // The CPU cannot: an engine copies between rows and blocks.
        let rows = rows_of(surface);
        write(&rows, byte);
        copy(&rows, surface);
    }

    /// Fills every plane of a surface with bytes by plane, column and row.
    ///
    /// # Panics
    ///
    /// As [`Peer::fill`].
    pub fn fill_planes(&self, index: usize, byte: impl Fn(u32, usize, usize) -> u8) {
        let surface = self.surface(index);
        let rows = rows_of(surface);
        let map = rows.map_ptr(0, Access::Write).expect("a map");
        for number in 0..map.num_planes() as u32 {
            let plane = map.plane(number as usize).expect("a plane");
            write_plane(&plane, |x, y| byte(number, x, y));
        }
        map.unmap().expect("an unmap");
        copy(&rows, surface);
    }

    /// The bytes of plane 0 of a surface, row after row, whatever its layout.
    ///
    /// # Panics
    ///
    /// When it cannot be copied or mapped.
    pub fn bytes(&self, index: usize) -> Vec<u8> {
        let rows = rows_of(self.surface(index));
        copy(self.surface(index), &rows);
        let map = rows.map_ptr(0, Access::Read).expect("a map");
        let plane = map.plane(0).expect("a plane");
        let bytes = read_plane(&plane);
        map.unmap().expect("an unmap");
        bytes
    }
}

/// A new pitch-linear surface of the shape of another.
fn rows_of(surface: &Surface) -> Surface {
    let params = surface.params(0).expect("a buffer");
    let rows = Surface::builder(params.width(), params.height()).format(params.color_format());
    rows.build().expect("a surface")
}

/// Copies the pixels of a surface to another of its shape.
fn copy(from: &Surface, to: &Surface) {
    let functions = sys::Library::get().expect("the library").functions();
    // SAFETY: both are surfaces, alive, of one shape, and nobody else uses them now.
    let code = unsafe { (functions.copy)(from.as_ptr().cast(), to.as_ptr().cast()) };
    assert_eq!(code, 0, "NvBufSurfaceCopy");
}

fn write(surface: &Surface, byte: impl Fn(usize, usize) -> u8) {
    let map = surface.map_ptr(0, Access::Write).expect("a map");
    write_plane(&map.plane(0).expect("a plane"), byte);
    map.unmap().expect("an unmap");
}

/// Writes the bytes of a mapped plane.
fn write_plane(plane: &PlanePtr, byte: impl Fn(usize, usize) -> u8) {
    for row in 0..plane.params.height as usize {
        // SAFETY: a row of the plane, inside its mapping.
        let start = unsafe { plane.data.add(row * plane.params.pitch as usize) };
        for column in 0..plane.params.row_bytes() {
            // SAFETY: as above.
            let at = unsafe { start.add(column) };
            // SAFETY: as above, writable, and nobody else uses the plane now.
            unsafe { at.write(byte(column, row)) };
        }
    }
}

/// The bytes of a mapped plane, row after row.
fn read_plane(plane: &PlanePtr) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in 0..plane.params.height as usize {
        // SAFETY: a row of the plane, inside its mapping.
        let start = unsafe { plane.data.add(row * plane.params.pitch as usize) };
        // SAFETY: as above; nobody writes the plane now.
        let row = unsafe { std::slice::from_raw_parts(start.as_ptr(), plane.params.row_bytes()) };
        bytes.extend_from_slice(row);
    }
    bytes
}

/// A descriptor to be spoilt: copies of both structs of a surface, which stays alive beside them. In the
/// classic family the ends are not used, and only the first entry of the list is found.
#[derive(Debug)]
pub struct Forged {
    /// The outer struct; `surfaceList` points to [`Forged::params`] unless it is changed.
    pub surface: NvBufSurface,
    /// The first entries of its list.
    pub params: Box<[NvBufSurfaceParams; 2]>,
    alive: Arc<Surface>,
}

// SAFETY: the pointers inside are to the surface and to the box, which go along.
unsafe impl Send for Forged {}

impl Forged {
    /// Of a sound surface.
    pub fn new(peer: &Peer) -> Self {
        let alive = Arc::clone(peer.surface(0));
        let family = sys::Library::get().expect("the library").family();
        let from = alive.as_ptr();
        // SAFETY: the surface's own descriptor, of this size, which nobody writes now.
        let mut surface =
            unsafe { first_bytes::<NvBufSurface>(from.cast(), family.surface_size()) };
        // SAFETY: as above: a surface has at least one entry.
        let one = unsafe {
            first_bytes::<NvBufSurfaceParams>(surface.surfaceList.cast(), family.params_size())
        };
        let mut params = Box::new([one; 2]);
        surface.surfaceList = params.as_mut_ptr();
        Self {
            surface,
            params,
            alive,
        }
    }

    /// A buffer around it.
    pub fn into_buffer(self) -> gst::Buffer {
        let size = self.alive.raw_size();
        let mut held = Box::new(self);
        let descriptor = (&raw mut held.surface).cast();
        // SAFETY: the struct is in the box, and at least as long.
        unsafe { wrap_raw(descriptor, size, held) }
    }
}

/// A struct of which a family has the first `len` bytes, and zeros after them.
///
/// # Safety
///
/// `len` bytes at `from` can be read, and `T` is integers and pointers.
unsafe fn first_bytes<T>(from: *const u8, len: usize) -> T {
    assert!(len <= size_of::<T>());
    let mut all = MaybeUninit::<T>::zeroed();
    // SAFETY: by this function's contract, and there is room (asserted).
    unsafe {
        all.as_mut_ptr()
            .cast::<u8>()
            .copy_from_nonoverlapping(from, len)
    };
    // SAFETY: every byte is set, and any are a value of it.
    unsafe { all.assume_init() }
}
