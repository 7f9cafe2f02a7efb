#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

use super::search::PATH_VARIABLE;
use super::table::Span;
use crate::release::RELEASE_VARIABLE;
use crate::{Release, ReleaseError};

/// Why a library cannot be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// No candidate could be opened: each path with what the loader said.
    NotFound {
        /// File name of the library.
        soname: &'static str,
        /// Paths in the order tried, with the loader's words.
        tried: Vec<(PathBuf, String)>,
    },
    /// The file that is meant cannot be loaded: in a directory that the user or the caller named, or
    /// the one that the loader would take.
    Unusable {
        /// The file.
        path: PathBuf,
        /// The loader's words.
        why: String,
    },
    /// The library opened lacks a function that every known release has.
    MissingSymbol {
        /// The C name.
        symbol: &'static str,
        /// Where the library was found; `None` for a resolver of the caller's.
        path: Option<PathBuf>,
    },
    /// The process has this library already: another cannot take its place.
    Loaded {
        /// File name of the library.
        soname: &'static str,
        /// Where that one was found; `None` for a resolver of the caller's.
        path: Option<PathBuf>,
    },
    /// The release that the user named cannot be understood.
    Release(ReleaseError),
    /// The library does not behave as its release should: nothing of it is used.
    SelfTest {
        /// Where the library was found; `None` for a resolver of the caller's.
        path: Option<PathBuf>,
        /// What was expected and what was found.
        why: String,
    },
}

impl LoadError {
    pub(crate) fn self_test(path: Option<&Path>, why: impl Into<String>) -> Self {
        Self::SelfTest {
            path: path.map(Path::to_path_buf),
            why: why.into(),
        }
    }
}

impl From<ReleaseError> for LoadError {
    fn from(error: ReleaseError) -> Self {
        Self::Release(error)
    }
}

/// The library's name in a message.
pub(crate) fn place(path: Option<&Path>) -> String {
    path.map_or("the library of the caller's resolver".to_owned(), |path| {
        path.display().to_string()
    })
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { soname, tried } => {
                write!(
                    f,
                    "{soname} was not found. On a Jetson it is part of L4T (package \
                     nvidia-l4t-multimedia or nvidia-l4t-multimedia-utils; libnvbuf_utils ended with \
                     R35.2); in a container mount it from the host; elsewhere name its directory in \
                     {PATH_VARIABLE}. Tried:"
                )?;
                for (path, why) in tried {
                    write!(f, "\n  {}: {why}", path.display())?;
                }
                Ok(())
            }
            Self::Unusable { path, why } => write!(
                f,
                "{} cannot be loaded: {why}. It is the one that is meant (by {PATH_VARIABLE}, by the \
                 program, by lying beside the libnvbufsurface in use, or by the loader's search), so \
                 no other is tried. Reinstall it, or name another directory",
                path.display()
            ),
            Self::MissingSymbol { symbol, path } => write!(
                f,
                "{} has no {symbol}, which every release has: it is truncated, a stand-in, or \
                 another library. Reinstall it, or name another directory in {PATH_VARIABLE}",
                place(path.as_deref())
            ),
            Self::Loaded { soname, path } => write!(
                f,
                "this process uses {} as its {soname} already: install another before anything \
                 asks for one",
                place(path.as_deref())
            ),
            Self::Release(error) => error.fmt(f),
            Self::SelfTest { path, why } => write!(
                f,
                "{} failed its self-test and is not used: {why}",
                place(path.as_deref())
            ),
        }
    }
}

impl StdError for LoadError {}

/// A function that the loaded library lacks.
#[derive(Clone, Debug)]
pub struct MissingFunction {
    pub(crate) symbol: &'static str,
    pub(crate) path: Option<PathBuf>,
    pub(crate) spans: &'static [Span],
    pub(crate) release: Option<Release>,
    /// Whether the headers of that release are known.
    pub(crate) is_described: bool,
}

impl MissingFunction {
    /// The C name.
    pub fn symbol(&self) -> &'static str {
        self.symbol
    }

    /// Whether the headers of this machine's release declare the function: then the library is not
    /// that release's.
    pub fn is_expected(&self) -> bool {
        // A span may say what is assumed of a release that nobody has described.
        self.is_described
            && self
                .release
                .is_some_and(|release| self.spans.iter().any(|span| span.contains(release)))
    }
}

impl fmt::Display for MissingFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no {}", place(self.path.as_deref()), self.symbol)?;
        for (i, span) in self.spans.iter().enumerate() {
            write!(f, "{}{span}", if i == 0 { ": it is in " } else { ", " })?;
        }
        match self.release {
            Some(release) if self.is_expected() => write!(
                f,
                ". This is {release}, which should have it: the library is of another release (was \
                 it copied, or mounted into a container?). Install {release}'s own"
            ),
            Some(release) if self.is_described => {
                write!(f, ". This is {release}, which does not declare it")
            }
            Some(release) => write!(f, ". This is {release}, whose headers nobody has described"),
            None => write!(
                f,
                ". Which release this is, is not known: {RELEASE_VARIABLE} and {} do not say it",
                crate::RELEASE_FILE
            ),
        }
    }
}

impl StdError for MissingFunction {}
