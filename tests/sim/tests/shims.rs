//! The shims look to the loader like the libraries they stand for.

mod support;

use std::collections::BTreeSet;
use std::process::Command;

fn tool(name: &str, arguments: &[&str], library: &str) -> String {
    let output = Command::new(name)
        .args(arguments)
        .arg(support::library(library))
        .output()
        .expect("binutils are there");
    assert!(output.status.success(), "{name} {library}");
    String::from_utf8(output.stdout).unwrap()
}

/// Names that a library defines for others.
fn exported(library: &str) -> BTreeSet<String> {
    tool("nm", &["-D", "--defined-only"], library)
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(|name| name.split('@').next().unwrap_or(name).to_owned())
        .collect()
}

/// Names of a shim's list.
fn listed(file: &str) -> BTreeSet<String> {
    let path = support::root().join("tests/sim/shims").join(file);
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("SYMBOL(")?.strip_suffix(')'))
        .map(str::to_owned)
        .collect()
}

fn dynamic(library: &str) -> String {
    tool("readelf", &["-dW"], library)
}

#[test]
fn each_has_its_soname_and_finds_the_core_beside_it() {
    for soname in ["libnvbufsurface.so.1.0.0", "libcuda.so.1"] {
        let dynamic = dynamic(soname);
        assert!(
            dynamic.contains(&format!("soname: [{soname}]")),
            "{dynamic}"
        );
        assert!(dynamic.contains("path: [$ORIGIN]"), "{dynamic}");
        assert!(
            dynamic.contains("NEEDED") && dynamic.contains("[libnvmm_sim.so]"),
            "{dynamic}"
        );
    }
    assert!(dynamic("libnvmm_sim.so").contains("soname: [libnvmm_sim.so]"));
}

#[test]
fn each_exports_its_symbols_and_nothing_else() {
    let surface = exported("libnvbufsurface.so.1.0.0");
    assert_eq!(surface, listed("libnvbufsurface.h"));
    assert_eq!(surface.len(), 11);
    let cuda = exported("libcuda.so.1");
    assert_eq!(cuda, listed("libcuda.h"));
    // Names that CUDA 10.2 does not have.
    for newer in [
        "cuGetProcAddress",
        "cuDevicePrimaryCtxRelease_v2",
        "cuCtxCreate_v3",
    ] {
        assert!(!cuda.contains(newer), "{newer}");
    }
    assert!(cuda.contains("cuDevicePrimaryCtxRelease") && cuda.contains("cuCtxCreate_v2"));
}

#[test]
fn the_core_exports_its_control_functions() {
    let header = support::root().join("tests/sim/include/nvmm_sim.h");
    let header = std::fs::read_to_string(header).unwrap();
    let exported = exported("libnvmm_sim.so");
    assert!(
        exported
            .iter()
            .all(|name| header.contains(&format!("{name}("))),
        "{exported:?}"
    );
    assert_eq!(exported.len(), 5);
}
