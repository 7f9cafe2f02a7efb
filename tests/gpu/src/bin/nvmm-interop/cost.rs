//! What calls cost, beside each other in one run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egl_cuda::{Array, CudaFrame, DeviceMemory, Event, MappedEglImage, sys};

use crate::picture::plane;
use crate::{Gpu, Outcome};

const ROUNDS: usize = 9;

/// The median time of one call among many.
fn median(
    calls: u32,
    mut call: impl FnMut() -> egl_cuda::Result<()>,
) -> egl_cuda::Result<Duration> {
    let mut times = Vec::with_capacity(ROUNDS);
    // The first round warms up.
    for round in 0..=ROUNDS {
        let start = Instant::now();
        for _ in 0..calls {
            call()?;
        }
        if round > 0 {
            times.push(start.elapsed() / calls);
        }
    }
    times.sort();
    Ok(times[ROUNDS / 2])
}

pub(crate) fn registration(gpu: &Gpu) -> Outcome {
    const MOST: f64 = 1.0 / 500.0;
    let layout = [plane(1920, 1080)];
    let image = gpu.texture(1920, 1080)?.egl_image()?;
    let every = median(20, || {
        let mapped = MappedEglImage::of_image(&gpu.context, &image)?;
        let frame = CudaFrame::new(Arc::new(mapped), &layout)?;
        frame.surface_object(0).map(drop)
    })?;
    let mapped = Arc::new(MappedEglImage::of_image(&gpu.context, &image)?);
    let kept = median(20_000, || {
        let frame = CudaFrame::new(Arc::clone(&mapped), &layout)?;
        frame.surface_object(0).map(drop)
    })?;
    let share = kept.as_secs_f64() / every.as_secs_f64();
    let found = format!(
        "{every:?} with a registration each time, {kept:?} with a kept one: 1/{:.0}",
        1.0 / share
    );
    if share > MOST {
        Err(found.into())
    } else {
        Ok(found)
    }
}

pub(crate) fn push_and_pop(gpu: &Gpu) -> Outcome {
    let time = median(20_000, || gpu.context.push().map(drop))?;
    Ok(format!("{time:?}"))
}

pub(crate) fn copy(gpu: &Gpu) -> Outcome {
    const WIDTH: u32 = 3840;
    const HEIGHT: u32 = 2160;
    const COPIES: u32 = 50;
    let row = WIDTH as usize * 4;
    let context = &gpu.context;
    let from = DeviceMemory::pitched(context, row, HEIGHT as usize)?;
    let to = DeviceMemory::pitched(context, row, HEIGHT as usize)?;
    let array = Array::new(
        context,
        WIDTH,
        HEIGHT,
        sys::CUarray_format::UNSIGNED_INT8,
        4,
    )?;
    let (start, end) = (Event::with_timing(context)?, Event::with_timing(context)?);
    let rate = |to_array: bool| -> egl_cuda::Result<f64> {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..=ROUNDS {
            start.record(&gpu.stream)?;
            for _ in 0..COPIES {
                let target = if to_array {
                    array.target()
                } else {
                    to.target()
                };
                gpu.stream.copy(from.source(), target)?;
            }
            end.record(&gpu.stream)?;
            end.synchronize()?;
            times.push(end.elapsed_since(&start)?.as_secs_f64() / f64::from(COPIES));
        }
        times.remove(0);
        times.sort_by(f64::total_cmp);
        Ok((row * HEIGHT as usize) as f64 / times[ROUNDS / 2] / 1e9)
    };
    let (rows, arrays) = (rate(false)?, rate(true)?);
    Ok(format!(
        "{arrays:.0} GB/s to an array, {rows:.0} GB/s from rows to rows: {:.0} %",
        100.0 * arrays / rows
    ))
}
