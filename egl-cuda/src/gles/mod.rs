//! OpenGL ES without a window, as far as making EGLImages of textures takes.

mod context;
mod functions;
mod texture;

pub use context::GlesContext;
pub use texture::{Texture, TextureFormat};
