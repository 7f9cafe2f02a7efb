//! What a stream is told to do, and doing it. Runs on the stream's thread.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::event::Event;
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

/// A rectangle of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) address: usize,
    pub(crate) pitch: usize,
}

/// One thing to do.
#[derive(Debug, Default)]
pub(crate) enum Command {
    #[default]
    Nothing,
    /// Run a twin with the parameters of the slot.
    Launch { twin: Twin, launch: Launch },
    /// Note the time of an event; that it happened follows from the stream's progress.
    Record(Arc<Event>),
    /// Wait until another stream has done its first `done` commands.
    Wait { stream: Arc<Stream>, done: u64 },
    /// Wait until a sync object of EGL is signalled.
    Signal(Arc<Sync>),
    /// Copy rows.
    Copy {
        to: Side,
        from: Side,
        width: usize,
        height: usize,
    },
    /// Fill bytes.
    Set {
        address: usize,
        len: usize,
        value: u8,
    },
    /// Call the program back.
    Host {
        function: unsafe extern "C" fn(*mut c_void),
        data: usize,
    },
}

/// A command with the memory that it uses. Slots are made once and reused.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) command: Command,
    regions: [Option<Arc<Region>>; MAX_REGIONS],
    num_regions: usize,
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

    /// Notes the regions that the bytes of kernel parameters point into. Device memory may hold
    /// further pointers, so with it the kernel gets at everything. Gives an address in a surface
    /// that is not registered, if there is one.
    pub(crate) fn uses_params(&mut self, used: usize) -> Option<usize> {
        let mut stray = None;
        for at in (0..used.saturating_sub(7)).step_by(4) {
            let word = &self.params.bytes[at..at + 8];
            let address = usize::from_ne_bytes(word.try_into().unwrap_or_default());
            if let Some(region) = region::find(address) {
                if !region.is_reachable() {
                    stray = Some(address);
                    continue;
                }
                self.all_regions |= region.kind() == Kind::Device;
                self.uses(region);
            }
        }
        stray
    }

    /// Does the command. `all` is scratch space that keeps its capacity.
    pub(crate) fn run(&mut self, all: &mut Vec<Arc<Region>>) {
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
            Command::Launch { twin, launch } => {
                let mut pointers = [std::ptr::null_mut(); MAX_PARAMS];
                let base: *mut u8 = self.params.bytes.as_mut_ptr();
                for (pointer, offset) in pointers
                    .iter_mut()
                    .zip(&self.params.offsets[..self.params.len])
                {
                    *pointer = base.wrapping_add(usize::from(*offset)).cast();
                }
                twin.run(launch, &pointers);
                add(&COUNTERS.launches_finished, 1);
            }
            Command::Record(event) => event.happened(),
            Command::Wait { stream, done } => stream.wait_for(*done),
            Command::Signal(sync) => {
                sync.wait(None);
            }
            Command::Copy {
                to,
                from,
                width,
                height,
            } => {
                for row in 0..*height {
                    let source = from.address + row * from.pitch;
                    let dest = to.address + row * to.pitch;
                    // SAFETY: the enqueuer checked device sides against their regions, which are
                    // open and kept by the slot; host sides are the caller's promise.
                    unsafe {
                        std::ptr::copy(
                            std::ptr::with_exposed_provenance::<u8>(source),
                            std::ptr::with_exposed_provenance_mut::<u8>(dest),
                            *width,
                        );
                    }
                }
                add(&COUNTERS.engine_copies, 1);
                add(&COUNTERS.engine_bytes, (*width * *height) as u64);
            }
            Command::Set {
                address,
                len,
                value,
            } => {
                let dest = std::ptr::with_exposed_provenance_mut::<u8>(*address);
                // SAFETY: the enqueuer checked the range against its region, which is open.
                unsafe { std::ptr::write_bytes(dest, *value, *len) };
                add(&COUNTERS.engine_copies, 1);
                add(&COUNTERS.engine_bytes, *len as u64);
            }
            Command::Host { function, data } => {
                // SAFETY: the program gave both to `cuLaunchHostFunc` for this call.
                unsafe { function(std::ptr::with_exposed_provenance_mut(*data)) };
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
        self.all_regions = false;
        self.params.len = 0;
    }
}
