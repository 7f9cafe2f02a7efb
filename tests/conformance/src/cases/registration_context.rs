//! Registrations and contexts: which one they are of, and which one is current.
#![forbid(unsafe_code)]

use egl_cuda::sys::{CUDA_ERROR_INVALID_CONTEXT, CUcontext};
use egl_cuda::{Event, Stream};

use super::egl_image::{NV12, spot, with_image};
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, failed};
use crate::platform::Platform;
use crate::source::{DRIVER_API, H100};

const CONTEXTS: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Cuda(c"cuGraphicsEGLRegisterImage"),
    Need::Cuda(c"cuCtxCreate_v2"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "registration.context.two-contexts",
        "An EGLImage is registered in two contexts at a time, and each of them sees its pixels.",
        H100,
        CONTEXTS,
        two_contexts,
    )
    .assumed(),
    Case::new(
        "registration.context.frame-from-another",
        "cuGraphicsResourceGetMappedEglFrame gives CUDA_ERROR_INVALID_CONTEXT in another context.",
        H100,
        CONTEXTS,
        frame_from_another,
    )
    .assumed(),
    Case::new(
        "registration.context.unregister-from-another",
        "cuGraphicsUnregisterResource ends a registration that was made in another context.",
        H100,
        CONTEXTS,
        unregister_from_another,
    )
    .assumed(),
    Case::new(
        "registration.context.calls-leave-it",
        "Registering, asking for the frame and unregistering leave the current context as it was.",
        H100,
        CONTEXTS,
        calls_leave_it,
    )
    .assumed(),
    Case::new(
        "registration.context.surfaces-leave-it",
        "Making and ending EGLImages and surfaces leaves the current context as it was, also none.",
        "GStreamer 1.26 pushes none around NvBufSurfaceMapEglImage",
        CONTEXTS,
        surfaces_leave_it,
    )
    .assumed(),
    Case::new(
        "registration.context.objects-leave-it",
        "After each of egl-cuda's calls, from registration to unregistration, what was current is.",
        DRIVER_API,
        CONTEXTS,
        objects_leave_it,
    ),
];

fn two_contexts(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    surface.mem_set(0, 0, 51)?;
    let image = surface.image(0)?;
    let other = cuda.other_context()?;
    let mapped = cuda.image(image)?;
    other.run(|| {
        let registration = cuda.register_here(image)?;
        let (place, row, rows) = spot(&surface, &registration.frame()?, 0)?;
        let seen = cuda.read_here(place, row, rows)?;
        check::flat("luma in the other context", &seen, 51, 0)?;
        registration.unregister_here()
    })?;
    // The primary context's goes on.
    surface.mem_set(0, 0, 52)?;
    let (place, row, rows) = spot(&surface, mapped.frame(), 0)?;
    let seen = cuda.read(place, row, rows)?;
    check::flat("luma in the primary context", &seen, 52, 0)?;
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn frame_from_another(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let image = surface.image(0)?;
    let other = cuda.other_context()?;
    let registration = other.run(|| cuda.register_here(image))?;
    let current = cuda.context.push().map_err(failed)?;
    let code = registration.try_frame()?.err();
    check::equal("the code", code, Some(CUDA_ERROR_INVALID_CONTEXT))?;
    drop(current);
    // That it was asked for there does it no harm.
    other.run(|| {
        registration.frame()?;
        registration.unregister_here()
    })?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn unregister_from_another(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let image = surface.image(0)?;
    let other = cuda.other_context()?;
    let registration = other.run(|| cuda.register_here(image))?;
    {
        let _current = cuda.context.push().map_err(failed)?;
        registration.unregister_here()?;
    }
    // And the image can be registered and ended as ever.
    cuda.image(image)?.unregister().map_err(failed)?;
    surface.unmap_egl_image(0)?;
    surface.destroy()?;
    Ok(Passed)
}

/// Does something with nothing, another context and the primary one current. It is given what is.
fn with_each(cuda: &Cuda, work: impl Fn(CUcontext) -> Result<(), Failure>) -> Result<(), Failure> {
    // The process is the case's own: nobody has made one current.
    let nothing = std::ptr::null_mut();
    check::equal("what is current", cuda.current()?, nothing)?;
    work(nothing)?;
    with_each_context(cuda, work)
}

/// The same with the two contexts.
fn with_each_context(
    cuda: &Cuda,
    work: impl Fn(CUcontext) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let other = cuda.other_context()?;
    other.run(|| work(other.as_raw()))?;
    let _current = cuda.context.push().map_err(failed)?;
    work(cuda.context.as_raw())
}

/// That a call left the current context as it was.
fn left(cuda: &Cuda, call: &str, expected: CUcontext) -> Result<(), Failure> {
    let what = format_args!("what is current after {call}");
    check::equal(what, cuda.current()?, expected)
}

fn calls_leave_it(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let image = surface.image(0)?;
    with_each_context(&cuda, |expected| {
        let registration = cuda.register_here(image)?;
        left(&cuda, "cuGraphicsEGLRegisterImage", expected)?;
        registration.frame()?;
        left(&cuda, "cuGraphicsResourceGetMappedEglFrame", expected)?;
        registration.unregister_here()?;
        left(&cuda, "cuGraphicsUnregisterResource", expected)
    })?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn surfaces_leave_it(p: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    with_each(&cuda, |expected| {
        let surface = NV12.create(p)?;
        left(&cuda, "NvBufSurfaceCreate", expected)?;
        surface.map_egl_image(0)?;
        left(&cuda, "NvBufSurfaceMapEglImage", expected)?;
        surface.unmap_egl_image(0)?;
        left(&cuda, "NvBufSurfaceUnMapEglImage", expected)?;
        surface.destroy()?;
        left(&cuda, "NvBufSurfaceDestroy", expected)
    })?;
    Ok(Passed)
}

fn objects_leave_it(p: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    with_each(&cuda, |expected| {
        let surface = NV12.create(p)?;
        surface.map_egl_image(0)?;
        let mapped = cuda.image(surface.image(0)?)?;
        left(&cuda, "MappedEglImage::register", expected)?;
        let stream = Stream::new(&cuda.context).map_err(failed)?;
        let event = Event::new(&cuda.context).map_err(failed)?;
        left(&cuda, "Stream::new, Event::new", expected)?;
        event.record(&stream).map_err(failed)?;
        stream.wait_event(&event).map_err(failed)?;
        event.synchronize().map_err(failed)?;
        left(&cuda, "record, wait_event, synchronize", expected)?;
        drop((event, stream));
        left(&cuda, "the drops of both", expected)?;
        mapped.unregister().map_err(failed)?;
        left(&cuda, "MappedEglImage::unregister", expected)?;
        surface.unmap_egl_image(0)
    })?;
    Ok(Passed)
}
