//! How long a frame takes on the GPU, beside a plain copy that moves as many bytes.

use std::fmt;

use egl_cuda::Result;
use egl_cuda::cust::event::{Event, EventFlags};
use egl_cuda::cust::launch;
use egl_cuda::cust::memory::{AsyncCopyDestination, DeviceBuffer};
use egl_cuda::cust::stream::{Stream, StreamFlags};

use crate::gpu::Gpu;
use crate::kernel::{LAYER_OWN_ALPHA, Layer, MAX_LAYERS, OverlayParams};

/// Launches between two events.
const LAUNCHES: u16 = 100;
/// Measurements, of which the median counts; one more goes before them and does not count.
const ROUNDS: usize = 9;

/// GPU time of one frame and of the copy, in microseconds.
#[derive(Debug)]
pub(crate) struct Times {
    overlay: f64,
    copy: f64,
    bytes: f64,
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |time: f64| self.bytes / time / 1e3;
        write!(
            f,
            "2 layers {:.1} us a frame ({:.0} GB/s); device copy moving the same {:.1} MB {:.1} us ({:.0} GB/s)",
            self.overlay,
            rate(self.overlay),
            self.bytes / 1e6,
            self.copy,
            rate(self.copy)
        )
    }
}

/// Two layers over the whole output, the upper one with its own alpha: two frames are read and one is written. The
/// copy reads one and a half frames and writes as many.
pub(crate) fn overlay_and_copy(gpu: &Gpu, width: u32, height: u32) -> Result<Times> {
    let _current = gpu.push()?;
    let frame = width as usize * height as usize * 4;
    let output = DeviceBuffer::<u8>::zeroed(frame)?;
    let lower = DeviceBuffer::<u8>::zeroed(frame)?;
    let upper = DeviceBuffer::<u8>::zeroed(frame)?;
    let layer = |buffer: &DeviceBuffer<u8>, alpha, flags| Layer {
        data: buffer.as_device_ptr().as_raw(),
        pitch: width * 4,
        width,
        height,
        alpha,
        flags,
        ..Layer::EMPTY
    };
    let mut params = OverlayParams {
        output: output.as_device_ptr().as_raw(),
        pitch: width * 4,
        width,
        height,
        num_layers: 2,
        flags: 0,
        background: 0xff00_0000,
        layers: [Layer::EMPTY; MAX_LAYERS],
    };
    params.layers[0] = layer(&lower, 255, 0);
    params.layers[1] = layer(&upper, 128, LAYER_OWN_ALPHA);

    // Events with time stamps are cust's, and they are recorded on cust's streams.
    let stream = Stream::new(StreamFlags::NON_BLOCKING, None)?;
    let function = gpu.kernel().module().get_function("nvmm_overlay")?;
    let (grid, block) = (params.grid(), crate::kernel::BLOCK);
    let overlay = median(&stream, || {
        // SAFETY: the kernel takes one OverlayParams; the three buffers have `height` rows of `width` pixels each and
        // live until `median` has waited for the stream.
        unsafe { launch!(function<<<grid, block, 0, stream>>>(params)) }?;
        Ok(())
    })?;

    let moved = frame / 2 * 3;
    let from = DeviceBuffer::<u8>::zeroed(moved)?;
    let mut to = DeviceBuffer::<u8>::zeroed(moved)?;
    let copy = median(&stream, || {
        // SAFETY: both buffers live until `median` has waited for the stream.
        unsafe { to.async_copy_from(&from, &stream) }?;
        Ok(())
    })?;
    Ok(Times {
        overlay,
        copy,
        bytes: 3.0 * frame as f64,
    })
}

/// Microseconds of GPU time that one call's work takes. All of it is done on return, on failure too.
fn median(stream: &Stream, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Event::new(EventFlags::DEFAULT)?;
    let end = Event::new(EventFlags::DEFAULT)?;
    let mut round = || {
        start.record(stream)?;
        (0..LAUNCHES).try_for_each(|_| work())?;
        end.record(stream)?;
        end.synchronize()?;
        Ok(f64::from(end.elapsed_time_f32(&start)?) * 1e3 / f64::from(LAUNCHES))
    };
    let times: Result<Vec<f64>> = (0..=ROUNDS).map(|_| round()).collect();
    stream.synchronize()?;
    let mut times = times?;
    let measured = &mut times[1..];
    measured.sort_by(f64::total_cmp);
    Ok(measured[ROUNDS / 2])
}
