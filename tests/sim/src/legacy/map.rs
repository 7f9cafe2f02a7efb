//! `NvBufferMemMap`, `UnMap`, `SyncForCpu`, `SyncForDevice`, and their forms with a description.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::Arc;

use nvbufsurface_sys::nvbuf_utils::r32_6::{self as sys, NvBufferParams, NvBufferParamsEx};

use super::find;
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::map::count;
use crate::nvbuf::{Refused, call, refuse};
use crate::stats::{COUNTERS, add};

/// Who maps for [`Buffer::map`]: not the address of any struct.
const IDENTITY: usize = 1;

/// Where the caller keeps the address of a plane.
type Address<'a> = Option<&'a mut *mut c_void>;

/// A plane of a live buffer.
struct Plane {
    function: Function,
    buffer: Arc<Buffer>,
    number: usize,
}

impl Plane {
    fn new(function: Function, fd: c_int, number: c_uint) -> Result<Self, Refused> {
        let buffer = find(function, fd)?;
        if number >= buffer.planes.num_planes {
            refuse!(
                function,
                Rule::WrongPlane,
                "plane {number} of a buffer with {}",
                buffer.num_planes()
            );
        }
        Ok(Self {
            function,
            buffer,
            number: number as usize,
        })
    }

    /// With the description of the buffer that the forms for other processes take.
    ///
    /// # Safety
    ///
    /// `params` is null or points to a `NvBufferParamsEx`.
    unsafe fn described(
        function: Function,
        fd: c_int,
        params: *const NvBufferParamsEx,
        number: c_uint,
    ) -> Result<Self, Refused> {
        if params.is_null() {
            refuse!(function, Rule::NullArgument, "the description is NULL");
        }
        let plane = Self::new(function, fd, number)?;
        // The shorter description is its beginning; the rest may hold anything.
        const _: () = assert!(std::mem::offset_of!(NvBufferParamsEx, params) == 0);
        // SAFETY: not null, hence valid by this function's contract.
        let said = unsafe { params.cast::<NvBufferParams>().read() };
        let planes = &plane.buffer.planes;
        if (said.num_planes, said.pitch, said.offset, said.psize)
            != (planes.num_planes, planes.pitch, planes.offset, planes.psize)
        {
            refuse!(
                function,
                Rule::ForeignDescriptor,
                "the description is not that of fd {fd}"
            );
        }
        Ok(plane)
    }

    fn map(&self, flags: u32, out: Address<'_>) -> Result<(), Refused> {
        if !matches!(
            flags,
            sys::NvBufferMem_Read | sys::NvBufferMem_Write | sys::NvBufferMem_Read_Write
        ) {
            refuse!(self.function, "flags are {flags}");
        }
        let Some(out) = out else {
            refuse!(
                self.function,
                Rule::NullArgument,
                "the result pointer is NULL"
            )
        };
        if !self.buffer.map(self.number, IDENTITY, flags) {
            refuse!(
                self.function,
                Rule::MappedTooOften,
                "plane {} of fd {} is mapped too often",
                self.number,
                self.buffer.fd()
            );
        }
        *out = std::ptr::with_exposed_provenance_mut(self.buffer.cpu_address(self.number));
        // Flags have the same numbers in both libraries.
        count(self.buffer.plane_bytes(self.number), flags);
        Ok(())
    }

    /// That the plane is mapped, and at the address that the caller names.
    fn check(&self, address: Address<'_>) -> Result<(), Refused> {
        let Some(address) = address else {
            refuse!(
                self.function,
                Rule::NullArgument,
                "the address pointer is NULL"
            )
        };
        let (number, fd) = (self.number, self.buffer.fd());
        if !self.buffer.is_mapped_by(number, IDENTITY) {
            refuse!(
                self.function,
                Rule::NotMapped,
                "plane {number} of fd {fd} is not mapped, or unmapped twice"
            );
        }
        if address.addr() != self.buffer.cpu_address(number) {
            refuse!(
                self.function,
                Rule::WrongAddress,
                "plane {number} of fd {fd} is not mapped at {address:p}"
            );
        }
        Ok(())
    }

    fn unmap(&self, address: Address<'_>) -> Result<(), Refused> {
        self.check(address)?;
        self.buffer.unmap(self.function, self.number, IDENTITY);
        Ok(())
    }

    fn sync_for_cpu(&self, address: Address<'_>) -> Result<(), Refused> {
        self.sync(address, Buffer::sync_for_cpu)
    }

    fn sync_for_device(&self, address: Address<'_>) -> Result<(), Refused> {
        self.sync(address, Buffer::sync_for_device)
    }

    fn sync(&self, address: Address<'_>, pixels: fn(&Buffer, usize)) -> Result<(), Refused> {
        self.check(address)?;
        if self.buffer.region.is_busy() {
            add(&COUNTERS.unsynchronised, 1);
        }
        pixels(&self.buffer, self.number);
        Ok(())
    }
}

/// `NvBufferMemMap`
pub(crate) extern "C" fn map(fd: c_int, plane: c_uint, flags: u32, out: Address<'_>) -> c_int {
    let function = Function::NvBufferMemMap;
    call(function, || {
        Plane::new(function, fd, plane)?.map(flags, out)
    })
}

/// `NvBufferMemMapEx`
///
/// # Safety
///
/// As [`Plane::described`].
pub(crate) unsafe extern "C" fn map_ex(
    fd: c_int,
    params: *const NvBufferParamsEx,
    plane: c_uint,
    flags: u32,
    out: Address<'_>,
) -> c_int {
    let function = Function::NvBufferMemMapEx;
    call(function, || {
        // SAFETY: by this function's contract.
        let plane = unsafe { Plane::described(function, fd, params, plane) }?;
        plane.map(flags, out)
    })
}

/// A function with an address that was mapped, and its form with a description.
macro_rules! mapped {
    ($($method:ident: $name:ident $symbol:literal, $name_ex:ident $symbol_ex:literal,
        $function:ident, $function_ex:ident;)*) => {
        $(#[doc = concat!("`", $symbol, "`")]
        pub(crate) extern "C" fn $name(fd: c_int, plane: c_uint, address: Address<'_>) -> c_int {
            let function = Function::$function;
            call(function, || Plane::new(function, fd, plane)?.$method(address))
        }

        #[doc = concat!("`", $symbol_ex, "`")]
        ///
        /// # Safety
        ///
        /// As [`Plane::described`].
        pub(crate) unsafe extern "C" fn $name_ex(
            fd: c_int,
            params: *const NvBufferParamsEx,
            plane: c_uint,
            address: Address<'_>,
        ) -> c_int {
            let function = Function::$function_ex;
            call(function, || {
                // SAFETY: by this function's contract.
                let plane = unsafe { Plane::described(function, fd, params, plane) }?;
                plane.$method(address)
            })
        })*
    };
}

mapped! {
    unmap: unmap "NvBufferMemUnMap", unmap_ex "NvBufferMemUnMapEx",
        NvBufferMemUnMap, NvBufferMemUnMapEx;
    sync_for_cpu: sync_for_cpu "NvBufferMemSyncForCpu", sync_for_cpu_ex "NvBufferMemSyncForCpuEx",
        NvBufferMemSyncForCpu, NvBufferMemSyncForCpuEx;
    sync_for_device: sync_for_device "NvBufferMemSyncForDevice",
        sync_for_device_ex "NvBufferMemSyncForDeviceEx",
        NvBufferMemSyncForDevice, NvBufferMemSyncForDeviceEx;
}
