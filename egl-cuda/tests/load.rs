//! What is said when the driver cannot be used. Needs no CUDA and hides one that is there.

mod common;

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use common::{hidden, in_child, is_child, no_driver};
use egl_cuda::{Context, Driver, ErrorKind};

#[test]
fn no_driver_names_what_was_tried() {
    const NAME: &str = "no_driver_names_what_was_tried";
    if !is_child() {
        if hidden() {
            in_child(NAME, &no_driver(NAME));
        }
        return;
    }
    let error = Driver::get().unwrap_err();
    let tried: Vec<_> = error.tried().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(tried[0].to_str(), Some("libcuda.so.1"));
    let text = error.to_string();
    assert!(text.contains("tried libcuda.so.1"), "{text}");
    assert!(text.contains("--runtime nvidia"), "{text}");

    let error = Context::primary(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load);
    assert!(error.load_error().is_some() && error.code().is_none());
    assert_eq!(error.to_string().matches("--runtime nvidia").count(), 1);
}

/// A shared library that is loaded into every test program and is not CUDA.
fn another_library() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .find(|path| path.contains("/libc.so") || path.contains("/libc-"))
        .map(PathBuf::from)
        .unwrap()
}

#[test]
fn failures_are_not_remembered_and_missing_symbols_are_named() {
    const NAME: &str = "failures_are_not_remembered_and_missing_symbols_are_named";
    if !is_child() {
        if hidden() {
            in_child(NAME, &no_driver(NAME));
        }
        return;
    }
    let directory = PathBuf::from(std::env::var_os("LD_LIBRARY_PATH").unwrap());
    let library = directory.join("libcuda.so.1");
    assert!(Driver::get().unwrap_err().path().is_none());

    std::fs::remove_file(&library).unwrap();
    symlink(another_library(), &library).unwrap();
    let error = Driver::get().unwrap_err();
    assert_eq!(error.symbol(), Some("cuInit"));
    assert_eq!(
        error.path().and_then(|path| path.to_str()),
        Some("libcuda.so.1")
    );
    assert!(error.to_string().contains("no function cuInit"), "{error}");
}
