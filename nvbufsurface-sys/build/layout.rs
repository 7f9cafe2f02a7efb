//! Compares the SDK's headers with the checked-in layout: `layout/*.c`, compiled against them.

use std::path::{Path, PathBuf};

/// A header, the file of `layout/` and the number of `nvbuf_release.h` that go with it.
pub(crate) struct Header {
    pub(crate) file: &'static str,
    pub(crate) layout: &'static str,
    pub(crate) number: &'static str,
    /// Which interface it declares, by what bindgen made of it. None for releases before those that
    /// are known.
    pub(crate) interface: fn(&str) -> Option<Interface>,
}

/// An interface of `nvbuf_release.h`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Interface {
    /// What follows `NVBUF…_ABI_`.
    pub(crate) name: &'static str,
    /// Not so where the header is of a release that is not known: this is the newest before.
    pub(crate) exact: bool,
}

/// In the order of inclusion.
pub(crate) const HEADERS: [&Header; 3] = [
    &Header {
        file: "nvbufsurface.h",
        layout: "nvbufsurface.c",
        number: "NVBUFSURFACE_ABI",
        interface: surface,
    },
    &Header {
        file: "nvbufsurftransform.h",
        layout: "nvbufsurftransform.c",
        number: "NVBUFSURFTRANSFORM_ABI",
        interface: transform,
    },
    &Header {
        file: "nvbuf_utils.h",
        layout: "nvbuf_utils.c",
        number: "NVBUF_UTILS_ABI",
        interface: utils,
    },
];

/// The interfaces of a family by the number of colour formats.
type Numbers = [(u64, &'static str)];

const CLASSIC: &Numbers = &[
    (37, "R32_1"),
    (42, "R32_4"),
    (47, "R32_5"),
    (71, "R34_1"),
    (88, "R35_4"),
    (89, "R36_2"),
    (92, "R36_3"),
    (93, "R36_4"),
    (94, "ISAAC_4"),
];
const EXTENDED: &Numbers = &[(104, "DS_8"), (113, "DS_9")];
const UTILS: &Numbers = &[
    (11, "R28_2"),
    (31, "R32_1"),
    (33, "R32_2"),
    (50, "R32_3"),
    (52, "R32_4"),
    (55, "R32_5"),
    (56, "R32_6"),
];

fn surface(text: &str) -> Option<Interface> {
    let family = if has_function(text, "NvBufSurfaceGetDeviceInfo") {
        EXTENDED
    } else {
        CLASSIC
    };
    let interface = newest(family, constant(text, "NVBUF_COLOR_FORMAT_LAST")?)?;
    Some(match interface.name {
        "R34_1" if has_type(text, "NvBufSurfaceMapParams") => interface.named("R35_3"),
        _ => interface,
    })
}

fn transform(text: &str) -> Option<Interface> {
    let name = if has_member(text, "NvBufSurfTransformRect", "reserved") {
        "DS_8"
    } else if has_function(text, "NvBufSurfTransformSyncObjFromFile") {
        "R36_3"
    } else if constant(text, "NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP").is_some() {
        "R36_2"
    } else if has_function(text, "NvBufSurfTransformSetDefaultSession") {
        "R35_3"
    } else if has_type(text, "NvBufSurfTransformCompositeBlendParamsEx") {
        "R34_1_1"
    } else if has_function(text, "NvBufSurfTransformMultiInputBufComposite") {
        "R34_1_0"
    } else if has_function(text, "NvBufSurfTransformAsync") {
        "DS_6"
    } else {
        "DS_4"
    };
    Some(Interface { name, exact: true })
}

fn utils(text: &str) -> Option<Interface> {
    let interface = newest(UTILS, constant(text, "NvBufferColorFormat_Invalid")?)?;
    Some(match interface.name {
        "R28_2" if !has_member(text, "NvBufferParams", "layout") => interface.named("R27_1"),
        "R28_2" if !has_function(text, "NvBufferTransform") => interface.named("R28_1"),
        "R32_6" if constant(text, "NvBufferColorFormat_YUV444") == Some(34) => {
            interface.named("R34_1")
        }
        "R32_6" if has_function(text, "NvBufferCreateCompressed") => interface.named("R32_7"),
        _ => interface,
    })
}

impl Interface {
    fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

/// The newest interface that has no more formats.
fn newest(family: &Numbers, formats: u64) -> Option<Interface> {
    let (number, name) = family.iter().rev().find(|(number, _)| *number <= formats)?;
    Some(Interface {
        name,
        exact: *number == formats,
    })
}

/// The value of an enumerator in bindgen's output.
fn constant(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.split_once(&format!("pub const {name}: "))?;
    let (_, rest) = rest.split_once(" = ")?;
    rest.split_once(';')?.0.parse().ok()
}

fn has_function(text: &str, name: &str) -> bool {
    text.contains(&format!("pub type PFN_{name} "))
}

fn has_type(text: &str, name: &str) -> bool {
    text.contains(&format!("pub struct {name} ")) || text.contains(&format!("pub type {name} "))
}

/// By the layout tests, whose type names may begin with an underscore.
fn has_member(text: &str, name: &str, member: &str) -> bool {
    text.contains(&format!("{name}::{member}\""))
}

/// What a header in the first of some folders has otherwise than an interface.
///
/// `nvbuf_release.h` is ours and comes first, so that the numbers have names; the header itself is
/// found in the folders.
pub(crate) fn differences(
    compiler: &cc::Tool,
    header: &Header,
    interface: &str,
    folders: &[PathBuf],
) -> Result<Vec<String>, String> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    let number = header.number;
    let mut command = compiler.to_command();
    command
        .args(["-std=gnu11", "-fsyntax-only", "-w"])
        .args(["-DEGL_NO_X11", "-DMESA_EGL_NO_X11_HEADERS"])
        .arg(format!("-D{number}={number}_{interface}"))
        .arg("-include")
        .arg(ours.join("include/nvbuf_release.h"))
        .args(folders.iter().map(|f| format!("-I{}", f.display())))
        .arg(ours.join("layout").join(header.layout))
        // The messages are read.
        .env("LC_ALL", "C");
    if compiler.is_like_clang() {
        command.arg("-ferror-limit=0");
    }
    let output = command
        .output()
        .map_err(|e| format!("{}: {e}", compiler.path().display()))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let mut differences = Vec::new();
    for line in messages.lines() {
        let Some((_, error)) = line.split_once("error: ") else {
            continue;
        };
        // gcc says so of what it has said before.
        if error.starts_with("expression in static assertion is not") {
            continue;
        }
        // Our words end the line, in quotes or not; other errors are of names that are not there.
        let difference = error
            .split_once("layout: ")
            .map_or(error, |(_, words)| words.trim_end_matches('"'));
        if !differences.iter().any(|known| known == difference) {
            differences.push(difference.to_owned());
        }
    }
    if differences.is_empty() {
        return Err(messages.into_owned());
    }
    Ok(differences)
}
