//! Many registrations that come and go on many threads.

use std::fs;
use std::sync::{Arc, Mutex};

use egl_cuda::{EglImage, MappedEglImage};

use crate::{Gpu, Outcome, equal};

const THREADS: usize = 8;
const OPERATIONS: usize = 200_000;
const IMAGES: usize = 32;
/// Registrations that are alive at most.
const HELD: usize = 64;

/// A small generator of numbers: the same ones in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

pub(crate) fn operations(gpu: &Gpu) -> Outcome {
    let images: Vec<Arc<EglImage>> = (0..IMAGES)
        .map(|_| gpu.texture(64, 64)?.egl_image())
        .collect::<egl_cuda::Result<_>>()?;
    let run = |operations: usize, seed: u64| -> Result<[usize; 3], String> {
        let held: Mutex<Vec<MappedEglImage>> = Mutex::default();
        let counts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (held, images) = (&held, &images);
                    scope.spawn(move || {
                        let mut random = Random(seed * 1000 + thread as u64 + 1);
                        let mut counts = [0_usize; 3];
                        let lock = || held.lock().unwrap_or_else(|e| e.into_inner());
                        for _ in 0..operations / THREADS {
                            let mut all = lock();
                            let taken = match all.len() {
                                0 => None,
                                n if n < HELD && random.below(2) == 0 => None,
                                n => Some(all.swap_remove(random.below(n))),
                            };
                            drop(all);
                            match taken {
                                // Made by any thread, ended by this.
                                Some(mapped) if random.below(2) == 0 => {
                                    counts[1] += 1;
                                    mapped.unregister().map_err(|error| error.to_string())?;
                                }
                                Some(mapped) => {
                                    counts[2] += 1;
                                    drop(mapped);
                                }
                                None => {
                                    counts[0] += 1;
                                    let image = &images[random.below(IMAGES)];
                                    let mapped = MappedEglImage::of_image(&gpu.context, image)
                                        .map_err(|error| error.to_string())?;
                                    lock().push(mapped);
                                }
                            }
                        }
                        Ok::<_, String>(counts)
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "a panic".to_owned())?)
                .try_fold([0; 3], |sum, counts| {
                    let counts = counts?;
                    Ok::<_, String>([sum[0] + counts[0], sum[1] + counts[1], sum[2] + counts[2]])
                })
        })?;
        drop(held);
        Ok(counts)
    };
    // The driver keeps what it has allocated for later: what counts is what grows after that.
    run(OPERATIONS / 10, 1)?;
    let before = (resident()?, files()?);
    let [registered, unregistered, dropped] = run(OPERATIONS, 2)?;
    let after = (resident()?, files()?);
    equal(
        "operations",
        registered + unregistered + dropped,
        OPERATIONS / THREADS * THREADS,
    )?;
    equal("file descriptors", after.1, before.1)?;
    let grown = after.0.saturating_sub(before.0);
    if grown > 4096 {
        return Err(format!("{grown} KiB more resident after {OPERATIONS} operations").into());
    }
    Ok(format!(
        "{registered} registered, {unregistered} unregistered, {dropped} dropped; {grown} KiB more resident, no descriptor more"
    ))
}

/// KiB of memory that are resident.
fn resident() -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

fn files() -> Result<usize, Box<dyn std::error::Error>> {
    Ok(fs::read_dir("/proc/self/fd")?.count())
}
