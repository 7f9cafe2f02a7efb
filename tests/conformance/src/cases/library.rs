//! The libraries themselves.
#![forbid(unsafe_code)]

use nvbufsurface_sys::{Functions, LegacyFunctions, TransformFunctions};

use super::{LEGACY, SURFACE, TRANSFORM};
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::{OUR_LAYOUT, UTILS_H};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "library.one-is-there",
        "There is a libnvbufsurface or a libnvbuf_utils.",
        "L4T package lists, R27 to R39",
        &[],
        one_is_there,
    ),
    Case::new(
        "library.surface.family",
        "The structs of libnvbufsurface are of a known family, by distance and by symbols.",
        OUR_LAYOUT,
        SURFACE,
        family,
    ),
    Case::new(
        "library.transform.beside-surface",
        "A libnvbufsurftransform lies beside libnvbufsurface.",
        "L4T package lists, R32 to R39",
        SURFACE,
        transform_beside,
    ),
    Case::new(
        "library.transform.functions-of-a-release",
        "Functions that came together in libnvbufsurftransform are there together.",
        "nvbufsurftransform.h, compared with 8 published headers",
        TRANSFORM,
        transform_functions,
    ),
    Case::new(
        "library.legacy.numbering",
        "The numbers of libnvbuf_utils are those of exactly one known release.",
        "nvbuf_utils.h, compared with 12 published headers",
        LEGACY,
        numbering,
    ),
    Case::new(
        "library.legacy.params-size",
        "NvBufferGetParams writes the struct of the release, and no byte behind it.",
        UTILS_H,
        LEGACY,
        params_size,
    ),
    Case::new(
        "library.release.functions",
        "Where the machine says its release, the libraries have what its headers declare.",
        OUR_LAYOUT,
        &[],
        declared,
    ),
];

fn one_is_there(p: &Platform) -> Result<Outcome, Failure> {
    check::that(
        "there is a libnvbufsurface or a libnvbuf_utils",
        p.has_surface() || p.has_legacy(),
    )?;
    Ok(Passed)
}

fn family(p: &Platform) -> Result<Outcome, Failure> {
    // Opening it compares both; this is where it fails.
    p.family()?;
    Ok(Passed)
}

fn transform_beside(p: &Platform) -> Result<Outcome, Failure> {
    let surface = p.surface()?.path().and_then(|path| path.parent());
    let transform = p.transform()?.path().and_then(|path| path.parent());
    check::equal("its folder", transform, surface)?;
    Ok(Passed)
}

fn transform_functions(p: &Platform) -> Result<Outcome, Failure> {
    let functions = p.transform()?.functions();
    let asynchronous = [
        "NvBufSurfTransformAsync",
        "NvBufSurfTransformCompositeAsync",
        "NvBufSurfTransformCompositeBlend",
        "NvBufSurfTransformSyncObjWait",
        "NvBufSurfTransformSyncObjDestroy",
    ];
    let there: Vec<_> = asynchronous.map(|name| functions.has(name)).to_vec();
    check::that(
        format_args!("all or none of {asynchronous:?}: {there:?}"),
        there.iter().all(|has| *has == there[0]),
    )?;
    Ok(Passed)
}

fn numbering(p: &Platform) -> Result<Outcome, Failure> {
    p.numbering()?;
    Ok(Passed)
}

fn params_size(p: &Platform) -> Result<Outcome, Failure> {
    let format = nvbufsurface_sys::ColorFormat::YUV420;
    let buffer = crate::legacy::Buffer::new(p, format, 64, 32)?;
    let (size, untouched) = buffer.struct_end()?;
    check::that(
        format_args!("nothing is written behind {size} bytes"),
        untouched,
    )?;
    Ok(Passed)
}

fn declared(p: &Platform) -> Result<Outcome, Failure> {
    let Some(release) = p.release() else {
        return Ok(Outcome::NotApplicable(
            "the machine does not say its release".into(),
        ));
    };
    let mut missing = Vec::new();
    if p.has_surface() {
        let (surface, transform) = (p.surface()?.functions(), p.transform()?.functions());
        missing.extend(Functions::expected(release).filter(|name| !surface.has(name)));
        missing.extend(TransformFunctions::expected(release).filter(|name| !transform.has(name)));
    }
    if p.has_legacy() {
        let legacy = p.legacy()?.functions();
        missing.extend(LegacyFunctions::expected(release).filter(|name| !legacy.has(name)));
    }
    check::equal("functions that are missing", missing, Vec::new())?;
    Ok(Passed)
}
