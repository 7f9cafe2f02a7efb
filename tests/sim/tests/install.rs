//! `ci/sim.sh --install`: a folder that C programs are built and run with, wherever it is moved to.

mod support;

use std::path::Path;
use std::process::Command;

use support::{root, runner, text};

#[test]
fn a_copied_folder_builds_and_runs_c_programs() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for release in ["r32.7", "r39.2"] {
        let first = out.join(format!("install-{release}"));
        let moved = out.join(format!("moved-{release}"));
        for folder in [&first, &moved] {
            // Not there is as good as removed.
            let _ = std::fs::remove_dir_all(folder);
        }
        let output = runner(release)
            .arg("--install")
            .arg(&first)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        std::fs::rename(&first, &moved).unwrap();
        let flags = Command::new("pkg-config")
            .args(["--cflags", "--libs", "nvbufsurface"])
            .env("PKG_CONFIG_PATH", moved.join("lib/pkgconfig"))
            .output()
            .unwrap();
        assert!(flags.status.success(), "{}", text(&flags));
        let flags = String::from_utf8(flags.stdout).unwrap();
        let program = moved.join("program");
        let output = Command::new("cc")
            .arg(root().join("tests/sim/tests/c/surface.c"))
            .args(flags.split_whitespace())
            .arg("-o")
            .arg(&program)
            .output()
            .unwrap();
        assert!(output.status.success(), "{release}\n{}", text(&output));
        let output = Command::new(&program)
            .env_remove("NVBUF_LIBRARY_PATH")
            .env_remove("NVMM_SIM_STRICT")
            .env("LD_LIBRARY_PATH", moved.join("lib"))
            // The libraries know what they are.
            .env_remove("NVMM_SIM_RELEASE")
            .output()
            .unwrap();
        assert!(output.status.success(), "{release}\n{}", text(&output));
        assert_eq!(output.stdout, b"done\n");
        let libraries = std::fs::read_dir(moved.join("lib/pkgconfig"))
            .unwrap()
            .count();
        // R39 has no libnvbuf_utils.
        assert_eq!(libraries, if release == "r32.7" { 3 } else { 2 });
    }
}

#[test]
fn a_folder_is_needed() {
    let output = runner("r32.7").arg("--install").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output).contains("needs a folder"),
        "{}",
        text(&output)
    );
}

/// libEGL's folder finds the core of the same copy: a stream made by the one is the other's.
#[test]
fn a_plain_copy_is_one_simulator() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (first, copy) = (out.join("install-egl"), out.join("copy-egl"));
    for folder in [&first, &copy] {
        // Not there is as good as removed.
        let _ = std::fs::remove_dir_all(folder);
    }
    let output = runner("r32.7").arg("--install").arg(&first).output();
    let said = text(&output.unwrap());
    assert!(
        said.contains(&format!("{0}/egl:{0}/lib", first.display())),
        "{said}"
    );
    let copied = Command::new("cp").arg("-r").args([&first, &copy]).status();
    assert!(copied.unwrap().success());
    std::fs::remove_dir_all(&first).unwrap();
    let program = copy.join("program");
    let output = Command::new("cc")
        .arg(root().join("tests/sim/tests/c/egl_stream.c"))
        .arg(copy.join("lib/libcuda.so.1"))
        .arg(copy.join("egl/libEGL.so.1"))
        .arg("-Wl,--unresolved-symbols=ignore-in-shared-libs")
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let path = format!("{0}/egl:{0}/lib", copy.display());
    let output = Command::new(&program)
        .env("LD_LIBRARY_PATH", path)
        .env_remove("NVMM_SIM_RELEASE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(output.stdout, b"done\n");
}
