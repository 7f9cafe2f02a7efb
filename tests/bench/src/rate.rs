//! How fast the GPU copies from device memory to device memory.

#![forbid(unsafe_code)]

use gst_nvmm::Session;
use gst_nvmm::egl_cuda::{DeviceMemory, Event, Result};

/// Copies between two time stamps, and measurements, of which the middle counts.
const COPIES: u32 = 20;
const ROUNDS: usize = 9;
/// Pairs of pictures in turns: one pair may stay in the GPU's caches, as no stream of frames does.
const PAIRS: usize = 3;

/// Bytes read and written per second while pictures of this size are copied.
pub(crate) fn of_copies(session: &Session, row_bytes: usize, rows: usize) -> Result<f64> {
    let (context, stream) = (session.context(), session.stream());
    let picture = || DeviceMemory::pitched(context, row_bytes, rows);
    let pairs = (0..PAIRS)
        .map(|_| Ok((picture()?, picture()?)))
        .collect::<Result<Vec<_>>>()?;
    let (start, end) = (Event::with_timing(context)?, Event::with_timing(context)?);
    let mut seconds = Vec::with_capacity(ROUNDS);
    for round in 0..=ROUNDS {
        start.record(stream)?;
        for (from, to) in pairs.iter().cycle().take(COPIES as usize) {
            stream.copy(from.source(), to.target())?;
        }
        end.record(stream)?;
        stream.synchronize()?;
        // The first one warms up.
        if round > 0 {
            seconds.push(end.elapsed_since(&start)?.as_secs_f64() / f64::from(COPIES));
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(2.0 * row_bytes as f64 * rows as f64 / seconds[ROUNDS / 2])
}
