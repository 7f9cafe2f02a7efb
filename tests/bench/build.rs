//! Compiles what nvmm-overhead measures gst-nvmm beside: C written by hand, and the count of allocations.

#![forbid(unsafe_code)]

use std::path::PathBuf;

fn main() {
    let sources = ["c/frame.c", "c/pool.c", "c/mix.c"];
    let counter = "../pipelines/malloc_count.c";
    for file in ["build.rs", "c/frame.h", counter].iter().chain(&sources) {
        println!("cargo:rerun-if-changed={file}");
    }
    let gstreamer = pkg_config::Config::new()
        .cargo_metadata(false)
        .probe("gstreamer-video-1.0")
        .expect("GStreamer's development files; ci/packages.sh installs them");
    let mut build = cc::Build::new();
    build
        .cargo_metadata(false)
        .opt_level(2)
        .define("NVBUF_L4T", "320706")
        .warnings(true)
        .includes(&gstreamer.include_paths)
        .includes(["c", "../sim/tests/c", "../../nvbufsurface-sys/include"]);
    build.files(sources).compile("nvmm_overhead_c");
    cc::Build::new()
        .cargo_metadata(false)
        .opt_level(1)
        .flag("-fno-builtin")
        .file(counter)
        .compile("nvmm_overhead_heap");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    // For this program alone: the others' allocations go to the C library.
    for library in ["libnvmm_overhead_c.a", "libnvmm_overhead_heap.a"] {
        println!(
            "cargo:rustc-link-arg-bin=nvmm-overhead={}",
            out.join(library).display()
        );
    }
}
