//! OpenGL ES without a window, as far as making EGLImages of textures takes.

mod context;
mod current;
mod functions;
mod only_image;
mod pixels;
mod texture;
mod texture_format;

pub use context::GlesContext;
pub use texture::Texture;
pub use texture_format::TextureFormat;
