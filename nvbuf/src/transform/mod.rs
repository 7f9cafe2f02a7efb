//! Everything of libnvbufsurftransform: transforms, compositions, blends, sessions, sync objects.

mod arena;
mod blend;
mod check;
mod claim;
mod compose;
mod composite;
mod convert;
mod error;
mod params;
mod prepare;
mod rect;
mod session;
mod settings;
mod sync;
mod work;

pub use blend::Blend;
pub(crate) use check::Way;
pub use composite::{Composite, Layer};
pub use convert::Transform;
pub use error::TransformError;
pub use params::{Color, Compute, Filter, Flip};
pub use rect::Rect;
pub use session::Session;
pub use sync::SyncObject;

use nvbufsurface_sys::TransformLibrary;

use crate::error::{Error, ErrorKind, Result};

/// An expression with a module name bound to the structs of the library's family.
macro_rules! in_family {
    ($library:expr, $module:ident => $value:expr) => {
        match $library.family() {
            nvbufsurface_sys::Family::Classic => {
                use nvbufsurface_sys::classic as $module;
                $value
            }
            nvbufsurface_sys::Family::Extended => {
                use nvbufsurface_sys::extended as $module;
                $value
            }
        }
    };
}
use in_family;

/// The process's library.
fn library() -> Result<&'static TransformLibrary> {
    let call = "load libnvbufsurftransform";
    TransformLibrary::get().map_err(|error| Error::new(ErrorKind::Load, call, error.to_string()))
}

/// An optional function of the library, or the error that says which releases have it.
fn require<F>(library: &TransformLibrary, symbol: &'static str, function: Option<F>) -> Result<F> {
    function.ok_or_else(|| Error::new(ErrorKind::Load, symbol, library.missing(symbol).to_string()))
}

/// Turns a result of the library into one; `detail` says the arguments.
fn call_result(call: &'static str, ret: i32, detail: impl FnOnce() -> String) -> Result<()> {
    match TransformError::from_code(ret) {
        None => Ok(()),
        Some(error) => Err(Error::new(
            ErrorKind::Transform(error),
            call,
            format!("{}: it returned {error}", detail()),
        )),
    }
}
