//! Memory as the GPU and the other engines see it: no CPU access except while one of them runs.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use crate::budget::Room;
use crate::gpu;
use crate::mapping::{Mapping, page_size};
use crate::nvbuf::pixels;

/// What a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The device alias of a buffer of a surface.
    Surface,
    /// `cuMemAlloc`.
    Device,
    /// The memory of a CUDA array: no address of it is the program's.
    Array,
    /// `cuMemAllocManaged`: always accessible.
    Managed,
    /// `cuMemAllocHost`, `cuMemHostAlloc`: always accessible.
    Pinned,
    /// Memory of the program that `cuMemHostRegister` has made known.
    Registered,
    /// Memory of the CPU alone: always accessible, and no device address.
    System,
}

impl Kind {
    /// Whether the CPU always reaches it.
    pub(crate) fn is_open(self) -> bool {
        !matches!(self, Self::Surface | Self::Device | Self::Array)
    }

    /// Whether it is the CPU's memory, which the GPU reaches too.
    pub(crate) fn is_host(self) -> bool {
        matches!(self, Self::Pinned | Self::Registered)
    }
}

/// A range of device addresses.
#[derive(Debug)]
pub(crate) struct Region {
    mapping: Mapping,
    /// The same memory at an address that programs do not know, always open: for the simulator's own
    /// copies. Only surfaces have it.
    alias: Option<Mapping>,
    /// The length that was asked for.
    size: usize,
    kind: Kind,
    /// Engines that use it now.
    open: Mutex<u32>,
    /// GPU commands not finished that name it.
    pub(crate) pending: AtomicU32,
    /// Live CUDA registrations, for [`Kind::Surface`].
    pub(crate) registrations: AtomicU32,
    /// An engine has used it since somebody looked.
    pub(crate) device_used: AtomicBool,
    /// The CPU's copy may have what the device does not have.
    pub(crate) cpu_wrote: AtomicBool,
    /// What it takes of the memory that the program may have.
    room: Room,
    /// Where the bytes are in GPU mode; the mapping is what engines and CPU copies work on.
    gpu: OnceLock<gpu::Memory>,
}

static SPACE: Mutex<BTreeMap<usize, Arc<Region>>> = Mutex::new(BTreeMap::new());

fn space() -> MutexGuard<'static, BTreeMap<usize, Arc<Region>>> {
    SPACE.lock().unwrap_or_else(|e| e.into_inner())
}

impl Region {
    /// Adds a region of `size` bytes to the device's address space; `room` is given back when it
    /// is retired.
    pub(crate) fn new(kind: Kind, fd: c_int, size: usize, room: Room) -> io::Result<Arc<Self>> {
        let mapping = Mapping::new(fd, size.next_multiple_of(page_size()), kind.is_open())?;
        let mut region = Self::of_mapping(kind, mapping, size);
        region.room = room;
        if kind == Kind::Surface {
            region.alias = Some(Mapping::new(fd, region.mapping.len(), true)?);
        }
        let region = Arc::new(region);
        if kind != Kind::System {
            space().insert(region.base(), Arc::clone(&region));
        }
        Ok(region)
    }

    /// Adds memory of the program to the device's address space; `None` if a part of it is there.
    pub(crate) fn registered(address: usize, size: usize) -> Option<Arc<Self>> {
        let end = address.checked_add(size)?;
        let mut space = space();
        let before = space.range(..end).next_back();
        if before.is_some_and(|(_, region)| region.base() + region.size > address) {
            return None;
        }
        let mapping = Mapping::foreign(address, size);
        let region = Arc::new(Self::of_mapping(Kind::Registered, mapping, size));
        space.insert(address, Arc::clone(&region));
        Some(region)
    }

    fn of_mapping(kind: Kind, mapping: Mapping, size: usize) -> Self {
        Self {
            mapping,
            alias: None,
            size,
            kind,
            open: Mutex::new(0),
            pending: AtomicU32::new(0),
            registrations: AtomicU32::new(0),
            device_used: AtomicBool::new(false),
            cpu_wrote: AtomicBool::new(false),
            room: Room::none(),
            gpu: OnceLock::new(),
        }
    }

    /// Takes the region out of the address space; it is unmapped when its last user is done.
    pub(crate) fn retire(&self) {
        space().remove(&self.base());
        self.room.give_back();
    }

    pub(crate) fn base(&self) -> usize {
        self.mapping.base()
    }

    /// Gives a new region its memory on the GPU, with the bytes that it has.
    pub(crate) fn put_on_gpu(&self, memory: gpu::Memory) {
        // A region is put there once, by who made it.
        let memory = self.gpu.get_or_init(|| memory);
        let bytes = self.alias().unwrap_or_else(|| {
            self.protect_all(libc::PROT_READ | libc::PROT_WRITE);
            self.base()
        });
        // SAFETY: the region's memory, open, and nobody knows it yet.
        unsafe { memory.flush(bytes, &(0..self.size)) };
        if self.alias.is_none() {
            self.protect_all(libc::PROT_NONE);
        }
    }

    /// Its memory on the GPU, in GPU mode.
    pub(crate) fn gpu(&self) -> Option<&gpu::Memory> {
        self.gpu.get()
    }

    /// Where the memory of a surface begins for the simulator itself.
    pub(crate) fn alias(&self) -> Option<usize> {
        self.alias.as_ref().map(Mapping::base)
    }

    /// The length that was asked for.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether all of `[address, address + len)` lies in the region.
    pub(crate) fn holds(&self, address: usize, len: usize) -> bool {
        address >= self.base()
            && address
                .checked_add(len)
                .is_some_and(|end| end <= self.base() + self.size)
    }

    /// Whether GPU commands that name it are not finished.
    pub(crate) fn is_busy(&self) -> bool {
        self.pending.load(SeqCst) > 0
    }

    /// Whether the GPU may use it: a surface only while it is registered.
    pub(crate) fn is_reachable(&self) -> bool {
        self.kind != Kind::Surface || self.registrations.load(SeqCst) > 0
    }

    /// Lets an engine at the memory; undone by [`Region::close`].
    pub(crate) fn open(&self) {
        pixels::before_device(self);
        self.open_unchecked();
    }

    /// [`Region::open`] after [`pixels::before_device`].
    pub(crate) fn open_unchecked(&self) {
        self.change(|users| users + 1, libc::PROT_READ | libc::PROT_WRITE);
    }

    /// Lets an engine at a part of the memory, with the GPU's bytes in it; undone by [`Region::close_part`].
    pub(crate) fn open_part(&self, part: &Range<usize>) {
        self.open();
        if let Some(gpu) = self.gpu() {
            let _users = self.open.lock().unwrap_or_else(|e| e.into_inner());
            // SAFETY: the region's memory, open since a moment ago; other transfers wait for the lock.
            unsafe { gpu.fetch(self.base(), part) };
        }
    }

    /// The end of one [`Region::open_part`].
    pub(crate) fn close_part(&self, part: &Range<usize>, was_written: bool) {
        if let Some(gpu) = self.gpu()
            && was_written
        {
            let _users = self.open.lock().unwrap_or_else(|e| e.into_inner());
            // SAFETY: the region's memory, still open; other transfers wait for the lock.
            unsafe { gpu.flush(self.base(), part) };
        }
        self.close();
    }

    /// Brings the GPU's bytes of a surface to where the simulator's own copies find them.
    pub(crate) fn fetch(&self) {
        let (Some(gpu), Some(alias)) = (self.gpu(), self.alias()) else {
            return;
        };
        let users = self.open.lock().unwrap_or_else(|e| e.into_inner());
        // An engine that is at work has brought them, and may have written since.
        if *users == 0 {
            // SAFETY: the alias is always open; engines and other transfers wait for the lock.
            unsafe { gpu.fetch(alias, &(0..self.size)) };
        }
    }

    /// Takes what the simulator's own copies have written of a surface to the GPU.
    pub(crate) fn flush(&self) {
        let (Some(gpu), Some(alias)) = (self.gpu(), self.alias()) else {
            return;
        };
        let _users = self.open.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: the alias is always open; other transfers wait for the lock.
        unsafe { gpu.flush(alias, &(0..self.size)) };
    }

    /// The end of one [`Region::open`].
    pub(crate) fn close(&self) {
        self.device_used.store(true, SeqCst);
        self.change(|users| users - 1, libc::PROT_NONE);
    }

    fn change(&self, count: impl Fn(u32) -> u32, protection: c_int) {
        if self.kind.is_open() && self.gpu().is_none() {
            return;
        }
        let mut users = self.open.lock().unwrap_or_else(|e| e.into_inner());
        let before = *users;
        *users = count(before);
        if (before == 0) == (*users == 0) {
            return;
        }
        self.protect_all(protection);
    }

    fn protect_all(&self, protection: c_int) {
        self.mapping.protect(0, self.mapping.len(), protection);
    }
}

/// The region that holds an address of the device.
pub(crate) fn find(address: usize) -> Option<Arc<Region>> {
    let space = space();
    let (_, region) = space.range(..=address).next_back()?;
    let is_it = region.kind != Kind::Array && region.holds(address, 1);
    is_it.then(|| Arc::clone(region))
}

/// Puts every region that a kernel may reach and the CPU may not into `regions`: registered surfaces,
/// device memory and arrays.
pub(crate) fn reachable(regions: &mut Vec<Arc<Region>>) {
    regions.extend(
        space()
            .values()
            .filter(|region| !region.kind.is_open() && region.is_reachable())
            .cloned(),
    );
}
