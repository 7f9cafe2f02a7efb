//! What the environment asks of the simulator, read once.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The settings.
#[derive(Debug)]
pub(crate) struct Config {
    /// `NVMM_SIM_LOG` is not `0`: log lines go to stderr.
    pub(crate) log: bool,
    /// `NVMM_SIM_STRICT=1`: abort at the first violation.
    pub(crate) strict: bool,
    /// `NVMM_SIM_LEAKS=1`: note who makes each buffer, for the report.
    pub(crate) leaks: bool,
    /// `NVMM_SIM_SITES=1`: tell calls apart by the place in the program that they come from.
    pub(crate) sites: bool,
    /// `NVMM_SIM_GPU=1`: buffers are in the memory of a real GPU.
    pub(crate) gpu: bool,
    /// `NVMM_SIM_DISPLAY=dead`: the X server that `DISPLAY` names does not answer.
    pub(crate) dead_display: bool,
    /// `NVMM_SIM_RAW_ALIGNMENT`: rows of raw planes begin at multiples of so many bytes; 1 if not said,
    /// which packs them.
    pub(crate) raw_alignment: usize,
    /// `NVMM_SIM_REPORT`: where the report goes at exit; `%p` in it becomes the process id.
    pub(crate) report: Option<PathBuf>,
    /// `NVMM_SIM_KERNELS`: shared objects with host twins.
    pub(crate) kernels: Vec<PathBuf>,
}

/// The settings of this process.
pub(crate) fn get() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        Config {
            log: set("NVMM_SIM_LOG").is_none_or(|value| value != "0"),
            strict: set("NVMM_SIM_STRICT").is_some_and(|value| value != "0"),
            leaks: set("NVMM_SIM_LEAKS").is_some_and(|value| value != "0"),
            sites: set("NVMM_SIM_SITES").is_some_and(|value| value != "0"),
            gpu: set("NVMM_SIM_GPU").is_some_and(|value| value != "0"),
            dead_display: set("NVMM_SIM_DISPLAY").is_some_and(|value| value == "dead"),
            raw_alignment: set("NVMM_SIM_RAW_ALIGNMENT")
                .and_then(|value| value.to_str()?.parse().ok())
                .filter(|bytes| (1..=4096).contains(bytes))
                .unwrap_or(1),
            report: set("NVMM_SIM_REPORT").map(|path| {
                let pid = std::process::id().to_string();
                PathBuf::from(path.to_string_lossy().replace("%p", &pid))
            }),
            kernels: set("NVMM_SIM_KERNELS")
                .map(|paths| {
                    std::env::split_paths(&paths)
                        .filter(|p| !p.as_os_str().is_empty())
                        .collect()
                })
                .unwrap_or_default(),
        }
    })
}
