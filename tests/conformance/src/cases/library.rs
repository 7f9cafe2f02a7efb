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
        "The libraries have the functions that the headers of their release declare; where the machine does not say it, of any.",
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

/// Whether a library has what its headers of a release declare, and nothing else.
macro_rules! is_of {
    ($table:ident, $functions:expr, $release:expr) => {{
        let expected: Vec<_> = $table::expected($release).collect();
        let optional = $table::OPTIONAL.iter();
        optional
            .filter(|name| $functions.has(name))
            .all(|name| expected.contains(name))
            && expected.iter().all(|name| $functions.has(name))
    }};
}

/// The releases with which a function came or went, and the first ones.
macro_rules! releases {
    ($table:ident) => {{
        let spans = $table::OPTIONAL.iter().flat_map(|name| $table::spans(name));
        let ends = spans
            .flat_map(|span| [Some(span.first), span.end])
            .flatten();
        let first = ["R27.1", "R28.1", "R32.1"].map(|name| name.parse().ok());
        ends.chain(first.into_iter().flatten())
    }};
}

fn declared(p: &Platform) -> Result<Outcome, Failure> {
    let said = p.release();
    macro_rules! check {
        ($table:ident, $library:expr) => {{
            let functions = $library.functions();
            let fits = |release| is_of!($table, functions, release);
            let (whose, good) = match said {
                Some(release) => (release.to_string(), fits(release)),
                None => ("a known release".to_owned(), releases!($table).any(fits)),
            };
            check::that(
                format_args!("{functions:?} has the functions of {whose}"),
                good,
            )?;
        }};
    }
    if p.has_surface() {
        check!(Functions, p.surface()?);
        check!(TransformFunctions, p.transform()?);
    }
    if p.has_legacy() {
        check!(LegacyFunctions, p.legacy()?);
    }
    Ok(Passed)
}
