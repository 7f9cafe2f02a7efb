//! Pixels of a buffer of libnvbuf_utils through the CPU.

use std::ffi::{c_uint, c_void};

use nvbufsurface_sys::nvbuf_utils::r32_6::{NvBufferMem_Read, NvBufferMem_Read_Write};

use super::params::Plane;
use super::{Buffer, needed};
use crate::case::Failure;
use crate::check;

impl Plane {
    /// Bytes of a row that hold pixels, as the format has them.
    fn row(&self, bytes_per_pixel: u32) -> usize {
        (self.width * bytes_per_pixel) as usize
    }
}

impl Buffer {
    /// `NvBufferMemMap`
    pub(crate) fn map(&self, plane: c_uint, flags: c_uint) -> Result<*mut c_void, Failure> {
        let map = self.library.functions().mem_map;
        let mut address = std::ptr::null_mut();
        // SAFETY: the pointer is valid for the call; the rest is the library's to check.
        let code = unsafe { map(self.fd(), plane, flags, &raw mut address) };
        check::zero("NvBufferMemMap", code)?;
        check::that("NvBufferMemMap gives an address", !address.is_null())?;
        Ok(address)
    }

    /// `NvBufferMemUnMap`
    pub(crate) fn unmap(&self, plane: c_uint, mut address: *mut c_void) -> Result<(), Failure> {
        let unmap = self.library.functions().mem_unmap;
        // SAFETY: the pointer is valid for the call; the rest is the library's to check.
        let code = unsafe { unmap(self.fd(), plane, &raw mut address) };
        check::zero("NvBufferMemUnMap", code)
    }

    /// `NvBufferMemSyncForCpu`
    pub(crate) fn sync_for_cpu(
        &self,
        plane: c_uint,
        mut address: *mut c_void,
    ) -> Result<(), Failure> {
        let sync = self.library.functions().mem_sync_for_cpu;
        // SAFETY: the pointer is valid for the call; the rest is the library's to check.
        let code = unsafe { sync(self.fd(), plane, &raw mut address) };
        check::zero("NvBufferMemSyncForCpu", code)
    }

    /// `NvBufferMemSyncForDevice`
    pub(crate) fn sync_for_device(
        &self,
        plane: c_uint,
        mut address: *mut c_void,
    ) -> Result<(), Failure> {
        let sync = self.library.functions().mem_sync_for_device;
        // SAFETY: the pointer is valid for the call; the rest is the library's to check.
        let code = unsafe { sync(self.fd(), plane, &raw mut address) };
        check::zero("NvBufferMemSyncForDevice", code)
    }

    /// A plane and the bytes of its rows, by the name of the format.
    pub(crate) fn plane(&self, plane: usize) -> Result<(Plane, usize), Failure> {
        let params = self.params()?;
        let shape = params.planes.get(plane).copied();
        let shape = shape.ok_or_else(|| Failure::new(format!("a plane {plane}"), "fewer"))?;
        let format = params.format.and_then(|format| format.planes());
        let bits = format.and_then(|planes| Some(planes.get(plane)?.bits));
        let bits = bits.ok_or_else(|| Failure::new("a format that is known", "another"))?;
        let row = shape.row(bits / 8);
        check::that(
            format_args!("{shape:?} has rows of {row} bytes within its pitch and size"),
            row <= shape.pitch as usize
                && u64::from(shape.pitch) * u64::from(shape.height) <= u64::from(shape.size),
        )?;
        Ok((shape, row))
    }

    /// What the device has in a plane, packed.
    pub(crate) fn read(&self, plane: u32) -> Result<Vec<u8>, Failure> {
        let (shape, row) = self.plane(plane as usize)?;
        let address = self.map(plane, NvBufferMem_Read)?;
        self.sync_for_cpu(plane, address)?;
        let mut bytes = vec![0; row * shape.height as usize];
        for (y, into) in bytes.chunks_mut(row).enumerate() {
            let from = address.cast::<u8>().wrapping_add(y * shape.pitch as usize);
            // SAFETY: a row of the mapped plane, which has so many of that pitch.
            unsafe { std::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), row) };
        }
        self.unmap(plane, address)?;
        Ok(bytes)
    }

    /// Gives the device the pixels of a plane.
    pub(crate) fn write(&self, plane: u32, bytes: &[u8]) -> Result<(), Failure> {
        let (shape, row) = self.plane(plane as usize)?;
        check::equal("bytes", bytes.len(), row * shape.height as usize)?;
        let address = self.map(plane, NvBufferMem_Read_Write)?;
        self.sync_for_cpu(plane, address)?;
        for (y, from) in bytes.chunks(row).enumerate() {
            let to = address.cast::<u8>().wrapping_add(y * shape.pitch as usize);
            // SAFETY: a row of the mapped plane, which has so many of that pitch.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, row) };
        }
        self.sync_for_device(plane, address)?;
        self.unmap(plane, address)
    }

    /// One value for each plane.
    pub(crate) fn paint(&self, values: &[u8]) -> Result<(), Failure> {
        for (plane, value) in values.iter().enumerate() {
            let (shape, row) = self.plane(plane)?;
            self.write(plane as u32, &vec![*value; row * shape.height as usize])?;
        }
        Ok(())
    }

    /// Bytes without a pattern in a plane; what they are.
    pub(crate) fn scribble(&self, plane: u32, seed: u32) -> Result<Vec<u8>, Failure> {
        let (shape, row) = self.plane(plane as usize)?;
        let bytes = crate::surface::noise(row * shape.height as usize, seed);
        self.write(plane, &bytes)?;
        Ok(bytes)
    }

    /// `NvBuffer2Raw`: a whole plane, packed.
    pub(crate) fn to_raw(&self, plane: u32) -> Result<Vec<u8>, Failure> {
        let (shape, row) = self.plane(plane as usize)?;
        let to_raw = needed(self.library.functions().to_raw, "NvBuffer2Raw")?;
        let mut bytes = vec![0; row * shape.height as usize];
        let out = bytes.as_mut_ptr();
        // SAFETY: there is room for the packed rows of the whole plane.
        let code = unsafe { to_raw(self.fd(), plane, shape.width, shape.height, out) };
        check::zero("NvBuffer2Raw", code).map(|()| bytes)
    }

    /// `Raw2NvBuffer`: a whole plane.
    pub(crate) fn set_raw(&self, plane: u32, bytes: &[u8]) -> Result<(), Failure> {
        let (shape, row) = self.plane(plane as usize)?;
        check::equal("bytes", bytes.len(), row * shape.height as usize)?;
        let set = needed(self.library.functions().from_raw, "Raw2NvBuffer")?;
        let from = bytes.as_ptr().cast_mut();
        // SAFETY: the packed rows of the whole plane are there, and only read.
        let code = unsafe { set(from, plane, shape.width, shape.height, self.fd()) };
        check::zero("Raw2NvBuffer", code)
    }

    /// The first byte of a plane through the functions with a description.
    pub(crate) fn first_byte_ex(&self, plane: u32) -> Result<u8, Failure> {
        let functions = self.library.functions();
        let map = needed(functions.mem_map_ex, "NvBufferMemMapEx")?;
        let sync = needed(functions.mem_sync_for_cpu_ex, "NvBufferMemSyncForCpuEx")?;
        let unmap = needed(functions.mem_unmap_ex, "NvBufferMemUnMapEx")?;
        let mut params = self.long_block()?;
        let params = params.as_mut_ptr().cast::<c_void>();
        let mut address = std::ptr::null_mut();
        let out = &raw mut address;
        // SAFETY: the library's own description, and a pointer that is valid for the call.
        let code = unsafe { map(self.fd(), params, plane, NvBufferMem_Read, out) };
        check::zero("NvBufferMemMapEx", code)?;
        // SAFETY: as above.
        let code = unsafe { sync(self.fd(), params, plane, out) };
        check::zero("NvBufferMemSyncForCpuEx", code)?;
        check::that("NvBufferMemMapEx gives an address", !address.is_null())?;
        let pixel = address.cast::<u8>();
        // SAFETY: the first byte of the mapped plane.
        let byte = unsafe { pixel.read() };
        // SAFETY: as above.
        let code = unsafe { unmap(self.fd(), params, plane, out) };
        check::zero("NvBufferMemUnMapEx", code)?;
        Ok(byte)
    }
}
