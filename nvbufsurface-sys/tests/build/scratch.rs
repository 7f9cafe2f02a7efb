//! A small package, built by cargo as a user would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard};

use crate::headers::folder;

const OURS: &str = env!("CARGO_MANIFEST_DIR");

pub(crate) struct Scratch {
    folder: PathBuf,
}

/// The programs of all packages have one name: what is built stays until the guard is dropped.
pub(crate) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static BUILD: Mutex<()> = Mutex::new(());
    BUILD.lock().unwrap_or_else(|e| e.into_inner())
}

/// A dependency on this crate with a feature.
pub(crate) fn ours(feature: &str) -> String {
    format!("nvbufsurface-sys = {{ path = {OURS:?}, features = [{feature:?}] }}")
}

impl Scratch {
    /// A program and a plugin (cdylib) of the same text.
    pub(crate) fn new(name: &str, dependencies: &str, main: &str) -> Self {
        let folder = folder(name);
        let manifest = format!(
            "[package]\n\
             name = \"{name}\"\n\
             edition = \"2024\"\n\
             [workspace]\n\
             [lib]\n\
             name = \"plugin\"\n\
             crate-type = [\"cdylib\"]\n\
             path = \"plugin.rs\"\n\
             [[bin]]\n\
             name = \"program\"\n\
             path = \"main.rs\"\n\
             [dependencies]\n\
             {dependencies}\n\
             [profile.dev]\n\
             debug = false\n\
             incremental = false\n\
             [profile.release]\n\
             lto = \"fat\"\n"
        );
        std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        for file in ["main.rs", "plugin.rs"] {
            std::fs::write(folder.join(file), main).unwrap();
        }
        // The versions that are there: nothing is fetched.
        let lock = Path::new(OURS).join("../Cargo.lock");
        std::fs::copy(lock, folder.join("Cargo.lock")).unwrap();
        Self { folder }
    }

    /// Gives it a build script.
    #[cfg(feature = "bindgen")]
    pub(crate) fn build_script(&self, text: &str) {
        std::fs::write(self.folder.join("build.rs"), text).unwrap();
    }

    /// What `cargo build` says, with these variables and none that the tests were started with.
    pub(crate) fn build(&self, arguments: &[&str], variables: &[(&str, &Path)]) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--offline", "--color=never"])
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.target());
        for variable in [
            "NVBUF_LIBRARY_DIR",
            "NVBUF_INCLUDE_DIR",
            "DOCS_RS",
            "CARGO_BUILD_TARGET",
        ] {
            cargo.env_remove(variable);
        }
        cargo.envs(variables.iter().copied()).output().unwrap()
    }

    /// One for all: what they depend on is built once, and kept for the next time.
    fn target(&self) -> PathBuf {
        self.folder.with_file_name("target")
    }

    /// The program and the plugin of a profile.
    pub(crate) fn outputs(&self, profile: &str) -> [PathBuf; 2] {
        ["program", "libplugin.so"].map(|file| self.target().join(profile).join(file))
    }
}

/// The output as text, for messages and searches.
pub(crate) fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
