//! A fence of EGL's as an event of CUDA's.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use egl_cuda::sys::CUDA_ERROR_NOT_SUPPORTED;
use egl_cuda::{CudaFrame, EglSync, Error, ErrorKind, Event, MappedEglImage};

use crate::picture::plane;
use crate::{Gpu, NotAvailable, Outcome, equal};

/// The longest that a fence behind one upload may take.
const LONG: Duration = Duration::from_secs(10);

/// Tells a driver that lacks something from one that fails.
fn lacking(error: Error) -> Box<dyn std::error::Error> {
    let refused = error
        .code()
        .is_some_and(|code| code.get() == CUDA_ERROR_NOT_SUPPORTED);
    if refused || error.kind() == ErrorKind::Unsupported {
        return Box::new(NotAvailable(error));
    }
    Box::new(error)
}

pub(crate) fn as_event(gpu: &Gpu) -> Outcome {
    let texture = gpu.texture(64, 64)?;
    let mapped = Arc::new(MappedEglImage::of_image(
        &gpu.context,
        &texture.egl_image()?,
    )?);
    let frame = CudaFrame::new(mapped, &[plane(64, 64)])?;
    let written = vec![0x3c; 64 * 64 * 4];
    texture.upload(&written, 256)?;
    let fence = gpu
        .gles
        .run(|| EglSync::fence(gpu.gles.display()))?
        .map_err(lacking)?;
    let event = Event::from_egl_sync(&gpu.context, &fence).map_err(lacking)?;
    // GL, then the stream behind the fence.
    gpu.stream.wait_event(&event)?;
    let mut found = vec![0; written.len()];
    gpu.stream.copy_to_host(frame.source(0)?, &mut found, 256)?;
    equal("what was read behind the fence", found == written, true)?;
    equal("the fence is signalled", fence.wait(LONG)?, true)?;
    event.synchronize()?;
    equal("the event is complete", event.is_complete()?, true)?;
    // Either may go first.
    drop(fence);
    drop(event);
    gpu.context.synchronize()?;
    Ok("a stream waits for GL by an event of its fence".into())
}
