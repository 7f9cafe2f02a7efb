//! Registrations that come and go on many threads. On a real GPU nvmm-interop (tests/gpu) does the same.
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use egl_cuda::{CudaFrame, MappedEglImage};

const THREADS: usize = 8;
/// Registrations that wait for their end at most, but for those that are just being made.
const HELD: usize = 64;

/// What is registered: the registration alone, or a frame that keeps it.
pub(crate) enum Held {
    Mapped(MappedEglImage),
    Frame(CudaFrame),
}

/// Random numbers that are the same for the same seed (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// How many operations there were of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) registered: usize,
    pub(crate) unregistered: usize,
    pub(crate) dropped: usize,
    /// Dropped when the threads were done, beyond the operations.
    pub(crate) left: usize,
}

/// As many operations on each thread: `register` an image, unregister or drop what any thread has registered.
///
/// # Errors
///
/// The first that failed, with what it takes to do it again; the other threads finish.
pub(crate) fn run(
    operations: usize,
    seed: u64,
    register: impl Fn(&mut Random) -> Result<Held, String> + Sync,
) -> Result<Counts, String> {
    let held: Mutex<Vec<Held>> = Mutex::default();
    let lock = || held.lock().unwrap_or_else(PoisonError::into_inner);
    let one = |random: &mut Random, counts: &mut Counts| {
        let mut all = lock();
        let taken = match all.len() {
            0 => None,
            n if n < HELD && random.below(2) == 0 => None,
            n => Some(all.swap_remove(random.below(n))),
        };
        drop(all);
        match taken {
            None => {
                let new = register(random)?;
                counts.registered += 1;
                lock().push(new);
            }
            // Made by any thread, ended by this.
            Some(Held::Mapped(mapped)) if random.below(2) == 0 => {
                counts.unregistered += 1;
                mapped.unregister().map_err(|error| error.to_string())?;
            }
            Some(Held::Mapped(mapped)) => {
                counts.dropped += 1;
                drop(mapped);
            }
            Some(Held::Frame(frame)) => {
                counts.dropped += 1;
                drop(frame);
            }
        }
        Ok::<_, String>(())
    };
    let work = |thread: usize| {
        // Far apart, whatever the seed.
        let mut random = Random::new(seed ^ ((thread as u64) << 56));
        let mut counts = Counts::default();
        for operation in 0..operations / THREADS {
            one(&mut random, &mut counts).map_err(|error| {
                format!("seed {seed}, thread {thread}, operation {operation}: {error}")
            })?;
        }
        Ok(counts)
    };
    let ended: Vec<Result<Counts, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let work = &work;
                scope.spawn(move || work(thread))
            })
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            let panicked = |_| Err(format!("seed {seed}: a thread panicked"));
            thread.join().unwrap_or_else(panicked)
        };
        threads.into_iter().map(join).collect()
    });
    let mut sum = Counts {
        left: lock().len(),
        ..Counts::default()
    };
    lock().clear();
    for counts in ended {
        let counts = counts?;
        sum.registered += counts.registered;
        sum.unregistered += counts.unregistered;
        sum.dropped += counts.dropped;
    }
    Ok(sum)
}
