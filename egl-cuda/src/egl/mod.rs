//! EGL, opened at run time: displays without a window system, images, streams and fences.

mod code;
mod display;
#[cfg(feature = "gles")]
mod image;
mod library;
mod stream;
mod sync;

pub(crate) use code::{known, remedy};
pub use display::EglDisplay;
#[cfg(feature = "gles")]
pub use image::EglImage;
#[cfg(feature = "gles")]
pub(crate) use library::Egl;
pub(crate) use stream::End;
pub use stream::{EglStream, EglStreamState};
pub use sync::EglSync;
