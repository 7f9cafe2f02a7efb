//! A producer of R32: buffers of libnvbuf_utils, whose memory maps to the opaque `nv_buffer`.

use std::ffi::CStr;
use std::sync::Arc;

use gst_nvmm::nvbuf::legacy::NvBuffer;
use gst_nvmm::nvbuf::{Access, ColorFormat, PlanePtr};

use super::allocator::{Shell, memory};

/// An element of R32 without `bufapi-version`, that recycles its buffers.
#[derive(Debug)]
pub struct LegacyPeer(Vec<Arc<NvBuffer<'static>>>);

impl LegacyPeer {
    /// With this many buffers.
    ///
    /// # Panics
    ///
    /// When there is no memory for them.
    pub fn new(count: usize, width: u32, height: u32, format: ColorFormat) -> Self {
        let build = || NvBuffer::builder(width, height).format(format).build();
        let buffers = (0..count).map(|_| Arc::new(build().expect("a buffer")));
        Self(buffers.collect())
    }

    /// A buffer, round and round.
    pub fn nv_buffer(&self, index: usize) -> &Arc<NvBuffer<'static>> {
        &self.0[index % self.0.len()]
    }

    /// A new memory around a buffer, as nvvidconv's.
    pub fn buffer(&self, index: usize) -> gst::Buffer {
        self.named(index, c"nvfilter")
    }

    /// A new memory of this name: `nvarguscam`, `V4l2Memory`, `openmax`.
    pub fn named(&self, index: usize, mem_type: &'static CStr) -> gst::Buffer {
        self.sized(index, mem_type, self.nv_buffer(index).raw_size())
    }

    /// A new memory of this name that says to be larger or smaller than the block, as Yocto's nvvidconv does
    /// (facts: the frame's size).
    pub fn sized(&self, index: usize, mem_type: &'static CStr, size: usize) -> gst::Buffer {
        let buffer = Arc::clone(self.nv_buffer(index));
        let shell = Shell {
            mem_type,
            data: buffer.as_ptr(),
            size,
            max_size: size.max(1 << 20),
        };
        let mut outer = gst::Buffer::new();
        // SAFETY: the block is the buffer's own; who reads more than it has reads what is not his.
        let memory = unsafe { memory(shell, buffer) };
        outer.get_mut().expect("just made").append_memory(memory);
        outer
    }

    /// Fills plane 0 with bytes by column and row.
    ///
    /// # Panics
    ///
    /// When it cannot be mapped.
    pub fn fill(&self, index: usize, byte: impl Fn(usize, usize) -> u8) {
        let map = self.nv_buffer(index).map_ptr(Access::Write).expect("a map");
        super::write_plane(&map.plane(0).expect("a plane"), byte);
        map.unmap().expect("an unmap");
    }

    /// Plane 0, row after row.
    ///
    /// # Panics
    ///
    /// When it cannot be mapped.
    pub fn bytes(buffer: &NvBuffer<'_>) -> Vec<u8> {
        let map = buffer.map_ptr(Access::Read).expect("a map");
        let plane: PlanePtr = map.plane(0).expect("a plane");
        let bytes = super::read_plane(&plane);
        map.unmap().expect("an unmap");
        bytes
    }
}
