//! C and C++ programs that know our headers alone, linked with the simulator's libraries.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{built, folder, root, runner, text};

/// The release's number for the headers.
fn l4t(release: &str) -> String {
    let list = std::fs::read_to_string(root().join("tests/sim/releases.txt")).unwrap();
    let mut lines = list.lines().map(|line| line.split(' '));
    let number = lines.find_map(|mut words| (words.next()? == release).then(|| words.next())?);
    number.unwrap().to_owned()
}

/// Compiles and links a program of `tests/c` with libraries of a release.
fn compile(
    compiler: &str,
    source: &str,
    libraries: &[&str],
    release: &str,
    more: &[&str],
) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{source}-{compiler}-{release}"));
    let language = if compiler == "g++" { "c++" } else { "c" };
    let output = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic"])
        .args(["-O0", "-x", language])
        .arg(format!("-DNVBUF_L4T={}", l4t(release)))
        .arg("-I")
        .arg(root().join("nvbufsurface-sys/include"))
        .arg(root().join("tests/sim/tests/c").join(source))
        .arg("-L")
        .arg(folder(release))
        // Behind the source: libraries are looked at for what is missing then.
        .args(libraries.iter().map(|library| format!("-l:{library}")))
        .args(more)
        .arg("-o")
        .arg(&out)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{compiler} {source} {release}\n{}",
        text(&output)
    );
    out
}

/// The libraries that a program needs, but for those of the compiler.
fn needed(program: &Path) -> Vec<String> {
    let output = Command::new("readelf")
        .arg("-dW")
        .arg(program)
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned()))
        .filter(|name| name.starts_with("libnv") || name.starts_with("libcuda"))
        .collect()
}

const SURFACE: &str = "libnvbufsurface.so.1.0.0";
const TRANSFORM: &str = "libnvbufsurftransform.so.1.0.0";
const LEGACY: &str = "libnvbuf_utils.so.1.0.0";
const CUDA: &str = "libcuda.so.1";

/// The functions that a release exports from a library of NVIDIA's; none without the library.
fn exported(release: &str, library: &str) -> String {
    let header = library.trim_start_matches("lib").replace(".so.1.0.0", ".h");
    let list = folder(release).with_file_name("symbols").join(header);
    std::fs::read_to_string(list).unwrap_or_default()
}

/// Builds a program for every release that has the function, runs it there, and looks that it called each
/// of some functions that the release has; `violations` are those that it means.
fn works(
    source: &str,
    libraries: &[&str],
    needed_function: &str,
    functions: &[&str],
    violations: u64,
) {
    let symbol = |function: &str| format!("SYMBOL({function})\n");
    let mut releases: Vec<_> = support::releases();
    releases.retain(|release| {
        built(release);
        exported(release, libraries[0]).contains(&symbol(needed_function))
    });
    assert!(!releases.is_empty(), "{needed_function}");
    for (release, compiler) in releases
        .iter()
        .flat_map(|r| ["gcc", "g++"].map(|compiler| (r, compiler)))
    {
        let program = compile(compiler, source, libraries, release, &[]);
        let mut needed = needed(&program);
        needed.sort();
        let mut expected = libraries.to_vec();
        expected.sort_unstable();
        assert_eq!(needed, expected, "{source} {release}");
        let report = program.with_extension(format!("{release}-{compiler}.json"));
        let output = runner(release)
            .arg(&program)
            .env("NVMM_SIM_REPORT", &report)
            .output()
            .unwrap();
        let said = format!("{source} {compiler} {release}\n{}", text(&output));
        assert!(output.status.success(), "{said}");
        assert_eq!(output.stdout, b"done\n", "{said}");
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
        assert_eq!(report["release"], **release);
        assert_eq!(report["violations"], violations, "{said}");
        assert_eq!(report["leaks"], serde_json::json!([]), "{said}");
        for alive in [
            "surfaces_alive",
            "buffers_alive",
            "egl_images_alive",
            "registrations_alive",
            "device_allocations_alive",
            "bytes_alive",
            "unsupported",
            "unsynchronised",
        ] {
            assert_eq!(report[alive], 0, "{alive}: {said}");
        }
        let exported = exported(release, libraries[0]);
        for function in functions {
            let calls = report["calls"][function].as_u64().expect(function);
            assert_eq!(
                calls > 0,
                exported.contains(&symbol(function)),
                "{function}: {calls} calls, {said}"
            );
        }
    }
}

#[test]
fn surfaces_on_every_release() {
    let functions = [
        "NvBufSurfaceCreate",
        "NvBufSurfaceAllocate",
        "NvBufSurfaceMap",
        "NvBufSurfaceSyncForCpu",
        "NvBufSurfaceSyncForDevice",
        "NvBufSurfaceUnMap",
        "NvBufSurfaceFromFd",
        "NvBufSurfaceDestroy",
    ];
    // The violation is that of the format that the release does not know.
    works("surface.c", &[SURFACE], "NvBufSurfaceCreate", &functions, 1);
}

#[test]
fn legacy_buffers_on_every_release() {
    let functions = [
        "NvBufferCreate",
        "NvBufferGetParams",
        "NvBufferMemMap",
        "NvBufferMemSyncForCpu",
        "NvBufferMemSyncForDevice",
        "NvBufferMemUnMap",
        "ExtractFdFromNvBuffer",
        "NvReleaseFd",
        "NvBufferGetSize",
        "NvEGLImageFromFd",
        "NvDestroyEGLImage",
        "NvBufferDestroy",
    ];
    works("legacy.c", &[LEGACY], "NvBufferCreate", &functions, 1);
}

#[test]
fn transforms_on_every_release() {
    let functions = [
        "NvBufSurfTransform",
        "NvBufSurfTransformAsync",
        "NvBufSurfTransformComposite",
        "NvBufSurfTransformSetSessionParams",
        "NvBufSurfTransformGetSessionParams",
        "NvBufSurfTransformSyncObjWait",
        "NvBufSurfTransformSyncObjDestroy",
    ];
    works(
        "transform.c",
        &[TRANSFORM, SURFACE],
        "NvBufSurfTransform",
        &functions,
        0,
    );
}

#[test]
fn blends_on_every_release_that_blends() {
    let functions = [
        "NvBufSurfTransformCompositeBlend",
        "NvBufSurfTransformMultiInputBufComposite",
        "NvBufSurfTransformMultiInputBufCompositeAsync",
        "NvBufSurfTransformMultiInputBufCompositeBlend",
        "NvBufSurfTransformMultiInputBufCompositeBlendAsync",
    ];
    works(
        "blend.c",
        &[TRANSFORM, SURFACE],
        "NvBufSurfTransformCompositeBlend",
        &functions,
        0,
    );
}

#[test]
fn legacy_transforms_and_blends_on_every_release_that_has_them() {
    let functions = [
        "NvBufferTransform",
        "NvBufferComposite",
        "NvBufferTransformAsync",
        "NvBufferSyncObjWait",
    ];
    works(
        "blend_legacy.c",
        &[LEGACY],
        "NvBufferComposite",
        &functions,
        0,
    );
}

#[test]
fn surfaces_in_cuda_on_every_release() {
    let functions = ["NvBufSurfaceMapEglImage", "NvBufSurfaceUnMapEglImage"];
    works(
        "cuda_surface.c",
        &[SURFACE, CUDA],
        "NvBufSurfaceMapEglImage",
        &functions,
        0,
    );
}

#[test]
fn pictures_of_cpu_engine_and_cuda_on_every_release() {
    let functions = ["NvBufSurfaceCopy", "NvBufSurfaceMemSet"];
    works(
        "gpu.c",
        &[SURFACE, CUDA],
        "NvBufSurfaceMapEglImage",
        &functions,
        0,
    );
}

#[test]
fn legacy_buffers_in_cuda_on_every_release() {
    let functions = ["NvEGLImageFromFd", "NvDestroyEGLImage"];
    works(
        "cuda_legacy.c",
        &[LEGACY, CUDA],
        "NvEGLImageFromFd",
        &functions,
        0,
    );
}

#[test]
fn a_program_of_another_release_does_not_start() {
    built("r32.1");
    let program = compile("gcc", "other.c", &[LEGACY], "r32.1", &[]);
    // R36 has no such library at all.
    let output = runner("r36.4").arg(&program).output().unwrap();
    assert_eq!(output.status.code(), Some(127), "{}", text(&output));
}

#[test]
fn a_sanitizer_sees_the_end_of_the_structs() {
    for release in ["r32.7", "r39.2"] {
        let more = ["-g", "-fsanitize=address"];
        built(release);
        let program = compile("gcc", "overrun.c", &[SURFACE], release, &more);
        for (what, found) in [("surface", true), ("list", true), ("nothing", false)] {
            let output = runner(release)
                .arg(&program)
                .arg(what)
                .env("ASAN_OPTIONS", "detect_leaks=0")
                .output()
                .unwrap();
            let text = text(&output);
            assert_eq!(!output.status.success(), found, "{release} {what}\n{text}");
            assert_eq!(
                text.contains("heap-buffer-overflow"),
                found,
                "{release} {what}\n{text}"
            );
        }
    }
}

#[test]
fn frames_through_an_eglstream() {
    let release = support::DEFAULT;
    let lib = built(release);
    let egl = lib.parent().unwrap().join("egl");
    for compiler in ["gcc", "g++"] {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("egl_stream-{compiler}"));
        let language = if compiler == "g++" { "c++" } else { "c" };
        let output = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-x", language])
            .arg(root().join("tests/sim/tests/c/egl_stream.c"))
            .args(["-x", "none"])
            .arg(lib.join("libcuda.so.1"))
            .arg(egl.join("libEGL.so.1"))
            // The core, which both shims find by a path of their own.
            .arg("-Wl,--unresolved-symbols=ignore-in-shared-libs")
            .arg("-o")
            .arg(&out)
            .output()
            .unwrap();
        assert!(output.status.success(), "{compiler}\n{}", text(&output));
        let report = out.with_extension("json");
        let output = runner(release)
            .arg(&out)
            .env("NVMM_SIM_EGL", "1")
            .env("NVMM_SIM_REPORT", &report)
            .output()
            .unwrap();
        assert!(output.status.success(), "{compiler}\n{}", text(&output));
        assert_eq!(output.stdout, b"done\n");
        let report = std::fs::read(report).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        for counter in [
            "violations",
            "egl_streams_alive",
            "device_allocations_alive",
        ] {
            assert_eq!(report[counter], 0, "{counter}");
        }
    }
}
