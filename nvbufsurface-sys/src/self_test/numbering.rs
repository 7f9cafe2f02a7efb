//! The numbering of a libnvbuf_utils.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::mem::offset_of;

use crate::{ColorFormat, LegacyColorFormat, LegacyFunctions, Numbering, Release};

/// Sides that nothing else in the structs looks like.
const WIDTH: u32 = 176;
const HEIGHT: u32 = 112;

/// More than any release's `NvBufferParams`, whose longest has 136 bytes.
const ROOM: usize = 512;

/// Finds the one numbering that fits: first what the release and the symbols allow, then what
/// pictures of a few formats look like.
pub(crate) fn numbering(
    functions: &LegacyFunctions,
    release: Option<Release>,
) -> Result<Numbering, String> {
    let candidates = candidates(functions, release)?;
    let mut pictures = Pictures {
        functions,
        seen: BTreeMap::new(),
    };
    let mut fitting = Vec::new();
    let mut reasons = String::new();
    for candidate in candidates {
        match pictures.contradiction(candidate) {
            None => fitting.push(candidate),
            Some(why) => reasons += &format!("\n  not {candidate}: {why}"),
        }
    }
    match fitting[..] {
        [numbering] => Ok(numbering),
        [] => Err(format!(
            "none of the numberings that this release can have fits what it does:{reasons}"
        )),
        [..] => Err(format!(
            "its numbering can be {}: what it does fits each. Set {} to the release (R32.7.1 for \
             example)",
            fitting
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" or "),
            crate::RELEASE_VARIABLE
        )),
    }
}

/// The numberings that a library with these symbols may have.
fn by_symbols(functions: &LegacyFunctions) -> &'static [Numbering] {
    if functions.transform_ex.is_some() {
        &[Numbering::R32_6, Numbering::R34]
    } else if functions.transform_async.is_some() {
        &[Numbering::R32_4, Numbering::R32_5]
    } else if functions.get_params_ex.is_some() {
        &[Numbering::R32_3]
    } else if functions.create_ex.is_some() {
        &[Numbering::R32_1, Numbering::R32_2]
    } else if functions.extract_fd.is_some() {
        &[Numbering::R28]
    } else {
        // They differ in a field at the end of NvBufferParams alone, which R27.1 leaves as it is.
        &[Numbering::R28, Numbering::R27_1]
    }
}

/// The numberings that a release may have: one, but where headers of one release differ.
fn by_release(release: Release) -> &'static [Numbering] {
    match release {
        Release::L4t(27, ..) => &[Numbering::R27_1],
        Release::L4t(28, ..) => &[Numbering::R28],
        Release::L4t(32, 1, _) => &[Numbering::R32_1],
        // One header of R32.2 was seen with R32.1's layout.
        Release::L4t(32, 2, _) => &[Numbering::R32_2, Numbering::R32_1],
        Release::L4t(32, 3, _) => &[Numbering::R32_3],
        Release::L4t(32, 4, _) => &[Numbering::R32_4],
        // A header of R32.5.0 was seen with R32.4's numbers.
        Release::L4t(32, 5, _) => &[Numbering::R32_5, Numbering::R32_4],
        Release::L4t(32, 6 | 7, _) => &[Numbering::R32_6],
        Release::L4t(34 | 35, ..) => &[Numbering::R34],
        _ => &[],
    }
}

fn candidates(
    functions: &LegacyFunctions,
    release: Option<Release>,
) -> Result<Vec<Numbering>, String> {
    let by_symbols = by_symbols(functions);
    let Some(release) = release else {
        // Of two that cannot be told apart the first does for both.
        let one = matches!(by_symbols, [Numbering::R28, ..]);
        return Ok(by_symbols[..if one { 1 } else { by_symbols.len() }].to_vec());
    };
    let both: Vec<_> = by_release(release)
        .iter()
        .copied()
        .filter(|numbering| by_symbols.contains(numbering))
        .collect();
    if both.is_empty() {
        return Err(format!(
            "this is {release}, but the library's functions are those of {}: it is of another \
             release (was it copied, or mounted into a container?). Install {release}'s own, or set \
             {} to the library's release",
            by_symbols
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" or "),
            crate::RELEASE_VARIABLE
        ));
    }
    Ok(both)
}

/// Where a numbering's `NvBufferParams` has what is looked at, in bytes.
struct Layout {
    pixel_format: usize,
    num_planes: usize,
    width: usize,
    height: usize,
    pitch: usize,
}

macro_rules! layout {
    ($module:ident) => {{
        use crate::nvbuf_utils::$module::NvBufferParams;
        Layout {
            pixel_format: offset_of!(NvBufferParams, pixel_format),
            num_planes: offset_of!(NvBufferParams, num_planes),
            width: offset_of!(NvBufferParams, width),
            height: offset_of!(NvBufferParams, height),
            pitch: offset_of!(NvBufferParams, pitch),
        }
    }};
}

fn layout(numbering: Numbering) -> Layout {
    match numbering {
        Numbering::R27_1 => layout!(r27_1),
        Numbering::R28 => layout!(r28),
        Numbering::R32_1 => layout!(r32_1),
        Numbering::R32_2 => layout!(r32_2),
        Numbering::R32_3 => layout!(r32_3),
        Numbering::R32_4 => layout!(r32_4),
        Numbering::R32_5 => layout!(r32_5),
        Numbering::R32_6 => layout!(r32_6),
        Numbering::R34 => layout!(r34),
    }
}

/// What the library writes of a picture of some format.
type Params = [u32; ROOM / 4];

/// Pictures by format number, each allocated once.
struct Pictures<'a> {
    functions: &'a LegacyFunctions,
    seen: BTreeMap<u32, Result<Box<Params>, String>>,
}

impl Pictures<'_> {
    /// What speaks against a numbering.
    fn contradiction(&mut self, numbering: Numbering) -> Option<String> {
        // The first three are in every release. YUV444 tells R32.6 from R34, but need not be
        // supported.
        for (format, wanted) in [
            (ColorFormat::YUV420, true),
            (ColorFormat::NV12, true),
            (ColorFormat::RGBA, true),
            (ColorFormat::YUV444, false),
        ] {
            let Some(legacy) = format.to_legacy(numbering) else {
                continue;
            };
            let functions = self.functions;
            let seen = self.seen.entry(legacy.0);
            match seen.or_insert_with(|| picture(functions, legacy)) {
                Ok(params) => {
                    if let Some(why) = differs(params, numbering, format, legacy) {
                        return Some(why);
                    }
                }
                Err(why) if wanted => return Some(why.clone()),
                Err(_) => {}
            }
        }
        None
    }
}

/// Allocates a picture, reads its parameters and frees it.
fn picture(functions: &LegacyFunctions, format: LegacyColorFormat) -> Result<Box<Params>, String> {
    let LegacyColorFormat(number) = format;
    let mut fd: c_int = -1;
    // SAFETY: the pointer is valid for the call; layout 0 is pitch in every release.
    let result = unsafe {
        (functions.create)(
            &raw mut fd,
            WIDTH.cast_signed(),
            HEIGHT.cast_signed(),
            0,
            number,
        )
    };
    if result != 0 {
        return Err(format!(
            "NvBufferCreate for a picture of {WIDTH}x{HEIGHT} and format {number} returned {result} \
             (is /dev/nvmap there, and may this user open it?)"
        ));
    }
    let mut params: Box<Params> = Box::new([0; ROOM / 4]);
    // SAFETY: the buffer was just made, and there is more room than any release's struct needs.
    let result = unsafe { (functions.get_params)(fd, params.as_mut_ptr().cast()) };
    // SAFETY: the buffer is ours and not used afterwards.
    let destroyed = unsafe { (functions.destroy)(fd) };
    if (result, destroyed) != (0, 0) {
        return Err(format!(
            "NvBufferGetParams and NvBufferDestroy returned {result} and {destroyed}"
        ));
    }
    if params[0] != fd.cast_unsigned() {
        return Err(format!(
            "NvBufferGetParams wrote fd {} for fd {fd}: no known layout",
            params[0]
        ));
    }
    Ok(params)
}

/// How a picture is not what a numbering says.
fn differs(
    params: &Params,
    numbering: Numbering,
    format: ColorFormat,
    legacy: LegacyColorFormat,
) -> Option<String> {
    let layout = layout(numbering);
    let at = |offset: usize| params[offset / 4];
    let planes = format.planes().unwrap_or_default();
    let found = (
        at(layout.pixel_format),
        at(layout.num_planes),
        at(layout.width),
        at(layout.height),
    );
    let expected = (legacy.0, planes.len() as u32, WIDTH, HEIGHT);
    if found != expected {
        return Some(format!(
            "number {} should be {format}: (format, planes, width, height) are {found:?} and not \
             {expected:?}",
            legacy.0
        ));
    }
    let last = planes.len() - 1;
    let width = at(layout.width + 4 * last);
    // Whether the width of interleaved chroma counts pairs or bytes is not known.
    if planes.len() == 3 && width != WIDTH / planes[last].width_divisor {
        return Some(format!(
            "number {} should be {format}: plane {last} is {width} wide",
            legacy.0
        ));
    }
    let pitch = at(layout.pitch);
    (pitch < WIDTH * planes[0].bits / 8).then(|| {
        format!(
            "number {} should be {format}: its pitch is {pitch}",
            legacy.0
        )
    })
}
