//! Runs the program and reads its page, either form of it.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_nvmm-doctor");

/// The workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The simulated libraries of a release, libEGL among them: `ci/sim.sh` builds what is stale.
pub(crate) fn simulated(release: &str) -> Command {
    let mut command = Command::new(root().join("ci/sim.sh"));
    command.arg(PROGRAM);
    command.envs([
        ("NVMM_SIM", "1"),
        ("NVMM_SIM_EGL", "1"),
        ("NVMM_SIM_RELEASE", release),
    ]);
    clean(&mut command);
    command
}

/// The libraries of one folder, and no others but the machine's.
pub(crate) fn with_libraries(folder: &Path, release: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    clean(&mut command);
    command.envs([("NVBUF_LIBRARY_PATH", folder), ("LD_LIBRARY_PATH", folder)]);
    command.env("NVMM_SIM_RELEASE", release);
    command
}

/// Nothing of NVIDIA's but what the machine itself has.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(PROGRAM);
    clean(&mut command);
    command
        .env_remove("NVBUF_LIBRARY_PATH")
        .env_remove("LD_LIBRARY_PATH");
    command
}

fn clean(command: &mut Command) {
    for name in [
        "DISPLAY",
        "NVBUF_RELEASE",
        "NVMM_SIM_FAIL",
        "NVMM_SIM_DELAY",
        "NVMM_SIM_DISPLAY",
    ] {
        command.env_remove(name);
    }
    // A broken rule of the platform is a crash, which the page tells.
    command.env("NVMM_SIM_STRICT", "1");
}

/// A folder with all libraries of a release but some, which goes when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn without(name: &str, release: &str, missing: &[&str]) -> Self {
        let status = Command::new(root().join("ci/sim.sh"))
            .arg("--build")
            .env("NVMM_SIM_RELEASE", release)
            .status();
        assert!(status.unwrap().success());
        let folder =
            std::env::temp_dir().join(format!("nvmm-doctor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let built = root().join("target/sim").join(release);
        for from in ["lib", "egl"] {
            for entry in std::fs::read_dir(built.join(from)).unwrap() {
                let entry = entry.unwrap();
                let file = entry.file_name().to_string_lossy().into_owned();
                let is_missing = missing.iter().any(|missing| file.starts_with(missing));
                if file.contains(".so.") || file.starts_with("libnvmm_sim") {
                    let to = folder.join(&file);
                    match is_missing {
                        // The loader stops at a file that it cannot load: the machine's own is not taken.
                        true if file.starts_with("libcuda") || file.starts_with("libEGL") => {
                            std::fs::write(to, "").unwrap();
                        }
                        true => {}
                        false => std::os::unix::fs::symlink(entry.path(), to).unwrap(),
                    }
                }
            }
        }
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The page as JSON, and the exit status.
pub(crate) struct Page {
    pub(crate) status: i32,
    pub(crate) json: Value,
}

/// Runs it with `--json`.
pub(crate) fn page(mut command: Command) -> Page {
    let output = command.arg("--json").output().unwrap();
    Page {
        status: output.status.code().expect("it is not killed"),
        json: serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}")),
    }
}

/// Runs it as people do.
pub(crate) fn text(mut command: Command) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    (status.code().unwrap(), String::from_utf8(stdout).unwrap())
}

impl Page {
    /// Section, name and status of all findings.
    pub(crate) fn all(&self) -> Vec<(&str, &str, &str)> {
        let sections = self.json["sections"].as_array().unwrap().iter();
        let findings = sections.flat_map(|section| {
            let name = section["name"].as_str().unwrap();
            let findings = section["findings"].as_array().unwrap().iter();
            findings.map(move |finding| {
                let word = |key: &str| finding[key].as_str().unwrap();
                (name, word("name"), word("status"))
            })
        });
        findings.collect()
    }

    pub(crate) fn failed(&self) -> Vec<(&str, &str)> {
        let failed = self
            .all()
            .into_iter()
            .filter(|(.., status)| *status == "FAIL");
        failed.map(|(section, name, _)| (section, name)).collect()
    }

    pub(crate) fn finding(&self, section: &str, name: &str) -> &Value {
        let sections = self.json["sections"].as_array().unwrap();
        let section = sections
            .iter()
            .find(|s| s["name"] == section)
            .unwrap_or(&Value::Null);
        let findings = section["findings"].as_array();
        let found = findings.and_then(|all| all.iter().find(|finding| finding["name"] == name));
        found.unwrap_or_else(|| panic!("no {name}: {:#}", self.json))
    }

    pub(crate) fn status_of(&self, section: &str, name: &str) -> &str {
        self.finding(section, name)["status"].as_str().unwrap()
    }

    /// Error and remedy in one.
    pub(crate) fn words(&self, section: &str, name: &str) -> String {
        let finding = self.finding(section, name);
        let word = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        word("text") + "; " + &word("remedy")
    }
}
