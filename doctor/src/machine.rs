//! The machine, its kernel and its release.
#![forbid(unsafe_code)]

use std::env;
use std::path::Path;

use nvbufsurface_sys::{PATH_VARIABLE, RELEASE_FILE, RELEASE_VARIABLE, Release};

use crate::finding::{Fault, Finding};

/// What is known before any library is opened.
#[derive(Debug)]
pub(crate) struct Machine {
    /// It has a Tegra, whatever else is missing.
    pub(crate) is_jetson: bool,
    pub(crate) is_container: bool,
    pub(crate) release: Option<Release>,
}

impl Machine {
    pub(crate) fn look() -> (Self, Vec<Finding>) {
        let compatible = read("/proc/device-tree/compatible").unwrap_or_default();
        let there = |paths: &[&str]| paths.iter().any(|path| Path::new(path).exists());
        let is_jetson = compatible.contains("nvidia,tegra")
            || there(&[RELEASE_FILE, "/dev/nvmap", "/dev/nvhost-ctrl"]);
        let is_container = there(&["/.dockerenv", "/run/.containerenv"]);
        let release = Release::detect();
        let mut findings = vec![kind(is_jetson, is_container), kernel()];
        findings.push(match &release {
            Ok(Some(release)) => Finding::ok("release", format!("{release} ({})", said_by())),
            Ok(None) => Finding::fact(
                "release",
                format!("not said: no {RELEASE_FILE}, and {RELEASE_VARIABLE} says none"),
            ),
            Err(error) => Finding::failed("release", Fault::new(error.to_string())),
        });
        findings.extend(variables());
        let machine = Self {
            is_jetson,
            is_container,
            release: release.ok().flatten(),
        };
        (machine, findings)
    }
}

fn read(path: &str) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    Some(text.trim().to_owned())
}

fn kind(is_jetson: bool, is_container: bool) -> Finding {
    let model = read("/proc/device-tree/model").filter(|model| !model.is_empty());
    let mut text = match (model, is_jetson) {
        (Some(model), true) => model,
        (Some(model), false) => format!("{model}: no Jetson"),
        (None, true) => "a Jetson".to_owned(),
        (None, false) => "no Jetson".to_owned(),
    };
    if is_container {
        text.push_str(", in a container");
    }
    Finding::fact("machine", text)
}

fn kernel() -> Finding {
    let part = |name: &str| read(&format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    let text = format!(
        "{} {}, {}",
        part("ostype"),
        part("osrelease"),
        env::consts::ARCH
    );
    Finding::fact("kernel", text)
}

/// Which of the two says the release.
fn said_by() -> &'static str {
    match env::var_os(RELEASE_VARIABLE) {
        Some(value) if !value.is_empty() => RELEASE_VARIABLE,
        _ => RELEASE_FILE,
    }
}

/// Those that change what is found.
fn variables() -> impl Iterator<Item = Finding> {
    let names = [
        PATH_VARIABLE,
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "CUDA_VISIBLE_DEVICES",
    ];
    names.into_iter().filter_map(|name| {
        let value = env::var_os(name)?;
        Some(Finding::fact(name, value.to_string_lossy()))
    })
}
