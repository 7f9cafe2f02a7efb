//! Link arguments of the core: its SONAME, and that it is never unloaded (its threads run in it).

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libnvmm_sim.so");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
