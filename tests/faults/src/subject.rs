//! What is put under faults: a workload or a conformance case, on a release.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::worker::workload::Workload;

/// The variables that make faults; what the caller has of them must not reach the processes.
const WISHES: [&str; 6] = [
    "NVMM_SIM_FAIL",
    "NVMM_SIM_DELAY",
    "NVMM_SIM_MEMORY",
    "NVMM_SIM_SITES",
    "NVMM_SIM_REPORT",
    crate::worker::PEER,
];

/// The workspace.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// A simulated release, with the environment that `ci/sim.sh` gives programs on it.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) name: String,
    environment: BTreeMap<OsString, OsString>,
}

impl Release {
    /// Builds the simulator of a release if need be, and asks for its environment.
    pub(crate) fn prepare(name: &str) -> Result<Self, String> {
        let script = root().join("ci/sim.sh");
        let mut command = Command::new(&script);
        command.args(["env", "-0"]);
        for name in [
            "NVMM_SIM_ROOT",
            "NVMM_SIM_SET_FOR",
            "NVBUF_LIBRARY_PATH",
            "NVMM_SIM_STRICT",
        ] {
            command.env_remove(name);
        }
        for name in WISHES {
            command.env_remove(name);
        }
        command.env("NVMM_SIM", "1").env("NVMM_SIM_RELEASE", name);
        let output = command.output();
        let output = output.map_err(|e| format!("{}: {e}", script.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("ci/sim.sh on {name}: {}: {said}", output.status));
        }
        let pairs = output.stdout.split(|byte| *byte == 0).filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            Some((text(&pair[..at]), text(&pair[at + 1..])))
        });
        let mut environment: BTreeMap<_, _> = pairs.collect();
        // A registry of this program's own: others' programs do not replace it while it is read.
        let registry = root().join("target/faults/registry.bin");
        environment.insert("GST_REGISTRY".into(), registry.into());
        environment.insert("GST_REGISTRY_FORK".into(), "no".into());
        // A panic is found by its message; a backtrace of each takes seconds.
        environment.insert("RUST_BACKTRACE".into(), "0".into());
        Ok(Self {
            name: name.to_owned(),
            environment,
        })
    }
}

/// The program of a subject.
#[derive(Clone, Debug)]
pub(crate) enum Program {
    /// A process of this program.
    Workload(&'static Workload),
    /// One of nvmm-conformance, by the name of the case.
    Case(String),
}

/// What is put under faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) release: &'a Release,
    pub(crate) program: &'a Program,
}

impl Program {
    fn path_and_arguments(&self) -> Result<(PathBuf, Vec<&str>), String> {
        let this = std::env::current_exe().map_err(|e| e.to_string())?;
        Ok(match self {
            Self::Workload(workload) => (this, vec!["--worker", workload.name]),
            Self::Case(name) => (
                this.with_file_name("nvmm-conformance"),
                vec!["--case", name, "--worker"],
            ),
        })
    }

    /// What the tables call it: all cases are one suite.
    pub(crate) fn group(&self) -> &'static str {
        match self {
            Self::Workload(workload) => workload.name,
            Self::Case(_) => "conformance",
        }
    }
}

impl Subject<'_> {
    /// A process of it, in the release's environment alone.
    pub(crate) fn command(&self) -> Result<Command, String> {
        let (path, arguments) = self.program.path_and_arguments()?;
        let mut command = Command::new(path);
        command
            .args(arguments)
            .env_clear()
            .envs(&self.release.environment);
        Ok(command)
    }

    /// A line for a shell that runs it with more variables.
    pub(crate) fn line(&self, variables: &[(&str, String)]) -> String {
        let mut line = format!("NVMM_SIM=1 NVMM_SIM_RELEASE={}", self.release.name);
        for (name, value) in variables {
            line.push_str(&format!(" {name}='{value}'"));
        }
        let Ok((path, arguments)) = self.program.path_and_arguments() else {
            return line;
        };
        let path = path.strip_prefix(root()).unwrap_or(&path);
        format!(
            "{line} ci/sim.sh {} {}",
            path.display(),
            arguments.join(" ")
        )
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.program {
            Program::Workload(workload) => workload.name,
            Program::Case(name) => name,
        };
        write!(f, "{} {name}", self.release.name)
    }
}
