//! The shims look to the loader like the libraries of their release.

mod support;

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use support::{built, releases};

fn tool(name: &str, arguments: &[&str], library: &Path) -> String {
    let output = Command::new(name)
        .args(arguments)
        .arg(library)
        .output()
        .expect("binutils are there");
    assert!(output.status.success(), "{name} {}", library.display());
    String::from_utf8(output.stdout).unwrap()
}

/// Names that a library defines for others.
fn exported(library: &Path) -> BTreeSet<String> {
    tool("nm", &["-D", "--defined-only"], library)
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(|name| name.split('@').next().unwrap_or(name).to_owned())
        .collect()
}

/// Names of the driver's list that are not newer than a version.
fn listed(file: &Path, newest: u32) -> BTreeSet<String> {
    std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .filter_map(|line| {
            line.strip_prefix("SYMBOL(")?
                .strip_suffix(')')?
                .split_once(", ")
        })
        .filter(|(_, since)| since.parse::<u32>().unwrap() <= newest)
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The functions that a header of NVIDIA's declares, from the facts about it.
fn facts(header: &str, version: &str) -> BTreeSet<String> {
    let path = format!("nvbufsurface-sys/tests/facts/{header}-{version}.json");
    let text = std::fs::read(support::root().join(path)).unwrap();
    let facts: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let functions = facts["functions"].as_array().unwrap();
    functions
        .iter()
        .filter(|function| function["static_inline"] != true)
        .map(|function| function["name"].as_str().unwrap().to_owned())
        .collect()
}

fn dynamic(library: &Path) -> String {
    tool("readelf", &["-dW"], library)
}

const LIBRARIES: [&str; 3] = ["nvbufsurface", "nvbufsurftransform", "nvbuf_utils"];

/// The headers that stand for each release in the facts, in the order of [`LIBRARIES`]; empty where
/// the release has no such library.
const FACTS: [(&str, [&str; 3]); 17] = [
    ("r28.1", ["", "", "l4t-r28.1"]),
    ("r28.2", ["", "", "l4t-r28.2-era"]),
    ("r32.1", ["ds-4.0.1", "ds-4.0.1", "l4t-r32.1"]),
    ("r32.2", ["ds-4.0.1", "ds-4.0.1", "l4t-r32.2"]),
    ("r32.3.1", ["ds-4.0.2", "ds-4.0.1", "l4t-r32.3.1"]),
    ("r32.4.3", ["l4t-r32.4.3", "ds-5.0.0", "l4t-r32.4.3"]),
    ("r32.5.2", ["l4t-r32.5.2", "ds-5.0.0", "l4t-r32.5.2"]),
    ("r32.6.1", ["l4t-r32.6.1", "ds-6.0.0", "l4t-r32.6.1"]),
    ("r32.7", ["l4t-r32.7.4", "ds-6.0.0", "l4t-r32.7.6"]),
    ("r34.1", ["l4t-r34.1.0", "l4t-r34.1.0", "l4t-r34.1.0"]),
    ("r35.1", ["l4t-r35.1.0", "l4t-r35.1.0", "l4t-r35.1.0"]),
    ("r35.3.1", ["l4t-r35.3.1", "l4t-r35.3.1", ""]),
    ("r35.4.1", ["l4t-r35.4.1", "l4t-r35.3.1", ""]),
    ("r36.2", ["l4t-r36.2.0", "l4t-r36.2.0", ""]),
    ("r36.3", ["l4t-r36.3.0", "l4t-r36.3.0", ""]),
    ("r36.4", ["l4t-r36.4", "l4t-r36.3.0", ""]),
    ("r39.2", ["ds-9.1.0", "ds-9.1.0", ""]),
];

#[test]
fn each_release_exports_what_its_headers_declare_and_nothing_else() {
    assert_eq!(FACTS.map(|(release, _)| release).to_vec(), releases());
    for (release, versions) in FACTS {
        let folder = built(release);
        for (library, version) in LIBRARIES.into_iter().zip(versions) {
            let path = folder.join(format!("lib{library}.so.1.0.0"));
            let link = folder.join(format!("lib{library}.so"));
            if version.is_empty() {
                assert!(!path.exists() && !link.exists(), "{release} {library}");
                continue;
            }
            assert_eq!(
                exported(&path),
                facts(library, version),
                "{release} {library}"
            );
            assert_eq!(link.canonicalize().unwrap(), path);
        }
    }
}

#[test]
fn each_has_its_soname_and_finds_the_core_beside_it() {
    for release in releases() {
        let folder = built(&release);
        let sonames = LIBRARIES.map(|library| format!("lib{library}.so.1.0.0"));
        for soname in sonames.iter().map(String::as_str).chain(["libcuda.so.1"]) {
            let library = folder.join(soname);
            if soname != "libcuda.so.1" && !library.exists() {
                continue;
            }
            let dynamic = dynamic(&library);
            assert!(
                dynamic.contains(&format!("soname: [{soname}]")),
                "{dynamic}"
            );
            assert!(dynamic.contains("path: [$ORIGIN]"), "{dynamic}");
            let needed: Vec<_> = dynamic
                .lines()
                .filter(|line| line.contains("(NEEDED)") && !line.contains("[libc.so"))
                .collect();
            assert_eq!(needed.len(), 1, "{dynamic}");
            assert!(needed[0].contains("[libnvmm_sim.so]"), "{dynamic}");
        }
        assert!(dynamic(&folder.join("libnvmm_sim.so")).contains("soname: [libnvmm_sim.so]"));
    }
}

#[test]
fn the_driver_has_what_its_version_has() {
    let list = support::root().join("tests/sim/shims/libcuda.h");
    for release in releases() {
        let cuda = exported(&built(&release).join("libcuda.so.1"));
        let newest = support::cuda_of(&release);
        assert_eq!(cuda, listed(&list, newest), "{release}");
    }
}

#[test]
fn the_core_exports_its_control_functions() {
    let header = support::root().join("tests/sim/include/nvmm_sim.h");
    let header = std::fs::read_to_string(header).unwrap();
    let exported = exported(&built(support::DEFAULT).join("libnvmm_sim.so"));
    assert!(
        exported
            .iter()
            .all(|name| header.contains(&format!("{name}("))),
        "{exported:?}"
    );
    assert_eq!(exported.len(), 8);
}

/// Preloads a library into a process that is set to a release, and gives what it said.
fn preloaded(library: &Path, release: &str) -> (Option<i32>, String) {
    let output = Command::new("true")
        .env("LD_PRELOAD", library)
        .env("NVMM_SIM_RELEASE", release)
        .output()
        .unwrap();
    (output.status.signal(), support::text(&output))
}

#[test]
fn releases_do_not_mix() {
    for library in ["libnvbufsurface.so.1.0.0", "libcuda.so.1"] {
        let library = built("r36.4").join(library);
        let (signal, text) = preloaded(&library, "r36.4");
        assert_eq!((signal, text.as_str()), (None, ""));
        let (signal, text) = preloaded(&library, "r39.2");
        assert_eq!(signal, Some(libc::SIGABRT), "{text}");
        assert!(
            text.contains("is of r36.4") && text.contains("is set to r39.2"),
            "{text}"
        );
        let (signal, text) = preloaded(&library, "r36");
        assert_eq!(signal, Some(libc::SIGABRT), "{text}");
        assert!(
            text.contains("NVMM_SIM_RELEASE=r36 is not known") && text.contains("r36.3 r36.4"),
            "{text}"
        );
    }
    // Nor two folders in one process, whatever it is set to.
    let both = format!(
        "{}:{}",
        built("r36.4").join("libnvbufsurface.so.1.0.0").display(),
        built("r35.1").join("libnvbuf_utils.so.1.0.0").display()
    );
    let (signal, text) = preloaded(Path::new(&both), "r36.4");
    assert_eq!(signal, Some(libc::SIGABRT), "{text}");
    assert!(
        text.contains("libnvbuf_utils.so.1.0.0 is of r35.1"),
        "{text}"
    );
}
