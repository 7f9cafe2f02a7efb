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
}

/// The list in cu.S against cust_raw's declarations, where cargo keeps them.
#[test]
fn every_function_of_cust_raw_has_a_trampoline() {
    let list = |text: &str, prefix: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(prefix))
            .map(|rest| {
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect()
            })
            .filter(|name: &String| name.starts_with("cu"))
            .collect()
    };
    let ours = list(include_str!("../trampolines/cu.S"), "TRAMPOLINE ");
    assert_eq!(ours.len(), 353);
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let Some(Ok(registries)) = home.map(|home| home.join("registry/src").read_dir()) else {
        return eprintln!("no registry to compare with");
    };
    for registry in registries.flatten() {
        let source = registry.path().join("cust_raw-0.11.3/src/cuda.rs");
        if let Ok(text) = std::fs::read_to_string(source) {
            assert_eq!(ours, list(&text, "pub fn "));
        }
    }
}
