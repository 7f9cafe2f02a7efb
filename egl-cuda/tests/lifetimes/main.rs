//! Surfaces, their registrations and surface objects begin and end in random order on many threads; the simulator
//! (ci/sim.sh) counts them. The test is alone in its process: the counts are the process's.

#[path = "../nvmm/mod.rs"]
mod nvmm;
mod operations;

use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use egl_cuda::{Context, CudaFrame, MappedEglImage, PlaneData};
use nvmm::{NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH, Surface};
use nvmm_sim_control::Simulator;
use operations::{Held, Random, run};

const OPERATIONS: usize = 200_000;
/// Surfaces that are there at a time, but for those that only registrations keep.
const SURFACES: usize = 16;
/// One registration in so many is of a new surface, in the place of an old one.
const NEW: usize = 8;
/// The seed of a run that is to be done again.
const SEED: &str = "EGL_CUDA_LIFETIMES_SEED";

/// Calls that begin something, and those that end it.
const PAIRS: [[&str; 2]; 5] = [
    ["NvBufSurfaceCreate", "NvBufSurfaceDestroy"],
    ["NvBufSurfaceMapEglImage", "NvBufSurfaceUnMapEglImage"],
    ["cuGraphicsEGLRegisterImage", "cuGraphicsUnregisterResource"],
    ["cuSurfObjectCreate", "cuSurfObjectDestroy"],
    ["cuCtxPushCurrent_v2", "cuCtxPopCurrent_v2"],
];
/// What is there now.
const ALIVE: [&str; 4] = [
    "surfaces_alive",
    "buffers_alive",
    "egl_images_alive",
    "registrations_alive",
];
/// What must not happen at all.
const NEVER: [&str; 3] = ["violations", "unsupported", "faults_injected"];

fn surface(random: &mut Random) -> Arc<Surface> {
    Arc::new(Surface::new(match random.below(2) {
        0 => NVBUF_LAYOUT_PITCH,
        _ => NVBUF_LAYOUT_BLOCK_LINEAR,
    }))
}

/// Registers a surface; every second one as a frame, with a surface object if it is of arrays.
fn register(
    context: &Context,
    surface: Arc<Surface>,
    random: &mut Random,
) -> egl_cuda::Result<Held> {
    let (image, planes) = (surface.image(), surface.planes());
    // SAFETY: the image is live, and dropping the surface ends it.
    let mapped = unsafe { MappedEglImage::register(context, image, surface) }?;
    if random.below(2) == 0 {
        return Ok(Held::Mapped(mapped));
    }
    let frame = CudaFrame::new(Arc::new(mapped), &planes)?;
    if let PlaneData::Array(_) = frame.plane(0)?.data {
        frame.surface_object(0)?;
    }
    Ok(Held::Frame(frame))
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn sim_what_begins_on_any_thread_ends_on_any_other() {
    let seed = std::env::var(SEED).map_or_else(
        |_| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_nanos() as u64
        },
        |seed| seed.parse().expect("a number"),
    );
    println!("{SEED}={seed}");

    let context = Context::primary(0).unwrap();
    // Opens the libraries: what they make once and keep is there when counting begins.
    let mut random = Random::new(seed);
    drop(register(&context, surface(&mut random), &mut random).unwrap());

    let simulator = Simulator::loaded();
    let read = |names: &[&str]| -> Vec<u64> {
        let counter = |name: &&str| match &simulator {
            Some(simulator) => simulator.counter(name).unwrap(),
            None => 0,
        };
        names.iter().map(counter).collect()
    };
    let pairs = || PAIRS.map(|pair| <[u64; 2]>::try_from(read(&pair)).unwrap());
    let (before, alive, open) = (pairs(), read(&ALIVE), descriptors());

    let start = Instant::now();
    let surfaces: Vec<_> = (0..SURFACES)
        .map(|_| Mutex::new(surface(&mut random)))
        .collect();
    let counts = run(OPERATIONS, seed, |random| {
        let slot = &surfaces[random.below(SURFACES)];
        if random.below(NEW) == 0 {
            let new = surface(random);
            // The old one ends here, or with its last registration.
            drop(std::mem::replace(&mut *slot.lock().unwrap(), new));
        }
        let surface = Arc::clone(&slot.lock().unwrap());
        register(&context, surface, random).map_err(|error| error.to_string())
    })
    .unwrap();
    drop(surfaces);
    println!("{counts:?} in {:?}", start.elapsed());

    let done = counts.registered + counts.unregistered + counts.dropped;
    assert_eq!(done, OPERATIONS);
    assert_eq!(
        counts.registered,
        counts.unregistered + counts.dropped + counts.left
    );
    assert_eq!(descriptors(), open, "seed {seed}");
    if simulator.is_none() {
        return;
    }
    for ((pair, now), before) in PAIRS.iter().zip(pairs()).zip(before) {
        let [begun, ended] = [now[0] - before[0], now[1] - before[1]];
        assert!(begun > 0, "seed {seed}: no {}", pair[0]);
        assert_eq!(begun, ended, "seed {seed}: {pair:?}");
        if pair[0] == "cuGraphicsEGLRegisterImage" {
            assert_eq!(begun, counts.registered as u64, "seed {seed}");
        }
    }
    assert_eq!(read(&ALIVE), alive, "seed {seed}: {ALIVE:?}");
    assert_eq!(read(&NEVER), [0; NEVER.len()], "seed {seed}: {NEVER:?}");
}
