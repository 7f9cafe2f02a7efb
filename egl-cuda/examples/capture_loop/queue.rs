//! A stand-in for a V4L2 capture device, so that the example runs without a camera.
//!
//! A real one is opened with buffers of `V4L2_MEMORY_DMABUF`, whose fds are those of the surfaces
//! (`Surface::dmabuf`); `requeue` is `VIDIOC_QBUF`, `dequeue` `VIDIOC_DQBUF`. As with a real one,
//! nothing but its user's care keeps it from writing into a buffer that somebody still reads.

use std::collections::VecDeque;
use std::sync::Arc;

use nvbuf::{Access, Surface};

/// A device that takes pictures into the buffers it has, in the order in which it got them.
pub(crate) struct Queue {
    surfaces: Vec<Arc<Surface>>,
    queued: VecDeque<usize>,
    pictures: u32,
}

impl Queue {
    pub(crate) fn new(surfaces: Vec<Arc<Surface>>) -> Self {
        Self {
            queued: (0..surfaces.len()).collect(),
            surfaces,
            pictures: 0,
        }
    }

    /// Whether the device has no buffer to write into: `dequeue` would wait forever.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued.is_empty()
    }

    /// Gives a buffer to the device, which may write into it from now on.
    pub(crate) fn requeue(&mut self, index: usize) {
        self.queued.push_back(index);
    }

    /// Takes the next picture's buffer from the device: its index, and the picture's number. Without a
    /// buffer in the device there is none.
    pub(crate) fn dequeue(&mut self) -> nvbuf::Result<Option<(usize, u32)>> {
        let Some(index) = self.queued.pop_front() else {
            return Ok(None);
        };
        let number = self.pictures;
        self.pictures += 1;
        let pixels = self.surfaces[index].map_ptr(0, Access::Write)?;
        for plane in 0..pixels.num_planes() {
            for row in pixels.plane(plane)?.rows() {
                // SAFETY: the row is mapped for writing while `pixels` lives, and the buffer is the
                // device's.
                unsafe { row.cast::<u8>().write_bytes(brightness(number), row.len()) };
            }
        }
        pixels.unmap()?;
        Ok(Some((index, number)))
    }
}

/// What the device writes into every byte of a picture. Pictures that follow each other differ.
pub(crate) fn brightness(number: u32) -> u8 {
    (number % 251) as u8
}
