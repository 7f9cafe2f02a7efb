//! Opening libnvbufsurface and its table of functions.

use std::error::Error as StdError;
use std::ffi::{OsString, c_int, c_void};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use libloading::os::unix::{Library as Dl, RTLD_LOCAL, RTLD_NOW};

use crate::classic::{NvBufSurface, NvBufSurfaceCreateParams, NvBufSurfaceMemMapFlags};

/// File name and SONAME of the library in every release.
pub const SONAME: &str = "libnvbufsurface.so.1.0.0";

/// Directories searched after the loader's own: Jetson's before and since R36, DeepStream's.
pub const DIRECTORIES: [&str; 3] = [
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib/aarch64-linux-gnu/tegra",
    "/opt/nvidia/deepstream/deepstream/lib",
];

/// Only libraries of the extended family have this function (facts: DeepStream 8, R39). Their
/// structs are larger than ours: they would read and write beyond them.
const EXTENDED: &str = "NvBufSurfaceGetDeviceInfo";

/// Set to `:`-separated directories that are searched before everything else.
pub const PATH_VARIABLE: &str = "NVBUF_LIBRARY_PATH";

macro_rules! table {
    ($($(#[$doc:meta])* $symbol:ident as $name:ident: fn($($arg:ty),*);)*) => {
        /// The functions of libnvbufsurface that every release has. All return 0 or -1.
        ///
        /// An index or plane of -1 means all of them. None says anything of threads; callers keep
        /// calls on one surface apart.
        #[derive(Clone, Copy)]
        #[non_exhaustive]
        pub struct Functions {
            $(#[doc = concat!("`", stringify!($symbol), "`\n\n")]
            $(#[$doc])*
            pub $name: unsafe extern "C" fn($($arg),*) -> c_int,)*
        }

        impl Functions {
            /// Fills the table by name.
            ///
            /// # Safety
            ///
            /// `resolve` must give, for each name, the function of that name with the C prototype
            /// of `include/nvbufsurface.h`, valid for the rest of the process, or `None`.
            unsafe fn load(
                mut resolve: impl FnMut(&'static str) -> Option<*mut c_void>,
            ) -> Result<Self, &'static str> {
                Ok(Self {
                    $($name: {
                        let address = resolve(stringify!($symbol)).ok_or(stringify!($symbol))?;
                        // SAFETY: by this function's contract the address is that function's.
                        unsafe {
                            std::mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($arg),*) -> c_int,
                            >(address)
                        }
                    },)*
                })
            }
        }
    };
}

table! {
    /// Allocates a batch; the caller owns it and frees it with `destroy`.
    NvBufSurfaceCreate as create: fn(*mut *mut NvBufSurface, u32, *mut NvBufSurfaceCreateParams);
    /// Frees a batch from `create`.
    NvBufSurfaceDestroy as destroy: fn(*mut NvBufSurface);
    /// Maps a plane for the CPU, into `mappedAddr.addr`. SURFACE_ARRAY and HANDLE on Jetson.
    NvBufSurfaceMap as map: fn(*mut NvBufSurface, c_int, c_int, NvBufSurfaceMemMapFlags);
    /// Undoes `map`.
    NvBufSurfaceUnMap as unmap: fn(*mut NvBufSurface, c_int, c_int);
    /// Copies pixels from the first to the second surface: same sizes, any memory types.
    NvBufSurfaceCopy as copy: fn(*mut NvBufSurface, *mut NvBufSurface);
    /// Makes what hardware wrote visible to the CPU. Before each CPU read.
    NvBufSurfaceSyncForCpu as sync_for_cpu: fn(*mut NvBufSurface, c_int, c_int);
    /// Makes what the CPU wrote visible to hardware. After each CPU write.
    NvBufSurfaceSyncForDevice as sync_for_device: fn(*mut NvBufSurface, c_int, c_int);
    /// The surface that this process knows under a dmabuf fd; it stays the library's.
    NvBufSurfaceFromFd as from_fd: fn(c_int, *mut *mut c_void);
    /// Fills a plane with one byte value.
    NvBufSurfaceMemSet as mem_set: fn(*mut NvBufSurface, c_int, c_int, u8);
    /// Makes an EGLImage, into `mappedAddr.eglImage`. SURFACE_ARRAY only.
    NvBufSurfaceMapEglImage as map_egl_image: fn(*mut NvBufSurface, c_int);
    /// Destroys the EGLImage of `map_egl_image`.
    NvBufSurfaceUnMapEglImage as unmap_egl_image: fn(*mut NvBufSurface, c_int);
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").finish_non_exhaustive()
    }
}

/// libnvbufsurface, opened. It stays loaded for the rest of the process: other libraries and
/// surfaces still alive at exit point into it.
#[derive(Debug)]
pub struct Library {
    functions: Functions,
    path: PathBuf,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();

impl Library {
    /// The process's libnvbufsurface, opened at the first call.
    ///
    /// Searched in the directories of `NVBUF_LIBRARY_PATH`, then where the loader looks, then in
    /// [`DIRECTORIES`]. A failure is not remembered: a later call tries again.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names each path tried and what the loader said of it, or the missing symbol.
    pub fn get() -> Result<&'static Self, LoadError> {
        static OPENING: Mutex<()> = Mutex::new(());
        if let Some(library) = LIBRARY.get() {
            return Ok(library);
        }
        let _one_at_a_time = OPENING.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(library) = LIBRARY.get() {
            return Ok(library);
        }
        let library = Self::open(&candidates(std::env::var_os(PATH_VARIABLE)))?;
        Ok(LIBRARY.get_or_init(|| library))
    }

    fn open(candidates: &[PathBuf]) -> Result<Self, LoadError> {
        let mut tried = Vec::new();
        for path in candidates {
            // SAFETY: loading runs the library's initialisers; the names tried are those of
            // NVIDIA's library only, and running its code is what the caller asks for.
            let dl = match unsafe { Dl::open(Some(path), RTLD_NOW | RTLD_LOCAL) } {
                Ok(dl) => dl,
                Err(error) => {
                    // The loader's own words are the source.
                    let why = error
                        .source()
                        .map_or(error.to_string(), ToString::to_string);
                    tried.push((path.clone(), why));
                    continue;
                }
            };
            let resolve = |name: &'static str| {
                // SAFETY: only the address is taken here; `Functions::load` gives it its type.
                unsafe { dl.get::<*mut c_void>(name) }
                    .ok()
                    .map(|symbol| symbol.into_raw())
                    .filter(|address| !address.is_null())
            };
            if resolve(EXTENDED).is_some() {
                return Err(LoadError::ExtendedFamily { path: path.clone() });
            }
            // SAFETY: the symbols come from a library of NVIDIA's SONAME, whose prototypes are
            // those of our header (facts of every release), and `dl` is never closed (below).
            let functions = unsafe { Functions::load(resolve) };
            // The file that was really opened, for messages.
            let path = path.clone();
            return match functions {
                Ok(functions) => {
                    // Stays loaded: see the type's documentation.
                    std::mem::forget(dl);
                    Ok(Self { functions, path })
                }
                Err(symbol) => Err(LoadError::MissingSymbol { symbol, path }),
            };
        }
        Err(LoadError::NotFound { tried })
    }

    /// The table of functions.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The name or path under which the library was found.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
}

fn candidates(variable: Option<OsString>) -> Vec<PathBuf> {
    let named = variable
        .as_deref()
        .map(std::env::split_paths)
        .into_iter()
        .flatten();
    named
        .filter(|directory| !directory.as_os_str().is_empty())
        .map(|directory| directory.join(SONAME))
        // A bare name: the loader's own search.
        .chain([PathBuf::from(SONAME)])
        .chain(
            DIRECTORIES
                .iter()
                .map(|directory| PathBuf::from(directory).join(SONAME)),
        )
        .collect()
}

/// Why libnvbufsurface cannot be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// No candidate could be opened: each path with what the loader said.
    NotFound {
        /// Paths in the order tried, with the loader's words.
        tried: Vec<(PathBuf, String)>,
    },
    /// The library is of the extended family (R39, DeepStream 8), whose structs are larger.
    ExtendedFamily {
        /// Where the library was found.
        path: PathBuf,
    },
    /// The library opened lacks a function that every known release has.
    MissingSymbol {
        /// The C name.
        symbol: &'static str,
        /// Where the library was found.
        path: PathBuf,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { tried } => {
                write!(
                    f,
                    "{SONAME} was not found. On a Jetson it is part of L4T (package \
                     nvidia-l4t-multimedia, or nvidia-l4t-multimedia-utils before R35); in a \
                     container mount it from the host; elsewhere name its directory in \
                     {PATH_VARIABLE}. Tried:"
                )?;
                for (path, why) in tried {
                    write!(f, "\n  {}: {why}", path.display())?;
                }
                Ok(())
            }
            Self::ExtendedFamily { path } => write!(
                f,
                "{} has {EXTENDED}: it is of L4T R39 or DeepStream 8 and later, whose structs have \
                 another layout than this version supports (L4T R32 to R36, DeepStream 4 to 7)",
                path.display()
            ),
            Self::MissingSymbol { symbol, path } => write!(
                f,
                "{} has no {symbol}, which every release has since R32: it is truncated, a \
                 stand-in, or another library. Reinstall it, or name another directory in \
                 {PATH_VARIABLE}",
                path.display()
            ),
        }
    }
}

impl std::error::Error for LoadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_order_is_variable_then_loader_then_directories() {
        let found = candidates(Some("/a::/b".into()));
        let first: Vec<_> = found.iter().map(|p| p.to_str().unwrap()).collect();
        assert_eq!(
            first[..3],
            [
                "/a/libnvbufsurface.so.1.0.0",
                "/b/libnvbufsurface.so.1.0.0",
                SONAME
            ]
        );
        assert_eq!(found.len(), 3 + DIRECTORIES.len());
    }

    #[test]
    fn a_missing_library_names_every_path() {
        let error = Library::open(&[PathBuf::from("/nonexistent/one"), "/nonexistent/two".into()])
            .expect_err("nothing is there");
        let text = error.to_string();
        assert!(
            text.contains("/nonexistent/one") && text.contains("/nonexistent/two"),
            "{text}"
        );
        assert!(text.contains(PATH_VARIABLE), "{text}");
    }

    #[test]
    fn a_library_of_the_extended_family_is_refused() {
        let folder = std::env::temp_dir().join(format!("nvbuf-extended-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (source, library) = (folder.join("extended.c"), folder.join(SONAME));
        std::fs::write(
            &source,
            "int NvBufSurfaceGetDeviceInfo(void *i) { return !i; }",
        )
        .unwrap();
        let mut cc = std::process::Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&source);
        assert!(cc.status().unwrap().success());
        let error = Library::open(&[library]).expect_err("its structs are larger");
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(error, LoadError::ExtendedFamily { .. }), "{error}");
        assert!(error.to_string().contains("R39"), "{error}");
    }

    #[test]
    fn another_library_is_refused_by_its_missing_symbol() {
        let error = Library::open(&[PathBuf::from("libm.so.6")]).expect_err("libm is no NvBuf");
        assert!(matches!(
            error,
            LoadError::MissingSymbol {
                symbol: "NvBufSurfaceCreate",
                ..
            }
        ));
    }
}
