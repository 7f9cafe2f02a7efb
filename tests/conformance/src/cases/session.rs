//! Which engine a thread uses.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::classic::{
    NvBufSurfTransformCompute_Default, NvBufSurfTransformCompute_GPU, NvBufSurfTransformCompute_VIC,
};

use super::TRANSFORM;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, failed};
use crate::engine::{Ask, Engine};
use crate::platform::Platform;
use crate::source::{NVVIDCONV, TRANSFORM_H, VIDEO_CONVERT};
use crate::surface::Wanted;

const GPU: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransform"),
    Need::Cuda(c"cuInit"),
];
const RESET: &[Need] = &[Need::Transform("NvBufSurfTransformSetDefaultSession")];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "session.set-and-get",
        "What is set for a thread is what it gets.",
        TRANSFORM_H,
        TRANSFORM,
        set_and_get,
    ),
    Case::new(
        "session.per-thread",
        "A session belongs to its thread: another thread has the default.",
        VIDEO_CONVERT,
        TRANSFORM,
        per_thread,
    )
    .assumed(),
    Case::new(
        "session.before-every-transform",
        "Setting the session before every transform does no harm.",
        NVVIDCONV,
        TRANSFORM,
        before_each,
    ),
    Case::new(
        "session.gpu",
        "A transform on the GPU gives the picture that the VIC gives, where nothing is scaled.",
        NVVIDCONV,
        GPU,
        gpu,
    )
    .assumed(),
    Case::new(
        "session.reset",
        "NvBufSurfTransformSetDefaultSession undoes what was set.",
        TRANSFORM_H,
        RESET,
        reset,
    )
    .assumed(),
];

fn set_and_get(p: &Platform) -> Result<Outcome, Failure> {
    let engine = Engine::new(p)?;
    for mode in [NvBufSurfTransformCompute_VIC, NvBufSurfTransformCompute_GPU] {
        engine.set_engine(mode)?;
        check::equal("compute_mode", engine.engine()?, mode)?;
    }
    Ok(Passed)
}

fn per_thread(p: &Platform) -> Result<Outcome, Failure> {
    let engine = Engine::new(p)?;
    let default = engine.engine()?;
    engine.set_engine(NvBufSurfTransformCompute_GPU)?;
    let other = std::thread::spawn(move || engine.engine()).join();
    let other = other.map_err(|_| Failure::new("a thread that ends", "a panic"))??;
    check::equal("compute_mode of another thread", other, default)?;
    check::equal(
        "of this one",
        engine.engine()?,
        NvBufSurfTransformCompute_GPU,
    )?;
    Ok(Passed)
}

fn before_each(p: &Platform) -> Result<Outcome, Failure> {
    let engine = Engine::new(p)?;
    let wanted = Wanted::picture(ColorFormat::NV12, 128, 64);
    let (from, to) = (wanted.create(p)?, wanted.create(p)?);
    for value in 0..10 {
        engine.set_engine(NvBufSurfTransformCompute_VIC)?;
        from.mem_set(0, -1, value)?;
        engine.run(&from, &to, &Ask::default())?;
        check::flat("luma", &to.read(0, 0)?, value, 0)?;
    }
    Ok(Passed)
}

fn gpu(p: &Platform) -> Result<Outcome, Failure> {
    let engine = Engine::new(p)?;
    // It needs a context on the thread: without one a JetPack 6 was seen to abort.
    let cuda = Cuda::new()?;
    let _current = cuda.context.push().map_err(failed)?;
    let wanted = Wanted::picture(ColorFormat::NV12, 128, 64);
    let (from, to) = (wanted.create(p)?, wanted.create(p)?);
    let pixels = from.scribble(0, 3)?;
    engine.set_engine(NvBufSurfTransformCompute_GPU)?;
    engine.run(&from, &to, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn reset(p: &Platform) -> Result<Outcome, Failure> {
    let engine = Engine::new(p)?;
    engine.set_engine(NvBufSurfTransformCompute_GPU)?;
    engine.reset()?;
    check::equal(
        "compute_mode",
        engine.engine()?,
        NvBufSurfTransformCompute_Default,
    )?;
    Ok(Passed)
}
