//! Where the libraries are looked for, and opening one.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::ffi::{CStr, OsStr, OsString, c_int, c_void};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Mutex;

use libloading::os::unix::{Library as Dl, RTLD_LOCAL, RTLD_NOW};

use super::{LoadError, elf, loader};

/// Set to `:`-separated directories that are searched before everything else.
pub const PATH_VARIABLE: &str = "NVBUF_LIBRARY_PATH";

/// Directories searched after the loader's own: Jetson's since R36 and before, DeepStream's.
pub const DIRECTORIES: [&str; 3] = [
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib/aarch64-linux-gnu/tegra",
    "/opt/nvidia/deepstream/deepstream/lib",
];

/// Somewhere a library may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    path: PathBuf,
    /// The user named the directory: what lies there is meant, so a broken file is no reason to go
    /// on with another.
    named: bool,
}

impl Candidate {
    /// A library in a directory; an empty one is the working directory, not the loader's search.
    pub(crate) fn named(directory: &Path, soname: &str) -> Self {
        let path = Path::new(".").join(directory).join(soname);
        Self { path, named: true }
    }
}

/// The usual places of a library, in order: the directories of [`PATH_VARIABLE`], the loader's
/// own, then [`DIRECTORIES`].
pub(crate) fn usual(soname: &str) -> Vec<Candidate> {
    candidates(soname, std::env::var_os(PATH_VARIABLE))
}

fn candidates(soname: &str, variable: Option<OsString>) -> Vec<Candidate> {
    let named = variable
        .as_deref()
        .map(std::env::split_paths)
        .into_iter()
        .flatten()
        .filter(|directory| !directory.as_os_str().is_empty())
        .map(|directory| Candidate::named(&directory, soname));
    // A bare name: the loader's own search.
    let loader = [PathBuf::from(soname)];
    let directories = DIRECTORIES.iter().map(|d| PathBuf::from(d).join(soname));
    let usual = loader.into_iter().chain(directories);
    named
        .chain(usual.map(|path| Candidate { path, named: false }))
        .collect()
}

/// An opened library. It is never closed: other libraries, and surfaces still alive at exit, point
/// into it.
#[derive(Debug)]
pub(crate) struct Opened {
    dl: ManuallyDrop<Dl>,
    /// What `dlopen` gave: the same for one library, however often it is opened.
    handle: usize,
    path: PathBuf,
}

/// Handles of libraries that stay loaded without being the process's: opened aside by the caller, or
/// refused.
static ASIDE: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

impl Opened {
    /// The library that the process has loaded already, else the first candidate that is there: two
    /// copies in one process do not know each other's surfaces.
    pub(crate) fn loaded_or_open(
        soname: &'static str,
        candidates: &[Candidate],
    ) -> Result<Self, LoadError> {
        match Self::load(Path::new(soname), libc::RTLD_NOLOAD) {
            Ok(loaded) if !loaded.is_aside() => Ok(loaded),
            _ => Self::open(soname, candidates),
        }
    }

    /// Opens the first candidate that is there.
    pub(crate) fn open(soname: &'static str, candidates: &[Candidate]) -> Result<Self, LoadError> {
        let mut tried = Vec::new();
        for Candidate { path, named } in candidates {
            let is_bare = path.components().count() == 1;
            let file = if is_bare {
                loader::file(soname)
            } else {
                Some(path.clone())
            };
            let cut = file.as_deref().and_then(elf::truncated);
            let why = match cut {
                // Beyond it the loader would find another copy, which is not what others have.
                Some(why) if is_bare => {
                    let path = file.unwrap_or_default();
                    return Err(LoadError::Unusable { path, why });
                }
                Some(why) => why,
                None => match Self::load(path, 0) {
                    Ok(opened) => return Ok(opened),
                    Err(why) => why,
                },
            };
            if *named && path.exists() {
                let path = path.clone();
                return Err(LoadError::Unusable { path, why });
            }
            tried.push((path.clone(), why));
        }
        Err(LoadError::NotFound { soname, tried })
    }

    /// Keeps the library from being taken for the process's because it is loaded.
    pub(crate) fn set_aside(&self) {
        let mut aside = ASIDE.lock().unwrap_or_else(|e| e.into_inner());
        aside.insert(self.handle);
    }

    fn is_aside(&self) -> bool {
        let aside = ASIDE.lock().unwrap_or_else(|e| e.into_inner());
        aside.contains(&self.handle)
    }

    fn load(path: &Path, flags: c_int) -> Result<Self, String> {
        // SAFETY: loading runs the library's initialisers; the names tried are those of NVIDIA's
        // library only, and running its code is what the caller asks for.
        match unsafe { Dl::open(Some(path), RTLD_NOW | RTLD_LOCAL | flags) } {
            Ok(dl) => {
                let handle = dl.into_raw();
                Ok(Self {
                    // SAFETY: the handle of the library just opened, which has no other owner.
                    dl: ManuallyDrop::new(unsafe { Dl::from_raw(handle) }),
                    handle: handle.addr(),
                    path: path.to_path_buf(),
                })
            }
            // The loader's own words are the source.
            Err(error) => Err(error
                .source()
                .map_or_else(|| error.to_string(), ToString::to_string)),
        }
    }

    /// The address of a function.
    pub(crate) fn resolve(&self, name: &'static CStr) -> Option<NonNull<c_void>> {
        // SAFETY: only the address is taken here; the table gives it its type.
        let symbol = unsafe { self.dl.get::<*mut c_void>(name.to_bytes_with_nul()) }.ok()?;
        NonNull::new(symbol.into_raw())
    }

    /// The file that was opened, as the loader knows it.
    pub(crate) fn path(&self, inside: *const c_void) -> PathBuf {
        let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
        // SAFETY: any address may be asked for, and `info` is writable.
        if unsafe { libc::dladdr(inside, info.as_mut_ptr()) } == 0 {
            return self.path.clone();
        }
        // SAFETY: zeroed at first, and filled by the call above, which succeeded.
        let info = unsafe { info.assume_init() };
        if info.dli_fname.is_null() {
            return self.path.clone();
        }
        // SAFETY: a C string of the loader's, valid as long as the library is loaded: for ever.
        let name = unsafe { CStr::from_ptr(info.dli_fname) };
        PathBuf::from(OsStr::from_bytes(name.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SONAME: &str = "libnvbufsurface.so.1.0.0";

    #[test]
    fn search_order_is_variable_then_loader_then_directories() {
        let found = candidates(SONAME, Some("/a::/b".into()));
        let first: Vec<_> = found.iter().map(|c| c.path.to_str().unwrap()).collect();
        assert_eq!(
            first[..3],
            [
                "/a/libnvbufsurface.so.1.0.0",
                "/b/libnvbufsurface.so.1.0.0",
                SONAME
            ]
        );
        assert_eq!(found.len(), 3 + DIRECTORIES.len());
        assert!(found[1].named && !found[2].named);
    }

    #[test]
    fn a_missing_library_names_every_path() {
        let nowhere = ["/nonexistent/one", "/nonexistent/two"]
            .map(|directory| Candidate::named(Path::new(directory), SONAME));
        let error = Opened::open(SONAME, &nowhere).expect_err("nothing is there");
        let text = error.to_string();
        assert!(
            text.contains("/nonexistent/one") && text.contains("/nonexistent/two"),
            "{text}"
        );
        assert!(text.contains(PATH_VARIABLE), "{text}");
    }
}
