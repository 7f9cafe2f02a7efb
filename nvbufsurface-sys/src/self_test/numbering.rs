//! The numbering of a libnvbuf_utils.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::mem::offset_of;

use crate::release::RELEASE_VARIABLE;
use crate::{ColorFormat, LegacyColorFormat, LegacyFunctions, Numbering, Release};

/// Sides that nothing else in the structs looks like; wide, so that padding of rows does not hide how
/// many bytes a pixel has.
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 112;

/// Bytes for more than any release's `NvBufferParams`, whose longest has 136.
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
            "the numbers of its formats are of none of the releases that it can be:{reasons}"
        )),
        [..] => Err(format!(
            "it can be of {}: what it does fits each. Set {RELEASE_VARIABLE} to the release (R32.7.1 \
             for example)",
            list(&fitting)
        )),
    }
}

/// Releases whose functions differ, or that a release of the user's may mean.
const RELEASES: [(Numbering, Release); 11] = [
    (Numbering::R27_1, Release::L4t(27, 1, 0)),
    (Numbering::R28, Release::L4t(28, 1, 0)),
    (Numbering::R28, Release::L4t(28, 2, 0)),
    (Numbering::R32_1, Release::L4t(32, 1, 0)),
    (Numbering::R32_2, Release::L4t(32, 2, 0)),
    (Numbering::R32_3, Release::L4t(32, 3, 0)),
    (Numbering::R32_4, Release::L4t(32, 4, 0)),
    (Numbering::R32_5, Release::L4t(32, 5, 0)),
    (Numbering::R32_6, Release::L4t(32, 6, 0)),
    (Numbering::R32_6, Release::L4t(32, 7, 4)),
    (Numbering::R34, Release::L4t(34, 1, 0)),
];

/// The numberings that a release may have: one, but where headers of one release differ. `None` for
/// releases that nobody has described, and for DeepStream, which has its own numbers nowhere.
fn by_release(release: Release) -> Option<&'static [Numbering]> {
    Some(match release {
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
        _ => return None,
    })
}

/// Optional functions that a library has and those of a release have not.
fn too_new(functions: &LegacyFunctions, release: Release) -> Option<&'static str> {
    let optional = LegacyFunctions::OPTIONAL.iter().copied();
    let mut present = optional.filter(|symbol| functions.has(symbol));
    present.find(|symbol| {
        !LegacyFunctions::spans(symbol)
            .iter()
            .any(|s| s.contains(release))
    })
}

/// Whether a library has all functions of a release.
fn is_complete(functions: &LegacyFunctions, release: Release) -> bool {
    LegacyFunctions::expected(release).all(|symbol| functions.has(symbol))
}

fn candidates(
    functions: &LegacyFunctions,
    release: Option<Release>,
) -> Result<Vec<Numbering>, String> {
    if let Some((release, allowed)) = release.and_then(|r| Some((r, by_release(r)?))) {
        // A function may be missing; one that the release cannot have says that it is another's.
        let newest = |numbering| RELEASES.iter().rev().find(|(n, _)| *n == numbering);
        let newest = newest(allowed[0]).map_or(release, |(_, newest)| *newest);
        return match too_new(functions, newest) {
            None => Ok(allowed.to_vec()),
            Some(symbol) => Err(format!(
                "this is {release}, but it has {symbol}, which came later: it is of another release \
                 (was it copied, or mounted into a container?). Install {release}'s own, or set \
                 {RELEASE_VARIABLE} to the library's release"
            )),
        };
    }
    let mut exact: Vec<Numbering> = RELEASES
        .iter()
        .filter(|(_, r)| too_new(functions, *r).is_none() && is_complete(functions, *r))
        .map(|(numbering, _)| *numbering)
        .collect();
    // They differ in a field at the end of NvBufferParams alone, which R27.1 leaves as it is: the
    // longer one does for both.
    if exact.contains(&Numbering::R28) {
        exact.retain(|numbering| *numbering != Numbering::R27_1);
    }
    exact.dedup();
    if exact.is_empty() {
        let present = LegacyFunctions::OPTIONAL
            .iter()
            .filter(|symbol| functions.has(symbol));
        return Err(format!(
            "it has the functions of no release: beside the oldest {:?} alone. It is truncated, a \
             stand-in, or of a release that nobody has described. If it is of a known one, set \
             {RELEASE_VARIABLE} to it (R32.7.1 for example)",
            present.collect::<Vec<_>>()
        ));
    }
    Ok(exact)
}

fn list(numberings: &[Numbering]) -> String {
    let names: Vec<_> = numberings.iter().map(ToString::to_string).collect();
    names.join(" or ")
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

/// What the library writes of a picture of some format. `NvBufferParams` is aligned like a pointer.
type Params = [u64; ROOM / 8];

/// The 32 bits at an offset.
fn word(params: &Params, offset: usize) -> u32 {
    let bytes = params[offset / 8].to_ne_bytes();
    let half = offset % 8;
    u32::from_ne_bytes([
        bytes[half],
        bytes[half + 1],
        bytes[half + 2],
        bytes[half + 3],
    ])
}

/// Pictures by format number, each allocated once.
struct Pictures<'a> {
    functions: &'a LegacyFunctions,
    seen: BTreeMap<u32, Result<Box<Params>, String>>,
}

impl Pictures<'_> {
    /// What speaks against a numbering.
    fn contradiction(&mut self, numbering: Numbering) -> Option<String> {
        // The first three are in every release. YUV444 tells R32.6 from R34, and NV16_ER, whose
        // place NV24_10LE took, R32.5 from R32.6; but they need not be supported.
        for (format, wanted) in [
            (ColorFormat::YUV420, true),
            (ColorFormat::NV12, true),
            (ColorFormat::RGBA, true),
            (ColorFormat::YUV444, false),
            (ColorFormat::NV16_ER, false),
            (ColorFormat::NV24_10LE, false),
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
    let mut params: Box<Params> = Box::new([0; ROOM / 8]);
    // SAFETY: the buffer was just made, and there is more room than any release's struct needs.
    let result = unsafe { (functions.get_params)(fd, params.as_mut_ptr().cast()) };
    // SAFETY: the buffer is ours and not used afterwards.
    let destroyed = unsafe { (functions.destroy)(fd) };
    if (result, destroyed) != (0, 0) {
        return Err(format!(
            "NvBufferGetParams and NvBufferDestroy returned {result} and {destroyed}"
        ));
    }
    let written = word(&params, 0);
    if written != fd.cast_unsigned() {
        return Err(format!(
            "NvBufferGetParams wrote fd {written} for fd {fd}: no known layout"
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
    let at = |offset: usize| word(params, offset);
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
    // Rows may be padded, but not to twice their length.
    let (pitch, row) = (at(layout.pitch), WIDTH * planes[0].bits / 8);
    (!(row..2 * row).contains(&pitch)).then(|| {
        format!(
            "number {} should be {format}: its pitch is {pitch} for rows of {row} bytes",
            legacy.0
        )
    })
}
