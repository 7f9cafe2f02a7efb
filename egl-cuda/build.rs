//! Compiles the driver trampolines for feature `cust`; does nothing otherwise.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "cust")]
    trampolines();
}

#[cfg(feature = "cust")]
fn trampolines() {
    const SOURCE: &str = "trampolines/cu.S";
    println!("cargo::rerun-if-changed={SOURCE}");
    let target = |key: &str| std::env::var(key).unwrap_or_default();
    let arch = target("CARGO_CFG_TARGET_ARCH");
    let os = target("CARGO_CFG_TARGET_OS");
    if os != "linux" || !matches!(arch.as_str(), "x86_64" | "aarch64") {
        println!("cargo::error=egl-cuda: feature `cust` is for Linux on x86_64 and aarch64");
        return;
    }
    cc::Build::new()
        .file(SOURCE)
        // Nothing in Rust code refers to the trampolines by name before cust_raw does, and that
        // comes later on the linker's line.
        .link_lib_modifier("+whole-archive")
        .compile("egl_cuda_trampolines");
}
