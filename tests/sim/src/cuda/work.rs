//! What a stream is told to do, and doing it. Runs on the stream's thread.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::CuResult;
use super::context;
use super::copy::Box3;
use super::event::Event;
use super::memset::Element;
use super::object::{self, MAX_OBJECTS, Object, Running};
use super::queue::Stream;
use super::twins::{Launch, Twin};
use crate::egl::sync::Sync;
use crate::nvbuf::pixels;
use crate::region::{self, Kind, Region};
use crate::stats::{COUNTERS, add};

/// Bytes of kernel parameters at most, as on the GPU.
pub(crate) const MAX_PARAM_BYTES: usize = 4096;
/// Parameters of a kernel at most.
pub(crate) const MAX_PARAMS: usize = 256;
/// Regions that a command can name one by one; with more it opens all.
const MAX_REGIONS: usize = 32;

/// A box of bytes: where it begins, from row to row, from slice to slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) address: usize,
    pub(crate) pitch: usize,
    pub(crate) slice: usize,
}

impl Side {
    fn row(&self, slice: usize, row: usize) -> usize {
        self.address + slice * self.slice + row * self.pitch
    }
}

/// What the parameters of a kernel lead to and must not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stray {
    /// An address in a surface that is not registered.
    Surface(usize),
    /// A texture or surface object whose memory is gone.
    Object(usize),
}

/// One thing to do.
#[derive(Debug, Default)]
pub(crate) enum Command {
    #[default]
    Nothing,
    /// Run a twin with the parameters of the slot.
    Launch {
        twin: Twin,
        launch: Launch,
        context: usize,
    },
    /// Note the time of an event; that it happened follows from the stream's progress.
    Record(Arc<Event>),
    /// Wait until another stream has done its first `done` commands.
    Wait { stream: Arc<Stream>, done: u64 },
    /// Wait until a sync object of EGL is signalled.
    Signal(Arc<Sync>),
    /// Copy rows.
    Copy { to: Side, from: Side, size: Box3 },
    /// Fill rows.
    Set {
        to: Side,
        size: Box3,
        element: Element,
    },
    /// Call the program back.
    Host {
        function: unsafe extern "C" fn(*mut c_void),
        data: usize,
    },
    /// The same with the state of the context.
    Callback {
        function: unsafe extern "C" fn(usize, CuResult, *mut c_void),
        stream: usize,
        context: usize,
        data: usize,
    },
}

/// A command with the memory that it uses. Slots are made once and reused.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) command: Command,
    regions: [Option<Arc<Region>>; MAX_REGIONS],
    num_regions: usize,
    objects: [Option<Arc<Object>>; MAX_OBJECTS],
    num_objects: usize,
    /// The parameters may lead to memory that they do not name.
    all_regions: bool,
    params: Params,
}

/// Copied kernel parameters.
#[derive(Debug)]
#[repr(C, align(16))]
pub(crate) struct Params {
    pub(crate) bytes: [u8; MAX_PARAM_BYTES],
    pub(crate) offsets: [u16; MAX_PARAMS],
    pub(crate) len: usize,
}

impl Slot {
    pub(crate) fn new() -> Box<Self> {
        Box::new(Self {
            command: Command::Nothing,
            regions: [const { None }; MAX_REGIONS],
            num_regions: 0,
            objects: [const { None }; MAX_OBJECTS],
            num_objects: 0,
            all_regions: false,
            params: Params {
                bytes: [0; MAX_PARAM_BYTES],
                offsets: [0; MAX_PARAMS],
                len: 0,
            },
        })
    }

    pub(crate) fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    /// Notes that the command uses a region, which counts as busy until it is done.
    pub(crate) fn uses(&mut self, region: Arc<Region>) {
        let known = &self.regions[..self.num_regions];
        if known.iter().flatten().any(|r| Arc::ptr_eq(r, &region)) {
            return;
        }
        if self.num_regions == MAX_REGIONS {
            self.all_regions = true;
            return;
        }
        pixels::before_device(&region);
        region.pending.fetch_add(1, SeqCst);
        self.regions[self.num_regions] = Some(region);
        self.num_regions += 1;
    }

    /// Notes an object with its memory; false if that is gone.
    fn uses_object(&mut self, object: Arc<Object>) -> bool {
        if !object.backing.is_alive() {
            return false;
        }
        self.uses(Arc::clone(&object.backing.region));
        match self.objects.get_mut(self.num_objects) {
            Some(free) => {
                *free = Some(object);
                self.num_objects += 1;
            }
            None => self.all_regions = true,
        }
        true
    }

    /// Notes the regions that the bytes of kernel parameters point into, and the objects that they
    /// name. Device and managed memory may hold further pointers, so with it the kernel gets at
    /// everything. Gives what it must not use, if there is something.
    pub(crate) fn uses_params(&mut self, used: usize, context: usize) -> Option<Stray> {
        let mut stray = None;
        for at in (0..used.saturating_sub(7)).step_by(4) {
            let word = &self.params.bytes[at..at + 8];
            let address = usize::from_ne_bytes(word.try_into().unwrap_or_default());
            if let Some(region) = region::find(address) {
                if !region.is_reachable() {
                    stray = Some(Stray::Surface(address));
                    continue;
                }
                self.all_regions |= matches!(region.kind(), Kind::Device | Kind::Managed);
                self.uses(region);
            } else if let Some(object) = object::find(address) {
                let region = Arc::clone(&object.backing.region);
                if object.context != context {
                    stray = Some(Stray::Object(address));
                } else if !region.is_reachable() {
                    stray = Some(Stray::Surface(region.base()));
                } else if !self.uses_object(object) {
                    stray = Some(Stray::Object(address));
                }
            }
        }
        stray
    }

    /// Does the command. `all` is scratch space that keeps its capacity.
    pub(crate) fn run(&mut self, all: &mut Vec<Arc<Region>>) {
        // What it may use but does not name is open to it; to call it used would accuse programs of what they
        // have not done.
        if self.all_regions {
            region::reachable(all);
        }
        let named = self.regions.iter().flatten();
        named
            .clone()
            .chain(all.iter())
            .for_each(|region| region.open_unchecked());
        match &self.command {
            Command::Nothing => {}
            Command::Launch {
                twin,
                launch,
                context,
            } => {
                let mut pointers = [std::ptr::null_mut(); MAX_PARAMS];
                let base: *mut u8 = self.params.bytes.as_mut_ptr();
                for (pointer, offset) in pointers
                    .iter_mut()
                    .zip(&self.params.offsets[..self.params.len])
                {
                    *pointer = base.wrapping_add(usize::from(*offset)).cast();
                }
                let running = Running {
                    context: *context,
                    objects: std::mem::take(&mut self.objects),
                    all: self.all_regions,
                };
                running.while_in(|| twin.run(launch, &pointers));
                add(&COUNTERS.launches_finished, 1);
            }
            Command::Record(event) => event.happened(),
            Command::Wait { stream, done } => stream.wait_for(*done),
            Command::Signal(sync) => {
                sync.wait(None);
            }
            Command::Copy { to, from, size } => {
                for (slice, row) in rows(*size) {
                    let (source, dest) = (from.row(slice, row), to.row(slice, row));
                    // SAFETY: the enqueuer checked device sides against their regions, which are
                    // open and kept by the slot; host sides are the caller's promise.
                    unsafe {
                        std::ptr::copy(
                            std::ptr::with_exposed_provenance::<u8>(source),
                            std::ptr::with_exposed_provenance_mut::<u8>(dest),
                            size.width,
                        );
                    }
                }
                count_bytes(*size);
            }
            Command::Set { to, size, element } => {
                for (slice, row) in rows(*size) {
                    let dest = to.row(slice, row);
                    // SAFETY: the enqueuer checked the box against its region, which is open.
                    unsafe { fill(dest, *element, size.width) };
                }
                count_bytes(*size);
            }
            Command::Host { function, data } => {
                // SAFETY: the program gave both to `cuLaunchHostFunc` for this call.
                unsafe { function(std::ptr::with_exposed_provenance_mut(*data)) };
            }
            Command::Callback {
                function,
                stream,
                context,
                data,
            } => {
                let state = context::find(*context).ok().and_then(|c| c.left_with());
                let state = state.map_or(0, |error| error.code());
                let data = std::ptr::with_exposed_provenance_mut(*data);
                // SAFETY: the program gave both to `cuStreamAddCallback` for this call.
                unsafe { function(*stream, state, data) };
            }
        }
        named.chain(all.iter()).for_each(|region| region.close());
        all.clear();
        self.reset();
    }

    fn reset(&mut self) {
        self.command = Command::Nothing;
        for region in self.regions.iter_mut().take(self.num_regions) {
            if let Some(region) = region.take() {
                region.pending.fetch_sub(1, SeqCst);
            }
        }
        self.num_regions = 0;
        let objects = self.objects.iter_mut().take(self.num_objects);
        objects.for_each(|object| *object = None);
        self.num_objects = 0;
        self.all_regions = false;
        self.params.len = 0;
    }
}

/// Every slice and row of a box.
fn rows(size: Box3) -> impl Iterator<Item = (usize, usize)> {
    (0..size.depth).flat_map(move |slice| (0..size.height).map(move |row| (slice, row)))
}

fn count_bytes(size: Box3) {
    add(&COUNTERS.engine_copies, 1);
    let bytes = size.width * size.height * size.depth;
    add(&COUNTERS.engine_bytes, bytes as u64);
}

/// Fills `len` bytes with an element.
///
/// # Safety
///
/// The bytes are writable and no Rust reference covers them; `len` is a multiple of the element's.
unsafe fn fill(address: usize, element: Element, len: usize) {
    let start = std::ptr::with_exposed_provenance_mut::<u8>(address);
    if let (1, Ok(value)) = (element.bytes, u8::try_from(element.value)) {
        // SAFETY: by this function's contract.
        unsafe { std::ptr::write_bytes(start, value, len) };
        return;
    }
    let bytes = element.value.to_le_bytes();
    for at in (0..len).step_by(element.bytes) {
        let to = start.wrapping_add(at);
        // SAFETY: `element.bytes` of the `len` bytes by this function's contract, and at most four.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, element.bytes) };
    }
}
