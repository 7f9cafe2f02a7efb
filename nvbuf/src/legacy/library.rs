#![forbid(unsafe_code)]

use nvbufsurface_sys::{LegacyLibrary, Numbering};

use crate::error::{Error, ErrorKind, Result};

/// The process's libnvbuf_utils.
pub(super) fn library() -> Result<&'static LegacyLibrary> {
    let load = |why| Error::new(ErrorKind::Load, "load libnvbuf_utils", why);
    let library = LegacyLibrary::get().map_err(|error| load(error.to_string()))?;
    if library.numbering() == Numbering::R27_1 {
        return Err(load(format!(
            "{} does not say how the rows of a buffer lie; R28.1 and later do",
            Numbering::R27_1
        )));
    }
    Ok(library)
}

/// A function that not every release has.
pub(super) fn needed<T>(
    library: &LegacyLibrary,
    function: Option<T>,
    name: &'static str,
) -> Result<T> {
    function.ok_or_else(|| Error::new(ErrorKind::Load, name, library.missing(name).to_string()))
}
