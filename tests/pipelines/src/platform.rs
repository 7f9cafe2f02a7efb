//! The plugin, the registry and the process that a test runs in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, Once};

const CHILD: &str = "NVMM_PIPELINES_CHILD";

/// The workspace.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// Whether this process was started by [`child`].
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Builds and installs the plugin and starts GStreamer with it, once.
///
/// # Panics
///
/// When the plugin cannot be built or GStreamer does not start: no test means anything then.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if !is_child() {
            let script = root().join("ci/plugin.sh");
            let status = Command::new(&script).status();
            let status = status.unwrap_or_else(|e| panic!("{}: {e}", script.display()));
            assert!(status.success(), "{}: {status}", script.display());
        }
        for (name, value) in environment() {
            // SAFETY: before gst::init and the first NVMM library; other test threads wait for
            // this `Once`, so that nobody reads the environment now.
            unsafe { std::env::set_var(name, value) };
        }
        gst::init().expect("GStreamer starts");
    });
}

/// A registry of this binary's own, so that binaries that run at once do not replace each other's,
/// and the host twins of kernels in tests.
fn environment() -> Vec<(&'static str, PathBuf)> {
    let binary = std::env::current_exe().expect("a test is a file");
    let stem = binary.file_stem().unwrap_or_default().to_string_lossy();
    // Without cargo's hash, so that the next build finds it again.
    let name = stem.rsplit_once('-').map_or(&*stem, |(name, _)| name);
    let registries = root().join("target/pipelines");
    std::fs::create_dir_all(&registries).expect("target/ can be written");
    let mut all = vec![
        (
            "GST_REGISTRY",
            registries.join(format!("registry-{name}.bin")),
        ),
        ("GST_PLUGIN_PATH", root().join("target/plugins")),
    ];
    let twin = binary.ancestors().nth(2).unwrap_or(Path::new(""));
    let twin = twin.join("examples/libmean_twin.so");
    if twin.exists() {
        let before = std::env::var_os("NVMM_SIM_KERNELS").unwrap_or_default();
        let paths = std::env::split_paths(&before).chain([twin]);
        let paths = std::env::join_paths(paths).expect("no colon in the paths");
        all.push(("NVMM_SIM_KERNELS", paths.into()));
    }
    all
}

/// [`init`], and the process for one test alone as long as the guard lives.
pub fn exclusive() -> MutexGuard<'static, ()> {
    static PROCESS: Mutex<()> = Mutex::new(());
    init();
    // A test that failed leaves nothing that the next one relies on.
    PROCESS.lock().unwrap_or_else(|e| e.into_inner())
}

/// Runs the test of this name, and no other, in a process of its own, and gives what it printed.
///
/// # Panics
///
/// When it fails there.
pub fn child(test: &str, variables: &[(&str, &str)]) -> String {
    init();
    let output = Command::new(std::env::current_exe().expect("a test is a file"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .expect("the test starts again");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{test} in its own process: {}\n{text}",
        output.status
    );
    text
}
