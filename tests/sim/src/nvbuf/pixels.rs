//! The pixels of a buffer as the CPU has them, and how fresh both copies are.
//!
//! The file is the device's memory; what the CPU maps is memory of its own. Only a synchronisation
//! moves pixels between them, as on a machine without I/O coherency.

use std::ffi::c_int;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard};

use nvbufsurface_sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_WRITE};

use super::buffer::Buffer;
use super::plane::{Cpu, Device, Plane};
use super::transfer;
use crate::functions::Function;
use crate::mapping::{Mapping, page_size};
use crate::region::Region;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add};

/// The CPU's copy of the pixels.
#[derive(Debug)]
pub(crate) struct Pixels {
    /// Without access at rest, and without memory until a plane is touched.
    cpu: Mapping,
    planes: Mutex<[Plane; 4]>,
}

impl Pixels {
    /// Room for that many bytes, with one page more that is never accessible: running over the end
    /// is noticed.
    pub(crate) fn new(len: usize) -> std::io::Result<Self> {
        let cpu = Mapping::new(-1, len + page_size(), false)?;
        Ok(Self {
            cpu,
            planes: Mutex::default(),
        })
    }
}

/// Looks for writes of the CPU that a device would miss, before one uses a region.
pub(crate) fn before_device(region: &Region) {
    if !region.cpu_wrote.load(SeqCst) {
        return;
    }
    if let Some(buffer) = super::buffer::find_by_region(region) {
        buffer.look_for_lost_writes();
    }
}

impl Buffer {
    /// The CPU's address of a plane.
    pub(crate) fn cpu_address(&self, plane: usize) -> usize {
        self.pixels.cpu.base() + self.planes.offset[plane] as usize
    }

    /// Opens a plane to the CPU on behalf of a descriptor; false if too many have it open.
    pub(crate) fn map(&self, plane: usize, descriptor: usize, flags: u32) -> bool {
        let mut planes = self.fresh();
        let state = &mut planes[plane];
        let Some(free) = state.maps.get_mut(state.len) else {
            return false;
        };
        *free = (descriptor, flags != NVBUF_MAP_READ);
        state.len += 1;
        if state.device != Device::Old {
            if flags == NVBUF_MAP_WRITE {
                // Nobody will read the old pixels, and what is not written must survive.
                self.fetch(plane, state);
            } else {
                state.is_stale = true;
            }
        }
        if flags != NVBUF_MAP_READ {
            state.cpu = Cpu::Unsynced;
        }
        self.protect(plane, state.protection());
        self.note_cpu(&planes);
        true
    }

    /// Undoes one [`Buffer::map`], that of this descriptor if there is one; false if none is left.
    pub(crate) fn unmap(&self, function: Function, plane: usize, descriptor: usize) -> bool {
        let mut planes = self.planes();
        let state = &mut planes[plane];
        let Some(last) = state.len.checked_sub(1) else {
            return false;
        };
        let own = state.maps().iter().position(|(by, _)| *by == descriptor);
        let was_stale =
            last == 0 && std::mem::take(&mut state.is_stale) && self.is_stale(plane, state);
        state.maps.swap(own.unwrap_or(last), last);
        state.len = last;
        if state.cpu == Cpu::MoreSinceSync {
            state.settle();
        }
        self.protect(plane, state.protection());
        self.note_cpu(&planes);
        drop(planes);
        if was_stale {
            crate::log::violation(
                Rule::CpuReadWithoutSync,
                format_args!(
                    "{function:?}: plane {plane} of fd {} was mapped for reading after the device \
                     had written, and never synchronised for the CPU",
                    self.fd()
                ),
            );
        }
        true
    }

    /// Whether a descriptor has a plane open.
    pub(crate) fn is_mapped_by(&self, plane: usize, descriptor: usize) -> bool {
        let planes = self.planes();
        planes[plane].maps().iter().any(|(by, _)| *by == descriptor)
    }

    /// Whether a plane is open to the CPU.
    pub(crate) fn is_mapped(&self, plane: usize) -> bool {
        self.planes()[plane].len > 0
    }

    /// Gives the CPU the device's pixels of a plane.
    pub(crate) fn sync_for_cpu(&self, plane: usize) {
        let mut planes = self.fresh();
        let state = &mut planes[plane];
        self.fetch(plane, state);
        state.is_stale = false;
        if !state.is_writable() {
            state.cpu = Cpu::Nothing;
        }
        self.note_cpu(&planes);
        add(&COUNTERS.sync_for_cpu_bytes, self.plane_bytes(plane));
    }

    /// Gives the device the CPU's pixels of a plane, if the CPU may have written any.
    pub(crate) fn sync_for_device(&self, plane: usize) {
        let mut planes = self.fresh();
        let state = &mut planes[plane];
        if state.cpu == Cpu::Nothing {
            return;
        }
        self.transfer(plane, libc::PROT_READ, state, transfer::write);
        self.region.flush();
        state.device = Device::Old;
        state.is_stale = false;
        state.settle();
        self.note_cpu(&planes);
        add(&COUNTERS.sync_for_device_bytes, self.plane_bytes(plane));
    }

    /// Notes that an engine writes a plane; best before it does.
    pub(crate) fn device_wrote(&self, plane: usize) {
        let mut planes = self.planes();
        let state = &mut planes[plane];
        // What is mapped now was mapped before.
        state.is_stale = state.is_stale && self.is_stale(plane, state);
        state.device = Device::New;
    }

    fn look_for_lost_writes(&self) {
        let mut planes = self.fresh();
        let mut lost = None;
        for (plane, state) in planes.iter_mut().enumerate().take(self.num_planes()) {
            let may_be_lost = match state.cpu {
                Cpu::Nothing => continue,
                Cpu::Unsynced => true,
                // Newer pixels of the device hide what the CPU wrote.
                Cpu::MoreSinceSync => state.device == Device::Old,
            };
            if may_be_lost && self.differs(plane, state) {
                lost = lost.or(Some(plane));
            }
            state.settle();
        }
        self.note_cpu(&planes);
        drop(planes);
        if let Some(plane) = lost {
            crate::log::violation(
                Rule::DeviceReadWithoutSync,
                format_args!(
                    "the device uses fd {}, whose plane {plane} the CPU has written and not \
                     synchronised for the device",
                    self.fd()
                ),
            );
        }
    }

    fn is_stale(&self, plane: usize, state: &mut Plane) -> bool {
        if state.device == Device::MaybeNew && !self.differs(plane, state) {
            state.device = Device::Old;
        }
        state.device != Device::Old
    }

    fn planes(&self) -> MutexGuard<'_, [Plane; 4]> {
        let planes = self.pixels.planes.lock();
        planes.unwrap_or_else(|e| e.into_inner())
    }

    /// The planes, with what the GPU has done since the last look.
    fn fresh(&self) -> MutexGuard<'_, [Plane; 4]> {
        let mut planes = self.planes();
        // What the real driver does with memory of a GPU is not seen.
        let is_unseen = self.is_shared.load(SeqCst) || self.region.gpu().is_some();
        if self.region.device_used.swap(false, SeqCst) || is_unseen {
            let old = planes.iter_mut().filter(|p| p.device == Device::Old);
            old.for_each(|plane| plane.device = Device::MaybeNew);
        }
        planes
    }

    fn note_cpu(&self, planes: &[Plane; 4]) {
        let wrote = planes.iter().any(|plane| plane.cpu != Cpu::Nothing);
        self.region.cpu_wrote.store(wrote, SeqCst);
    }

    fn fetch(&self, plane: usize, state: &mut Plane) {
        self.transfer(
            plane,
            libc::PROT_READ | libc::PROT_WRITE,
            state,
            transfer::read,
        );
        state.device = Device::Old;
    }

    fn differs(&self, plane: usize, state: &Plane) -> bool {
        !self.transfer(plane, libc::PROT_READ, state, transfer::is_same)
    }

    /// Does something with the bytes of a plane in both copies, after opening the CPU's as that needs.
    fn transfer(&self, plane: usize, open: c_int, state: &Plane, action: transfer::Action) -> bool {
        let Some(alias) = self.region.alias() else {
            return true;
        };
        let len = usize::try_from(self.plane_bytes(plane)).unwrap_or(0);
        let device = alias + self.planes.offset[plane] as usize;
        self.region.fetch();
        self.protect(plane, state.protection() | open);
        // SAFETY: the plane lies in the CPU's copy, open as the action needs it, and in the alias of the
        // region, always open; both live as long as `self`, and no Rust reference covers them.
        let result = unsafe { action(self.cpu_address(plane), device, len) };
        self.protect(plane, state.protection());
        result
    }

    fn protect(&self, plane: usize, protection: c_int) {
        let offset = self.planes.offset[plane] as usize;
        let len = self.planes.psize[plane] as usize;
        self.pixels.cpu.protect(offset, len, protection);
    }
}
