//! cust through the trampolines: without a driver, with an old one, and in a plugin. Needs no CUDA
//! and hides one that is there.

mod common;

use std::collections::BTreeSet;
use std::ffi::{CStr, c_uint};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{directory, example, hidden, in_child, is_child, no_driver};
use egl_cuda::cust;
use egl_cuda::cust::error::CudaError;

fn output(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_a_driver_cust_reports_it() {
    const NAME: &str = "without_a_driver_cust_reports_it";
    if !is_child() {
        if hidden() {
            in_child(NAME, &no_driver(NAME));
        }
        return;
    }
    // The very first call of the program, not preceded by Driver::get.
    let error = cust::init(cust::CudaFlags::empty()).unwrap_err();
    assert_eq!(error, CudaError::NoDevice);
    assert!(error.to_string().contains("libcuda.so.1"), "{error}");
    assert_eq!(cust::quick_init().unwrap_err(), CudaError::NoDevice);
    let error = egl_cuda::Error::from(error);
    assert_eq!(error.name(), Some("CUDA_ERROR_NO_DEVICE"));
    assert_eq!(error.code().map(std::num::NonZeroU32::get), Some(100));
}

unsafe extern "C" {
    // The fixture's prototype, not the driver's.
    #[allow(clippy::too_many_arguments)]
    fn cuProfilerStart(
        i0: u64,
        i1: u64,
        i2: u64,
        i3: u64,
        i4: u64,
        i5: u64,
        i6: u64,
        i7: u64,
        i8: u64,
        f0: f64,
        f1: f64,
        f2: f64,
        f3: f64,
        f4: f64,
        f5: f64,
        f6: f64,
        f7: f64,
        f8: f64,
    ) -> c_uint;
}

#[test]
fn an_old_driver_is_found_by_plain_names() {
    const NAME: &str = "an_old_driver_is_found_by_plain_names";
    if !is_child() {
        let directory = directory(NAME);
        symlink(example("old_driver"), directory.join("libcuda.so.1")).unwrap();
        return in_child(NAME, &directory);
    }
    use cust::sys::{self, cudaError_enum as code};
    // First and second call of each: the first goes through the resolver.
    for _ in 0..2 {
        // SAFETY: the fixture takes any numbers.
        let result = unsafe {
            cuProfilerStart(
                10, 11, 12, 13, 14, 15, 16, 17, 18, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5,
            )
        };
        assert_eq!(result, 0);
        let pointer = |address: usize| std::ptr::without_provenance_mut::<u8>(address);
        // SAFETY: the fixture compares the addresses and does not follow them.
        let result = unsafe {
            sys::cuLaunchKernel(
                pointer(1).cast(),
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                pointer(9).cast(),
                pointer(10).cast(),
                pointer(11).cast(),
            )
        };
        assert_eq!(result, code::CUDA_SUCCESS);
        // SAFETY: the fixture takes any number; it has the function without `_v2` only.
        let result = unsafe { sys::cuDevicePrimaryCtxRelease_v2(7) };
        assert_eq!(result, code::CUDA_SUCCESS);
        // SAFETY: the fixture lacks it, and its stand-in takes nothing.
        let result = unsafe { sys::cuCtxSynchronize() };
        assert_eq!(result, code::CUDA_ERROR_NOT_SUPPORTED);
    }
    let mut text = std::ptr::null();
    // SAFETY: the pointer is to a live pointer.
    let result = unsafe { sys::cuGetErrorName(code::CUDA_ERROR_NO_DEVICE, &raw mut text) };
    assert_eq!(result, code::CUDA_SUCCESS);
    // SAFETY: the stand-in gave a static string.
    let text = unsafe { CStr::from_ptr(text) };
    assert_eq!(text, c"CUDA_ERROR_NO_DEVICE");
    // What the fixture lacks for our own table is named.
    let error = egl_cuda::Driver::get().unwrap_err();
    assert_eq!(error.symbol(), Some("cuDriverGetVersion"));
}

#[test]
fn neither_program_nor_plugin_needs_libcuda() {
    for file in [std::env::current_exe().unwrap(), example("plugin")] {
        let needed = output("readelf", &["-d"], &file);
        assert!(
            needed.contains("NEEDED") && !needed.contains("libcuda"),
            "{needed}"
        );
    }
}

#[test]
fn a_plugin_exports_no_driver_function() {
    let plugin = example("plugin");
    let exported = output("nm", &["-D", "--defined-only"], &plugin);
    let names: Vec<_> = exported
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert!(names.contains(&"plugin_init"), "{names:?}");
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("cu") || name.contains("egl_cuda")),
        "{names:?}"
    );
    let undefined = output("nm", &["-D", "--undefined-only"], &plugin);
    assert!(
        !undefined
            .lines()
            .any(|line| line.trim().starts_with("U cu")),
        "{undefined}"
    );
}

#[test]
fn two_plugins_and_a_global_driver_do_not_meet() {
    const NAME: &str = "two_plugins_and_a_global_driver_do_not_meet";
    if !is_child() {
        let directory = directory(NAME);
        symlink(example("old_driver"), directory.join("libcuda.so.1")).unwrap();
        for copy in ["one.so", "two.so"] {
            std::fs::copy(example("plugin"), directory.join(copy)).unwrap();
        }
        return in_child(NAME, &directory);
    }
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    let open = |name: &str| {
        // SAFETY: the files are those that this test made.
        unsafe { Library::open(Some(name), RTLD_NOW | RTLD_GLOBAL) }.unwrap()
    };
    let libraries = [open("one.so"), open("libcuda.so.1"), open("two.so")];
    for plugin in [&libraries[0], &libraries[2], &libraries[0]] {
        // SAFETY: this is the example's prototype.
        let init =
            unsafe { plugin.get::<unsafe extern "C" fn() -> c_uint>("plugin_init") }.unwrap();
        // SAFETY: the example takes nothing.
        assert_eq!(unsafe { init() }, 0);
    }
    // Plugins stay, as GStreamer's do, and with them what they have made once.
    std::mem::forget(libraries);
}

/// The folder of cust_raw's source, as cargo has it.
fn cust_raw() -> PathBuf {
    let metadata = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["metadata", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut found = packages.iter().filter(|p| p["name"] == "cust_raw");
    let (package, another) = (found.next().unwrap(), found.next());
    assert!(another.is_none(), "two versions of cust_raw");
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

/// The driver's functions that cust_raw declares.
fn declared() -> BTreeSet<String> {
    let text = std::fs::read_to_string(cust_raw().join("src/cuda.rs")).unwrap();
    let names: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn "))
        .filter_map(|rest| rest.split('(').next())
        .filter(|name| name.starts_with("cu"))
        .map(str::to_owned)
        .collect();
    assert!(
        names.contains("cuLaunchKernel") && names.len() > 300,
        "{names:?}"
    );
    names
}

/// The driver's functions that an object file or a program defines, and whether others see them.
fn defined(file: &Path) -> BTreeSet<(String, bool)> {
    let symbols = output("readelf", &["--syms", "--wide"], file);
    let symbol = |line: &str| {
        // Number, value, size, type, binding, visibility, section, name.
        let words: Vec<_> = line.split_whitespace().collect();
        let &[_, _, _, "FUNC", binding, visibility, section, name] = words.as_slice() else {
            return None;
        };
        let is_visible = binding != "LOCAL" && visibility == "DEFAULT";
        let is_ours =
            section != "UND" && name.starts_with("cu") && name.as_bytes()[2].is_ascii_uppercase();
        is_ours.then(|| (name.to_owned(), is_visible))
    };
    symbols.lines().filter_map(symbol).collect()
}

fn hidden_ones(names: BTreeSet<String>) -> BTreeSet<(String, bool)> {
    names.into_iter().map(|name| (name, false)).collect()
}

#[test]
fn every_function_of_cust_raw_has_a_trampoline_in_this_program() {
    assert_eq!(
        defined(&std::env::current_exe().unwrap()),
        hidden_ones(declared())
    );
}

/// Assembles the trampolines for an architecture, by the first of these that is here.
fn assemble(arch: &str, assemblers: &[&[&str]]) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("trampolines/cu.S");
    let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("trampolines-{arch}.o"));
    for assembler in assemblers {
        let run = Command::new(assembler[0])
            .args(&assembler[1..])
            .arg("-c")
            .arg(&source)
            .arg("-o")
            .arg(&object)
            .output();
        let Ok(run) = run else { continue };
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            run.status.success() && said.is_empty(),
            "{assembler:?}: {said}"
        );
        return Some(object);
    }
    None
}

#[test]
fn every_function_of_cust_raw_has_a_trampoline_on_both_architectures() {
    let declared = hidden_ones(declared());
    for (arch, machine, assemblers) in [
        (
            "x86_64",
            "X86-64",
            [
                &["x86_64-linux-gnu-gcc"][..],
                &["clang", "--target=x86_64-linux-gnu"],
                &["clang-14", "--target=x86_64-linux-gnu"],
            ],
        ),
        (
            "aarch64",
            "AArch64",
            [
                &["aarch64-linux-gnu-gcc"][..],
                &["clang", "--target=aarch64-linux-gnu"],
                &["clang-14", "--target=aarch64-linux-gnu"],
            ],
        ),
    ] {
        let Some(object) = assemble(arch, &assemblers) else {
            eprintln!("not run for {arch}: there is no {assemblers:?}");
            continue;
        };
        assert!(output("readelf", &["--file-header"], &object).contains(machine));
        assert_eq!(defined(&object), declared, "{arch}");
        // Each jumps through an entry of its own: a target to be filled in, and a name.
        let size = output("readelf", &["--section-headers", "--wide"], &object)
            .lines()
            .find(|line| line.contains(" .data.egl_cuda "))
            .and_then(|line| usize::from_str_radix(line.split_whitespace().rev().nth(5)?, 16).ok());
        assert_eq!(size, Some(16 * declared.len()), "{arch}");
    }
}
