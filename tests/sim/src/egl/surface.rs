//! Configurations, surfaces and contexts: there are none. What needs one fails as EGL does where no
//! configuration fits.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_int;

use super::{
    BAD_CONFIG, BAD_CONTEXT, BAD_PARAMETER, BAD_SURFACE, Boolean, Enum, FALSE, Out, TRUE, call,
    display, put, refuse,
};
use crate::functions::Function;

const OPENGL_ES_API: Enum = 0x30a0;
const OPENGL_API: Enum = 0x30a2;
const CORE_NATIVE_ENGINE: c_int = 0x305b;

thread_local! {
    static API: Cell<Enum> = const { Cell::new(OPENGL_ES_API) };
}

/// Back to what a new thread has.
pub(super) fn forget_api() {
    API.set(OPENGL_ES_API);
}

/// `eglBindAPI`
pub(crate) extern "C" fn bind_api(api: Enum) -> Boolean {
    let function = Function::eglBindAPI;
    call(function, FALSE, || {
        if !matches!(api, OPENGL_ES_API | OPENGL_API) {
            refuse!(function, BAD_PARAMETER, "API {api:#x} is not there");
        }
        API.set(api);
        Ok(TRUE)
    })
}

/// `eglQueryAPI`
pub(crate) extern "C" fn query_api() -> Enum {
    call(Function::eglQueryAPI, 0, || Ok(API.get()))
}

/// `eglGetCurrentContext`
pub(crate) extern "C" fn current_context() -> usize {
    call(Function::eglGetCurrentContext, 0, || Ok(0))
}

/// `eglGetCurrentDisplay`: that of the current context.
pub(crate) extern "C" fn current_display() -> usize {
    call(Function::eglGetCurrentDisplay, 0, || Ok(0))
}

/// `eglGetCurrentSurface`
pub(crate) extern "C" fn current_surface(_which: c_int) -> usize {
    call(Function::eglGetCurrentSurface, 0, || Ok(0))
}

/// `eglGetConfigs`
pub(crate) extern "C" fn get_configs(
    display: usize,
    _configs: usize,
    _room: c_int,
    count: Out<'_, c_int>,
) -> Boolean {
    no_configs(Function::eglGetConfigs, display, count)
}

/// `eglChooseConfig`
pub(crate) extern "C" fn choose_config(
    display: usize,
    _attributes: usize,
    _configs: usize,
    _room: c_int,
    count: Out<'_, c_int>,
) -> Boolean {
    no_configs(Function::eglChooseConfig, display, count)
}

fn no_configs(function: Function, display: usize, count: Out<'_, c_int>) -> Boolean {
    call(function, FALSE, || {
        display::initialised(function, display)?;
        put(function, count, 0)?;
        Ok(TRUE)
    })
}

/// Functions that take a configuration: there is none that they could take. Further arguments are
/// the caller's business.
macro_rules! of_config {
    ($($(#[$doc:meta])* $name:ident = $symbol:ident -> $result:ty;)*) => {
        $($(#[$doc])*
        pub(crate) extern "C" fn $name(display: usize, config: usize) -> $result {
            let function = Function::$symbol;
            call(function, 0, || {
                display::initialised(function, display)?;
                refuse!(
                    function,
                    BAD_CONFIG,
                    "{config:#x} is no configuration: GL contexts and surfaces are not simulated"
                );
            })
        })*
    };
}

of_config! {
    /// `eglCreateContext`
    create_context = eglCreateContext -> usize;
    /// `eglCreatePbufferSurface`
    create_pbuffer_surface = eglCreatePbufferSurface -> usize;
    /// `eglCreatePixmapSurface`
    create_pixmap_surface = eglCreatePixmapSurface -> usize;
    /// `eglCreateWindowSurface`
    create_window_surface = eglCreateWindowSurface -> usize;
    /// `eglCreatePlatformPixmapSurface`
    create_platform_pixmap_surface = eglCreatePlatformPixmapSurface -> usize;
    /// `eglCreatePlatformWindowSurface`
    create_platform_window_surface = eglCreatePlatformWindowSurface -> usize;
    /// `eglGetConfigAttrib`
    get_config_attribute = eglGetConfigAttrib -> Boolean;
}

/// `eglCreatePbufferFromClientBuffer`
pub(crate) extern "C" fn create_pbuffer_from_client_buffer(
    display: usize,
    _kind: Enum,
    _buffer: usize,
    config: usize,
) -> usize {
    let function = Function::eglCreatePbufferFromClientBuffer;
    call(function, 0, || {
        display::initialised(function, display)?;
        refuse!(function, BAD_CONFIG, "{config:#x} is no configuration");
    })
}

/// Functions that take a surface: there is none that they could take.
macro_rules! of_object {
    ($error:ident, $what:literal: $($(#[$doc:meta])* $name:ident = $symbol:ident;)*) => {
        $($(#[$doc])*
        pub(crate) extern "C" fn $name(display: usize, object: usize) -> Boolean {
            let function = Function::$symbol;
            call(function, FALSE, || {
                display::initialised(function, display)?;
                refuse!(function, $error, "{object:#x} is no {}", $what);
            })
        })*
    };
}

of_object! { BAD_SURFACE, "surface":
    /// `eglDestroySurface`
    destroy_surface = eglDestroySurface;
    /// `eglQuerySurface`
    query_surface = eglQuerySurface;
    /// `eglSurfaceAttrib`
    surface_attribute = eglSurfaceAttrib;
    /// `eglSwapBuffers`
    swap_buffers = eglSwapBuffers;
    /// `eglCopyBuffers`
    copy_buffers = eglCopyBuffers;
    /// `eglBindTexImage`
    bind_tex_image = eglBindTexImage;
    /// `eglReleaseTexImage`
    release_tex_image = eglReleaseTexImage;
}

of_object! { BAD_CONTEXT, "context":
    /// `eglDestroyContext`
    destroy_context = eglDestroyContext;
    /// `eglQueryContext`
    query_context = eglQueryContext;
}

/// `eglMakeCurrent`: no context can be made current, and none is.
pub(crate) extern "C" fn make_current(
    display: usize,
    draw: usize,
    read: usize,
    context: usize,
) -> Boolean {
    let function = Function::eglMakeCurrent;
    call(function, FALSE, || {
        display::initialised(function, display)?;
        if context != 0 {
            refuse!(function, BAD_CONTEXT, "{context:#x} is no context");
        }
        if draw != 0 || read != 0 {
            refuse!(function, BAD_SURFACE, "there are no surfaces");
        }
        Ok(TRUE)
    })
}

/// `eglSwapInterval`
pub(crate) extern "C" fn swap_interval(display: usize, _interval: c_int) -> Boolean {
    let function = Function::eglSwapInterval;
    call(function, FALSE, || {
        display::initialised(function, display)?;
        refuse!(function, BAD_CONTEXT, "no context is current");
    })
}

/// `eglWaitClient`: without a context there is nothing to wait for.
pub(crate) extern "C" fn wait_client() -> Boolean {
    call(Function::eglWaitClient, FALSE, || Ok(TRUE))
}

/// `eglWaitGL`: as [`wait_client`].
pub(crate) extern "C" fn wait_gl() -> Boolean {
    call(Function::eglWaitGL, FALSE, || Ok(TRUE))
}

/// `eglWaitNative`
pub(crate) extern "C" fn wait_native(engine: c_int) -> Boolean {
    let function = Function::eglWaitNative;
    call(function, FALSE, || {
        if engine != CORE_NATIVE_ENGINE {
            refuse!(function, BAD_PARAMETER, "there is no engine {engine:#x}");
        }
        Ok(TRUE)
    })
}
