//! Every function of NVIDIA's libraries is used, or left out for a reason: a new one in the tables of
//! `nvbufsurface-sys` belongs into one of the lists here.

use std::collections::BTreeSet;
use std::path::Path;

use nvbuf::sys::{Functions, LegacyFunctions, TransformFunctions};

const SURFACE: &[&str] = &[
    "NvBufSurfaceCreate",
    "NvBufSurfaceDestroy",
    "NvBufSurfaceMap",
    "NvBufSurfaceUnMap",
    "NvBufSurfaceCopy",
    "NvBufSurfaceSyncForCpu",
    "NvBufSurfaceSyncForDevice",
    "NvBufSurfaceFromFd",
    "NvBufSurfaceMemSet",
    "NvBufSurfaceMapEglImage",
    "NvBufSurfaceUnMapEglImage",
    "NvBufSurfaceAllocate",
    "NvBufSurface2Raw",
    "Raw2NvBufSurface",
    "NvBufSurfaceImport",
    "NvBufSurfaceGetMapParams",
    "NvBufSurfaceMapCudaBuffer",
    "NvBufSurfaceUnMapCudaBuffer",
    "NvBufSurfaceGetDeviceInfo",
    "NvBufSurfaceSyncGpuL2CacheForDevice",
];

const TRANSFORM: &[&str] = &[
    "NvBufSurfTransformSetSessionParams",
    "NvBufSurfTransformGetSessionParams",
    "NvBufSurfTransform",
    "NvBufSurfTransformComposite",
    "NvBufSurfTransformSetDefaultSession",
    "NvBufSurfTransformAsync",
    "NvBufSurfTransformCompositeAsync",
    "NvBufSurfTransformCompositeBlend",
    "NvBufSurfTransformMultiInputBufComposite",
    "NvBufSurfTransformMultiInputBufCompositeAsync",
    "NvBufSurfTransformMultiInputBufCompositeBlend",
    "NvBufSurfTransformMultiInputBufCompositeBlendAsync",
    "NvBufSurfTransformSyncObjWait",
    "NvBufSurfTransformSyncObjDestroy",
    "NvBufSurfTransformSyncObjFromFile",
];

const LEGACY: &[&str] = &[
    "NvBufferCreate",
    "NvBufferDestroy",
    "NvBufferGetParams",
    "NvBufferGetSize",
    "NvBufferMemMap",
    "NvBufferMemUnMap",
    "NvBufferMemSyncForCpu",
    "NvBufferMemSyncForDevice",
    "NvEGLImageFromFd",
    "NvDestroyEGLImage",
    "NvBufferCreateEx",
    "NvBufferCreateInterlace",
    "NvBufferCreateWithChromaLoc",
    "NvBufferImportFd",
    "NvBufferGetParamsEx",
    "ExtractFdFromNvBuffer",
    "NvReleaseFd",
    "NvBufferMemMapEx",
    "NvBufferMemUnMapEx",
    "NvBufferMemSyncForCpuEx",
    "NvBufferMemSyncForDeviceEx",
    "NvBuffer2Raw",
    "Raw2NvBuffer",
    "NvBufferTransform",
    "NvBufferTransformEx",
    "NvBufferTransformAsync",
    "NvBufferComposite",
    "NvBufferSessionCreate",
    "NvBufferSessionDestroy",
    "NvBufferSyncObjWait",
    "NvBufferSyncObjParamsFromFile",
];

/// What nobody can call through this crate; the README says why.
const LEFT_OUT: &[&str] = &[
    "NvBufSurfaceMapNvmmBuffer",
    "NvBufSurfaceUnMapNvmmBuffer",
    "NvBufferCreateCompressed",
];

/// The sources without comments and search aliases.
fn code(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code(&path, text);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let is_code = |line: &&str| !line.starts_with("//") && !line.contains("doc(alias");
        for line in source.lines().map(str::trim).filter(is_code) {
            text.push_str(line);
            text.push('\n');
        }
    }
}

#[test]
fn every_function_of_the_tables_is_used_or_left_out_for_a_reason() {
    let tables = [
        (Functions::REQUIRED, Functions::OPTIONAL, SURFACE),
        (
            TransformFunctions::REQUIRED,
            TransformFunctions::OPTIONAL,
            TRANSFORM,
        ),
        (LegacyFunctions::REQUIRED, LegacyFunctions::OPTIONAL, LEGACY),
    ];
    let set = |lists: &[&[&'static str]]| -> BTreeSet<_> { lists.concat().into_iter().collect() };
    let there = set(&tables
        .map(|(required, optional, _)| [required, optional].concat())
        .each_ref()
        .map(Vec::as_slice));
    let listed = set(&[SURFACE, TRANSFORM, LEGACY, LEFT_OUT]);
    assert_eq!(
        there, listed,
        "the functions of the libraries, and the lists here"
    );
    assert_eq!(
        listed.len(),
        SURFACE.len() + TRANSFORM.len() + LEGACY.len() + LEFT_OUT.len()
    );

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    code(&root.join("src"), &mut text);
    let words: BTreeSet<_> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    // A call is named in its errors.
    for name in set(&[SURFACE, TRANSFORM, LEGACY]) {
        assert!(
            words.contains(name),
            "{name} is listed as used, and no code names it"
        );
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    for name in LEFT_OUT {
        assert!(
            !words.contains(name),
            "{name} is listed as left out, and used"
        );
        assert!(
            readme.contains(name),
            "the README does not say why {name} is left out"
        );
    }
}
