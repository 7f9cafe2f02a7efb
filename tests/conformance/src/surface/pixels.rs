//! Pixels through the CPU, with the steps of NVIDIA's own elements: map, sync, touch, sync, unmap,
//! plane by plane.

use std::ffi::c_int;

use nvbufsurface_sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE};

use super::{Descriptor, Planes};
use crate::case::Failure;
use crate::check;

fn number(i: usize) -> c_int {
    c_int::try_from(i).unwrap_or(c_int::MAX)
}

impl Descriptor {
    /// The first row of a plane that is mapped, and the plane.
    fn mapped(&self, index: usize, plane: usize) -> Result<(*mut u8, Planes), Failure> {
        let shape = self.plane(index, plane)?;
        check::that(
            format_args!("{shape:?} has rows within its pitch, and rows within its size"),
            shape.row() <= shape.pitch as usize
                && u64::from(shape.pitch) * u64::from(shape.height) <= u64::from(shape.size),
        )?;
        let start = self.address(index, plane)?.cast::<u8>();
        check::that(
            format_args!("plane {plane} of buffer {index} has an address once it is mapped"),
            !start.is_null(),
        )?;
        Ok((start, shape))
    }

    /// The pixels of a plane that is mapped for reading, packed.
    pub(crate) fn peek(&self, index: usize, plane: usize) -> Result<Vec<u8>, Failure> {
        let (start, shape) = self.mapped(index, plane)?;
        let mut bytes = vec![0; shape.packed()];
        for (y, row) in bytes.chunks_mut(shape.row()).enumerate() {
            let from = start.wrapping_add(y * shape.pitch as usize);
            // SAFETY: a row of the plane, which the library says is mapped here with so many rows
            // of that pitch; other memory than the vector's.
            unsafe { std::ptr::copy_nonoverlapping(from, row.as_mut_ptr(), row.len()) };
        }
        Ok(bytes)
    }

    /// Writes packed pixels to a plane that is mapped for writing.
    pub(crate) fn poke(&self, index: usize, plane: usize, bytes: &[u8]) -> Result<(), Failure> {
        let (start, shape) = self.mapped(index, plane)?;
        check::equal("bytes of the plane", bytes.len(), shape.packed())?;
        for (y, row) in bytes.chunks(shape.row()).enumerate() {
            let to = start.wrapping_add(y * shape.pitch as usize);
            // SAFETY: as in `peek`, mapped for writing by who calls this.
            unsafe { std::ptr::copy_nonoverlapping(row.as_ptr(), to, row.len()) };
        }
        Ok(())
    }

    /// Writes one value to all of a plane that is mapped for writing, padding of its rows included.
    pub(crate) fn fill_mapped(&self, index: usize, plane: usize, value: u8) -> Result<(), Failure> {
        let (start, shape) = self.mapped(index, plane)?;
        let len = shape.pitch as usize * shape.height as usize;
        // SAFETY: so many bytes are mapped, as in `peek`, for writing by who calls this.
        unsafe { std::ptr::write_bytes(start, value, len) };
        Ok(())
    }

    /// What the device has in a plane.
    pub(crate) fn read(&self, index: usize, plane: usize) -> Result<Vec<u8>, Failure> {
        let (i, p) = (number(index), number(plane));
        self.map(i, p, NVBUF_MAP_READ)?;
        self.sync_for_cpu(i, p)?;
        let bytes = self.peek(index, plane)?;
        self.unmap(i, p)?;
        Ok(bytes)
    }

    /// Gives the device the pixels of a plane.
    pub(crate) fn write(&self, index: usize, plane: usize, bytes: &[u8]) -> Result<(), Failure> {
        let (i, p) = (number(index), number(plane));
        self.map(i, p, NVBUF_MAP_READ_WRITE)?;
        self.sync_for_cpu(i, p)?;
        self.poke(index, plane, bytes)?;
        self.sync_for_device(i, p)?;
        self.unmap(i, p)
    }

    /// One value for each plane of a buffer.
    pub(crate) fn paint(&self, index: usize, values: &[u8]) -> Result<(), Failure> {
        for (plane, value) in values.iter().enumerate() {
            let len = self.plane(index, plane)?.packed();
            self.write(index, plane, &vec![*value; len])?;
        }
        Ok(())
    }

    /// Bytes without a pattern in every plane; what they are.
    pub(crate) fn scribble(&self, index: usize, seed: u32) -> Result<Vec<Vec<u8>>, Failure> {
        let planes = self.planes(index)?.into_iter().enumerate();
        planes
            .map(|(plane, shape)| {
                let bytes = noise(shape.packed(), seed + plane as u32);
                self.write(index, plane, &bytes).map(|()| bytes)
            })
            .collect()
    }

    /// All planes of a buffer.
    pub(crate) fn read_all(&self, index: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let count = self.planes(index)?.len();
        (0..count).map(|plane| self.read(index, plane)).collect()
    }
}

/// Bytes without a pattern.
pub(crate) fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(len).collect()
}
