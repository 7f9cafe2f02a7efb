//! Runs a test again in a child process that finds the libcuda of the test's choice, or none.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

const CHILD: &str = "EGL_CUDA_TEST_CHILD";

/// Whether this process is the child.
pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// A fresh directory for a test's libcuda.so.1.
pub(crate) fn directory(test: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-driver"));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// A directory whose libcuda.so.1 is no library. The loader stops there, so that a driver that is
/// installed is not found by its name either.
pub(crate) fn no_driver(test: &str) -> PathBuf {
    let directory = directory(test);
    std::fs::write(directory.join("libcuda.so.1"), "no library\n").unwrap();
    directory
}

/// Whether [`no_driver`] hides the driver: Jetsons have one at an absolute path too.
pub(crate) fn hidden() -> bool {
    let fixed = [
        "/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1",
        "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1",
        "/usr/local/cuda/compat/libcuda.so.1",
    ];
    cfg!(target_arch = "x86_64") || !fixed.iter().any(|path| Path::new(path).exists())
}

/// What cargo built of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    built(&format!("lib{name}.so"))
}

/// The same of an example that is a program.
pub(crate) fn program(name: &str) -> PathBuf {
    built(name)
}

fn built(file: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let file = profile.join("examples").join(file);
    assert!(
        file.exists(),
        "{} is not built: cargo build --examples",
        file.display()
    );
    file
}

/// Runs the test of this name, and no other, in a child process whose loader looks in `directory`
/// first, and fails if it fails.
pub(crate) fn in_child(test: &str, directory: &Path) {
    run(test, &[("LD_LIBRARY_PATH", directory)]);
}

/// The same, with these variables more in the environment.
pub(crate) fn run(test: &str, variables: &[(&str, &Path)]) {
    let output = command(test, variables).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "child failed:\n{text}"
    );
}

/// The child process of [`run`], not started yet.
pub(crate) fn command(test: &str, variables: &[(&str, &Path)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env_remove("LD_PRELOAD")
        .envs(variables.iter().copied());
    command
}
