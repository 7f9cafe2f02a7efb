#![forbid(unsafe_code)]
//! Registrations that come and go on eight threads, in random order: made by one, ended by another. The same on
//! the textures of a real GPU is a case of `tests/gpu`.

use std::sync::{Arc, Mutex};

use egl_cuda::{Context, CudaFrame, MappedEglImage};
use nvbuf::{ColorFormat, Surface};
use nvmm_sim_control::Simulator;

const THREADS: u64 = 8;
const SURFACES: usize = 32;
/// Registrations that wait for their end at most.
const HELD: usize = 64;

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// What is registered: the registration alone, or a frame that keeps one.
enum Held {
    Mapped(MappedEglImage),
    Frame(CudaFrame),
}

fn counter(name: &str) -> Option<u64> {
    Some(Simulator::loaded()?.counter(name).unwrap())
}

fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// So many operations on all threads together; how many were registrations.
fn run(context: &Context, surfaces: &[Arc<Surface>], operations: u64, seed: u64) -> u64 {
    let held: Mutex<Vec<Held>> = Mutex::default();
    let one_thread = |number: u64| {
        let mut random = Random((seed * THREADS + number + 1) * 0x9e37_79b9);
        let mut registered = 0;
        for _ in 0..operations / THREADS {
            let mut all = held.lock().unwrap();
            let taken = match all.len() {
                0 => None,
                n if n < HELD && random.below(2) == 0 => None,
                n => Some(all.swap_remove(random.below(n))),
            };
            drop(all);
            match taken {
                Some(Held::Mapped(mapped)) if random.below(2) == 0 => mapped.unregister().unwrap(),
                Some(Held::Mapped(mapped)) => drop(mapped),
                Some(Held::Frame(frame)) => drop(frame),
                None => {
                    registered += 1;
                    let surface = &surfaces[random.below(SURFACES)];
                    let new = if random.below(2) == 0 {
                        Held::Mapped(MappedEglImage::map(context, surface, 0).unwrap())
                    } else {
                        Held::Frame(CudaFrame::map(context, surface, 0).unwrap())
                    };
                    held.lock().unwrap().push(new);
                }
            }
        }
        registered
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| scope.spawn(move || one_thread(number)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    })
}

#[test]
fn registrations_in_random_order_on_eight_threads_pair_up() {
    let context = Context::primary(0).expect("run tests through ci/sim.sh");
    let builder = || Surface::builder(64, 64).format(ColorFormat::NV12).build();
    let surfaces: Vec<_> = (0..SURFACES)
        .map(|_| Arc::new(builder().unwrap()))
        .collect();
    let seed = match std::env::var("EGL_CUDA_STRESS_SEED") {
        Ok(seed) => seed.parse().expect("EGL_CUDA_STRESS_SEED is a number"),
        Err(_) => u64::from(std::process::id()),
    };
    println!("EGL_CUDA_STRESS_SEED={seed}");
    run(&context, &surfaces, 8_000, seed);
    let before = (files(), counter("registrations"));
    let registered = run(&context, &surfaces, 200_000, seed + 1);
    assert!(registered > 50_000, "{registered} registrations");
    assert_eq!(files(), before.0, "file descriptors");
    if let (Some(before), Some(after)) = (before.1, counter("registrations")) {
        assert_eq!(after - before, registered);
    }
    for (name, left) in [
        ("registrations_alive", 0),
        ("egl_images_alive", 0),
        ("violations", 0),
    ] {
        assert!(counter(name).is_none_or(|n| n == left), "{name}");
    }
    drop(surfaces);
    assert!(counter("buffers_alive").is_none_or(|n| n == 0));
}
