//! Runs each test in a process of its own on the simulator, and gives it the functions.
#![allow(
    dead_code,
    unused_imports,
    reason = "every test file uses a part of it"
)]

pub(crate) mod cuda;
pub(crate) mod egl;
pub(crate) mod legacy;
pub(crate) mod surface;

use std::ffi::{CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The entry points of `twin.c`, and one without a twin.
pub(crate) const PTX: &str = "\
.version 6.4
.target sm_62
.address_size 64
// fill, with a struct first
.visible .entry fill(
    .param .align 8 .b8 fill_param_0[24],
    .param .u32 fill_param_1,
    .param .u8 fill_param_2
)
{ ret; }
.visible .entry add(.param .u64 a, .param .u64 b, .param .u32 c)
{ ret; }
.visible .entry shape(.param .u64 a)
{ ret; }
.visible .entry paint(.param .u64 to, .param .u64 from)
{ ret; }
.visible .entry paint_all(.param .u64 list)
{ ret; }
.visible .entry orphan(.param .u64 a)
{ ret; }
";

/// The release of tests that name none.
pub(crate) const DEFAULT: &str = "r32.7";

/// What a child writes when its body is done: a wrong test name would run nothing.
pub(crate) const RAN: &str = "nvmm-sim-test: done";

const CHILD: &str = "NVMM_SIM_TEST_CHILD";

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Every release that the simulator can be.
pub(crate) fn releases() -> Vec<String> {
    let list = std::fs::read_to_string(root().join("tests/sim/releases.txt")).unwrap();
    let names = list.lines().filter(|line| !line.starts_with('#'));
    names
        .filter_map(|line| Some(line.split_once(' ')?.0.to_owned()))
        .collect()
}

/// The version of a release's CUDA driver.
pub(crate) fn cuda_of(release: &str) -> u32 {
    let list = std::fs::read_to_string(root().join("tests/sim/releases.txt")).unwrap();
    let line = list
        .lines()
        .find(|line| line.split(' ').next() == Some(release));
    line.unwrap().split(' ').nth(2).unwrap().parse().unwrap()
}

/// The runner for a release, without what the runner of this process has set.
pub(crate) fn runner(release: &str) -> Command {
    let mut command = Command::new(root().join("ci/sim.sh"));
    for name in [
        "NVMM_SIM_ROOT",
        "NVMM_SIM_SET_FOR",
        "NVMM_SIM_KERNELS",
        "NVBUF_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        // Some tests break rules on purpose; those that want to be aborted set it.
        "NVMM_SIM_STRICT",
    ] {
        command.env_remove(name);
    }
    command
        .env("NVMM_SIM", "1")
        .env("NVMM_SIM_RELEASE", release);
    command
}

/// The folder of everything that `ci/sim.sh` builds, which is another one with a sanitizer (ci/sanitize.sh).
pub(crate) fn state() -> PathBuf {
    let sanitizer = std::env::var("NVMM_SIM_SANITIZER").unwrap_or_default();
    let dash = if sanitizer.is_empty() { "" } else { "-" };
    root().join(format!("target/sim{dash}{sanitizer}"))
}

/// Where the simulated libraries of a release are.
pub(crate) fn folder(release: &str) -> PathBuf {
    state().join(release).join("lib")
}

/// Builds the libraries of a release, if need be, and says where they are.
pub(crate) fn built(release: &str) -> PathBuf {
    let output = runner(release).arg("--build").output().unwrap();
    assert!(output.status.success(), "{release}: {}", text(&output));
    folder(release)
}

/// Compiles a C file beside this one into a shared object.
pub(crate) fn compile(source: &str) -> PathBuf {
    static PARTS: AtomicU32 = AtomicU32::new(0);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let part = PARTS.fetch_add(1, Relaxed);
    let part = out.join(format!("{source}.{}.{part}", std::process::id()));
    let status = Command::new("cc")
        .args([
            "-shared",
            "-fPIC",
            "-O1",
            "-fno-builtin",
            "-Wall",
            "-Werror",
            "-I",
        ])
        .arg(here.join("include"))
        .arg(here.join("tests/support").join(source))
        .arg("-o")
        .arg(&part)
        .status()
        .expect("cc runs");
    assert!(status.success(), "{source} compiles");
    // In one step: tests run at the same time.
    let object = out.join(format!("{source}.so"));
    std::fs::rename(&part, &object).unwrap();
    object
}

/// Runs a test's body in a process of its own, with more variables; gives what it wrote. In that
/// process `body` is run and the process ends.
pub(crate) fn child(test: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Output {
    child_of(DEFAULT, test, variables, body)
}

/// [`child`] on a release. `body` runs in the process of the release that it asks [`release`] for.
pub(crate) fn child_of(
    release: &str,
    test: &str,
    variables: &[(&str, &str)],
    body: impl FnOnce(),
) -> Output {
    if std::env::var(CHILD).is_ok_and(|name| name == test) {
        body();
        println!("{RAN}");
        // As a program would: exit handlers run, the harness's other business does not matter.
        std::process::exit(0);
    }
    let twins = compile("twin.c");
    runner(release)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("NVMM_SIM_KERNELS", twins)
        .env(CHILD, test)
        .envs(variables.iter().copied())
        .output()
        .expect("the child starts")
}

/// Runs a test's body in a process of its own and expects it to succeed.
pub(crate) fn isolated(test: &str, body: impl FnOnce()) {
    expect_success(DEFAULT, &child(test, &[], body));
}

fn expect_success(release: &str, output: &Output) {
    let text = text(output);
    assert!(
        output.status.success() && text.contains(RAN),
        "{release}: {}\n{text}",
        output.status
    );
}

/// [`isolated`] on each of some releases: `body` runs in each of those processes.
pub(crate) fn on_each(test: &str, releases: &[&str], body: impl Fn()) {
    for release in releases {
        expect_success(release, &child_of(release, test, &[], &body));
    }
}

/// The release that this process is on.
pub(crate) fn release() -> String {
    std::env::var("NVMM_SIM_RELEASE").expect("the runner sets it")
}

/// What a process wrote.
pub(crate) fn text(output: &Output) -> String {
    let mut all = String::from_utf8_lossy(&output.stdout).into_owned();
    all.push_str(&String::from_utf8_lossy(&output.stderr));
    all
}

/// The address of a symbol of a library.
pub(crate) fn symbol(library: &str, name: &str) -> *mut c_void {
    let address = symbol_if(library, name);
    assert!(!address.is_null(), "{name:?} is in {library:?}");
    address
}

/// The same, and null for what the library does not have.
pub(crate) fn symbol_if(library: &str, name: &str) -> *mut c_void {
    let (library, name) = (CString::new(library).unwrap(), CString::new(name).unwrap());
    // SAFETY: the libraries of the simulator have no initialisers that matter to anybody.
    let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW) };
    assert!(!handle.is_null(), "{library:?} opens");
    // SAFETY: a live handle and a C string.
    unsafe { libc::dlsym(handle, name.as_ptr()) }
}

/// A function of a library by the name of its type, `PFN_` and the C name.
pub(crate) fn function_of<T: Copy>(library: &str, name: &str) -> T {
    assert_eq!(size_of::<T>(), size_of::<*mut c_void>());
    let address = symbol(library, name.trim_start_matches("PFN_"));
    // SAFETY: as large as a function pointer, which the caller vouches for it to be.
    unsafe { std::mem::transmute_copy(&address) }
}

/// A function of a library as a function pointer of a type that the caller vouches for.
#[macro_export]
macro_rules! function {
    ($library:expr, $name:expr, $type:ty) => {{
        let address = $crate::support::symbol($library, $name);
        // SAFETY: the prototype is that of the header for this name.
        unsafe { std::mem::transmute::<*mut std::ffi::c_void, $type>(address) }
    }};
}

const CORE: &str = "libnvmm_sim.so";

/// A counter of the simulator.
pub(crate) fn counter(name: &str) -> u64 {
    let function = function!(
        CORE,
        "nvmm_sim_counter",
        unsafe extern "C" fn(*const c_char) -> u64
    );
    let name = CString::new(name).unwrap();
    // SAFETY: a C string.
    let value = unsafe { function(name.as_ptr()) };
    assert_ne!(value, u64::MAX, "{name:?} is a counter");
    value
}

/// Lets a call fail.
pub(crate) fn fail(function: &str, number: u64, error: c_int) -> c_int {
    let set = function!(
        CORE,
        "nvmm_sim_fail",
        unsafe extern "C" fn(*const c_char, u64, c_int) -> c_int
    );
    let function = CString::new(function).unwrap();
    // SAFETY: a C string.
    unsafe { set(function.as_ptr(), number, error) }
}

/// Sets all totals to zero.
pub(crate) fn reset_counters() {
    let reset = function!(CORE, "nvmm_sim_reset_counters", unsafe extern "C" fn());
    // SAFETY: takes nothing.
    unsafe { reset() };
}

/// The report, read back.
pub(crate) fn report() -> serde_json::Value {
    let write = function!(
        CORE,
        "nvmm_sim_report",
        unsafe extern "C" fn(*mut c_char, usize) -> usize
    );
    // SAFETY: a size of 0 writes nothing.
    let size = unsafe { write(std::ptr::null_mut(), 0) };
    let mut bytes = vec![0u8; size + 64];
    // SAFETY: as many bytes as it says.
    let needed = unsafe { write(bytes.as_mut_ptr().cast(), bytes.len()) };
    assert!(needed <= bytes.len());
    serde_json::from_slice(&bytes[..needed - 1]).expect("the report is JSON")
}
