//! Tables of functions, filled by name.

use std::ffi::{CStr, c_void};
use std::fmt;
use std::path::PathBuf;
use std::ptr::{NonNull, null};

use super::error::{LoadError, MissingFunction};
use super::search::Opened;
use crate::Release;

/// Releases of one product that have something: from the first on, up to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first release that has it.
    pub first: Release,
    /// The first that has it no more.
    pub end: Option<Release>,
}

impl Span {
    /// Since a release of L4T.
    pub(crate) const fn l4t(major: u8, minor: u8, patch: u8) -> Self {
        Self {
            first: Release::L4t(major, minor, patch),
            end: None,
        }
    }

    /// Since a release of DeepStream.
    pub(crate) const fn deepstream(major: u8, minor: u8, patch: u8) -> Self {
        Self {
            first: Release::DeepStream(major, minor, patch),
            end: None,
        }
    }

    /// The same up to before a release.
    pub(crate) const fn before(self, end: Release) -> Self {
        Self {
            end: Some(end),
            ..self
        }
    }

    /// Whether a release is one of them.
    pub fn contains(&self, release: Release) -> bool {
        let one_product = matches!(
            (self.first, release),
            (Release::L4t(..), Release::L4t(..))
                | (Release::DeepStream(..), Release::DeepStream(..))
        );
        one_product && self.first <= release && self.end.is_none_or(|end| release < end)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            None => write!(f, "{} and later", self.first),
            Some(end) => write!(f, "{} to before {end}", self.first),
        }
    }
}

/// A table of functions that is filled by name.
pub(crate) trait Table: Sized {
    /// File name and SONAME of the library.
    const SONAME: &'static str;

    /// A function that every release has: where it lies is where the library is.
    const ANCHOR: &'static CStr;

    /// The releases whose headers of the library are known.
    const DESCRIBED: &'static [Span];

    /// Fills the table; `Err` is the first required function that is not there.
    ///
    /// # Safety
    ///
    /// `resolve` must give, for each name, the function of that name with the C prototype of
    /// `include/`, valid for the rest of the process, or `None`.
    unsafe fn load(resolve: &mut Resolve<'_>) -> Result<Self, &'static str>;

    /// The releases that have an optional function.
    fn spans(symbol: &str) -> &'static [Span];
}

/// Finds functions by their C names.
pub(crate) type Resolve<'a> = dyn FnMut(&'static CStr) -> Option<NonNull<c_void>> + 'a;

/// A table, and the file that its functions are of.
#[derive(Debug)]
pub(crate) struct Loaded<T> {
    pub(crate) functions: T,
    /// `None` for a resolver of the caller's.
    pub(crate) path: Option<PathBuf>,
}

impl<T: Table> Loaded<T> {
    /// The functions of an opened library.
    pub(crate) fn opened(opened: &Opened) -> Result<Self, LoadError> {
        let inside = opened
            .resolve(T::ANCHOR)
            .map_or(null(), |p| p.as_ptr().cast_const());
        let path = Some(opened.path(inside));
        // SAFETY: the symbols come from a library of NVIDIA's SONAME, whose prototypes are those of
        // our headers (facts of every release), and it is never closed.
        unsafe { Self::load(path, &mut |name| opened.resolve(name)) }
    }

    /// The functions that a resolver finds.
    ///
    /// # Safety
    ///
    /// As [`Table::load`].
    pub(crate) unsafe fn load(
        path: Option<PathBuf>,
        resolve: &mut Resolve<'_>,
    ) -> Result<Self, LoadError> {
        // SAFETY: by this function's contract.
        match unsafe { T::load(resolve) } {
            Ok(functions) => Ok(Self { functions, path }),
            Err(symbol) => Err(LoadError::MissingSymbol { symbol, path }),
        }
    }

    /// The error for an optional function that is not there.
    pub(crate) fn missing(
        &self,
        symbol: &'static str,
        release: Option<Release>,
    ) -> MissingFunction {
        MissingFunction {
            symbol,
            path: self.path.clone(),
            spans: T::spans(symbol),
            release,
            is_described: release
                .is_some_and(|release| T::DESCRIBED.iter().any(|span| span.contains(release))),
        }
    }

    /// The error for installing a library where this one is.
    pub(crate) fn in_the_way(&self) -> LoadError {
        LoadError::Loaded {
            soname: T::SONAME,
            path: self.path.clone(),
        }
    }
}

/// Declares a table of functions that is filled by name.
///
/// `required`: every release has them. `optional`: the others, `None` where the library lacks one,
/// with the releases whose headers declare them.
macro_rules! table {
    (
        $(#[$doc:meta])* $Table:ident, $soname:literal, $anchor:literal, $described:expr;
        required { $($(#[$rdoc:meta])* $rsymbol:ident as $rname:ident: fn($($rarg:ty),*) -> $rret:ty;)* }
        optional { $($(#[$odoc:meta])* $osymbol:ident as $oname:ident: fn($($oarg:ty),*) -> $oret:ty, $spans:expr;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[non_exhaustive]
        pub struct $Table {
            $(#[doc = concat!("`", stringify!($rsymbol), "`: ")] $(#[$rdoc])*
            #[doc = "\n\nIn every release."]
            pub $rname: unsafe extern "C" fn($($rarg),*) -> $rret,)*
            $(#[doc = concat!("`", stringify!($osymbol), "`: ")] $(#[$odoc])*
            #[doc = concat!(
                "\n\n`None` where the library lacks it; [`", stringify!($Table),
                "::spans`] says which releases have it."
            )]
            pub $oname: Option<unsafe extern "C" fn($($oarg),*) -> $oret>,)*
        }

        impl $Table {
            /// C names of the functions that every release has.
            pub const REQUIRED: &'static [&'static str] = &[$(stringify!($rsymbol)),*];

            /// C names of the functions that some releases have.
            pub const OPTIONAL: &'static [&'static str] = &[$(stringify!($osymbol)),*];

            /// The releases that have an optional function, by its C name; empty for all others.
            pub fn spans(symbol: &str) -> &'static [$crate::Span] {
                match symbol {
                    $(stringify!($osymbol) => $spans,)*
                    _ => &[],
                }
            }

            /// Whether the table has a function, by its C name.
            pub fn has(&self, symbol: &str) -> bool {
                match symbol {
                    $(stringify!($osymbol) => self.$oname.is_some(),)*
                    _ => Self::REQUIRED.contains(&symbol),
                }
            }

            /// C names of the functions that a release's headers declare.
            pub fn expected(release: $crate::Release) -> impl Iterator<Item = &'static str> {
                let optional = Self::OPTIONAL.iter().copied().filter(move |symbol| {
                    Self::spans(symbol).iter().any(|span| span.contains(release))
                });
                Self::REQUIRED.iter().copied().chain(optional)
            }
        }

        impl $crate::library::table::Table for $Table {
            const SONAME: &'static str = $soname;
            const ANCHOR: &'static std::ffi::CStr = $anchor;
            const DESCRIBED: &'static [$crate::Span] = $described;

            unsafe fn load(
                resolve: &mut $crate::library::table::Resolve<'_>,
            ) -> Result<Self, &'static str> {
                Ok(Self {
                    $($rname: {
                        let address = resolve(const { c_name(concat!(stringify!($rsymbol), "\0")) })
                            .ok_or(stringify!($rsymbol))?;
                        // SAFETY: by this function's contract the address is that function's.
                        unsafe {
                            std::mem::transmute::<
                                std::ptr::NonNull<std::ffi::c_void>,
                                unsafe extern "C" fn($($rarg),*) -> $rret,
                            >(address)
                        }
                    },)*
                    $($oname: resolve(const { c_name(concat!(stringify!($osymbol), "\0")) }).map(|address| {
                        // SAFETY: by this function's contract the address is that function's.
                        unsafe {
                            std::mem::transmute::<
                                std::ptr::NonNull<std::ffi::c_void>,
                                unsafe extern "C" fn($($oarg),*) -> $oret,
                            >(address)
                        }
                    }),)*
                })
            }

            fn spans(symbol: &str) -> &'static [$crate::Span] {
                Self::spans(symbol)
            }
        }

        impl std::fmt::Debug for $Table {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let absent: Vec<_> = Self::OPTIONAL.iter().filter(|s| !self.has(s)).collect();
                f.debug_struct(stringify!($Table)).field("absent", &absent).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use table;

/// A name that ends in a NUL as a C string; for constants, so that a mistake is one of the build.
pub(crate) const fn c_name(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(name) => name,
        Err(_) => panic!("a name with its NUL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_of_one_product() {
        let span = Span::l4t(34, 1, 0).before(Release::L4t(34, 1, 1));
        assert!(span.contains(Release::L4t(34, 1, 0)));
        assert!(!span.contains(Release::L4t(34, 1, 1)) && !span.contains(Release::L4t(32, 7, 1)));
        assert!(!span.contains(Release::DeepStream(34, 1, 0)));
        assert_eq!(span.to_string(), "L4T R34.1 to before L4T R34.1.1");
        assert_eq!(
            Span::deepstream(6, 0, 0).to_string(),
            "DeepStream 6.0 and later"
        );
    }
}
