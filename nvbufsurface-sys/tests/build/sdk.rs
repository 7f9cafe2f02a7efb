//! Module `sdk`, and the builds that it fails.

use std::fmt::Write;
use std::path::Path;

use crate::build_layout::HEADERS;
use crate::headers::{folder, resolved};
use crate::layout::interfaces;
use crate::scratch::{Scratch, messages, one_at_a_time, ours};

const VARIABLE: &str = "NVBUF_INCLUDE_DIR";

#[test]
fn an_sdk_becomes_a_module() {
    let _one = one_at_a_time();
    // R35.1 has all three headers. That of transforms includes one of CUDA's, as NVIDIA's does.
    let (sdk, cuda) = (folder("sdk-r35_1"), folder("sdk-r35_1-cuda"));
    for header in HEADERS {
        let text = resolved(header.file, "NVBUF_L4T=350100").replace(
            "typedef struct CUstream_st *cudaStream_t;",
            "#include <cuda_runtime_api.h>",
        );
        std::fs::write(sdk.join(header.file), text).unwrap();
    }
    let api = "#pragma once\ntypedef struct CUstream_st *cudaStream_t;\nint cudaFree(void *p);\n";
    std::fs::write(cuda.join("cuda_runtime_api.h"), api).unwrap();
    let scratch = Scratch::new(
        "sdk-user",
        &ours("bindgen"),
        "use nvbufsurface_sys::{classic, nvbuf_utils, sdk};\n\
         const _: () = assert!(\n\
             size_of::<sdk::NvBufSurfaceParams>() == size_of::<classic::NvBufSurfaceParams>()\n\
             && size_of::<sdk::NvBufferParamsEx>() == size_of::<nvbuf_utils::r34::NvBufferParamsEx>()\n\
             && sdk::NVBUF_COLOR_FORMAT_LAST == 71 && sdk::NvBufferColorFormat_YUV444 == 34\n\
             && sdk::NVBUF_MAX_PLANES == 4);\n\
         #[allow(dead_code)]\n\
         fn typed(_: sdk::PFN_NvBufSurfaceCreate, _: sdk::PFN_NvBufSurfTransform,\n\
             _: sdk::PFN_NvBufferGetParams, _: sdk::cudaStream_t) {}\n\
         #[allow(dead_code)]\n\
         fn main() {}\n",
    );
    let both = std::env::join_paths([&sdk, &cuda]).unwrap();
    let output = scratch.build(&[], &[(VARIABLE, Path::new(&both))]);
    let text = messages(&output);
    assert!(
        output.status.success() && !text.contains("warning"),
        "{text}"
    );
}

#[test]
fn a_build_fails_where_the_sdk_has_another_layout() {
    let _one = one_at_a_time();
    let scratch = Scratch::new("sdk-other", &ours("bindgen"), "fn main() {}\n");
    let sdk = folder("sdk-falsified");
    let path = sdk.join("nvbufsurface.h");
    let text = resolved("nvbufsurface.h", "NVBUF_L4T=350401");
    let falsified = text.replace("} NvBufSurface;", "void *more; } NvBufSurface;");
    std::fs::write(&path, falsified).unwrap();
    let output = scratch.build(&["--bin=program"], &[(VARIABLE, &sdk)]);
    assert!(!output.status.success());
    let text = messages(&output);
    let words = format!(
        "NvBufSurface has not 64 bytes in NVIDIA's header {}, compared as NVBUFSURFACE_ABI_R35_4",
        path.display()
    );
    assert!(text.contains(&words), "{text}");
    assert_eq!(text.matches("in NVIDIA's header").count(), 1, "{text}");

    // A newer release than is known, with one format more, and a header of it that cannot be read.
    let text = resolved("nvbufsurface.h", "NVBUF_L4T=390000").replace(
        "NVBUF_COLOR_FORMAT_LAST = 113",
        "NVBUF_COLOR_FORMAT_LAST = 114",
    );
    std::fs::write(&path, text).unwrap();
    let transform = "#include <cuda_of_another_folder.h>\n";
    std::fs::write(sdk.join("nvbufsurftransform.h"), transform).unwrap();
    let output = scratch.build(&["--bin=program"], &[(VARIABLE, &sdk)]);
    let text = messages(&output);
    assert!(output.status.success(), "{text}");
    for words in [
        "is of no known release: its layout is compared with that of NVBUFSURFACE_ABI_DS_9",
        "module `sdk` is without nvbufsurftransform.h",
        "'cuda_of_another_folder.h' file not found",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn every_interface_is_recognised() {
    let _one = one_at_a_time();
    // In a build script, as this crate does it: bindgen is no dependency of these tests.
    let scratch = Scratch::new(
        "sdk-recognised",
        "[build-dependencies]\n\
         bindgen = { version = \"*\", default-features = false, features = [\"prettyplease\", \"runtime\"] }\n\
         cc = \"*\"",
        "fn main() {}\n",
    );
    let build = concat!(env!("CARGO_MANIFEST_DIR"), "/build");
    scratch.build_script(&format!(
        "#![allow(dead_code)]\n\
         #[path = \"{build}/bindings.rs\"] mod bindings;\n\
         #[path = \"{build}/functions.rs\"] mod functions;\n\
         #[path = \"{build}/layout.rs\"] mod layout;\n\
         fn main() {{\n\
             let mut found = String::new();\n\
             for folder in std::env::split_paths(&std::env::var_os(\"SDKS\").unwrap()) {{\n\
                 for header in layout::HEADERS {{\n\
                     if !folder.join(\"only\").join(header.file).exists() {{ continue }}\n\
                     let folders = [folder.join(\"only\"), folder.join(\"with\")];\n\
                     let text = bindings::of_sdk(&folders, &[header.file]).unwrap();\n\
                     let interface = (header.interface)(&text).unwrap();\n\
                     found += header.number;\n\
                     found += &format!(\"_{{}} {{}}\\n\", interface.name, interface.exact);\n\
                 }}\n\
             }}\n\
             std::fs::write(std::env::var_os(\"FOUND\").unwrap(), found).unwrap();\n\
         }}\n"
    ));
    let (mut folders, mut expected) = (Vec::new(), String::new());
    for header in HEADERS {
        for interface in interfaces(header) {
            let define = format!("{0}={0}_{interface}", header.number);
            let sdk = folder(&format!("recognised-{}-{interface}", header.number));
            for (place, file) in [("with", "nvbufsurface.h"), ("only", header.file)] {
                std::fs::create_dir_all(sdk.join(place)).unwrap();
                std::fs::write(sdk.join(place).join(file), resolved(file, &define)).unwrap();
            }
            folders.push(sdk);
            writeln!(expected, "{}_{interface} true", header.number).unwrap();
        }
    }
    let sdks = std::env::join_paths(folders).unwrap();
    let found = folder("recognised").join("found.txt");
    let output = scratch.build(
        &["--bin=program"],
        &[("SDKS", Path::new(&sdks)), ("FOUND", &found)],
    );
    assert!(output.status.success(), "{}", messages(&output));
    assert_eq!(std::fs::read_to_string(found).unwrap(), expected);
}
