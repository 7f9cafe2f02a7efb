//! Feature `linked`: finds NVIDIA's libraries and has the linker add them to the needed ones.
//!
//! No key `links` in Cargo.toml: it would refuse two versions of this crate in one program, which do
//! each other no harm. All they share is the names of system libraries.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders to search first, separated by colons.
pub(crate) const VARIABLE: &str = "NVBUF_LIBRARY_DIR";

/// Where the libraries are on Jetson and with DeepStream.
pub(crate) const DIRECTORIES: [&str; 3] = [
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib/aarch64-linux-gnu/tegra",
    "/opt/nvidia/deepstream/deepstream/lib",
];

/// Both must be there, in one place: copies of different releases do not work together.
const REQUIRED: [&str; 2] = ["nvbufsurface", "nvbufsurftransform"];
/// Added where it is in the same place: L4T up to R35.2.
const OPTIONAL: &str = "nvbuf_utils";

/// Folders that are searched as one, and who named them.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) by: &'static str,
    pub(crate) folders: Vec<PathBuf>,
}

/// A library found: its folder, and the file that the linker is to take.
#[derive(Debug)]
pub(crate) struct Found {
    folder: PathBuf,
    file: String,
    name: &'static str,
}

impl Found {
    /// What cargo passes to the linker.
    pub(crate) fn instructions(&self) -> [String; 2] {
        // Boards without development packages have no `.so`, the name that a linker looks for.
        let library = if self.file == format!("lib{}.so", self.name) {
            format!("dylib={}", self.name)
        } else {
            format!("dylib:+verbatim={}", self.file)
        };
        [
            format!("cargo::rustc-link-search=native={}", self.folder.display()),
            format!("cargo::rustc-link-lib={library}"),
        ]
    }
}

/// Adds the libraries, or says where they were looked for.
pub(crate) fn link() -> Result<(), Vec<String>> {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    if std::env::var_os("DOCS_RS").is_some() {
        return Ok(());
    }
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let mut notes = Vec::new();
    let libraries = places(&mut notes)
        .iter()
        .find_map(|place| find(place, &architecture, &mut notes))
        .ok_or_else(|| {
            let mut lines = vec![format!(
                "feature `linked` found no libnvbufsurface.so with libnvbufsurftransform.so for \
                 {architecture}. Name their folder in {VARIABLE}, or build without the feature: the \
                 libraries are opened at run time in either case. Tried:"
            )];
            lines.append(&mut notes);
            lines
        })?;
    for library in &libraries {
        for instruction in library.instructions() {
            println!("{instruction}");
        }
        if library.name == OPTIONAL {
            println!("cargo::rustc-cfg=nvbuf_utils_linked");
        }
    }
    Ok(())
}

/// Where to look: what the user names, what pkg-config knows, where NVIDIA installs.
fn places(notes: &mut Vec<String>) -> Vec<Place> {
    let mut places = Vec::new();
    match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(value) => places.push(Place {
            by: VARIABLE,
            folders: std::env::split_paths(&value)
                .filter(|folder| !folder.as_os_str().is_empty())
                .collect(),
        }),
        None => notes.push(format!("{VARIABLE}: not set")),
    }
    match packages() {
        Ok(folders) => places.push(Place {
            by: "pkg-config",
            folders,
        }),
        Err(why) => notes.push(format!("pkg-config: {why}")),
    }
    places.extend(DIRECTORIES.map(|folder| Place {
        by: "NVIDIA's folder",
        folders: vec![folder.into()],
    }));
    places
}

/// The folders in pkg-config's files. NVIDIA ships none; distributions may.
fn packages() -> Result<Vec<PathBuf>, String> {
    let mut folders = Vec::new();
    for package in REQUIRED.iter().chain([&OPTIONAL]) {
        // The instructions are ours, after a look at each file.
        match pkg_config::Config::new()
            .cargo_metadata(false)
            .probe(package)
        {
            Ok(library) => folders.extend(library.link_paths),
            Err(_) if *package == OPTIONAL => {}
            Err(pkg_config::Error::CrossCompilation) => {
                return Err("not asked in a cross build, see PKG_CONFIG_ALLOW_CROSS".to_owned());
            }
            Err(pkg_config::Error::EnvNoPkgConfig(variable)) => {
                return Err(format!("not asked because of {variable}"));
            }
            Err(pkg_config::Error::Command { cause, .. }) => {
                return Err(format!("does not run: {cause}"));
            }
            Err(_) => return Err(format!("knows no {package}")),
        }
    }
    Ok(folders)
}

/// The libraries of one place, if all that are required are there. Says in `notes` what is not.
pub(crate) fn find(
    place: &Place,
    architecture: &str,
    notes: &mut Vec<String>,
) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for name in REQUIRED {
        match library(name, place, architecture, notes) {
            Some(library) => found.push(library),
            None => {
                for folder in &place.folders {
                    notes.push(format!(
                        "{}: {}: no lib{name} for {architecture}",
                        place.by,
                        folder.display()
                    ));
                }
                return None;
            }
        }
    }
    found.extend(library(OPTIONAL, place, architecture, notes));
    Some(found)
}

fn library(
    name: &'static str,
    place: &Place,
    architecture: &str,
    notes: &mut Vec<String>,
) -> Option<Found> {
    for folder in &place.folders {
        for file in [format!("lib{name}.so"), format!("lib{name}.so.1.0.0")] {
            let path = folder.join(&file);
            if path.symlink_metadata().is_err() {
                continue;
            }
            match machine(&path) {
                Ok(machine) if machine == architecture => {
                    return Some(Found {
                        folder: folder.clone(),
                        file,
                        name,
                    });
                }
                Ok(machine) => notes.push(format!("{}: is for {machine}", path.display())),
                Err(why) => notes.push(format!("{}: {why}", path.display())),
            }
        }
    }
    None
}

/// The architecture in the header of a shared object, by rustc's name for it.
fn machine(path: &Path) -> Result<String, String> {
    let mut header = [0; 20];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut header))
        .map_err(|e| format!("cannot be read: {e}"))?;
    if !header.starts_with(b"\x7fELF") {
        return Err("is no ELF file".to_owned());
    }
    let number = [header[18], header[19]];
    // e_ident[EI_DATA]
    let machine = match header[5] {
        2 => u16::from_be_bytes(number),
        _ => u16::from_le_bytes(number),
    };
    Ok(match machine {
        3 => "x86".to_owned(),
        40 => "arm".to_owned(),
        62 => "x86_64".to_owned(),
        183 => "aarch64".to_owned(),
        other => format!("ELF machine {other}"),
    })
}
