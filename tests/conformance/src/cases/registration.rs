//! Registering EGLImages with CUDA: how often, in which order, on which thread.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use super::SURFACE_CUDA;
use super::egl_image::{NV12, spot, with_image};
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, Place, failed};
use crate::platform::Platform;
use crate::source::{DRIVER_API, GSTCUDA, H100, MMAPI, TEGRA_NOTE};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "registration.flags-0",
        "An EGLImage registers with flags 0.",
        TEGRA_NOTE,
        SURFACE_CUDA,
        register,
    ),
    Case::new(
        "registration.other-flags-are-refused",
        "Read-only registration is refused on Tegra: the flags have to be 0.",
        "jetson-utils issue 124",
        SURFACE_CUDA,
        flags,
    )
    .assumed(),
    Case::new(
        "registration.null-is-refused",
        "Registering no image is an error.",
        DRIVER_API,
        SURFACE_CUDA,
        null,
    ),
    Case::new(
        "registration.again-after-unregistering",
        "After it was unregistered an EGLImage registers again.",
        MMAPI,
        SURFACE_CUDA,
        register_again,
    ),
    Case::new(
        "registration.unregister-then-unmap",
        "Unregister, then unmap, then destroy: each returns 0.",
        "Savant pull request 45",
        SURFACE_CUDA,
        order,
    ),
    Case::new(
        "registration.unregistered-on-another-thread",
        "An image registered on one thread is unregistered on another, in the primary context.",
        DRIVER_API,
        SURFACE_CUDA,
        threads,
    )
    .assumed(),
    Case::new(
        "registration.many",
        "Thirty-two surfaces are registered at once.",
        "nv3dsink, gst-nvinfer: a pool each",
        SURFACE_CUDA,
        many,
    ),
    Case::new(
        "registration.two-surfaces-two-addresses",
        "Surfaces registered at the same time have different addresses.",
        DRIVER_API,
        SURFACE_CUDA,
        two_addresses,
    ),
    Case::new(
        "registration.twice-at-once",
        "One EGLImage registers twice at a time, and both frames show its pixels.",
        H100,
        SURFACE_CUDA,
        |p| twice(p, NV12),
    )
    .assumed(),
    Case::new(
        "registration.twice-at-once-block-linear",
        "So does that of a block-linear surface, and each registration has arrays of its own.",
        H100,
        SURFACE_CUDA,
        |p| twice(p, NV12.block_linear()),
    )
    .assumed(),
    Case::new(
        "registration.second-outlives-the-first",
        "Of two registrations of one EGLImage one works on after the other was unregistered.",
        H100,
        SURFACE_CUDA,
        second,
    )
    .assumed(),
    Case::new(
        "registration.outlives-its-egl-image",
        "CUDA reads and writes the pixels after the EGLImage was unmapped, and unregistering returns 0.",
        GSTCUDA,
        SURFACE_CUDA,
        without_image,
    )
    .assumed()
    .provoking(),
    Case::new(
        "registration.unregister-after-its-surface",
        "Unregistering returns 0 also after EGLImage and surface were ended.",
        H100,
        SURFACE_CUDA,
        without_surface,
    )
    .assumed()
    .provoking(),
];

fn register(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    cuda.image(surface.image(0)?)?
        .unregister()
        .map_err(failed)?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn flags(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    for flags in [1, 2, 4] {
        let code = cuda.code_of_flags(surface.image(0)?, flags)?;
        check::that(format_args!("flags {flags} are refused"), code != 0)?;
    }
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn null(_: &Platform) -> Result<Outcome, Failure> {
    let code = Cuda::new()?.code_of_flags(std::ptr::null_mut(), 0)?;
    check::that("it is refused", code != 0)?;
    Ok(Passed)
}

fn register_again(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    for _ in 0..10 {
        cuda.image(surface.image(0)?)?
            .unregister()
            .map_err(failed)?;
    }
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn order(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    mapped.unregister().map_err(failed)?;
    surface.unmap_egl_image(0)?;
    surface.destroy()?;
    Ok(Passed)
}

fn threads(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    let ended = std::thread::spawn(move || mapped.unregister().map_err(failed)).join();
    ended.map_err(|_| Failure::new("a thread that ends", "a panic"))??;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn many(p: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let mut all = Vec::new();
    for value in 0..32 {
        let surface = Wanted::picture(ColorFormat::NV12, 64, 32).create(p)?;
        surface.mem_set(0, -1, value)?;
        surface.map_egl_image(0)?;
        let mapped = cuda.image(surface.image(0)?)?;
        all.push((mapped, surface));
    }
    for (value, (mapped, surface)) in all.into_iter().enumerate() {
        let (place, row, rows) = spot(&surface, mapped.frame(), 0)?;
        check::flat("luma", &cuda.read(place, row, rows)?, value as u8, 0)?;
        drop(mapped);
        surface.unmap_egl_image(0)?;
    }
    Ok(Passed)
}

fn two_addresses(p: &Platform) -> Result<Outcome, Failure> {
    let (one, cuda) = with_image(p)?;
    let (other, _) = with_image(p)?;
    let (first, second) = (cuda.image(one.image(0)?)?, cuda.image(other.image(0)?)?);
    let text = |place| format!("{place:?}");
    let (a, ..) = spot(&one, first.frame(), 0)?;
    let (b, ..) = spot(&other, second.frame(), 0)?;
    check::that("they differ", text(a) != text(b))?;
    drop((first, second));
    one.unmap_egl_image(0)?;
    other.unmap_egl_image(0)?;
    Ok(Passed)
}

/// CUDA reads one value everywhere in a plane.
fn expect(
    cuda: &Cuda,
    (place, row, rows): (Place, usize, usize),
    value: u8,
) -> Result<(), Failure> {
    check::flat("luma", &cuda.read(place, row, rows)?, value, 0)
}

fn twice(p: &Platform, wanted: Wanted) -> Result<Outcome, Failure> {
    let surface = wanted.create(p)?;
    surface.mem_set(0, 0, 41)?;
    surface.map_egl_image(0)?;
    let cuda = Cuda::new()?;
    let image = surface.image(0)?;
    let (first, second) = (cuda.image(image)?, cuda.image(image)?);
    let spots = [
        spot(&surface, first.frame(), 0)?,
        spot(&surface, second.frame(), 0)?,
    ];
    for spot in spots {
        expect(&cuda, spot, 41)?;
    }
    if let [(Place::Array(one), ..), (Place::Array(other), ..)] = spots {
        check::that("the arrays are two", one != other)?;
    }
    // What is written by the one is read by the other.
    let (place, row, rows) = spots[0];
    cuda.write(place, row, &vec![42; row * rows])?;
    expect(&cuda, spots[1], 42)?;
    drop((second, first));
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn second(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let image = surface.image(0)?;
    let (first, second) = (cuda.image(image)?, cuda.image(image)?);
    first.unregister().map_err(failed)?;
    let spot = spot(&surface, second.frame(), 0)?;
    surface.mem_set(0, 0, 43)?;
    expect(&cuda, spot, 43)?;
    let (place, row, rows) = spot;
    cuda.write(place, row, &vec![44; row * rows])?;
    second.unregister().map_err(failed)?;
    surface.unmap_egl_image(0)?;
    check::flat("luma", &surface.read(0, 0)?, 44, 0)?;
    Ok(Passed)
}

fn without_image(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    surface.mem_set(0, 0, 45)?;
    let mapped = cuda.image(surface.image(0)?)?;
    let spot = spot(&surface, mapped.frame(), 0)?;
    surface.unmap_egl_image(0)?;
    expect(&cuda, spot, 45)?;
    let (place, row, rows) = spot;
    cuda.write(place, row, &vec![46; row * rows])?;
    mapped.unregister().map_err(failed)?;
    check::flat("luma", &surface.read(0, 0)?, 46, 0)?;
    Ok(Passed)
}

fn without_surface(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    surface.unmap_egl_image(0)?;
    surface.destroy()?;
    // Whether the pixels are still there is nothing to rely on.
    mapped.unregister().map_err(failed)?;
    Ok(Passed)
}
