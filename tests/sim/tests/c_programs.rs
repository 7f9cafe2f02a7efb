//! C and C++ programs that know our headers alone, linked with the simulator's libraries.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{built, root, runner, text};

/// The release's number for the headers.
fn l4t(release: &str) -> String {
    let list = std::fs::read_to_string(root().join("tests/sim/releases.txt")).unwrap();
    let mut lines = list.lines().filter_map(|line| line.split_once(' '));
    let (_, number) = lines.find(|(name, _)| *name == release).unwrap();
    number.to_owned()
}

/// Compiles and links a program of `tests/c` for a release.
fn compile(compiler: &str, source: &str, library: &str, release: &str, more: &[&str]) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{source}-{compiler}-{release}"));
    let language = if compiler == "g++" { "c++" } else { "c" };
    let output = Command::new(compiler)
        .args([
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "-O1",
            "-x",
            language,
        ])
        .arg(format!("-DNVBUF_L4T={}", l4t(release)))
        .arg("-I")
        .arg(root().join("nvbufsurface-sys/include"))
        .arg(root().join("tests/sim/tests/c").join(source))
        .arg("-L")
        .arg(built(release))
        .arg(format!("-l{library}"))
        // Behind the source: libraries among them are looked at for what is missing then.
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

fn works(source: &str, library: &str, releases: &[&str]) {
    for release in releases {
        for compiler in ["gcc", "g++"] {
            let program = compile(compiler, source, library, release, &[]);
            assert_eq!(
                needed(&program),
                [format!("lib{library}.so.1.0.0")],
                "{release}"
            );
            let report = program.with_extension(format!("{release}.json"));
            let output = runner(release)
                .arg(&program)
                .env("NVMM_SIM_REPORT", &report)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{compiler} {release}\n{}",
                text(&output)
            );
            assert_eq!(output.stdout, b"done\n");
            let report: serde_json::Value =
                serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
            assert_eq!(report["release"], *release);
            // That of the format that the release does not know.
            assert_eq!(report["violations"], 1, "{}", text(&output));
            assert_eq!(
                (&report["buffers_alive"], &report["unsupported"]),
                (&0.into(), &0.into())
            );
        }
    }
}

#[test]
fn surfaces_of_both_families() {
    works("surface.c", "nvbufsurface", &["r32.7", "r36.4", "r39.2"]);
}

#[test]
fn legacy_buffers_of_many_releases() {
    works(
        "legacy.c",
        "nvbuf_utils",
        &[
            "r28.1", "r28.2", "r32.1", "r32.2", "r32.3.1", "r32.4.3", "r32.5.2", "r32.6.1",
            "r32.7", "r34.1", "r35.1",
        ],
    );
}

#[test]
fn transforms_of_each_family_need_both_libraries() {
    // The three forms of the composite parameters.
    for release in ["r32.5.2", "r32.7", "r36.4", "r39.2"] {
        for compiler in ["gcc", "g++"] {
            let more = ["-lnvbufsurface"];
            let program = compile(
                compiler,
                "transform.c",
                "nvbufsurftransform",
                release,
                &more,
            );
            let mut needed = needed(&program);
            needed.sort();
            assert_eq!(
                needed,
                ["libnvbufsurface.so.1.0.0", "libnvbufsurftransform.so.1.0.0"],
                "{release}"
            );
            let output = runner(release).arg(&program).output().unwrap();
            assert!(output.status.success(), "{release}\n{}", text(&output));
            assert_eq!(output.stdout, b"done\n");
        }
    }
}

#[test]
fn a_program_of_another_release_does_not_start() {
    let program = compile("gcc", "legacy.c", "nvbuf_utils", "r32.1", &[]);
    // R36 has no such library at all.
    let output = runner("r36.4").arg(&program).output().unwrap();
    assert_eq!(output.status.code(), Some(127), "{}", text(&output));
}

#[test]
fn a_sanitizer_sees_the_end_of_the_structs() {
    for release in ["r32.7", "r39.2"] {
        let more = ["-g", "-fsanitize=address"];
        let program = compile("gcc", "overrun.c", "nvbufsurface", release, &more);
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
