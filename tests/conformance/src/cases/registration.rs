//! What a registration allows where documents are silent: `nvmm-interop` in `tests/gpu` asks a desktop driver the same.
#![forbid(unsafe_code)]

use egl_cuda::{Context, Event, Stream};
use nvbufsurface_sys::ColorFormat;

use super::SURFACE_CUDA;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, OtherContext, done, failed, place};
use crate::platform::Platform;
use crate::source::{DRIVER_API, H100};
use crate::surface::{Surface, Wanted};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "registration.twice-at-a-time",
        "One EGLImage registers twice, and the second registration outlives the first.",
        H100,
        SURFACE_CUDA,
        twice,
    )
    .assumed(),
    Case::new(
        "registration.image-ended-first",
        "With the EGLImage unmapped first the pixels are still there, and unregistering returns 0.",
        H100,
        SURFACE_CUDA,
        image_first,
    )
    .assumed()
    .provoking(),
    Case::new(
        "registration.in-two-contexts",
        "An EGLImage registers in two contexts at a time, each with the same pixels.",
        H100,
        SURFACE_CUDA,
        two_contexts,
    )
    .assumed(),
    Case::new(
        "registration.frame-from-the-other-context",
        "The frame of a registration in another context than the current is refused with 201.",
        H100,
        SURFACE_CUDA,
        frame_elsewhere,
    )
    .assumed()
    .provoking(),
    Case::new(
        "registration.unregister-from-the-other-context",
        "A registration is ended with another context current.",
        H100,
        SURFACE_CUDA,
        end_elsewhere,
    )
    .assumed()
    .provoking(),
    Case::new(
        "registration.current-context-stays",
        "Registering, frames, streams, events, copies and their ends leave what is current as it was.",
        DRIVER_API,
        SURFACE_CUDA,
        current,
    ),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 320, 240);

/// A painted surface with an EGLImage.
fn painted(p: &Platform, luma: u8) -> Result<Surface, Failure> {
    let surface = NV12.create(p)?;
    surface.paint(0, &[luma])?;
    surface.map_egl_image(0)?;
    Ok(surface)
}

/// Looks at the luma of a frame, in what is current.
fn is_flat(
    cuda: &Cuda,
    surface: &Surface,
    frame: &egl_cuda::sys::CUeglFrame,
    luma: u8,
) -> Result<(), Failure> {
    let shape = surface.plane(0, 0)?;
    let place = place(frame, 0, shape.pitch)?;
    let pixels = cuda.read(place, shape.row(), shape.height as usize)?;
    check::flat("luma", &pixels, luma, 0)
}

fn twice(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = (painted(p, 70)?, Cuda::new()?);
    let first = cuda.image(surface.image(0)?)?;
    let second = cuda.image(surface.image(0)?)?;
    is_flat(&cuda, &surface, first.frame(), 70)?;
    is_flat(&cuda, &surface, second.frame(), 70)?;
    first.unregister().map_err(failed)?;
    is_flat(&cuda, &surface, second.frame(), 70)?;
    second.unregister().map_err(failed)?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn image_first(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = (painted(p, 71)?, Cuda::new()?);
    let _current = cuda.context.push().map_err(failed)?;
    let resource = cuda.resource(surface.image(0)?)?;
    let (code, frame) = resource.frame()?;
    done("cuGraphicsResourceGetMappedEglFrame", Ok(code))?;
    surface.unmap_egl_image(0)?;
    is_flat(&cuda, &surface, &frame, 71)?;
    done("cuGraphicsUnregisterResource", resource.unregister())?;
    Ok(Passed)
}

fn two_contexts(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = (painted(p, 72)?, Cuda::new()?);
    let first = cuda.image(surface.image(0)?)?;
    let other = OtherContext::new(&cuda)?;
    other.with(|| {
        let resource = cuda.resource(surface.image(0)?)?;
        let (code, frame) = resource.frame()?;
        done("cuGraphicsResourceGetMappedEglFrame", Ok(code))?;
        let shape = surface.plane(0, 0)?;
        check::that("it has an address", place(&frame, 0, shape.pitch).is_ok())?;
        done("cuGraphicsUnregisterResource", resource.unregister())
    })?;
    is_flat(&cuda, &surface, first.frame(), 72)?;
    first.unregister().map_err(failed)?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn frame_elsewhere(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = (painted(p, 73)?, Cuda::new()?);
    let other = OtherContext::new(&cuda)?;
    let resource = other.with(|| cuda.resource(surface.image(0)?))?;
    let code = {
        let _current = cuda.context.push().map_err(failed)?;
        resource.frame()?.0
    };
    done(
        "cuGraphicsUnregisterResource",
        other.with(|| resource.unregister()),
    )?;
    surface.unmap_egl_image(0)?;
    check::equal("cuGraphicsResourceGetMappedEglFrame returns", code, 201)?;
    Ok(Passed)
}

fn end_elsewhere(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = (painted(p, 74)?, Cuda::new()?);
    let other = OtherContext::new(&cuda)?;
    let resource = other.with(|| cuda.resource(surface.image(0)?))?;
    let code = {
        let _current = cuda.context.push().map_err(failed)?;
        resource.unregister()?
    };
    if code != 0 {
        done(
            "cuGraphicsUnregisterResource in its context",
            other.with(|| resource.unregister()),
        )?;
    }
    surface.unmap_egl_image(0)?;
    check::equal("cuGraphicsUnregisterResource returns", code, 0)?;
    Ok(Passed)
}

/// Does what elements do, and looks after each call.
fn work(cuda: &Cuda, surface: &Surface) -> Result<(), Failure> {
    let before = cuda.current()?;
    let same = |call: &str| check::equal(call, cuda.current()?, before);
    let context = Context::primary(0).map_err(failed)?;
    same("after cuDevicePrimaryCtxRetain")?;
    let stream = Stream::new(&context).map_err(failed)?;
    same("after cuStreamCreate")?;
    let event = Event::new(&context).map_err(failed)?;
    event.record(&stream).map_err(failed)?;
    stream.wait_event(&event).map_err(failed)?;
    event.synchronize().map_err(failed)?;
    same("after calls on events")?;
    let mapped = cuda.image(surface.image(0)?)?;
    same("after cuGraphicsEGLRegisterImage and its frame")?;
    is_flat(cuda, surface, mapped.frame(), 75)?;
    same("after a copy")?;
    mapped.unregister().map_err(failed)?;
    same("after cuGraphicsUnregisterResource")?;
    drop((event, stream, context));
    same("after all ends")
}

fn current(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = (painted(p, 75)?, Cuda::new()?);
    check::that("nothing is current yet", cuda.current()?.is_null())?;
    work(&cuda, &surface)?;
    let other = OtherContext::new(&cuda)?;
    other.with(|| {
        check::equal("current", cuda.current()?, other.as_raw())?;
        work(&cuda, &surface)
    })?;
    {
        let _current = cuda.context.push().map_err(failed)?;
        work(&cuda, &surface)?;
    }
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}
