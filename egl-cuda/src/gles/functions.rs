//! The functions of OpenGL ES that are used.

use crate::egl::Egl;
use crate::sys::*;
use crate::table::table;

table! {
    required {
        get_error: PFN_glGetError = c"glGetError";
        finish: PFN_glFinish = c"glFinish";
        gen_textures: PFN_glGenTextures = c"glGenTextures";
        delete_textures: PFN_glDeleteTextures = c"glDeleteTextures";
        bind_texture: PFN_glBindTexture = c"glBindTexture";
        tex_storage_2d: PFN_glTexStorage2D = c"glTexStorage2D";
        tex_image_2d: PFN_glTexImage2D = c"glTexImage2D";
        tex_sub_image_2d: PFN_glTexSubImage2D = c"glTexSubImage2D";
        pixel_store: PFN_glPixelStorei = c"glPixelStorei";
        bind_buffer: PFN_glBindBuffer = c"glBindBuffer";
        gen_framebuffers: PFN_glGenFramebuffers = c"glGenFramebuffers";
        delete_framebuffers: PFN_glDeleteFramebuffers = c"glDeleteFramebuffers";
        bind_framebuffer: PFN_glBindFramebuffer = c"glBindFramebuffer";
        framebuffer_texture_2d: PFN_glFramebufferTexture2D = c"glFramebufferTexture2D";
        check_framebuffer_status: PFN_glCheckFramebufferStatus = c"glCheckFramebufferStatus";
        read_pixels: PFN_glReadPixels = c"glReadPixels";
    }
    optional {}
}

impl Functions {
    /// The functions of the process's GL.
    ///
    /// # Errors
    ///
    /// The first that is missing.
    pub(super) fn of(egl: &Egl) -> Result<Self, &'static str> {
        // SAFETY: GL's functions have the prototypes of our header, which are compared with Khronos', and libraries of
        // EGL are never closed.
        unsafe { Self::load(|name| egl.proc_address(name)) }
    }
}
