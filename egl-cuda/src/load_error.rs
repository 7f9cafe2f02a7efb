//! Why the CUDA driver, or EGL, cannot be used.
#![forbid(unsafe_code)]

use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::sys;

/// The CUDA driver, or libEGL, could not be opened or started.
///
/// Its text names each path that was tried and what the loader said, or the symbol that is
/// missing, or the code of `cuInit`, and what users did about it.
#[derive(Debug, Clone)]
pub struct LoadError {
    what: What,
    reason: Reason,
}

/// The library that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// libcuda.
    Cuda,
    /// libEGL.
    Egl,
}

#[derive(Debug, Clone)]
enum Reason {
    NotFound {
        tried: Vec<(PathBuf, String)>,
    },
    MissingSymbol {
        path: PathBuf,
        symbol: &'static str,
    },
    Failed {
        path: PathBuf,
        call: &'static str,
        code: NonZeroU32,
        name: String,
    },
}

impl LoadError {
    pub(crate) fn not_found(what: What, tried: Vec<(PathBuf, String)>) -> Self {
        Self {
            what,
            reason: Reason::NotFound { tried },
        }
    }

    pub(crate) fn missing_symbol(what: What, path: PathBuf, symbol: &'static str) -> Self {
        Self {
            what,
            reason: Reason::MissingSymbol { path, symbol },
        }
    }

    pub(crate) fn failed(
        path: PathBuf,
        call: &'static str,
        code: NonZeroU32,
        name: String,
    ) -> Self {
        Self {
            what: What::Cuda,
            reason: Reason::Failed {
                path,
                call,
                code,
                name,
            },
        }
    }

    /// The paths that were tried and what the loader said of each; empty if one was opened.
    pub fn tried(&self) -> impl Iterator<Item = (&Path, &str)> {
        let tried: &[_] = match &self.reason {
            Reason::NotFound { tried } => tried,
            _ => &[],
        };
        tried
            .iter()
            .map(|(path, why)| (path.as_path(), why.as_str()))
    }

    /// The library that was opened, if one was.
    pub fn path(&self) -> Option<&Path> {
        match &self.reason {
            Reason::NotFound { .. } => None,
            Reason::MissingSymbol { path, .. } | Reason::Failed { path, .. } => Some(path),
        }
    }

    /// The symbol that the library lacks, if that is the reason.
    pub fn symbol(&self) -> Option<&'static str> {
        match &self.reason {
            Reason::MissingSymbol { symbol, .. } => Some(symbol),
            _ => None,
        }
    }

    /// What `cuInit` returned, if that is the reason.
    pub fn code(&self) -> Option<NonZeroU32> {
        match &self.reason {
            Reason::Failed { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.reason {
            Reason::NotFound { .. } if self.what == What::Egl => {
                "install libegl1 (libglvnd); a Jetson has it with its driver packages"
            }
            Reason::MissingSymbol { .. } if self.what == What::Egl => {
                "EGL 1.4 or newer is needed; check that this is libglvnd's or the driver's libEGL"
            }
            Reason::NotFound { .. } => {
                "install NVIDIA's driver (on a Jetson: nvidia-l4t-cuda); in a container use the \
                 NVIDIA runtime (docker run --runtime nvidia)"
            }
            Reason::MissingSymbol { .. } => {
                "CUDA 8 or newer is needed; check that this is NVIDIA's driver library"
            }
            Reason::Failed { code, .. } => match code.get() {
                sys::CUDA_ERROR_STUB_LIBRARY => {
                    "this is the toolkit's link-time stub: take its stubs directory out of \
                     LD_LIBRARY_PATH"
                }
                sys::CUDA_ERROR_NO_DEVICE => {
                    "no GPU is visible: check group `video`, the container's runtime and \
                     CUDA_VISIBLE_DEVICES"
                }
                _ => {
                    "check that kernel driver and library are of one release, that the user is in \
                     group `video` and that a container runs with the NVIDIA runtime"
                }
            },
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::NotFound { tried } => {
                let what = match self.what {
                    What::Cuda => "the CUDA driver library",
                    What::Egl => "libEGL",
                };
                write!(f, "{what} was not found")?;
                for (path, why) in tried {
                    write!(f, "; tried {}: {why}", path.display())?;
                }
            }
            Reason::MissingSymbol { path, symbol } => {
                write!(f, "{} has no function {symbol}", path.display())?;
            }
            Reason::Failed {
                path,
                call,
                code,
                name,
            } => {
                write!(f, "{call} of {} returned {code} ({name})", path.display())?;
            }
        }
        write!(f, " ({})", self.remedy())
    }
}

impl std::error::Error for LoadError {}
