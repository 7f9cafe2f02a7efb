//! The calls that map a plane: each in two forms, by fd and by fd and description.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::NonNull;

use super::buffer::NvBuffer;
use super::library::needed;
use crate::error::{Error, ErrorKind, Result, check};

/// A function of a mapped plane, and its form with a description.
#[derive(Clone, Copy)]
enum Mapped {
    UnMap,
    SyncForCpu,
    SyncForDevice,
}

impl NvBuffer<'_> {
    /// Maps a plane and gives its address.
    pub(super) fn mem_map(&self, plane: usize, flags: c_uint) -> Result<NonNull<u8>> {
        let (library, p) = (self.library(), plane as c_uint);
        let mut address: *mut c_void = std::ptr::null_mut();
        let place = &raw mut address;
        let (call, ret) = match self.description() {
            None => {
                let map = library.functions().mem_map;
                // SAFETY: a live buffer by the type invariant, a plane of it, a place for the address.
                let ret = unsafe { map(self.fd(), p, flags, place) };
                ("NvBufferMemMap", ret)
            }
            Some(description) => {
                let call = "NvBufferMemMapEx";
                let map = needed(library, library.functions().mem_map_ex, call)?;
                let mut block = *description.block();
                let block = block.as_mut_ptr().cast();
                // SAFETY: as above; a description that the maker of the buffer vouches for, and that
                // was checked.
                let ret = unsafe { map(self.fd(), block, p, flags, place) };
                (call, ret)
            }
        };
        check(call, ret, || {
            format!(
                "{self:?}, plane {plane}, flags {flags}: memory that the CPU cannot have (protected), or \
                 the process is out of address space. Transform it to a buffer of your own to look at it"
            )
        })?;
        NonNull::new(address.cast()).ok_or_else(|| {
            let detail = format!("{self:?}, plane {plane}: returned 0 and no address");
            Error::new(ErrorKind::Call, call, detail)
        })
    }

    /// Undoes `mem_map`.
    pub(super) fn mem_unmap(&self, plane: usize, address: NonNull<u8>) -> Result<()> {
        self.mapped(Mapped::UnMap, plane, address)
    }

    /// What hardware wrote, for the CPU.
    pub(super) fn mem_sync_for_cpu(&self, plane: usize, address: NonNull<u8>) -> Result<()> {
        self.mapped(Mapped::SyncForCpu, plane, address)
    }

    /// What the CPU wrote, for hardware.
    pub(super) fn mem_sync_for_device(&self, plane: usize, address: NonNull<u8>) -> Result<()> {
        self.mapped(Mapped::SyncForDevice, plane, address)
    }

    fn mapped(&self, what: Mapped, plane: usize, address: NonNull<u8>) -> Result<()> {
        let library = self.library();
        let f = library.functions();
        // The library may write into it; the address is the caller's all the same.
        let mapped_at = address;
        let mut address: *mut c_void = address.as_ptr().cast();
        let (p, place) = (plane as c_uint, &raw mut address);
        let (call, ret): (_, c_int) = if let Some(description) = self.description() {
            let (call, function) = match what {
                Mapped::UnMap => ("NvBufferMemUnMapEx", f.mem_unmap_ex),
                Mapped::SyncForCpu => ("NvBufferMemSyncForCpuEx", f.mem_sync_for_cpu_ex),
                Mapped::SyncForDevice => ("NvBufferMemSyncForDeviceEx", f.mem_sync_for_device_ex),
            };
            let function = needed(library, function, call)?;
            let mut block = *description.block();
            let block = block.as_mut_ptr().cast();
            // SAFETY: the plane is mapped there, of a live buffer (type invariant), whose description
            // was checked.
            (call, unsafe { function(self.fd(), block, p, place) })
        } else {
            let (call, function) = match what {
                Mapped::UnMap => ("NvBufferMemUnMap", f.mem_unmap),
                Mapped::SyncForCpu => ("NvBufferMemSyncForCpu", f.mem_sync_for_cpu),
                Mapped::SyncForDevice => ("NvBufferMemSyncForDevice", f.mem_sync_for_device),
            };
            // SAFETY: the plane is mapped there, of a live buffer (type invariant).
            (call, unsafe { function(self.fd(), p, place) })
        };
        check(call, ret, || {
            let remedy = match what {
                Mapped::UnMap => {
                    "it stays mapped; that is tried again before the plane is mapped and when the buffer \
                     is dropped, which leaks if it fails then"
                }
                Mapped::SyncForCpu => {
                    "the CPU would see old pixels, so it is not mapped: map it again"
                }
                Mapped::SyncForDevice => {
                    "hardware may see old pixels: map the plane for writing again and end that"
                }
            };
            format!("{self:?}, plane {plane} at {mapped_at:p}: {remedy}")
        })
    }
}
