//! What this machine has: the libraries, opened once per process.
#![forbid(unsafe_code)]

use std::cell::OnceCell;
use std::fmt;

use egl_cuda::{Context, Driver};
use nvbufsurface_sys::{
    Family, LegacyLibrary, Library, LoadError, Numbering, Release, TransformLibrary,
};

use crate::case::{Failure, Need};

/// The libraries. Each is looked for when a case first needs it, so that one that does not load
/// stands in nobody's way.
#[derive(Debug, Default)]
pub(crate) struct Platform {
    surface: OnceCell<Result<&'static Library, LoadError>>,
    transform: OnceCell<Result<&'static TransformLibrary, LoadError>>,
    legacy: OnceCell<Result<&'static LegacyLibrary, LoadError>>,
    driver: OnceCell<Result<&'static Driver, egl_cuda::LoadError>>,
}

/// A library that is not there makes a case not applicable; one that is there and does not load, or
/// does not pass its own test, makes it fail.
fn there<T: Copy>(
    opened: &Result<T, LoadError>,
    soname: &str,
    has: impl FnOnce(T) -> bool,
    symbol: &str,
) -> Result<Option<String>, Failure> {
    match opened {
        Ok(library) if has(*library) => Ok(None),
        Ok(_) => Ok(Some(format!("{soname} has no {symbol}"))),
        Err(LoadError::NotFound { .. }) => Ok(Some(format!("there is no {soname}"))),
        Err(error) => Err(Failure::new(
            format!("{soname} can be used"),
            error.to_string(),
        )),
    }
}

fn opened<T: Copy, E: fmt::Display>(result: &Result<T, E>, name: &str) -> Result<T, Failure> {
    match result {
        Ok(library) => Ok(*library),
        Err(error) => Err(Failure::new(
            format!("{name} can be used"),
            error.to_string(),
        )),
    }
}

impl Platform {
    fn try_surface(&self) -> &Result<&'static Library, LoadError> {
        self.surface.get_or_init(Library::get)
    }

    fn try_transform(&self) -> &Result<&'static TransformLibrary, LoadError> {
        self.transform.get_or_init(TransformLibrary::get)
    }

    fn try_legacy(&self) -> &Result<&'static LegacyLibrary, LoadError> {
        self.legacy.get_or_init(LegacyLibrary::get)
    }

    fn try_driver(&self) -> &Result<&'static Driver, egl_cuda::LoadError> {
        self.driver.get_or_init(Driver::get)
    }

    /// libnvbufsurface.
    pub(crate) fn surface(&self) -> Result<&'static Library, Failure> {
        opened(self.try_surface(), Library::SONAME)
    }

    /// libnvbufsurftransform.
    pub(crate) fn transform(&self) -> Result<&'static TransformLibrary, Failure> {
        opened(self.try_transform(), TransformLibrary::SONAME)
    }

    /// libnvbuf_utils.
    pub(crate) fn legacy(&self) -> Result<&'static LegacyLibrary, Failure> {
        opened(self.try_legacy(), LegacyLibrary::SONAME)
    }

    /// The layout of libnvbufsurface's structs.
    pub(crate) fn family(&self) -> Result<Family, Failure> {
        self.surface().map(Library::family)
    }

    /// The numbers of libnvbuf_utils.
    pub(crate) fn numbering(&self) -> Result<Numbering, Failure> {
        self.legacy().map(LegacyLibrary::numbering)
    }

    /// Whether libnvbufsurface is there at all, or cannot be used.
    pub(crate) fn has_surface(&self) -> bool {
        !matches!(self.try_surface(), Err(LoadError::NotFound { .. }))
    }

    /// The same of libnvbuf_utils.
    pub(crate) fn has_legacy(&self) -> bool {
        !matches!(self.try_legacy(), Err(LoadError::NotFound { .. }))
    }

    /// The reason if the platform has not what a case needs.
    ///
    /// # Errors
    ///
    /// It is there and cannot be used.
    pub(crate) fn lacks(&self, need: Need) -> Result<Option<String>, Failure> {
        match need {
            Need::Surface(name) => {
                let has = |library: &Library| library.functions().has(name);
                there(self.try_surface(), Library::SONAME, has, name)
            }
            Need::Transform(name) => {
                let has = |library: &TransformLibrary| library.functions().has(name);
                there(self.try_transform(), TransformLibrary::SONAME, has, name)
            }
            Need::Legacy(name) => {
                let has = |library: &LegacyLibrary| library.functions().has(name);
                there(self.try_legacy(), LegacyLibrary::SONAME, has, name)
            }
            Need::Cuda(name) => Ok(match self.try_driver() {
                Ok(driver) if driver.symbol(name).is_some() => None,
                Ok(_) => Some(format!("libcuda has no {}", name.to_string_lossy())),
                Err(error) if error.tried().next().is_some() => {
                    Some("there is no libcuda".to_owned())
                }
                Err(error) => return Err(Failure::new("CUDA starts", error.to_string())),
            }),
        }
    }

    /// The release, where the machine says it.
    pub(crate) fn release(&self) -> Option<Release> {
        Release::detect().ok().flatten()
    }
}

impl fmt::Display for Platform {
    /// One line of what was found.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.release() {
            Some(release) => write!(f, "{release}")?,
            None => write!(f, "release not said")?,
        }
        if let Ok(library) = self.try_surface() {
            write!(f, "; libnvbufsurface: {}", library.family())?;
        }
        if let Ok(library) = self.try_legacy() {
            write!(f, "; libnvbuf_utils: {}", library.numbering())?;
        }
        match self.try_driver() {
            Err(_) => write!(f, "; no CUDA"),
            Ok(driver) => {
                let (major, minor) = driver.version();
                let context = Context::primary(0);
                let name = context.and_then(|context| context.device_name());
                let name = name.unwrap_or_else(|error| error.to_string());
                write!(f, "; CUDA {major}.{minor}, {name}")
            }
        }
    }
}
