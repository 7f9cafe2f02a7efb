//! GPU mode (`NVMM_SIM_GPU=1`) without a GPU: what still works, and what the others are told. What it does with one
//! is shown by `ci/gpu.sh`.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{DEFAULT, built, root, runner, text};

/// `NVBUF_COLOR_FORMAT_NV12`, `_RGBA`
const NV12: &str = "6";
const RGBA: &str = "19";

fn program() -> PathBuf {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gpu_formats.{number}"));
    let output = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-DNVBUF_L4T=320706", "-I"])
        .arg(root().join("nvbufsurface-sys/include"))
        .arg(root().join("tests/sim/tests/c/gpu_formats.c"))
        .arg("-L")
        .arg(built(DEFAULT))
        .args(["-lnvbufsurface", "-o"])
        .arg(&program)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    program
}

fn run(command: &mut Command, format: &str) -> Output {
    let output = command.arg(format).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output
}

#[test]
fn formats_without_textures_are_in_host_memory() {
    let mut command = runner(DEFAULT);
    let output = run(command.env("NVMM_SIM_GPU", "1").arg(program()), NV12);
    let said = text(&output);
    assert!(
        said.contains("format 6: made 0, mapped 0, EGLImage -1"),
        "{said}"
    );
    assert!(said.contains("those of RGBA, BGRA and GRAY8"), "{said}");
}

#[test]
fn pictures_need_the_driver() {
    let mut command = runner(DEFAULT);
    let output = run(command.env("NVMM_SIM_GPU", "1").arg(program()), RGBA);
    let said = text(&output);
    let made = said.contains("format 19: made 0, mapped 0, EGLImage 0");
    let told = said.contains("format 19: made -1") && said.contains("NVIDIA's driver");
    // A machine with an NVIDIA GPU makes them.
    assert_eq!(made, Path::new("/dev/nvidiactl").exists(), "{said}");
    assert!(made || told, "{said}");
}

#[test]
fn the_simulated_driver_is_none() {
    let mut command = Command::new(program());
    command
        .env("LD_LIBRARY_PATH", built(DEFAULT))
        .env("NVMM_SIM_GPU", "1")
        .env_remove("NVMM_SIM_RELEASE");
    let said = text(&run(&mut command, RGBA));
    assert!(said.contains("format 19: made -1"), "{said}");
    assert!(said.contains("found the simulated libcuda.so.1"), "{said}");
}

#[test]
fn its_folder_has_no_driver_and_leaves_no_room_for_a_simulated_egl() {
    let folder = built(DEFAULT).with_file_name("gpu");
    assert!(folder.join("libnvbufsurface.so.1.0.0").exists());
    assert!(!folder.join("libcuda.so.1").exists());
    let output = runner(DEFAULT)
        .env("NVMM_SIM_GPU", "1")
        .env("NVMM_SIM_EGL", "1")
        .arg("true")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}
