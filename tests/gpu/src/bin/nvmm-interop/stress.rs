//! Many registrations that come and go on many threads.
#![forbid(unsafe_code)]

#[path = "../../../../../egl-cuda/tests/lifetimes/operations.rs"]
mod operations;

use std::fs;
use std::sync::Arc;

use egl_cuda::{CudaFrame, EglImage, MappedEglImage};
use operations::{Counts, Held, run};

use crate::picture::plane;
use crate::{Gpu, Outcome, equal};

const OPERATIONS: usize = 200_000;
const IMAGES: usize = 32;

pub(crate) fn operations(gpu: &Gpu) -> Outcome {
    let images: Vec<Arc<EglImage>> = (0..IMAGES)
        .map(|_| gpu.texture(64, 64)?.egl_image())
        .collect::<egl_cuda::Result<_>>()?;
    let layout = [plane(64, 64)];
    let run = |operations, seed| {
        run(operations, seed, |random| {
            let image = &images[random.below(IMAGES)];
            let mapped = MappedEglImage::of_image(&gpu.context, image);
            let held = mapped.and_then(|mapped| match random.below(2) {
                0 => Ok(Held::Mapped(mapped)),
                _ => CudaFrame::new(Arc::new(mapped), &layout).map(Held::Frame),
            });
            held.map_err(|error| error.to_string())
        })
    };
    // The driver keeps what it has allocated for later: what counts is what grows after that.
    run(OPERATIONS / 10, 1)?;
    let before = (resident()?, files()?);
    let Counts {
        registered,
        unregistered,
        dropped,
        left,
    } = run(OPERATIONS, 2)?;
    let after = (resident()?, files()?);
    equal(
        "operations",
        registered + unregistered + dropped,
        OPERATIONS,
    )?;
    equal("ends", unregistered + dropped + left, registered)?;
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
