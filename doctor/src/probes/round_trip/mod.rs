//! One picture through every layer: CPU, engine, EGLImage, CUDA and back.

mod buffer;
mod pixels;

use std::sync::Arc;

use egl_cuda::{Context, CudaFrame, PlaneData, Stream};
use nvbuf::Surface;
use nvbuf::legacy::NvBuffer;

use self::buffer::Buffer;
use self::pixels::Picture;
use crate::finding::Fault;
use crate::probe::{Probe, Steps};

const CREATE: &str = "create";
const CPU_WRITE: &str = "CPU writes";
const CPU_READ: &str = "CPU reads";
const TRANSFORM: &str = "engine turns";
const STREAM: &str = "CUDA stream";
pub(crate) const IMAGE: &str = "EGLImage";
const REGISTER: &str = "register";
const GPU_READ: &str = "GPU reads CPU's";
const GPU_WRITE: &str = "GPU writes, reads";
const CPU_READ_GPU: &str = "CPU reads GPU's";
const UNREGISTER: &str = "unregister";
const END_IMAGE: &str = "end of EGLImage";
const DESTROY: &str = "destroy";
const END_CUDA: &str = "end of CUDA";

const STEPS: &[&str] = &[
    CREATE,
    CPU_WRITE,
    CPU_READ,
    TRANSFORM,
    STREAM,
    IMAGE,
    REGISTER,
    GPU_READ,
    GPU_WRITE,
    CPU_READ_GPU,
    UNREGISTER,
    END_IMAGE,
    DESTROY,
    END_CUDA,
];

/// With surfaces of libnvbufsurface.
pub(crate) static SURFACE_TRIP: Probe = Probe {
    name: "surface-trip",
    steps: STEPS,
    run: trip::<Surface>,
};

/// With buffers of libnvbuf_utils.
pub(crate) static BUFFER_TRIP: Probe = Probe {
    name: "buffer-trip",
    steps: STEPS,
    run: trip::<NvBuffer<'static>>,
};

fn trip<B: Buffer>(steps: &mut Steps<'_>) {
    let size = Picture::SIZE;
    let create = || Ok(B::create(size.0, size.1)?);
    let Some(buffer) = steps.take(CREATE, create, |buffer| Ok(format!("{buffer:?}"))) else {
        return;
    };
    // CUDA's memory, as surfaces on a discrete GPU are: nothing to map, nothing to register.
    let is_mapped = matches!(buffer.device_address(0), Ok(None));
    let is_written = is_mapped && by_cpu(steps, &buffer);
    if !is_mapped {
        for step in [CPU_WRITE, CPU_READ] {
            steps.skip(step, "CUDA's memory is not mapped for the CPU");
        }
    }
    by_engine(steps, &buffer, is_written);
    let buffer = Arc::new(buffer);
    let stream = match steps.lacking.cuda {
        true => {
            let gpu = [
                STREAM,
                REGISTER,
                GPU_READ,
                GPU_WRITE,
                CPU_READ_GPU,
                UNREGISTER,
            ];
            for step in gpu {
                steps.skip(step, "there is no CUDA, see above");
            }
            None
        }
        false => steps.take(STREAM, || Ok(Stream::new(&Context::primary(0)?)?), nothing),
    };
    match is_mapped {
        true => by_image(steps, &buffer, is_written, stream.as_ref()),
        false => by_address(steps, &buffer, stream.as_ref()),
    }
    // What failed to end an EGLImage or a registration keeps the buffer.
    if let Some(buffer) = Arc::into_inner(buffer) {
        steps.end(DESTROY, buffer);
    }
    if let Some(stream) = stream {
        steps.end(END_CUDA, stream);
    }
}

fn nothing<T>(_: &T) -> Result<String, Fault> {
    Ok(String::new())
}

/// Whether the buffer has the picture.
fn by_cpu<B: Buffer>(steps: &mut Steps<'_>, buffer: &B) -> bool {
    let picture = Picture::upright();
    let write = || Ok(buffer.write(picture.bytes())?);
    if steps.take(CPU_WRITE, write, nothing).is_none() {
        return false;
    }
    let read = || Ok(buffer.read()?);
    steps.take(CPU_READ, read, |found| picture.is_in(found));
    true
}

fn by_engine<B: Buffer>(steps: &mut Steps<'_>, buffer: &B, is_written: bool) {
    if steps.lacking.transform {
        return steps.skip(TRANSFORM, "there is no libnvbufsurftransform, see above");
    }
    if !B::has_transform() {
        return steps.skip(TRANSFORM, "this release's library has no transforms");
    }
    // The target is no part of what is timed.
    let target = B::create(Picture::SIZE.0, Picture::SIZE.1);
    let turn = || {
        let mut target = target?;
        buffer.turn(&mut target)?;
        Ok(target)
    };
    steps.take(TRANSFORM, turn, |target| match is_written {
        true => Picture::upright().is_turned_in(&target.read()?),
        false => Ok("the picture was not looked at".to_owned()),
    });
}

/// As on a Jetson: CUDA knows the buffer by its EGLImage.
fn by_image<B: Buffer>(
    steps: &mut Steps<'_>,
    buffer: &Arc<B>,
    is_written: bool,
    stream: Option<&Stream>,
) {
    let map = || Ok(Arc::new(buffer.map_egl_image(0)?));
    let Some(image) = steps.take(IMAGE, map, nothing) else {
        return;
    };
    if let Some(stream) = stream {
        by_cuda(steps, buffer, &image, is_written, stream);
    }
    // One that is still registered is not ended.
    if let Some(image) = Arc::into_inner(image) {
        steps.take(END_IMAGE, || Ok(B::end_image(image)?), nothing);
    }
}

fn by_cuda<B: Buffer>(
    steps: &mut Steps<'_>,
    buffer: &Arc<B>,
    image: &Arc<B::EglImage>,
    is_written: bool,
    stream: &Stream,
) {
    let register = || {
        let mapped = Arc::new(buffer::register::<B>(stream.context(), image)?);
        let planes = buffer.planes(0)?.iter().map(Into::into);
        let frame = CudaFrame::new(Arc::clone(&mapped), &planes.collect::<Vec<_>>())?;
        Ok((mapped, frame))
    };
    let describe = |(_, frame): &(_, CudaFrame)| {
        Ok(match frame.plane(0)?.data {
            PlaneData::Pitch(_) => format!("rows, {} bytes apart", frame.pitch_ptr(0)?.1),
            PlaneData::Array(_) => "an array".to_owned(),
        })
    };
    let Some((mapped, frame)) = steps.take(REGISTER, register, describe) else {
        return;
    };
    if is_written {
        let picture = Picture::upright();
        let read = || copy_out(stream, &frame);
        steps.take(GPU_READ, read, |found| picture.is_in(found));
    } else {
        steps.skip(GPU_READ, "CPU writes failed");
    }
    if write_and_read(steps, stream, &frame) {
        let read = || Ok(buffer.read()?);
        steps.take(CPU_READ_GPU, read, |found| Picture::inverse().is_in(found));
    }
    drop(frame);
    if let Some(mapped) = Arc::into_inner(mapped) {
        steps.take(UNREGISTER, || Ok(mapped.unregister()?), nothing);
    }
}

/// As on a discrete GPU: the buffer is CUDA's memory.
fn by_address<B: Buffer>(steps: &mut Steps<'_>, buffer: &Arc<B>, stream: Option<&Stream>) {
    for step in [IMAGE, GPU_READ, CPU_READ_GPU, UNREGISTER, END_IMAGE] {
        steps.skip(step, "the surface is CUDA's memory");
    }
    let Some(stream) = stream else { return };
    let map = || Ok(CudaFrame::map(stream.context(), buffer, 0)?);
    let describe = |_: &CudaFrame| Ok("nothing to register: CUDA's own memory".to_owned());
    if let Some(frame) = steps.take(REGISTER, map, describe) {
        write_and_read(steps, stream, &frame);
    }
}

fn write_and_read(steps: &mut Steps<'_>, stream: &Stream, frame: &CudaFrame) -> bool {
    let picture = Picture::inverse();
    let write = || {
        stream.copy_from_host(picture.bytes(), Picture::PITCH, frame.target(0)?)?;
        copy_out(stream, frame)
    };
    let done = steps.take(GPU_WRITE, write, |found| picture.is_in(found));
    done.is_some()
}

/// The frame's pixels, copied by the GPU.
fn copy_out(stream: &Stream, frame: &CudaFrame) -> Result<Vec<u8>, Fault> {
    let mut pixels = vec![0; Picture::BYTES];
    stream.copy_to_host(frame.source(0)?, &mut pixels, Picture::PITCH)?;
    Ok(pixels)
}
