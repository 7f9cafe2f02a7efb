//! The layout files are right, and say what is not.

use std::path::{Path, PathBuf};

use crate::build_layout::{HEADERS, Header, differences};
use crate::headers::{OURS, compiler, folder, resolved};

/// All interfaces that `nvbuf_release.h` has of a header.
pub(crate) fn interfaces(header: &Header) -> Vec<String> {
    let prefix = format!("#define {}_", header.number);
    let release = std::fs::read_to_string(format!("{OURS}/nvbuf_release.h")).unwrap();
    let names: Vec<_> = release
        .lines()
        .filter_map(|line| line.strip_prefix(&prefix)?.split_once(' '))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(names.len() >= 8, "{prefix}: {names:?}");
    names
}

#[test]
fn our_headers_have_the_layout_of_every_interface() {
    let compiler = compiler();
    for header in HEADERS {
        for interface in interfaces(header) {
            let found = differences(&compiler, header, &interface, &[PathBuf::from(OURS)]).unwrap();
            assert!(found.is_empty(), "{interface}: {found:#?}");
        }
    }
}

#[test]
fn an_interface_is_not_taken_for_the_next() {
    // These only added functions.
    const EQUAL: [&str; 2] = ["R34_1_0", "R35_3"];
    let compiler = compiler();
    for header in HEADERS {
        for pair in interfaces(header).windows(2) {
            let [older, newer] = pair else { unreachable!() };
            let folder = folder(&format!("older-{}-{older}", header.number));
            sdk(&folder, header, older);
            let found = differences(&compiler, header, newer, &[folder]).unwrap();
            let equal = header.file == "nvbufsurftransform.h" && EQUAL.contains(&newer.as_str());
            assert_eq!(found.is_empty(), equal, "{older} as {newer}: {found:#?}");
        }
    }
}

/// Writes a header, and what it includes, as an SDK of an interface has them.
fn sdk(folder: &Path, header: &Header, interface: &str) {
    for file in ["nvbufsurface.h", header.file] {
        let define = format!("{0}={0}_{interface}", header.number);
        std::fs::write(folder.join(file), resolved(file, &define)).unwrap();
    }
}

/// What is said of a header of ours with parts of its text changed.
fn falsified(file: &str, interface: &str, changes: &[(&str, &str)]) -> Vec<String> {
    let header = HEADERS.iter().find(|header| header.file == file).unwrap();
    let folder = folder(&format!("falsified-{file}"));
    sdk(&folder, header, interface);
    let mut text = std::fs::read_to_string(folder.join(file)).unwrap();
    let right = differences(
        &compiler(),
        header,
        interface,
        std::slice::from_ref(&folder),
    )
    .unwrap();
    assert!(right.is_empty(), "{right:#?}");
    for (right, wrong) in changes {
        assert_eq!(text.matches(right).count(), 1, "{right}");
        text = text.replace(right, wrong);
    }
    std::fs::write(folder.join(file), text).unwrap();
    differences(&compiler(), header, interface, &[folder]).unwrap()
}

#[test]
fn each_difference_is_named_and_nothing_else() {
    assert_eq!(
        falsified(
            "nvbufsurface.h",
            "R35_4",
            &[
                (
                    "NVBUF_COLOR_FORMAT_BGR = 28,",
                    "NVBUF_COLOR_FORMAT_BGR = 128,"
                ),
                ("bool is_protected;", "char before; bool is_protected;"),
                ("} NvBufSurface;", "void *more; } NvBufSurface;"),
            ]
        ),
        [
            "NVBUF_COLOR_FORMAT_BGR is not 28",
            "NvBufSurfaceParamsEx.is_protected is not at 10",
            "NvBufSurface has not 64 bytes",
        ]
    );
    assert_eq!(
        falsified(
            "nvbufsurftransform.h",
            "R36_3",
            &[("int32_t gpu_id;", "int16_t gpu_id;")]
        ),
        ["NvBufSurfTransformConfigParams.gpu_id has not 4 bytes"]
    );
    assert_eq!(
        falsified(
            "nvbuf_utils.h",
            "R32_7",
            &[
                ("NvBufferColorFormat_A32,", "NvBufferColorFormat_YUV444,"),
                (
                    "NvBufferColorFormat_YUV444,\n  NvBufferColorFormat_GRAY8,",
                    "NvBufferColorFormat_A32,\n  NvBufferColorFormat_GRAY8,"
                ),
            ]
        ),
        [
            "NvBufferColorFormat_A32 is not 35",
            "NvBufferColorFormat_YUV444 is not 36",
        ]
    );
}

#[test]
fn a_name_that_is_gone_is_named() {
    let found = falsified(
        "nvbufsurface.h",
        "R34_1",
        &[
            ("NVBUF_MEM_SYSTEM", "NVBUF_MEM_HOST"),
            ("bool is_protected;", "bool guarded;"),
        ],
    );
    let [value, member] = &found[..] else {
        panic!("{found:#?}");
    };
    assert!(value.contains("'NVBUF_MEM_SYSTEM'"), "{value}");
    assert!(member.contains("'is_protected'"), "{member}");
}
